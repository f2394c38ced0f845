from collections.abc import Iterator

import pytest

from afluente.core.alarm import Alarms
from afluente.core.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(0)


@pytest.fixture
def alarms(clock: ManualClock) -> Iterator[Alarms]:
    alarms = Alarms("test", clock)
    alarms.start()
    yield alarms
    alarms.stop()


def test_alarms_ring_at_their_time_in_order(clock: ManualClock, alarms: Alarms) -> None:
    rung: list[str] = []
    alarms.set(3000, lambda: rung.append("third"))
    alarms.set(1000, lambda: rung.append("first"))
    alarms.set(2000, lambda: rung.append("second"))
    clock.settle(1)
    clock.advance(0.999)
    assert rung == []
    clock.advance(0.001)
    assert rung == ["first"]
    clock.advance(10)
    assert rung == ["first", "second", "third"]


def test_alarm_in_the_past_rings_at_once(clock: ManualClock, alarms: Alarms) -> None:
    rung: list[str] = []
    alarms.set(-1, lambda: rung.append("late"))
    clock.settle(1)
    assert rung == ["late"]


def test_alarm_may_set_another(clock: ManualClock, alarms: Alarms) -> None:
    rung: list[int] = []

    def again() -> None:
        rung.append(clock.now_ms())
        alarms.set(clock.now_ms() + 1000, again)

    alarms.set(1000, again)
    clock.settle(1)
    for _ in range(3):
        clock.advance(1)
    assert rung == [1000, 2000, 3000]


def test_what_raises_does_not_stop_the_others(clock: ManualClock, alarms: Alarms) -> None:
    rung: list[str] = []

    def broken() -> None:
        raise ZeroDivisionError

    alarms.set(1000, broken)
    alarms.set(1000, lambda: rung.append("other"))
    clock.settle(1)
    clock.advance(1)
    clock.advance(1)
    assert rung == ["other"]
