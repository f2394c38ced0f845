"""Segment after segment: begun, filled, finished, and removed when nobody needs it. One thread at a time may write.

A new segment is written under another name, synced, and only then gets its own: so each has its head. Where the one
before it ends is in that head, so that what a failed sync left behind that place is never taken for stored.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from afluente.store.disk import Disk
from afluente.store.record_catalog import Catalog
from afluente.store.record_frame import Frame
from afluente.store.record_index import SegmentIndex
from afluente.store.record_layout import FRAME, HEAD_BYTES, MARK_BYTES, Head, Kind, frame_head
from afluente.store.record_open_segment import OpenSegment
from afluente.store.record_queue import Queued
from afluente.store.record_segment import Segment
from afluente.store.record_state import LogState

SEGMENT_BYTES = 64 << 20
SEGMENT_FRAMES = 50_000
"""What a segment holds, about. What the last one holds is read through at every start."""

log = logging.getLogger(__name__)


class Writer:
    """Writes into `last`, the last segment there is, and then into new ones."""

    def __init__(self, catalog: Catalog, state: LogState, last: Segment | None, disk: Disk) -> None:
        self._catalog = catalog
        self._state = state
        self._disk = disk
        self._last = last
        self._open: OpenSegment | None = None

    def store(self, group: Sequence[Queued]) -> None:
        """Write what is in `group`, all or nothing; it is on disk when this returns. Raises OSError."""
        target = self._target()
        try:
            offsets = target.append(group)
        except BaseException:
            if not target.usable:
                self._give_up()
            raise
        following = iter(offsets)
        for queued in group:
            for frame, offset in zip(queued.frames, following, strict=False):
                if queued.kind == Kind.DATA:
                    self._catalog.note(target.segment, frame, offset)

    def remove(self, segments: Sequence[Segment]) -> None:
        """Remove the files of segments that nobody needs. Any thread may."""
        for segment in segments:
            self._disk.remove(segment.path)
            self._disk.remove(segment.index_path)

    def close(self) -> None:
        """Close the last segment."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _target(self) -> OpenSegment:
        open_ = self._open
        if open_ is None or not open_.usable:
            return self._begin()
        if open_.segment.end < SEGMENT_BYTES and open_.frames < SEGMENT_FRAMES:
            return open_
        try:
            return self._begin()
        except OSError:
            if not open_.usable:
                raise
            log.warning("no new segment could be begun; the log goes on in %s", open_.segment.path, exc_info=True)
            return open_

    def _give_up(self) -> None:
        """Have it on disk where the last segment ends, before anybody is told that what is behind it has failed."""
        try:
            self._begin()
        except OSError:
            log.warning("the log could not begin a new segment; it will try again", exc_info=True)

    def _begin(self) -> OpenSegment:
        """A new segment, in the place of the last one."""
        before = self._last
        number, end = (before.head.number + 1, before.end) if before else (1, 0)
        segment = Segment(self._catalog.folder, Head(number, os.urandom(MARK_BYTES), end), 0, SegmentIndex())
        descriptor = self._create(segment)
        if self._open is not None:
            self._open.close()
        self._last, self._open = segment, OpenSegment(segment, descriptor, self._disk)
        self.remove(self._catalog.begin(segment, self._state))
        if before is not None and before.pins:
            self._save_index(before)
        return self._open

    def _create(self, segment: Segment) -> int:
        """The descriptor of the new file, which begins with the state of all partitions."""
        state = Frame(0, 0, 0, 0, self._state.encode())
        parts = (segment.head.encode(), frame_head(segment.head.mark, Kind.STATE, state, 0), state.payload)
        draft = segment.path.with_suffix(".log.new")
        descriptor = write_file(draft, parts, self._disk)
        try:
            if self._open is not None:
                self._open.usable = False  # the new segment's head, which may now be on disk, says that it has ended
            self._disk.replace(draft, segment.path)
        except BaseException:
            self._disk.close(descriptor)
            raise
        segment.end = HEAD_BYTES + FRAME.size + len(state.payload)
        return descriptor

    def _save_index(self, segment: Segment) -> None:
        """Put the index of a full segment into its file; as long as that fails it stays in memory."""
        assert segment.index is not None  # noqa: S101  # for the type checker: it was made with the segment
        try:
            save_index(segment, segment.index, self._disk)
        except OSError:
            log.warning("the index of %s could not be written; it is made again when needed", segment.path)
        else:
            segment.index = None


def save_index(segment: Segment, index: SegmentIndex, disk: Disk) -> None:
    """Write `index` into its file. Raises OSError."""
    draft = segment.index_path.with_suffix(".index.new")
    disk.close(write_file(draft, [index.encode(segment.head, segment.end)], disk))
    disk.replace(draft, segment.index_path)


def write_file(path: Path, parts: Sequence[bytes], disk: Disk) -> int:
    """The descriptor of a file that has these bytes, on disk. Raises OSError; then there is no such file."""
    descriptor = disk.open(path)
    try:
        disk.truncate(descriptor, 0)
        disk.write(descriptor, parts, 0)
        disk.sync(descriptor)
    except BaseException:
        disk.close(descriptor)
        disk.remove(path)
        raise
    return descriptor
