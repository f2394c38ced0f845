"""What is served after the log's files were cut, changed or lost: everything intact, and never anything wrong."""

import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from awscrt.checksums import crc32c

from afluente.store import record_log, record_open_segment, record_writer
from afluente.store.record_layout import FRAME, HEAD_BYTES
from afluente.store.record_log import CorruptFrame, Draft, LogDamaged, RecordLog

PATIENCE_S = 20
Stored = dict[int, list[tuple[int, bytes]]]
"""Position and payload of each frame, by partition."""


@pytest.fixture(autouse=True)
def small_and_read_from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are copied for each byte of them."""
    monkeypatch.setattr(record_log, "TAIL_BYTES", 0)
    monkeypatch.setattr(record_open_segment, "ALLOCATED_BYTES", 256)
    monkeypatch.setattr(record_open_segment, "RESERVED_BYTES", 64)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


def put(log: RecordLog, *drafts: tuple[int, bytes]) -> None:
    log.append_next([Draft(partition, 2, 1000, payload) for partition, payload in drafts])[1].result(PATIENCE_S)


def everything(log: RecordLog, partition: int) -> list[tuple[int, bytes]]:
    """All that can be read of the partition, over what is corrupt."""
    found, position = [], 0
    while position < log.end(partition):
        try:
            frames = log.read(partition, position, 1 << 30)
        except CorruptFrame:
            position += 1
            continue
        if not frames:
            break
        found += [(frame.position, frame.payload) for frame in frames if frame.end > position]
        position = frames[-1].end
    return found


def killed(path: Path, folder: Path, change: Callable[[Path], None] = lambda path: None) -> RecordLog:
    """The log of a copy of the files as they are now, after `change`."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(path, folder)
    change(folder)
    return RecordLog(folder)


def segment(folder: Path, number: int = 1) -> Path:
    return folder / f"{number:016d}.log"


def flip(file: Path, offset: int) -> None:
    data = bytearray(file.read_bytes())
    data[offset] ^= 0x10
    file.write_bytes(data)


def flip_at(offset: int, folder: Path) -> None:
    flip(segment(folder), offset)


def cut_to(size: int, folder: Path) -> None:
    os.truncate(segment(folder), size)


def offsets(file: Path) -> list[int]:
    """Where the frames of a segment begin; the end last."""
    data, offset = file.read_bytes(), HEAD_BYTES
    found = [offset]
    while data[offset : offset + 8] == data[HEAD_BYTES : HEAD_BYTES + 8]:
        offset += FRAME.size + FRAME.unpack_from(data, offset)[2]
        found.append(offset)
    return found


def test_a_tail_cut_at_any_byte_keeps_what_is_whole(path: Path, tmp_path: Path) -> None:
    log = RecordLog(path)
    log.new_partitions(2)
    put(log, (1, b"first"))
    put(log, (1, b"second"), (2, b"third"))
    begins = offsets(segment(path))
    frames = [(1, 0, b"first"), (1, 2, b"second"), (2, 0, b"third")]
    for size in range(begins[1], begins[-1] + 1):
        cut = killed(path, tmp_path / "cut", partial(cut_to, size))
        whole = sum(end <= size for end in begins[3:])
        for partition in (1, 2):
            expected = [(position, payload) for number, position, payload in frames[:whole] if number == partition]
            assert everything(cut, partition) == expected, size
        put_if_known(cut)
        cut.close()
    log.close()


def put_if_known(log: RecordLog) -> None:
    """The log goes on after whatever happened."""
    number = log.new_partition()
    put(log, (number, b"goes on"))
    assert everything(log, number) == [(0, b"goes on")]


