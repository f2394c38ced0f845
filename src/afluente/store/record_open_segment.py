"""The segment that is being written: groups of frames behind its end, synced once each."""

import errno
import logging
from collections.abc import Sequence
from contextlib import suppress

from afluente.store.disk import Disk
from afluente.store.record_layout import FRAME, MAX_SEGMENT_BYTES, Kind, frame_head
from afluente.store.record_queue import Queued
from afluente.store.record_segment import Segment

ALLOCATED_BYTES = 4 << 20
"""Room that is made at once. In room that is there a sync has only the frames to write."""

RESERVED_BYTES = 64 << 10
"""Room that records leave for the log's own notes, so that a full disk can be trimmed."""

NOT_SUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})

log = logging.getLogger(__name__)


class OpenSegment:
    """Writes `segment` from its end on; `descriptor` is closed with it.

    What a sync did not confirm is never trusted: after a failure the file is cut back to what was synced; where that
    fails, and after a failed sync, it is not `usable` any more.
    """

    def __init__(self, segment: Segment, descriptor: int, disk: Disk) -> None:
        self.segment = segment
        self.frames = 0
        self.usable = True
        self._descriptor = descriptor
        self._disk = disk
        self._allocated = segment.end
        self._allocates = True

    def append(self, group: Sequence[Queued]) -> Sequence[int]:
        """Write the frames in `group`, all or none; on disk when this returns. Their offsets. Raises OSError."""
        segment, mark = self.segment, self.segment.head.mark
        parts: list[bytes] = []
        offsets, end = [], segment.end
        for queued in group:
            for frame in queued.frames:
                offsets.append(end)
                parts += (frame_head(mark, queued.kind, frame, segment.end), frame.payload)
                end += FRAME.size + len(frame.payload)
        if end > MAX_SEGMENT_BYTES:
            raise OSError(errno.EFBIG, "more than a segment of the log can hold", str(segment.path))
        self._make_room(end, notes_only=all(queued.kind != Kind.DATA for queued in group))
        self._store(parts)
        segment.end = end
        self.frames += len(offsets)
        return offsets

    def close(self) -> None:
        """End the file where its frames end."""
        with suppress(OSError):  # where it ends is also written elsewhere
            self._disk.truncate(self._descriptor, self.segment.end)
        self._disk.close(self._descriptor)

    def _store(self, parts: Sequence[bytes]) -> None:
        try:
            self._disk.write(self._descriptor, parts, self.segment.end)
        except BaseException:
            self._cut_back()
            raise
        try:
            self._disk.sync(self._descriptor)
        except BaseException:
            self._cut_back()
            self.usable = False
            raise

    def _cut_back(self) -> None:
        self.usable = False
        try:
            self._disk.truncate(self._descriptor, self.segment.end)
            self._disk.sync(self._descriptor)
        except OSError:
            log.warning("%s could not be cut back", self.segment.path, exc_info=True)
        else:
            self._allocated = self.segment.end
            self.usable = True

    def _make_room(self, end: int, *, notes_only: bool) -> None:
        missing = end + (0 if notes_only else RESERVED_BYTES) - self._allocated
        if missing <= 0 or not self._allocates:
            return
        for size in (max(missing, ALLOCATED_BYTES), missing):
            try:
                self._disk.allocate(self._descriptor, self._allocated, size)
            except OSError as error:
                if error.errno in NOT_SUPPORTED:
                    self._allocates = False
                    return
                failure = error
            else:
                self._allocated += size
                return
        raise failure
