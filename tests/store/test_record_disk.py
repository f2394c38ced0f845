"""Full disks, failed writes and failed syncs: callers are told, nothing acknowledged is lost, and the log goes on."""

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.store.faulty_disk import FaultyDisk

from afluente.store import record_log, record_open_segment, record_writer
from afluente.store.record_log import Draft, LogClosed, LogFailed, RecordLog

PATIENCE_S = 20
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is read from the disk."""
    monkeypatch.setattr(record_log, "TAIL_BYTES", 0)


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
    disk.heal()
    disk.release()
    log.close()


def put(log: RecordLog, partition: int, payload: bytes) -> int:
    """The position of the record."""
    frames, future = log.append_next([Draft(partition, 1, 1000, payload)])
    future.result(PATIENCE_S)
    return frames[0].position


def payloads(log: RecordLog, partition: int) -> list[bytes]:
    return [frame.payload for frame in log.read(partition, 0, 1 << 30)]


def after_a_kill(path: Path, partition: int) -> list[bytes]:
    """What a log finds in the files as they are now."""
    copy = path.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy)
    log = RecordLog(copy)
    found = payloads(log, partition)
    log.close()
    return found


@pytest.mark.parametrize(
    ("calls", "half"),
    [
        (["write"], False),
        (["write"], True),
        (["sync"], False),
        (["write", "truncate"], True),
        (["sync", "truncate"], False),
    ],
)
def test_a_failed_append_leaves_nothing_and_frees_its_position(
    log: RecordLog, disk: FaultyDisk, path: Path, calls: list[str], half: bool
) -> None:
    put(log, 1, b"kept")
    disk.half = half
    disk.fail(*calls, error=errno.EIO)
    for _ in range(2):
        with pytest.raises(LogFailed, match="Input/output error") as failure:
            put(log, 1, b"failed" * 20)
        assert isinstance(failure.value.__cause__, OSError)
        assert (payloads(log, 1), log.next_position(1)) == ([b"kept"], 1)
    disk.heal()
    assert put(log, 1, b"short") == 1
    assert put(log, 1, b"after") == 2
    assert payloads(log, 1) == [b"kept", b"short", b"after"]
    assert after_a_kill(path, 1) == [b"kept", b"short", b"after"]


@pytest.mark.parametrize(("call", "segments"), [("write", 1), ("sync", 2)])
def test_a_file_whose_sync_failed_is_not_trusted_any_more(
    log: RecordLog, disk: FaultyDisk, path: Path, call: str, segments: int
) -> None:
    put(log, 1, b"kept")
    disk.fail(call, times=1)
    with pytest.raises(LogFailed):
        put(log, 1, b"failed")
    put(log, 1, b"after")
    assert len(list(path.glob("*.log"))) == segments
    assert after_a_kill(path, 1) == [b"kept", b"after"]


def test_a_failed_append_tells_everyone_behind_it(log: RecordLog, disk: FaultyDisk) -> None:
    put(log, 1, b"kept")
    disk.hold()
    _, first = log.append_next([Draft(1, 1, 1000, b"a")])
    assert disk.entered.wait(PATIENCE_S)
    _, second = log.append_next([Draft(1, 1, 1000, b"b"), Draft(2, 1, 1000, b"c")])
    disk.fail("sync")
    disk.release()
    for future in (first, second):
        with pytest.raises(LogFailed):
            future.result(PATIENCE_S)
    disk.heal()
    assert put(log, 1, b"d") == 1
    assert (payloads(log, 1), payloads(log, 2)) == ([b"kept", b"d"], [])


def test_what_a_failed_sync_left_on_disk_is_never_served(log: RecordLog, disk: FaultyDisk, path: Path) -> None:
    put(log, 1, b"kept")
    disk.fail("sync", "truncate", error=errno.EIO)  # so the frame stays in the file
    with pytest.raises(LogFailed):
        put(log, 1, b"failed")
    disk.fail("truncate")
    put(log, 2, b"other")
    disk.heal()
    assert b"failed" in b"".join(file.read_bytes() for file in path.glob("*.log"))
    assert (payloads(log, 1), after_a_kill(path, 1)) == ([b"kept"], [b"kept"])
    for index in path.glob("*.index"):
        index.unlink()
    assert after_a_kill(path, 1) == [b"kept"]
    assert put(log, 1, b"after") == 1
    assert after_a_kill(path, 1) == [b"kept", b"after"]


@pytest.mark.parametrize("call", ["open", "write", "sync", "replace", "replaced"])
def test_a_segment_that_cannot_be_begun(
    log: RecordLog, disk: FaultyDisk, path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    put(log, 1, b"kept")
    disk.fail("sync")
    with pytest.raises(LogFailed):
        put(log, 1, b"failed")
    for _ in range(3):
        disk.fail(call)
        with pytest.raises(LogFailed):
            put(log, 1, b"failed")
        assert after_a_kill(path, 1) == [b"kept"]
    disk.heal()
    put(log, 1, b"after")
    assert payloads(log, 1) == after_a_kill(path, 1) == [b"kept", b"after"]
    assert not list(path.glob("*.new"))


@pytest.mark.parametrize("call", ["open", "replace", "replaced"])
def test_a_full_segment_whose_successor_cannot_be_begun(
    log: RecordLog, disk: FaultyDisk, path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(record_writer, "SEGMENT_BYTES", 1000)
    expected = []
    for number in range(60):
        disk.heal()
        if number % 3:
            disk.fail(call)
        try:
            put(log, 1, b"%02d" % number * 50)
        except LogFailed:
            continue
        expected.append(b"%02d" % number * 50)
        if number % 7 == 0:
            assert after_a_kill(path, 1) == expected
    assert len(expected) > 15
    assert payloads(log, 1) == after_a_kill(path, 1) == expected


def test_indexes_that_cannot_be_written_are_done_without(
    log: RecordLog, disk: FaultyDisk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_writer, "SEGMENT_BYTES", 1000)
    monkeypatch.setattr(record_writer, "save_index", fail)
    expected = [b"%02d" % number * 50 for number in range(40)]
    for payload in expected:
        put(log, 1, payload)
    assert not list(path.glob("*.index"))
    assert payloads(log, 1) == expected
    assert after_a_kill(path, 1) == expected


def fail(*_: object) -> None:
    raise OSError(errno.ENOSPC, "full")


def test_a_full_disk_can_be_trimmed_and_goes_on(log: RecordLog, disk: FaultyDisk, path: Path) -> None:
    put(log, 1, bytes(1000))
    put(log, 2, b"kept")
    disk.fail("allocate")
    with pytest.raises(LogFailed, match="No space left"):
        put(log, 1, bytes(record_open_segment.ALLOCATED_BYTES))
    log.trim(1, 1)
    log.drop(9)
    number = log.new_partition()
    assert payloads(log, 1) == []
    disk.heal()
    assert put(log, 1, b"after") == 1
    assert put(log, number, b"new") == 0
    assert after_a_kill(path, 1) == [b"after"]


def test_notes_do_not_fail_with_the_records_before_them(log: RecordLog, disk: FaultyDisk) -> None:
    put(log, 1, bytes(1000))
    disk.fail("allocate")
    disk.hold()
    _, first = log.append_next([Draft(2, 1, 1000, b"small")])
    assert disk.entered.wait(PATIENCE_S)
    _, second = log.append_next([Draft(2, 1, 1000, bytes(record_open_segment.ALLOCATED_BYTES))])
    disk.release()
    log.trim(1, 1)
    first.result(PATIENCE_S)
    with pytest.raises(LogFailed):
        second.result(PATIENCE_S)
    assert (payloads(log, 1), payloads(log, 2)) == ([], [b"small"])


def test_notes_that_cannot_be_stored_say_so(log: RecordLog, disk: FaultyDisk) -> None:
    put(log, 1, b"kept")
    disk.fail("write")
    with pytest.raises(LogFailed):
        log.trim(1, 1)
    with pytest.raises(LogFailed):
        log.new_partition()
    disk.heal()
    assert payloads(log, 1) == [b"kept"]
    assert log.new_partition() > 9


def test_notes_that_cannot_be_stored_do_not_concern_records_behind_them(log: RecordLog, disk: FaultyDisk) -> None:
    put(log, 1, b"first")
    disk.hold()
    disk.fail("sync", error=errno.EIO, times=1)
    with ThreadPoolExecutor(1) as pool:
        trimming = pool.submit(log.trim, 1, 1)
        assert disk.entered.wait(PATIENCE_S)
        _, second = log.append_next([Draft(1, 1, 1000, b"second")])
        disk.release()
        with pytest.raises(LogFailed):
            trimming.result(PATIENCE_S)
    second.result(PATIENCE_S)
    assert put(log, 1, b"third") == 2
    assert payloads(log, 1) == [b"first", b"second", b"third"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_its_own_ends_the_log_and_loses_nothing(
    log: RecordLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(log, 1, b"kept")
    monkeypatch.setattr(log._tail, "add", fail)
    with pytest.raises(LogClosed):
        put(log, 1, b"stored, but that could not be told")
    with pytest.raises(LogClosed):
        put(log, 1, b"late")
    assert after_a_kill(path, 1) == [b"kept", b"stored, but that could not be told"]


def test_a_file_system_without_allocation(log: RecordLog, disk: FaultyDisk, path: Path) -> None:
    disk.fail("allocate", error=errno.EOPNOTSUPP)
    put(log, 1, bytes(5 << 20))
    put(log, 1, b"more")
    assert after_a_kill(path, 1) == [bytes(5 << 20), b"more"]


def test_a_write_that_ends_early_goes_on(log: RecordLog, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pwritev, pwrite = os.pwritev, os.pwrite
    monkeypatch.setattr(os, "pwritev", lambda fd, parts, offset: pwritev(fd, [parts[0][:7]], offset))
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: pwrite(fd, data[:100], offset))
    put(log, 1, bytes(range(256)) * 4)
    assert payloads(log, 1) == after_a_kill(path, 1) == [bytes(range(256)) * 4]


LIMITED = """
import resource, sys
from pathlib import Path
from afluente.store.record_log import Draft, LogClosed, LogFailed, RecordLog

log = RecordLog(Path(sys.argv[1]))
log.new_partitions(1)
acknowledged = failed = 0
while failed < 5:
    size = 100_000 if failed == 0 else 10
    try:
        log.append_next([Draft(1, 1, 1000, b"%05d" % acknowledged * size)])[1].result()
        acknowledged += 1
    except LogFailed as error:
        assert "File too large" in str(error), error
        failed += 1
    if failed == 3:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        break
for _ in range(3):
    log.append_next([Draft(1, 1, 1000, b"%05d" % acknowledged)])[1].result()
    acknowledged += 1
print(acknowledged)
"""


def test_a_real_limit_on_the_size_of_files(tmp_path: Path) -> None:
    """The system itself refuses: in a process that may write files of 6 MB at most, until it may again."""
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "log")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, resource.RLIM_INFINITY)),
    )
    assert run.returncode == 0, run.stderr
    acknowledged = int(run.stdout)
    log = RecordLog(tmp_path / "log")
    found = [int(frame.payload[:5]) for frame in log.read(1, 0, 1 << 30)]
    log.close()
    assert found == list(range(acknowledged))
    assert acknowledged > 10
