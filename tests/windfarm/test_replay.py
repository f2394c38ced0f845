"""A month that is told in advance: the same by its seed, and with the faults that it counts."""

import json
from collections import Counter

import pytest

from windfarm.replay import DAY_S, Hour, Plan, Tally, hours
from windfarm.sensors.producer import Record

START_S = 1_790_000_000 // DAY_S * DAY_S


def told(plan: Plan) -> tuple[list[Hour], Tally]:
    tally = Tally()
    return list(hours(plan, tally)), tally


def plan(**given: float) -> Plan:
    return Plan(START_S, days=3, turbines=4, every_s=1800, **given)  # type: ignore[arg-type]  # seed is whole, too


def test_the_same_seed_tells_the_same_and_another_does_not() -> None:
    assert told(plan(seed=7)) == told(plan(seed=7))
    assert told(plan(seed=7))[0] != told(plan(seed=8))[0]


def test_without_faults_every_hour_has_its_readings_and_no_other() -> None:
    found, tally = told(plan(outages=0, retries=0, broken=0))
    assert [len(hour.records) for hour in found] == [4 * 3 * 2] * 72
    assert tally == Tally(readings=72 * 24)


@pytest.mark.parametrize("seed", range(5))
def test_faults_are_as_many_as_are_counted(seed: int) -> None:
    found, tally = told(plan(seed=seed, outages=0.5, retries=0.3, broken=0.02))
    records: list[tuple[int, Record]] = [(hour.ends_s, record) for hour in found for record in hour.records]
    times = [str(json.loads(record.data)["timestamp"]) for _, record in records]
    copies = Counter(record for _, record in records)
    assert len(records) == tally.readings == 72 * 24 + tally.again
    assert sum(copies.values()) - 72 * 24 == tally.again > 0
    first = {record: ends_s for ends_s, record in reversed(records)}
    assert sum(json.loads(record.data)["timestamp"] == "no clock" for record in first) <= tally.broken
    assert tally.late > 0
    assert tally.broken > 0
    assert all(time <= "2027" for time in times if time != "no clock")
