"""The way of records out of the log: a page of a shard, with sequence numbers and arrival times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.stream import Shard
from afluente.store import record
from afluente.store.record_log import Frame


class Record(NamedTuple):
    """One record of a stream."""

    data: bytes
    partition_key: str
    sequence_number: str
    arrived_at_ms: int


class Piece(NamedTuple):
    """The records of one frame that a page has: columns of the same length."""

    keys: Sequence[bytes]
    data: Sequence[bytes]
    numbers: range
    arrived_at_ms: int


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """The records of `shard` from position `start` on, up to `limit` of them, as far as `frames` go."""

    shard: Shard
    frames: Sequence[Frame]
    start: int
    limit: int

    @property
    def next_position(self) -> int:
        """Where the next batch begins."""
        if not self.frames:
            return self.start
        return min(self.frames[-1].end, max(self.start, self.frames[0].position) + self.limit)

    @property
    def count(self) -> int:
        """How many records it has."""
        return max(0, self.next_position - max(self.start, self.frames[0].position)) if self.frames else 0

    @property
    def size_bytes(self) -> int:
        """Data and partition keys, in bytes; of a frame of which it has a part, in proportion, to decode nothing."""
        whole = sum(frame.count for frame in self.frames)
        size = sum(record.payload_size(frame.payload) for frame in self.frames)
        return size * self.count // whole if whole else 0

    @property
    def last_arrived_at_ms(self) -> int | None:
        """When the last record arrived; None of an empty batch."""
        return self.frames[-1].time_ms if self.frames else None

    def pieces(self) -> Iterator[Piece]:
        """The records, frame by frame."""
        base, end = self.shard.sequence_base, self.next_position
        for frame in self.frames:
            keys, data = record.decode_columns(frame.payload)
            low, high = max(0, self.start - frame.position), min(frame.count, end - frame.position)
            numbers = sequence_number.numbers(base, frame.position, frame.count, frame.time_ms)
            yield Piece(keys[low:high], data[low:high], numbers[low:high], frame.time_ms)

    @property
    def records(self) -> list[Record]:
        """The records, one by one."""
        return list(chain.from_iterable(map(_records, self.pieces())))


def _records(piece: Piece) -> Iterator[Record]:
    for key, data, number in zip(piece.keys, piece.data, piece.numbers, strict=True):
        yield Record(data, key.decode(), str(number), piece.arrived_at_ms)
