"""Which segments the record log has, and which of them hold what of each partition.

Only the log's one writing thread changes it; whoever reads meanwhile sees lists that do not change under him.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from afluente.store.record_frame import Frame
from afluente.store.record_index import Entries, Extent
from afluente.store.record_segment import Segment
from afluente.store.record_state import LogState

LOADED_INDEXES = 16
"""Indexes of full segments that stay in memory; one of 64 MiB with four partitions has about 100 KB."""


class Span(NamedTuple):
    """A partition's records in one segment."""

    segment: Segment
    extent: Extent

    @property
    def first(self) -> int:
        return self.extent.first

    @property
    def last_ms(self) -> int:
        return self.extent.last_ms


class Catalog:
    """The segments in `folder`, by partition."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._spans: dict[int, Sequence[Span]] = {}
        self._last: Segment | None = None
        self._load = lru_cache(LOADED_INDEXES)(Segment.load_index)

    def add(self, segment: Segment, extents: Mapping[int, Extent], state: LogState) -> None:
        """Take in a segment that follows those that are here, with what of it is neither trimmed nor dropped."""
        for partition, extent in extents.items():
            if partition in state.partitions and extent.end > state.get(partition).low:
                self._append(partition, Span(segment, extent))

    def note(self, segment: Segment, frame: Frame, offset: int) -> None:
        """Take in a frame that was stored in the last segment."""
        assert segment.index is not None  # noqa: S101  # for the type checker: it is being written
        new = segment.index.note(frame.partition, frame.position, frame.count, frame.time_ms, offset)
        if new is not None:
            self._append(frame.partition, Span(segment, new.extent))

    def _append(self, partition: int, span: Span) -> None:
        span.segment.pins.add(partition)
        self._spans[partition] = [*self._spans.get(partition, ()), span]

    def trim(self, partition: int, low: int) -> list[Segment]:
        """Forget spans that end at `low` or before; the segments that nobody needs any more."""
        spans = self._spans.get(partition, ())
        kept = [span for span in spans if span.extent.end > low or span.segment is self._last]
        self._spans[partition] = kept
        return self._unpin(partition, spans[: len(spans) - len(kept)])

    def drop(self, partition: int) -> list[Segment]:
        """Forget a partition; the segments that nobody needs any more."""
        return self._unpin(partition, self._spans.pop(partition, ()))

    def begin(self, segment: Segment, state: LogState) -> list[Segment]:
        """Frames go to `segment` from now on; the segments that nobody needs any more."""
        before, self._last = self._last, segment
        if before is None:
            return []
        free = [] if before.pins else [before]
        for partition in sorted(before.pins):
            free += self.trim(partition, state.get(partition).low)
        return free

    def _unpin(self, partition: int, spans: Iterable[Span]) -> list[Segment]:
        free = []
        for span in spans:
            span.segment.pins.discard(partition)
            if not span.segment.pins and span.segment is not self._last:
                free.append(span.segment)
        return free

    def find(self, partition: int, position: int) -> tuple[Span | None, int]:
        """The span that should hold `position`, and the position up to which it counts: what came later is valid."""
        spans = self._spans.get(partition, ())
        following = bisect_right(spans, position, key=attrgetter("first"))
        if not spans:
            return None, 0
        span = spans[max(0, following - 1)]
        later = spans[following].first if 0 < following < len(spans) else span.extent.end
        return span, min(span.extent.end, later)

    def spans_since(self, partition: int, time_ms: int) -> Sequence[Span]:
        """The spans from the first on that has a record of `time_ms` or later."""
        spans = self._spans.get(partition, ())
        return spans[bisect_right(spans, time_ms - 1, key=attrgetter("last_ms")) :]

    def entries(self, span: Span, partition: int) -> Entries:
        """The index of a span."""
        index = span.segment.index or self._load(span.segment)
        return index.partitions[partition]
