"""What a sensor is, and how its readings are written.

A reading is `{"idtemp", "data", "type", "timestamp"}`: the turbine, the value, the sensor's type, the time. Profile
`default` writes numbers and a UTC ISO 8601 time; `course` writes texts and a naive local time, as the course does.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from windfarm.sensors import weather

Profile = Literal["default", "course"]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A type of sensor.

    value: (seed, turbine, epoch seconds) to the undisturbed value; always between `low` and `high`.
    fault: (value, severity 0 to 1) to what the sensor shows during a fault, which may leave that range.
    """

    type: str
    title: str
    unit: str
    low: float
    high: float
    digits: int
    value: Callable[[int, int, float], float]
    fault: Callable[[float, float], float]

    def read(self, seed: int, turbine: int, time_s: float) -> float:
        """What the sensor of `turbine` shows at `time_s`."""
        value = min(max(self.value(seed, turbine, time_s), self.low), self.high)
        fault = weather.fault_at(seed, turbine, self.type, time_s)
        return round(self.fault(value, fault.severity) if fault else value, self.digits)


def write(sensor: Sensor, turbine: int, value: float, time_s: float, profile: Profile) -> bytes:
    """The reading as the bytes of one JSON object, without a newline."""
    moment = datetime.fromtimestamp(time_s, UTC)
    reading: dict[str, object]
    if profile == "course":
        local = moment.astimezone().replace(tzinfo=None)
        reading = {"idtemp": str(turbine), "data": str(value), "type": sensor.type, "timestamp": str(local)}
    else:
        stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        reading = {"idtemp": turbine, "data": value, "type": sensor.type, "timestamp": stamp}
    return json.dumps(reading).encode()
