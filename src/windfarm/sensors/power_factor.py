"""The power factor sensor: 0.7 to 1, better the more the generator is loaded.

python -m windfarm.sensors.power_factor --turbines 3
"""

import math
import sys

from windfarm.sensors import weather
from windfarm.sensors.producer import main
from windfarm.sensors.sensor import Sensor


def _value(seed: int, turbine: int, time_s: float) -> float:
    flutter = 0.015 * weather.noise(seed, turbine, "power factor", time_s, 7)
    drift = 0.01 * weather.drift(seed, turbine, "power factor", time_s)
    return 0.78 + 0.19 * math.sqrt(weather.load(seed, turbine, time_s)) + flutter + drift


SENSOR = Sensor(
    type="powerfactor",
    title="power factor",
    unit="",
    low=0.7,
    high=1.0,
    digits=3,
    value=_value,
    fault=lambda value, severity: value - 0.35 * severity,  # a failed capacitor bank
)

if __name__ == "__main__":
    sys.exit(main(SENSOR))
