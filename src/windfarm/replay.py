"""A month of the farm, told in advance: what the sensors read, and what goes wrong on the way. By its seed, the same.

Beside the sensors' own faults (`weather`): a turbine's link fails for some hours, and what it read comes in one burst
when it is back; a batch whose answer was lost is put again; a reading is broken. Pure: nothing is sent here.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from windfarm.sensors import hydraulic_pressure, power_factor, temperature
from windfarm.sensors.producer import Record
from windfarm.sensors.sensor import Sensor, write

SENSORS: Sequence[Sensor] = (power_factor.SENSOR, temperature.SENSOR, hydraulic_pressure.SENSOR)
HOUR_S = 3600
DAY_S = 24 * HOUR_S
OUTAGE_HOURS = (2, 6)
"""The shortest and the longest that a link fails for."""
AGAIN = 50
"""The most readings that are put again at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is replayed. outages: per turbine and day; retries: per hour; broken: per reading; each a probability."""

    start_s: int
    days: int
    turbines: int = 12
    every_s: int = 600
    seed: int = 1
    outages: float = 0.1
    retries: float = 0.05
    broken: float = 0.001


@dataclass(slots=True)
class Tally:
    """How many readings were told, in all and of each fault."""

    readings: int = 0
    late: int = 0
    again: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Hour:
    """What arrives at the end of an hour."""

    ends_s: int
    records: list[Record]


def hours(plan: Plan, tally: Tally) -> Iterator[Hour]:
    """The hours in their order; `tally` counts what has been told."""
    held: dict[int, list[Record]] = {turbine: [] for turbine in range(1, plan.turbines + 1)}
    for number in range(plan.days * 24):
        start_s = plan.start_s + number * HOUR_S
        chance = random.Random(f"{plan.seed}/{start_s}")  # a scenario, no secret
        records: list[Record] = []
        is_last = number == plan.days * 24 - 1  # in the end, every link is back
        for turbine, waiting in held.items():
            waiting.extend(_readings(plan, tally, turbine, start_s, chance))
            if is_last or not _is_cut_off(plan, turbine, start_s):
                tally.late += max(0, len(waiting) - _per_hour(plan))
                records += waiting
                waiting.clear()
        if records and chance.random() < plan.retries:
            first = chance.randrange(len(records))
            again = records[first : first + chance.randint(1, AGAIN)]
            tally.again += len(again)
            records = [*records, *again]
        tally.readings += len(records)
        yield Hour(start_s + HOUR_S, records)


def _readings(plan: Plan, tally: Tally, turbine: int, start_s: int, chance: random.Random) -> Iterator[Record]:
    """What a turbine's sensors read in an hour."""
    for time_s in range(start_s, start_s + HOUR_S, plan.every_s):
        for sensor in SENSORS:
            data = write(sensor, turbine, sensor.read(plan.seed, turbine, time_s), time_s, "default")
            if chance.random() < plan.broken:
                tally.broken += 1
                data = json.dumps(json.loads(data) | {"timestamp": "no clock"}).encode()
            yield Record(data, f"{turbine:02d}-{sensor.type}")


def _per_hour(plan: Plan) -> int:
    return -(-HOUR_S // plan.every_s) * len(SENSORS)


def _is_cut_off(plan: Plan, turbine: int, start_s: int) -> bool:
    """Whether the turbine's link is down at the end of the hour."""
    day = start_s // DAY_S
    chance = random.Random(f"{plan.seed}/{turbine}/{day}")  # as above
    if chance.random() >= plan.outages:
        return False
    first = chance.randrange(24 - OUTAGE_HOURS[1])
    return first <= start_s % DAY_S // HOUR_S < first + chance.randint(*OUTAGE_HOURS)
