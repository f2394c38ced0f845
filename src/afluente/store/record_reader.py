"""The way out of the record log: frames by position, positions by time. Any thread may read, and never waits.

Where a frame is damaged reading ends before it; from the damaged one on it fails; behind it reading goes on.
"""

import sys
from collections.abc import Generator
from contextlib import closing

from afluente.store.record_catalog import Catalog, Span
from afluente.store.record_file import Place
from afluente.store.record_frame import CorruptFrame, Frame
from afluente.store.record_layout import HEAD_BYTES, Kind
from afluente.store.record_state import LogState
from afluente.store.record_tail import Tail


class Reader:
    """Reads what `state` says is there."""

    def __init__(self, state: LogState, catalog: Catalog, tail: Tail) -> None:
        self._state = state
        self._catalog = catalog
        self._tail = tail

    def read(self, partition: int, position: int, limit_bytes: int, limit_records: int = sys.maxsize) -> list[Frame]:
        """Frames that hold `position` or later, in order: one at least if there is one, then up to the limits."""
        known = self._state.get(partition)
        wanted = max(position, known.low)
        frames: list[Frame] = []
        try:
            with closing(self._frames(partition, wanted, known.end)) as found:
                for frame in found:
                    if frames and len(frame.payload) > limit_bytes:
                        break
                    limit_bytes -= len(frame.payload)
                    frames.append(frame)
                    if limit_bytes <= 0 or frame.end - max(position, frames[0].position) >= limit_records:
                        break
        except CorruptFrame:
            if frames:
                return frames
            now = self._state.get(partition)
            if now.low <= wanted < now.end:
                raise
            return self.read(partition, position, limit_bytes, limit_records)  # it was trimmed meanwhile
        return frames

    def seek_time(self, partition: int, time_ms: int) -> int:
        """The position of the first record that arrived at `time_ms` or later; the end when there is none."""
        known = self._state.get(partition)
        for span in self._catalog.spans_since(partition, time_ms):
            position = self._seek(partition, span, time_ms)
            if position is not None and position < known.end:
                return max(position, known.low)
        return known.end

    def _seek(self, partition: int, span: Span, time_ms: int) -> int | None:
        if span.extent.first_ms >= time_ms:
            return span.extent.first
        try:
            start = self._catalog.entries(span, partition).offset_of_time(time_ms)
            with closing(span.segment.places(start)) as places:
                mine = (place for place in places if place.partition == partition and place.kind == Kind.DATA)
                return next((place.position for place in mine if place.time_ms >= time_ms), None)
        except FileNotFoundError:  # trimmed meanwhile
            return None

    def _frames(self, partition: int, position: int, end: int) -> Generator[Frame]:
        while position < end:
            frame = self._tail.get(partition, position)
            if frame is not None:
                yield frame
                position = frame.end
                continue
            with closing(self._stored(partition, position)) as frames:
                for frame in frames:
                    yield frame
                    position = frame.end
                    if self._tail.get(partition, position) is not None:
                        break

    def _stored(self, partition: int, position: int) -> Generator[Frame]:
        """The frames from `position` on, from the disk. Raises CorruptFrame where none holds the next position."""
        span, end = self._catalog.find(partition, position)
        if span is None:
            raise CorruptFrame(self._catalog.folder, 0, partition, position)
        try:
            entries = self._catalog.entries(span, partition)
            start = entries.offset_of_position(position) if span.extent.first <= position else HEAD_BYTES

            def hop(place: Place) -> int | None:
                return entries.offset_at(place.end) if place.partition == partition else None

            with closing(span.segment.places(start, hop)) as places:
                for place in places:
                    if place.partition != partition or place.kind != Kind.DATA or place.end <= position:
                        continue
                    if place.position > position:
                        break
                    yield place.frame
                    position = place.end
                    if position >= end:
                        return
            offset = span.segment.damage(start)
        except FileNotFoundError:
            offset = 0
        raise CorruptFrame(span.segment.path, offset, partition, position)