def test_a_changed_byte_costs_the_frame_it_is_in_and_no_other(path: Path, tmp_path: Path) -> None:
    log = RecordLog(path)
    log.new_partitions(2)
    stored: Stored = {1: [(0, b"one"), (2, b"two"), (4, b"four")], 2: [(0, b"zero"), (2, b"three")]}
    put(log, (1, b"one"), (2, b"zero"))
    put(log, (1, b"two"))
    put(log, (2, b"three"), (1, b"four"))
    put(log, (1, b"confirms that the others were synced"))
    begins = offsets(segment(path))
    for offset in range(begins[2], begins[-2]):
        damaged = killed(path, tmp_path / "flip", partial(flip_at, offset))
        hit = sum(begin <= offset for begin in begins) - 3
        lost = [(1, 0), (2, 0), (1, 2), (2, 2), (1, 4)][hit]
        for partition in (1, 2):
            expected = [frame for frame in stored[partition] if (partition, frame[0]) != lost]
            assert everything(damaged, partition)[: len(expected)] == expected, offset
        # Where there is no gap behind it, what the frame says of itself has to do.
        if lost != (2, 2) or offset >= begins[hit + 2] + FRAME.size:
            assert damaged.end(lost[0]) >= lost[1] + 2
            with pytest.raises(CorruptFrame, match=f"1.log: from offset {begins[hit + 2]} on, where position") as error:
                damaged.read(*lost, 1 << 20)
            assert (error.value.partition, error.value.position) == lost
        damaged.close()
    log.close()


def test_a_changed_byte_in_the_last_group_ends_the_log_there(path: Path, tmp_path: Path) -> None:
    log = RecordLog(path)
    log.new_partitions(1)
    put(log, (1, b"one"))
    put(log, (1, b"two"), (1, b"three"))
    begins = offsets(segment(path))
    damaged = killed(path, tmp_path / "flip", lambda folder: flip(segment(folder), begins[3] + 5))
    assert everything(damaged, 1) == [(0, b"one")]
    assert damaged.next_position(1) == 2
    put(damaged, (1, b"new"))
    damaged.close()
    again = RecordLog(tmp_path / "flip")
    assert everything(again, 1) == [(0, b"one"), (2, b"new")]
    again.close()
    log.close()


def test_read_of_what_is_around_damage(path: Path, tmp_path: Path) -> None:
    log = RecordLog(path)
    log.new_partitions(1)
    for payload in (b"one", b"two", b"three", b"four"):
        put(log, (1, payload))
    begins = offsets(segment(path))
    damaged = killed(path, tmp_path / "flip", lambda folder: flip(segment(folder), begins[4] - 1))
    assert [frame.payload for frame in damaged.read(1, 0, 1 << 20)] == [b"one"]
    for position in (2, 3):
        with pytest.raises(CorruptFrame):
            damaged.read(1, position, 1 << 20)
    assert [frame.payload for frame in damaged.read(1, 4, 1 << 20)] == [b"three", b"four"]
    damaged.close()
    log.close()


def test_a_damaged_last_frame_of_a_partition_keeps_its_positions(path: Path, tmp_path: Path) -> None:
    log = RecordLog(path)
    log.new_partitions(2)
    put(log, (1, b"one"), (2, b"zero"))
    put(log, (2, b"lost"), (2, b"lost too"))
    put(log, (1, b"two"))
    begins = offsets(segment(path))

    def change(folder: Path) -> None:
        flip(segment(folder), begins[5] - 1)
        flip(segment(folder), begins[6] - 1)

    damaged = killed(path, tmp_path / "flip", change)
    assert damaged.next_position(2) == 6
    put(damaged, (2, b"after"))
    assert everything(damaged, 2) == [(0, b"zero"), (6, b"after")]
    for position in (2, 4):
        with pytest.raises(CorruptFrame, match="from offset"):
            damaged.read(2, position, 1000)
    damaged.close()
    log.close()


def test_damage_never_gives_numbers_twice(path: Path, tmp_path: Path) -> None:
    log = RecordLog(path)
    log.new_partitions(3)
    log.drop(3)
    put(log, (1, b"one"))
    put(log, (1, b"two"))
    begins = offsets(segment(path))
    damaged = killed(path, tmp_path / "flip", lambda folder: flip(segment(folder), begins[1] + 9))  # NUMBERS
    assert damaged.new_partition() > 3
    assert everything(damaged, 1) == [(0, b"one"), (2, b"two")]
    damaged.close()
    log.close()


