"""Log records as object bytes: back to back, or with a delimiter between, KPL aggregates taken apart.

A log record is never split. Work is done per frame, per record only where a frame must be cut or taken apart.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.deaggregation import deaggregate, may_hold
from afluente.services.firehose.history import Range
from afluente.store import record
from afluente.store.record_frame import Frame
from afluente.store.record_log import RecordLog

READ_BYTES = 1 << 20


class Rendering(NamedTuple):
    """How records become bytes."""

    log: RecordLog
    delimiter: bytes
    deaggregates: bool

    def block(self, frame: Frame, start: int, end: int) -> bytes:
        """The bytes of the frame's records at positions [start, end), delimited between, not after."""
        if not self.delimiter and end >= frame.end:
            block = record.data_block(frame.payload, start - frame.position)
            if not (self.deaggregates and may_hold(block)):
                return block
        return self.delimiter.join(self.pieces(frame, start, end))

    def fitting(self, frame: Frame, start: int, room: int) -> int:
        """The position up to which the frame's records from `start` on fit into `room` bytes."""
        sizes = (len(piece) + len(self.delimiter) for piece in self.pieces(frame, start, frame.end))
        return start + sum(size - len(self.delimiter) <= room for size in accumulate(sizes))

    def blocks(self, span: Range) -> Iterator[bytes]:
        """The bytes of the records in `span`, read again, in pieces to be joined by the delimiter."""
        return (self.block(frame, start, end) for frame, start, end in self.frames(span))

    def batches(self, span: Range) -> Iterator[Block | list[bytes]]:
        """The records in `span`, read again, some at a time: uncopied where there is nothing to take apart."""
        for frame, start, end in self.frames(span):
            lengths, data = record.data_columns(frame.payload, start - frame.position, end - frame.position)
            if self.deaggregates and may_hold(frame.payload):
                pieces = record.data_pieces(frame.payload, start - frame.position, end - frame.position)
                yield [inner for piece in pieces for inner in deaggregate(piece)]
            else:
                yield Block(lengths, data)

    def frames(self, span: Range) -> Iterator[tuple[Frame, int, int]]:
        """The frames with records in `span`, read again, each with the positions of those: [start, end)."""
        position = span.start
        while position < span.end:
            frames = self.log.read(span.partition, position, READ_BYTES)
            if not frames:
                return
            for frame in frames:
                start, end = max(position, frame.position), min(frame.end, span.end)
                if start < end:
                    yield frame, start, end
            position = frames[-1].end

    def pieces(self, frame: Frame, start: int, end: int) -> list[bytes]:
        """What each of the frame's log records at positions [start, end) becomes."""
        wanted = record.data_pieces(frame.payload, start - frame.position, end - frame.position)
        if not self.deaggregates:
            return wanted
        return [self.delimiter.join(deaggregate(item)) for item in wanted]
