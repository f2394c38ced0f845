"""Unprocessed records of one object, read again from the record log."""

from collections.abc import Iterator, Sequence

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.deaggregation import deaggregate
from afluente.services.firehose.history import Range
from afluente.services.firehose.intake import Described
from afluente.services.firehose.processing.frame import Detail
from afluente.services.firehose.rendering import Rendering
from afluente.services.firehose.source import Source
from afluente.store import record


class PlainContent:
    """The records of `ranges`."""

    def __init__(self, ranges: Sequence[Range], rendering: Rendering, source: Source) -> None:
        self._ranges = ranges
        self._rendering = rendering
        self._source = source

    def blocks(self, delimiter: bytes) -> Iterator[bytes]:
        """The object's bytes, in pieces to be joined by the delimiter."""
        rendering = self._rendering._replace(delimiter=delimiter)
        for span in self._ranges:
            yield from rendering.blocks(span)

    def batches(self) -> Iterator[Block | Sequence[bytes]]:
        """The records, some at a time."""
        for span in self._ranges:
            yield from self._rendering.batches(span)

    def described(self) -> Iterator[Described]:
        """The records one by one, in the same order, with what is known of them."""
        for span in self._ranges:
            for frame, start, end in self._rendering.frames(span):
                numbers = self._source.sequence_numbers(frame)[start - frame.position : end - frame.position]
                pieces = record.data_pieces(frame.payload, start - frame.position, end - frame.position)
                for number, piece in zip(numbers, pieces, strict=True):
                    inner = deaggregate(piece) if self._rendering.deaggregates else [piece]
                    for place, data in enumerate(inner):
                        yield Described(data, frame.time_ms, Detail(number, place))

    def close(self) -> None:
        """Nothing to let go of: the log keeps the records."""
