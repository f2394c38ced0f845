"""The records that the next object will hold: which ones, how many bytes, how old. The log keeps the records.

Blocks of bytes are kept for the delivery as long as they are few; of a larger buffer the rest is read again.
"""

from collections.abc import Iterator, Mapping, Sequence

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.history import Range
from afluente.services.firehose.intake import Described
from afluente.services.firehose.ledger import record_count
from afluente.services.firehose.plain_content import PlainContent
from afluente.services.firehose.rendering import Rendering
from afluente.services.firehose.retry import Retry
from afluente.services.firehose.route import PLAIN
from afluente.services.firehose.source import Source
from afluente.store.record_frame import Frame

KEPT_BYTES = 32 << 20
"""Memory that one buffer may take."""


class Buffer:
    """Fills from `positions` (the next record by partition) up to `size_bytes`, in whole records."""

    def __init__(
        self,
        positions: Mapping[int, int],
        size_bytes: int,
        rendering: Rendering,
        source: Source,
        *,
        keeps: bool = True,
    ) -> None:
        self.route = PLAIN
        self.retry = Retry()
        self.next = dict(positions)
        self.size_bytes = 0
        self.full = False
        self.oldest_ms: int | None = None
        self._starts = dict(positions)
        self._limit = size_bytes
        self._rendering = rendering
        self._source = source
        self._keeps = keeps
        self._kept: dict[int, list[bytes]] = {}
        self._kept_ends = dict(positions)
        self._kept_bytes = 0

    def resize(self, size_bytes: int) -> None:
        """Hold up to `size_bytes` from now on. Only for a buffer that holds less."""
        self._limit = size_bytes

    def extend(self, positions: Mapping[int, int]) -> None:
        """Read further partitions too."""
        for known in (self.next, self._starts, self._kept_ends):
            known.update(positions)

    def add(self, frame: Frame) -> None:
        """Take in what of the frame is new and fits; `full` says when nothing more does."""
        start, end = max(self.next[frame.partition], frame.position), frame.end
        block = self._rendering.block(frame, start, end)
        if self.size_bytes + len(block) > self._limit:
            end = self._rendering.fitting(frame, start, self._limit - self.size_bytes)
            self.full = True
            if end == start and self.oldest_ms is not None:
                return
            end = max(end, start + 1)  # a record beyond the buffer's size is an object of its own
            block = self._rendering.block(frame, start, end)
        self._take(frame, end, block)

    @property
    def since_ms(self) -> int | None:
        """Since when its interval runs; None when it is empty."""
        return self.oldest_ms

    @property
    def object_bytes(self) -> int:
        """The size of the object before compression."""
        return self.size_bytes - len(self._rendering.delimiter)

    @property
    def ranges(self) -> list[Range]:
        """What it holds; an object has its partitions in this order."""
        return [
            Range(partition, start, self.next[partition])
            for partition, start in sorted(self._starts.items())
            if self.next[partition] > start
        ]

    @property
    def records(self) -> int:
        """How many records of the log it holds."""
        return record_count(self.ranges)

    def blocks(self, delimiter: bytes) -> Iterator[bytes]:
        """The object's bytes, in pieces to be joined by the delimiter."""
        del delimiter  # the rendering has it
        for span in self.ranges:
            yield from self._kept.get(span.partition, ())
            rest = Range(span.partition, self._kept_ends[span.partition], span.end)
            yield from self._rendering.blocks(rest)

    def batches(self) -> Iterator[Block | Sequence[bytes]]:
        """The records, some at a time."""
        return self._content.batches()

    def described(self) -> Iterator[Described]:
        """The records one by one, in the same order, with what is known of them."""
        return self._content.described()

    @property
    def _content(self) -> PlainContent:
        return PlainContent(self.ranges, self._rendering, self._source)

    def close(self) -> None:
        """Nothing to let go of: the log keeps the records."""

    def _take(self, frame: Frame, end: int, block: bytes) -> None:
        if self._keeps and self._kept_ends[frame.partition] == self.next[frame.partition]:
            self._keep(frame.partition, end, block)
        self.next[frame.partition] = end
        self.size_bytes += len(block) + len(self._rendering.delimiter)
        self.oldest_ms = frame.time_ms if self.oldest_ms is None else min(self.oldest_ms, frame.time_ms)
        self.full = self.full or self.size_bytes >= self._limit

    def _keep(self, partition: int, end: int, block: bytes) -> None:
        if self._kept_bytes + len(block) <= KEPT_BYTES:
            self._kept.setdefault(partition, []).append(block)
            self._kept_ends[partition] = end
            self._kept_bytes += len(block)