@pytest.fixture
def three_segments(path: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[tuple[int, bytes]]:
    """A log of three segments and the frames of partition 1; 2 was dropped, 3 trimmed."""
    monkeypatch.setattr(record_writer, "SEGMENT_BYTES", 800)
    log = RecordLog(path)
    log.new_partitions(3)
    put(log, (3, b"trimmed"), (3, b"kept"))
    log.trim(3, 2)
    log.drop(2)
    written = [(2 * number, b"%02d" % number * 100) for number in range(6)]
    for _, payload in written:
        put(log, (1, payload))
    log.close()
    assert sorted(file.name for file in path.glob("*.log")) == [segment(path, number).name for number in (1, 2, 3)]
    return written


def remove_indexes(folder: Path) -> None:
    for index in folder.glob("*.index"):
        index.unlink()


def spoil_indexes(folder: Path) -> None:
    for index in folder.glob("*.index"):
        flip(index, 70)


def empty_indexes(folder: Path) -> None:
    for index in folder.glob("*.index"):
        index.write_bytes(b"")


def spoil_heads(folder: Path) -> None:
    for file in folder.glob("*.log"):
        flip(file, 20)


def spoil_states(folder: Path) -> None:
    for file in sorted(folder.glob("*.log"))[1:]:
        flip(file, HEAD_BYTES + 20)


def spoil_heads_and_indexes(folder: Path) -> None:
    spoil_heads(folder)
    spoil_indexes(folder)


@pytest.mark.parametrize(
    "change", [remove_indexes, spoil_indexes, empty_indexes, spoil_heads, spoil_states, spoil_heads_and_indexes]
)
def test_what_is_said_twice_may_be_lost_once(
    path: Path, tmp_path: Path, three_segments: Sequence[tuple[int, bytes]], change: Callable[[Path], None]
) -> None:
    log = killed(path, tmp_path / "changed", change)
    assert everything(log, 1) == three_segments
    assert [frame.payload for frame in log.read(3, 0, 1000)] == [b"kept"]
    assert log.seek_time(1, 0) == 0
    with pytest.raises(record_log.PartitionDropped):
        put(log, (2, b"dropped"))
    put_if_known(log)
    log.close()
    again = RecordLog(tmp_path / "changed")
    assert everything(again, 1) == three_segments
    again.close()


@pytest.mark.usefixtures("three_segments")
def test_indexes_made_anew_are_the_same(path: Path, tmp_path: Path) -> None:
    killed(path, tmp_path / "changed", remove_indexes).close()
    for index in path.glob("*.index"):
        assert (tmp_path / "changed" / index.name).read_bytes() == index.read_bytes()


@pytest.mark.usefixtures("three_segments")
def test_a_segment_whose_beginning_is_gone_refuses_clearly(path: Path, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        segment(folder, 3).write_bytes(bytes(200))

    with pytest.raises(LogDamaged, match=r"3\.log: the beginning is damaged.* move it away"):
        killed(path, tmp_path / "changed", change)


@pytest.mark.usefixtures("three_segments")
def test_a_segment_of_a_later_version_refuses_clearly(path: Path, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        file = segment(folder, 3)
        data = file.read_bytes()
        body = b"\2" + data[13:HEAD_BYTES]
        file.write_bytes(data[:8] + crc32c(body).to_bytes(4, "little") + body + data[HEAD_BYTES:])

    with pytest.raises(LogDamaged, match=r"3\.log has version 2"):
        killed(path, tmp_path / "changed", change)


def test_a_lost_segment_is_noticed_and_read_around(
    path: Path, tmp_path: Path, three_segments: Sequence[tuple[int, bytes]]
) -> None:
    log = killed(path, tmp_path / "changed", lambda folder: segment(folder, 2).unlink())
    found = everything(log, 1)
    assert 0 < len(found) < len(three_segments)
    assert set(found) < set(three_segments)
    missing = next(position for position, payload in three_segments if (position, payload) not in found)
    with pytest.raises(CorruptFrame):
        log.read(1, missing, 1000)
    log.close()


@pytest.mark.usefixtures("three_segments")
def test_half_made_files_are_cleared_away(path: Path, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        (folder / "0000000000000004.log.new").write_bytes(b"half")
        (folder / "0000000000000003.index.new").write_bytes(b"half")

    killed(path, tmp_path / "changed", change).close()
    assert not list((tmp_path / "changed").glob("*.new"))


def test_a_full_segment_damaged_while_running(path: Path, three_segments: Sequence[tuple[int, bytes]]) -> None:
    log = RecordLog(path)
    begins = offsets(segment(path, 2))
    flip(segment(path, 2), begins[2] + 60)
    found = everything(log, 1)
    assert len(found) == len(three_segments) - 1
    assert set(found) < set(three_segments)
    log.close()
