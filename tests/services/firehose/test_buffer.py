"""Laws of filling buffers: every record is in exactly one object, in order, and no object is larger than it may be."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.firehose.test_deaggregation import aggregate

from afluente.services.firehose import buffer
from afluente.services.firehose.buffer import Buffer
from afluente.services.firehose.rendering import Rendering
from afluente.store import record
from afluente.store.record_frame import Frame
from afluente.store.record_log import Draft, RecordLog

NOT_READ: Any = None
records = st.one_of(st.binary(max_size=12), st.lists(st.binary(max_size=5), min_size=1, max_size=3).map(aggregate))
batches = st.lists(st.tuples(st.integers(1, 2), st.lists(records, min_size=1, max_size=6)), max_size=12)


def frames_of(given_batches: list[tuple[int, list[bytes]]]) -> list[Frame]:
    frames: list[Frame] = []
    ends: dict[int, int] = {}
    for time_ms, (partition, data) in enumerate(given_batches):
        payload = record.encode([(b"", item) for item in data])
        frames.append(Frame(partition, ends.get(partition, 0), len(data), time_ms, payload))
        ends[partition] = frames[-1].end
    return frames


@given(batches, st.integers(1, 60), st.sampled_from([b"", b"\n"]), st.booleans())
def test_buffers_hold_every_record_once(
    batches: list[tuple[int, list[bytes]]], size_bytes: int, delimiter: bytes, deaggregates: bool
) -> None:
    rendering = Rendering(NOT_READ, delimiter, deaggregates)
    frames = frames_of(batches)
    positions = {1: 0, 2: 0}
    covered: dict[int, list[int]] = {1: [], 2: []}
    while any(positions[frame.partition] < frame.end for frame in frames):
        filled = Buffer(positions, size_bytes, rendering, NOT_READ)
        for frame in frames:
            if not filled.full and frame.end > filled.next[frame.partition]:
                filled.add(frame)
        count = sum(span.end - span.start for span in filled.ranges)
        assert count >= 1
        assert filled.object_bytes <= size_bytes or count == 1
        for span in filled.ranges:
            covered[span.partition] += range(span.start, span.end)
        positions = filled.next
    for partition, seen in covered.items():
        assert seen == list(range(sum(frame.count for frame in frames if frame.partition == partition)))


@given(batches, st.sampled_from([b"", b"\n"]), st.booleans())
def test_blocks_joined_are_the_records_joined(
    batches: list[tuple[int, list[bytes]]], delimiter: bytes, deaggregates: bool
) -> None:
    rendering = Rendering(NOT_READ, delimiter, deaggregates)
    whole = [rendering.block(frame, frame.position, frame.end) for frame in frames_of(batches)]
    single = [
        rendering.block(frame, position, position + 1)
        for frame in frames_of(batches)
        for position in range(frame.position, frame.end)
    ]
    assert delimiter.join(whole) == delimiter.join(single)


@pytest.mark.parametrize("kept_bytes", [0, 30, 100, 1000])
def test_blocks_read_again_are_the_blocks_kept(
    kept_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffer, "KEPT_BYTES", kept_bytes)
    log = RecordLog(tmp_path / "record.log")
    partition = log.new_partition()
    for number in range(20):
        payload = record.encode([(b"", b"%d-%d;" % (number, item)) for item in range(7)])
        log.append_next([Draft(partition, 7, 0, payload)])[1].result()
    rendering = Rendering(log, b"|", deaggregates=False)
    filled = Buffer({partition: 10}, 200, rendering, NOT_READ)
    for frame in log.read(partition, 10, 1 << 20):
        if not filled.full:
            filled.add(frame)
    (span,) = filled.ranges
    assert b"|".join(rendering.blocks(span)) == b"|".join(filled.blocks(b"|"))
    log.close()
