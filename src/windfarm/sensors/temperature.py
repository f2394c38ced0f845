"""The battery temperature sensor: about 23 degrees Celsius, 20 to 25; heat follows load with a lag.

python -m windfarm.sensors.temperature --turbines 3
"""

import sys

from windfarm.sensors import weather
from windfarm.sensors.producer import main
from windfarm.sensors.sensor import Sensor


def _value(seed: int, turbine: int, time_s: float) -> float:
    flutter = 0.15 * weather.noise(seed, turbine, "temperature", time_s, 15)
    drift = 0.3 * weather.drift(seed, turbine, "temperature", time_s)
    return 21.4 + 2.8 * weather.heat(seed, turbine, time_s) + flutter + drift


SENSOR = Sensor(
    type="temperature",
    title="battery temperature",
    unit="°C",
    low=20.0,
    high=25.0,
    digits=2,
    value=_value,
    fault=lambda value, severity: value + 12 * severity,  # a stuck cooling fan
)

if __name__ == "__main__":
    sys.exit(main(SENSOR))
