"""What a record log does for those who use it. Damage, recovery and failing disks have files of their own."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.faulty_disk import FaultyDisk

from afluente.store import record_log, record_writer
from afluente.store.record_log import Draft, Frame, LogClosed, OutOfOrder, PartitionDropped, RecordLog

PATIENCE_S = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk()


@pytest.fixture
def log(path: Path, disk: FaultyDisk) -> Iterator[RecordLog]:
    """A log with partitions 1 to 9."""
    log = RecordLog(path, disk)
    log.new_partitions(9)
    yield log
    disk.release()
    log.close()


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment is full after 1,000 bytes."""
    monkeypatch.setattr(record_writer, "SEGMENT_BYTES", 1000)


@pytest.fixture
def no_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is read from the disk."""
    monkeypatch.setattr(record_log, "TAIL_BYTES", 0)


def put(log: RecordLog, partition: int, *payloads: bytes, time_ms: int = 1000, count: int = 1) -> list[Frame]:
    frames, future = log.append_next([Draft(partition, count, time_ms, payload) for payload in payloads])
    future.result(PATIENCE_S)
    return list(frames)


def payloads(log: RecordLog, partition: int, position: int = 0, limit_bytes: int = 1 << 30) -> list[bytes]:
    return [frame.payload for frame in log.read(partition, position, limit_bytes)]


def segments(path: Path) -> list[int]:
    return sorted(int(file.stem) for file in path.glob("*.log"))


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


def test_append_never_lets_time_run_back(log: RecordLog, path: Path) -> None:
    put(log, 1, b"a", time_ms=5000)
    (frame,) = put(log, 1, b"b", time_ms=4000)
    assert frame.time_ms == 5000
    log.close()
    again = RecordLog(path)
    (frame,) = put(again, 1, b"c", time_ms=3000)
    assert [each.time_ms for each in again.read(1, 0, 100)] == [5000, 5000, 5000]
    again.close()


def test_append_of_nothing_is_done_at_once(log: RecordLog) -> None:
    assert log.append([]).done()


def test_append_of_more_frames_than_one_call_writes(log: RecordLog, path: Path) -> None:
    put(log, 1, *[b"%d" % number for number in range(2500)])
    log.close()
    again = RecordLog(path)
    assert payloads(again, 1) == [b"%d" % number for number in range(2500)]
    again.close()


def test_append_waits_share_one_sync(log: RecordLog, disk: FaultyDisk) -> None:
    put(log, 1, b"first")
    disk.hold()
    before = disk.syncs
    futures = [log.append_next([Draft(1, 1, 1000, b"0")])[1]]
    assert disk.entered.wait(PATIENCE_S)
    futures += [log.append_next([Draft(1, 1, 1000, b"%d" % number)])[1] for number in range(1, 50)]
    assert not any(future.done() for future in futures)
    disk.release()
    for future in futures:
        future.result(PATIENCE_S)
    assert disk.syncs == before + 2


def test_append_is_not_readable_before_its_sync(log: RecordLog, disk: FaultyDisk) -> None:
    disk.hold()
    _, future = log.append_next([Draft(1, 1, 1000, b"a")])
    assert disk.entered.wait(PATIENCE_S)
    assert (log.end(1), log.next_position(1), payloads(log, 1)) == (0, 1, [])
    disk.release()
    future.result(PATIENCE_S)
    assert payloads(log, 1) == [b"a"]


def test_append_queues_only_so_much(log: RecordLog, disk: FaultyDisk) -> None:
    disk.hold()
    futures = []
    while log.has_room:
        futures.append(log.append_next([Draft(1, 1, 1000, bytes(16 << 20))])[1])
    waited = threading.Thread(target=log.wait_for_room)
    waited.start()
    assert waited.is_alive()
    disk.release()
    waited.join(PATIENCE_S)
    assert not waited.is_alive()
    assert len(futures) == 4
    for future in futures:
        future.result(PATIENCE_S)


def test_concurrent_appends_keep_each_writers_order(log: RecordLog) -> None:
    def write(writer: int) -> None:
        for number in range(50):
            put(log, 1 + number % 3, b"%d:%d" % (writer, number))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    for partition in range(3):
        frames = log.read(1 + partition, 0, 1 << 30)
        assert [frame.position for frame in frames] == list(range(len(frames)))
        for writer in range(4):
            mine = [int(frame.payload.split(b":")[1]) for frame in frames if frame.payload.startswith(b"%d:" % writer)]
            assert mine == list(range(partition, 50, 3))


@pytest.mark.usefixtures("small_segments")
def test_reads_while_others_append_see_whole_prefixes(log: RecordLog) -> None:
    log._tail._limit = 500  # most reads must go to the disk
    stop = threading.Event()
    failures: list[str] = []

    def read() -> None:
        while not stop.is_set():
            numbers = [int(payload) for payload in payloads(log, 1)]
            if numbers != list(range(len(numbers))):
                failures.append(f"{numbers}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(150):
        put(log, 1, b"%d" % number)
    stop.set()
    for reader in readers:
        reader.join(PATIENCE_S)
    assert not failures


def test_reopen_finds_everything_and_goes_on(log: RecordLog, path: Path) -> None:
    put(log, 1, b"a", count=4, time_ms=7000)
    put(log, 9, b"z")
    log.close()
    again = RecordLog(path)
    assert (again.end(1), again.end(9), again.next_position(1)) == (4, 1, 4)
    (frame,) = put(again, 1, b"b", time_ms=6000)
    assert (frame.position, frame.time_ms) == (4, 7000)
    assert payloads(again, 1) == [b"a", b"b"]
    again.close()


def test_reopen_without_appends_makes_no_files(log: RecordLog, path: Path) -> None:
    put(log, 1, b"a")
    log.close()
    before = sorted(file.name for file in path.iterdir())
    RecordLog(path).close()
    assert sorted(file.name for file in path.iterdir()) == before


def test_close_stores_what_is_queued_and_refuses_more(log: RecordLog, disk: FaultyDisk) -> None:
    disk.hold()
    futures = [log.append_next([Draft(1, 1, 1000, b"%d" % number)])[1] for number in range(5)]
    disk.release()
    log.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(LogClosed):
        log.append_next([Draft(1, 1, 1000, b"late")])
    with pytest.raises(LogClosed):
        log.trim(1, 3)
    with pytest.raises(LogClosed):
        log.drop(1)
    with pytest.raises(LogClosed):
        log.new_partition()
    with pytest.raises(LogClosed):
        log.read(1, 0, 100)


@pytest.mark.parametrize("tail_bytes", [0, 500, 1 << 20])
def test_read_begins_with_the_frame_that_holds_the_position(log: RecordLog, tail_bytes: int) -> None:
    log._tail._limit = tail_bytes
    put(log, 1, b"a", b"b", b"c", count=10)
    put(log, 2, b"other")
    assert payloads(log, 1, 9) == [b"a", b"b", b"c"]
    assert payloads(log, 1, 10) == [b"b", b"c"]
    assert payloads(log, 1, 29) == [b"c"]
    assert payloads(log, 1, 30) == []
    assert payloads(log, 3, 0) == []


@pytest.mark.parametrize("tail_bytes", [0, 1 << 20])
@pytest.mark.parametrize(("limit_bytes", "expected"), [(1, 1), (99, 1), (100, 1), (199, 1), (200, 2), (1000, 3)])
def test_read_stops_at_the_limit_but_gives_one(
    log: RecordLog, limit_bytes: int, expected: int, tail_bytes: int
) -> None:
    log._tail._limit = tail_bytes
    put(log, 1, bytes(100), bytes(100), bytes(100))
    assert len(log.read(1, 0, limit_bytes)) == expected


@pytest.mark.parametrize(("limit_records", "expected"), [(1, 1), (5, 1), (6, 2), (100, 3)])
def test_read_stops_when_it_has_the_records_asked_for(log: RecordLog, limit_records: int, expected: int) -> None:
    put(log, 1, b"a", b"b", b"c", count=10)
    assert len(log.read(1, 5, 1 << 20, limit_records)) == expected


@pytest.mark.usefixtures("small_segments", "no_tail")
def test_read_goes_on_over_the_ends_of_segments(log: RecordLog, path: Path) -> None:
    written = [b"%03d" % number * 30 for number in range(60)]
    for number, payload in enumerate(written):
        put(log, 1 + number % 2, payload)
    assert len(segments(path)) > 5
    assert payloads(log, 1) == written[::2]
    assert payloads(log, 2, 7) == written[15::2]


@pytest.mark.usefixtures("no_tail")
def test_read_far_into_a_long_segment_of_small_frames(log: RecordLog) -> None:
    for start in range(0, 9000, 3000):
        log.append_next(
            [Draft(1 + number % 3, 1, 1000 + number, b"%d" % number) for number in range(start, start + 3000)]
        )
    put(log, 1, b"end")
    assert payloads(log, 2, 2990, limit_bytes=1) == [b"%d" % (3 * 2990 + 1)]
    assert log.seek_time(3, 1000 + 8000) == 8000 // 3


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
    log = RecordLog(tmp_path_factory.mktemp("log"))
    partition = log.new_partition()
    try:
        time_ms = 0
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(record_writer, "SEGMENT_BYTES", 400)
            for step, count in steps:
                time_ms += step
                put(log, partition, b"x", time_ms=time_ms, count=count)
        log.trim(partition, trimmed)
        low = min(trimmed, log.end(partition))
        frames = log.read(partition, 0, 1 << 20)
        for wanted in range(time_ms + 2):
            expected = next((frame.position for frame in frames if frame.time_ms >= wanted), log.end(partition))
            assert log.seek_time(partition, wanted) == max(low, expected)
    finally:
        log.close()


def test_trim_removes_frames_that_end_before(log: RecordLog) -> None:
    put(log, 1, b"a", b"b", b"c", count=10)
    put(log, 2, b"other", count=10)
    log.trim(1, 15)
    assert payloads(log, 1) == [b"b", b"c"]
    log.trim(1, 20)
    log.trim(1, 5)
    assert payloads(log, 1) == [b"c"]
    assert payloads(log, 2) == [b"other"]


def test_trim_of_everything_never_gives_a_position_twice(log: RecordLog, path: Path) -> None:
    put(log, 1, *[b"x"] * 200, time_ms=5000)
    log.trim(1, 200)
    assert payloads(log, 1) == []
    log.close()
    again = RecordLog(path)
    assert (again.end(1), again.seek_time(1, 0)) == (200, 200)
    (frame,) = put(again, 1, b"next", time_ms=1000)
    assert (frame.position, frame.time_ms) == (200, 5000)
    assert payloads(again, 1) == [b"next"]
    again.close()


@pytest.mark.usefixtures("small_segments", "no_tail")
def test_trim_removes_files_that_nobody_needs(log: RecordLog, path: Path) -> None:
    for number in range(40):
        put(log, 1 + number % 2, bytes(100))
    begun = segments(path)
    log.trim(1, 15)
    assert segments(path) == begun, "partition 2 still needs them"
    log.trim(2, 15)
    left = segments(path)
    assert 0 < len(left) < len(begun)
    assert {int(file.stem) for file in path.glob("*.index")} == set(left[:-1])
    log.close()
    again = RecordLog(path)
    assert [frame.position for frame in again.read(1, 0, 1 << 20)] == [15, 16, 17, 18, 19]
    assert [frame.position for frame in again.read(2, 0, 1 << 20)] == [15, 16, 17, 18, 19]
    again.close()


@pytest.mark.usefixtures("small_segments", "no_tail")
def test_trim_in_the_segment_that_is_written_keeps_what_comes(log: RecordLog, path: Path) -> None:
    put(log, 1, b"a")
    log.trim(1, 1)
    put(log, 1, b"b")
    assert payloads(log, 1) == [b"b"]
    for _ in range(20):
        put(log, 2, bytes(100))
    assert payloads(log, 1) == [b"b"]
    log.trim(1, 2)
    log.trim(2, 20)
    put(log, 1, b"c")
    assert payloads(log, 1) == [b"c"]
    assert len(segments(path)) <= 2


@pytest.mark.usefixtures("small_segments")
def test_drop_removes_everything_and_refuses_more(log: RecordLog, path: Path) -> None:
    put(log, 2, b"kept")
    for _ in range(20):
        put(log, 1, bytes(100))
    log.drop(1)
    assert (payloads(log, 1), payloads(log, 2), log.end(1)) == ([], [b"kept"], 0)
    with pytest.raises(PartitionDropped):
        log.append_next([Draft(2, 1, 1000, b"c"), Draft(1, 1, 1000, b"d")])
    assert log.next_position(2) == 1
    log.drop(1)
    assert len(segments(path)) == 2
    log.close()
    again = RecordLog(path)
    assert (payloads(again, 1), payloads(again, 2), again.end(1)) == ([], [b"kept"], 0)
    with pytest.raises(PartitionDropped):
        again.append_next([Draft(1, 1, 1000, b"d")])
    again.close()


def test_drop_stays_dropped_where_another_partition_pins_its_frames(log: RecordLog, path: Path) -> None:
    put(log, 1, b"dropped")
    put(log, 2, b"kept")
    log.drop(1)
    for _ in range(3):
        log.close()
        log = RecordLog(path)
        put(log, 2, b"more")
        assert (payloads(log, 1), log.end(1)) == ([], 0)
        with pytest.raises(PartitionDropped):
            log.append_next([Draft(1, 1, 1000, b"again")])
    assert payloads(log, 2) == [b"kept", b"more", b"more", b"more"]
    log.close()


def test_new_partitions_are_never_given_twice(log: RecordLog, path: Path) -> None:
    given = [log.new_partition(), *log.new_partitions(3), log.new_partition()]
    log.drop(given[-1])
    log.close()
    again = RecordLog(path)
    given.append(again.new_partition())
    again.close()
    assert len(set(given)) == 6
    assert min(given) > 9


@pytest.mark.usefixtures("no_tail")
def test_frames_of_ten_mebibytes(log: RecordLog, path: Path) -> None:
    large = bytes(10 << 20)
    put(log, 1, b"before", large, b"after")
    assert payloads(log, 1) == [b"before", large, b"after"]
    assert payloads(log, 1, 2) == [b"after"]
    log.close()
    again = RecordLog(path)
    assert payloads(again, 1, 1) == [large, b"after"]
    again.close()
