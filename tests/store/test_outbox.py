import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from afluente.core.clock import ManualClock
from afluente.store.database import Database
from afluente.store.outbox import Deliver, Outbox, Parcel


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "metadata.sqlite")
    yield database
    database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def running(database: Database, clock: ManualClock) -> Iterator[Callable[[Deliver], Outbox]]:
    made: list[Outbox] = []

    def start(deliver: Deliver) -> Outbox:
        made.append(Outbox(database, "out", deliver, clock))
        made[-1].start()
        return made[-1]

    yield start
    for outbox in made:
        outbox.stop()


class Told:
    """Takes what is told, and waits for it."""

    def __init__(self, answer: Callable[[Parcel], int | None] = lambda _: None) -> None:
        self.parcels: list[Parcel] = []
        self._answer = answer
        self._came = threading.Condition()

    def __call__(self, parcel: Parcel) -> int | None:
        with self._came:
            self.parcels.append(parcel)
            self._came.notify_all()
        return self._answer(parcel)

    def payloads(self, count: int) -> list[str]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.parcels) >= count, 30)
        return [parcel.payload for parcel in self.parcels]


def test_parcels_of_a_lane_come_in_order_once_committed(
    database: Database, running: Callable[[Deliver], Outbox]
) -> None:
    told = Told()
    outbox = running(told)

    def fail() -> None:
        with database.write():
            outbox.add("a", "never")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    with database.write():
        for number in range(5):
            outbox.add("a", str(number))
    assert told.payloads(5) == ["0", "1", "2", "3", "4"]


def test_what_fails_is_told_again_and_holds_up_no_other_lane(
    running: Callable[[Deliver], Outbox], clock: ManualClock
) -> None:
    start_ms = clock.now_ms()
    told = Told(lambda parcel: start_ms + 60_000 if parcel.lane == "bad" and not parcel.failures else None)
    outbox = running(told)
    outbox.add("bad", "x")
    assert told.payloads(1) == ["x"]
    outbox.add("good", "y")
    assert told.payloads(2) == ["x", "y"]
    clock.settle(1)
    clock.advance(60)
    assert told.payloads(3) == ["x", "y", "x"]
    assert [parcel.failures for parcel in told.parcels] == [0, 0, 1]


def test_what_was_not_told_is_told_by_the_next_process(
    running: Callable[[Deliver], Outbox], database: Database, clock: ManualClock
) -> None:
    stopped = threading.Event()

    def interrupted(parcel: Parcel) -> int | None:
        assert stopped.wait(30)
        return clock.now_ms() + 10**9  # as if it had failed

    told = Told(interrupted)
    first = running(told)
    first.add("a", "x")
    told.payloads(1)
    first.stop(stopped.set)
    again = Told()
    again_outbox = running(again)
    assert again.payloads(1) == ["x"]
    assert again.parcels[0].failures == 0
    assert gone(lambda: again_outbox._lanes)
    assert database.read().execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_a_lane_without_parcels_has_no_thread(running: Callable[[Deliver], Outbox]) -> None:
    told = Told()
    outbox = running(told)
    for round_ in range(20):
        for lane in range(5):
            outbox.add(str(lane), f"{round_} {lane}")
    told.payloads(100)
    assert gone(lambda: outbox._lanes)
    for lane in range(5):
        of_lane = [parcel.payload.split()[0] for parcel in told.parcels if parcel.lane == str(lane)]
        assert of_lane == [str(round_) for round_ in range(20)]


def gone(what: Callable[[], object]) -> bool:
    """Whether it goes, on other threads."""
    waiting = threading.Event()
    return any(not what() or waiting.wait(0.01) for _ in range(3000))
