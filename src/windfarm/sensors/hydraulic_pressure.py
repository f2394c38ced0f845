"""The hydraulic pressure sensor: about 76 bar, 70 to 80; the pitch system works harder in gusts.

python -m windfarm.sensors.hydraulic_pressure --turbines 3
"""

import sys

from windfarm.sensors import weather
from windfarm.sensors.producer import main
from windfarm.sensors.sensor import Sensor


def _value(seed: int, turbine: int, time_s: float) -> float:
    pitching = 1.6 * weather.noise(seed, turbine, "gust", time_s, 20)
    flutter = 0.4 * weather.noise(seed, turbine, "hydraulic pressure", time_s, 5)
    drift = 0.5 * weather.drift(seed, turbine, "hydraulic pressure", time_s)
    return 75.0 + 2.0 * weather.load(seed, turbine, time_s) + pitching + flutter + drift


SENSOR = Sensor(
    type="hydraulicpressure",
    title="hydraulic pressure",
    unit="bar",
    low=70.0,
    high=80.0,
    digits=2,
    value=_value,
    fault=lambda value, severity: value - 25 * severity,  # a leak
)

if __name__ == "__main__":
    sys.exit(main(SENSOR))
