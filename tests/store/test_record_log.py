import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afluente.store.record_log import (
    CorruptFrame,
    Draft,
    Frame,
    LogClosed,
    LogFailed,
    OutOfOrder,
    PartitionDropped,
    RecordLog,
)

PATIENCE_S = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def log(path: Path) -> Iterator[RecordLog]:
    log = RecordLog(path)
    yield log
    log.close()


def put(log: RecordLog, partition: int, *payloads: bytes, time_ms: int = 1000, count: int = 1) -> list[Frame]:
    frames, future = log.append_next([Draft(partition, count, time_ms, payload) for payload in payloads])
    future.result(PATIENCE_S)
    return list(frames)


def payloads(log: RecordLog, partition: int, position: int = 0, limit_bytes: int = 1 << 30) -> list[bytes]:
    return [frame.payload for frame in log.read(partition, position, limit_bytes)]


class Gate:
    """Holds the log's writer inside its next commit until opened, and counts commits; can let them fail."""

    def __init__(self, log: RecordLog, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered, self._open = threading.Event(), threading.Event()
        self.commits: list[int] = []
        self.error: Exception | None = None
        insert = log._table.insert

        def gated(frames: Any) -> None:
            self.entered.set()
            assert self._open.wait(PATIENCE_S)
            self.commits.append(len(frames))
            if self.error is not None:
                raise self.error
            insert(frames)

        monkeypatch.setattr(log._table, "insert", gated)

    def open(self) -> None:
        self._open.set()


def test_append_places_frames_one_after_another_by_partition(log: RecordLog) -> None:
    first = put(log, 1, b"a", b"b", count=3)
    (other,) = put(log, 2, b"c")
    (third,) = put(log, 1, b"d")
    assert [frame.position for frame in (*first, third)] == [0, 3, 6]
    assert other.position == 0
    assert payloads(log, 1) == [b"a", b"b", b"d"]
    assert (log.end(1), log.end(2), log.end(3)) == (7, 1, 0)


def test_append_with_given_positions(log: RecordLog) -> None:
    log.append([Frame(1, 0, 2, 1000, b"a"), Frame(1, 2, 1, 1000, b"b")]).result(PATIENCE_S)
    assert log.next_position(1) == 3
    assert payloads(log, 1) == [b"a", b"b"]


@pytest.mark.parametrize("position", [0, 1, 3])
def test_append_out_of_order_is_refused(log: RecordLog, position: int) -> None:
    put(log, 1, b"a", count=2)
    with pytest.raises(OutOfOrder, match="position 2 is next"):
        log.append([Frame(1, position, 1, 1000, b"b")])
    assert payloads(log, 1) == [b"a"]


def test_append_never_lets_time_run_back(log: RecordLog) -> None:
    put(log, 1, b"a", time_ms=5000)
    (frame,) = put(log, 1, b"b", time_ms=4000)
    assert frame.time_ms == 5000
    assert [each.time_ms for each in log.read(1, 0, 100)] == [5000, 5000]


def test_append_of_nothing_is_done_at_once(log: RecordLog) -> None:
    assert log.append([]).done()


def test_append_of_more_frames_than_one_statement_takes(log: RecordLog) -> None:
    put(log, 1, *[b"%d" % number for number in range(1001)])
    assert payloads(log, 1) == [b"%d" % number for number in range(1001)]


def test_append_waits_share_one_commit(log: RecordLog, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(log, monkeypatch)
    futures = [log.append_next([Draft(1, 1, 1000, b"0")])[1]]
    assert gate.entered.wait(PATIENCE_S)
    futures += [log.append_next([Draft(1, 1, 1000, b"%d" % number)])[1] for number in range(1, 50)]
    assert not any(future.done() for future in futures)
    gate.open()
    for future in futures:
        future.result(PATIENCE_S)
    assert gate.commits == [1, 49]


def test_append_is_not_readable_before_its_commit(log: RecordLog, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(log, monkeypatch)
    _, future = log.append_next([Draft(1, 1, 1000, b"a")])
    assert (log.end(1), log.next_position(1), payloads(log, 1)) == (0, 1, [])
    gate.open()
    future.result(PATIENCE_S)
    assert payloads(log, 1) == [b"a"]


def test_append_that_fails_tells_everyone_behind_it_and_leaves_no_gap(
    log: RecordLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(log, 1, b"kept")
    gate = Gate(log, monkeypatch)
    gate.error = sqlite3.OperationalError("database or disk is full")
    _, first = log.append_next([Draft(1, 1, 1000, b"a")])
    assert gate.entered.wait(PATIENCE_S)
    _, second = log.append_next([Draft(1, 1, 1000, b"b"), Draft(2, 1, 1000, b"c")])
    gate.open()
    for future in (first, second):
        with pytest.raises(LogFailed, match="disk is full"):
            future.result(PATIENCE_S)
    gate.error = None
    (frame,) = put(log, 1, b"d")
    assert frame.position == 1
    assert (payloads(log, 1), payloads(log, 2)) == ([b"kept", b"d"], [])


def test_append_on_a_full_disk_acknowledges_nothing_and_recovers(log: RecordLog) -> None:
    put(log, 1, b"kept")
    (pages,) = log._run(lambda: log._table._writer.execute("PRAGMA page_count").fetchone())
    log._run(lambda: log._table._writer.execute(f"PRAGMA max_page_count={pages}").fetchall())
    _, future = log.append_next([Draft(1, 1, 1000, bytes(1 << 20))])
    with pytest.raises(LogFailed, match="full"):
        future.result(PATIENCE_S)
    log._run(lambda: log._table._writer.execute("PRAGMA max_page_count=1000000").fetchall())
    put(log, 1, b"after")
    assert payloads(log, 1) == [b"kept", b"after"]


def test_append_queues_only_so_much(log: RecordLog, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(log, monkeypatch)
    futures = []
    while log.has_room:
        futures.append(log.append_next([Draft(1, 1, 1000, bytes(16 << 20))])[1])
    waited = threading.Thread(target=log.wait_for_room)
    waited.start()
    assert waited.is_alive()
    gate.open()
    waited.join(PATIENCE_S)
    assert not waited.is_alive()
    assert len(futures) == 4
    for future in futures:
        future.result(PATIENCE_S)


def test_concurrent_appends_keep_each_writers_order(log: RecordLog) -> None:
    def write(writer: int) -> None:
        for number in range(50):
            put(log, number % 3, b"%d:%d" % (writer, number))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    for partition in range(3):
        frames = log.read(partition, 0, 1 << 30)
        assert [frame.position for frame in frames] == list(range(len(frames)))
        for writer in range(4):
            mine = [int(frame.payload.split(b":")[1]) for frame in frames if frame.payload.startswith(b"%d:" % writer)]
            assert mine == list(range(partition, 50, 3))


def test_reopen_finds_everything_and_goes_on(log: RecordLog, path: Path, tmp_path: Path) -> None:
    put(log, 1, b"a", count=4, time_ms=7000)
    put(log, 9, b"z")
    log.close()
    again = RecordLog(path)
    try:
        assert (again.end(1), again.end(9), again.next_position(1)) == (4, 1, 4)
        (frame,) = put(again, 1, b"b", time_ms=6000)
        assert (frame.position, frame.time_ms) == (4, 7000)
        assert payloads(again, 1) == [b"a", b"b"]
    finally:
        again.close()


def test_close_stores_what_is_queued_and_refuses_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = RecordLog(path)
    gate = Gate(log, monkeypatch)
    futures = [log.append_next([Draft(1, 1, 1000, b"%d" % number)])[1] for number in range(5)]
    gate.open()
    log.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(LogClosed):
        log.append_next([Draft(1, 1, 1000, b"late")])
    with pytest.raises(LogClosed):
        log.trim(1, 3)
    with pytest.raises(LogClosed):
        log.read(1, 0, 100)


def test_read_begins_with_the_frame_that_holds_the_position(log: RecordLog) -> None:
    put(log, 1, b"a", b"b", b"c", count=10)
    assert payloads(log, 1, 9) == [b"a", b"b", b"c"]
    assert payloads(log, 1, 10) == [b"b", b"c"]
    assert payloads(log, 1, 29) == [b"c"]
    assert payloads(log, 1, 30) == []
    assert payloads(log, 2, 0) == []


@pytest.mark.parametrize(("limit_bytes", "expected"), [(1, 1), (99, 1), (100, 1), (199, 1), (200, 2), (1000, 3)])
def test_read_stops_at_the_limit_but_gives_one(log: RecordLog, limit_bytes: int, expected: int) -> None:
    put(log, 1, bytes(100), bytes(100), bytes(100))
    assert len(log.read(1, 0, limit_bytes)) == expected


@pytest.mark.parametrize(("limit_records", "expected"), [(1, 1), (5, 1), (6, 2), (100, 3)])
def test_read_stops_when_it_has_the_records_asked_for(log: RecordLog, limit_records: int, expected: int) -> None:
    put(log, 1, b"a", b"b", b"c", count=10)
    assert len(log.read(1, 5, 1 << 20, limit_records)) == expected


def test_read_of_a_changed_frame_says_which(log: RecordLog, path: Path) -> None:
    put(log, 1, b"good", b"evil", b"good")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE frame SET payload = ? WHERE position = 1", (b"EVIL",))
    db.close()
    assert payloads(log, 1, 0, limit_bytes=1) == [b"good"]
    with pytest.raises(CorruptFrame, match="partition 1, position 1 does not match"):
        log.read(1, 0, 1 << 20)


def test_read_of_a_frame_moved_elsewhere_is_noticed(log: RecordLog, path: Path) -> None:
    put(log, 1, b"a")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE frame SET time_ms = time_ms + 1")
    db.close()
    with pytest.raises(CorruptFrame):
        log.read(1, 0, 1 << 20)


def test_seek_time_finds_the_first_record_since(log: RecordLog) -> None:
    for time_ms in (1000, 2000, 2000, 3000):
        put(log, 1, b"x", time_ms=time_ms, count=5)
    found = [log.seek_time(1, time_ms) for time_ms in (0, 1000, 1001, 2000, 2001, 3000, 3001)]
    assert found == [0, 0, 5, 5, 15, 15, 20]
    assert log.seek_time(2, 1000) == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=1, max_size=25), st.integers(0, 30))
def test_seek_time_agrees_with_a_search_of_all_frames(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]], trimmed: int
) -> None:
    log = RecordLog(tmp_path_factory.mktemp("log") / "log.db")
    try:
        time_ms = 0
        for step, count in steps:
            time_ms += step
            put(log, 1, b"x", time_ms=time_ms, count=count)
        log.trim(1, min(trimmed, log.end(1)))
        frames = log.read(1, 0, 1 << 20)
        for wanted in range(time_ms + 2):
            expected = next((frame.position for frame in frames if frame.time_ms >= wanted), log.end(1))
            assert log.seek_time(1, wanted) == expected
    finally:
        log.close()


def test_trim_removes_frames_that_end_before(log: RecordLog) -> None:
    put(log, 1, b"a", b"b", b"c", count=10)
    put(log, 2, b"other", count=10)
    log.trim(1, 15)
    assert payloads(log, 1) == [b"b", b"c"]
    log.trim(1, 20)
    assert payloads(log, 1) == [b"c"]
    assert payloads(log, 2) == [b"other"]


def test_trim_of_everything_never_gives_a_position_twice(log: RecordLog, path: Path) -> None:
    put(log, 1, *[b"x"] * 200, time_ms=5000)
    log.trim(1, 200)
    assert payloads(log, 1) == []
    log.close()
    again = RecordLog(path)
    try:
        assert (again.end(1), again.seek_time(1, 0)) == (200, 200)
        (frame,) = put(again, 1, b"next", time_ms=1000)
        assert (frame.position, frame.time_ms) == (200, 5000)
    finally:
        again.close()


def test_drop_removes_everything_and_refuses_more(log: RecordLog, path: Path) -> None:
    put(log, 1, b"a", b"b")
    put(log, 2, b"kept")
    log.drop(1)
    assert (payloads(log, 1), payloads(log, 2), log.end(1)) == ([], [b"kept"], 0)
    with pytest.raises(PartitionDropped):
        log.append_next([Draft(2, 1, 1000, b"c"), Draft(1, 1, 1000, b"d")])
    assert log.next_position(2) == 1
    log.drop(1)


def test_new_partitions_are_never_given_twice(log: RecordLog, path: Path) -> None:
    given = [log.new_partition(), *log.new_partitions(3), log.new_partition()]
    log.close()
    again = RecordLog(path)
    try:
        given.append(again.new_partition())
    finally:
        again.close()
    assert len(set(given)) == 6


def test_write_ahead_log_stays_small_while_a_reader_comes_and_goes(log: RecordLog, path: Path) -> None:
    for number in range(120):
        put(log, 1, bytes(1 << 18))
        log.read(1, max(0, number - 2), 1 << 20)
    assert path.with_name("log.db-wal").stat().st_size < 12 << 20
