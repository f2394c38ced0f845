"""Reading the frames of a segment's file, whatever state that is in."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from msgspec import Struct

from afluente.store.checksum import crc32c
from afluente.store.record_frame import Frame
from afluente.store.record_layout import FRAME, FRAME_START, MARK_BYTES

FIRST_BYTES, LAST_BYTES = 4 << 10, 2 << 20
"""Read at once: little where something new is looked for, more and more where reading goes on."""


class Place(Struct, frozen=True, gc=False):
    """An intact frame at `offset` of its file, and the bytes it was found in."""

    kind: int
    partition: int
    position: int
    count: int
    time_ms: int
    synced: int
    offset: int
    next_offset: int
    buffer: bytes
    payload_at: int
    """Where in `buffer` the payload begins."""

    @property
    def end(self) -> int:
        """The position after the last record."""
        return self.position + self.count

    @property
    def frame(self) -> Frame:
        """The frame itself."""
        size = self.next_offset - self.offset - FRAME.size
        payload = self.buffer[self.payload_at : self.payload_at + size]
        return Frame(self.partition, self.position, self.count, self.time_ms, payload)


class FrameFile:
    """The file at `path` with frames marked `mark`, up to offset `end`. Opened for each use, and to be closed with it:
    a segment may be removed while it is read, and there may be very many."""

    def __init__(self, path: Path, mark: bytes, end: int) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._mark = mark
        self._end = end
        self._buffer = b""
        self._start = 0
        self._size = FIRST_BYTES
        self._last_size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def at(self, offset: int) -> Place | None:
        """The frame that begins at `offset`, if there is an intact one."""
        low = self._load(offset, FRAME.size)
        if low is None:
            return None
        found, crc, size, count, partition, synced, kind, position, time_ms = FRAME.unpack_from(self._buffer, low)
        if found != self._mark:
            return None
        following = offset + FRAME.size + size
        low = self._load(offset, following - offset)
        if low is None:
            return None
        payload_at = low + FRAME.size
        if crc32c(memoryview(self._buffer)[low + FRAME_START.size : payload_at + size]) != crc:
            return None
        self._last_size = following - offset
        return Place(kind, partition, position, count, time_ms, synced, offset, following, self._buffer, payload_at)

    def walk(self, offset: int) -> Iterator[Place]:
        """The intact frames from `offset` on, back to back, up to the first that is not intact."""
        while (place := self.at(offset)) is not None:
            yield place
            offset = place.next_offset

    def claims(self, offset: int, end: int) -> list[Place]:
        """What damaged frames from `offset` to `end` say of themselves; nothing unless they fill that exactly."""
        found: list[Place] = []
        while offset < end:
            low = self._load(offset, FRAME.size)
            if low is None:
                return []
            mark, _, size, count, partition, synced, kind, position, time_ms = FRAME.unpack_from(self._buffer, low)
            following = offset + FRAME.size + size
            if mark != self._mark or following > end:
                return []
            found.append(Place(kind, partition, position, count, time_ms, synced, offset, following, b"", 0))
            offset = following
        return found

    def next_intact(self, offset: int) -> int | None:
        """The offset of the first intact frame that begins at `offset` or later."""
        while (low := self._load(offset, MARK_BYTES)) is not None:
            found = self._buffer.find(self._mark, low)
            if found < 0:
                offset = max(offset + 1, self._start + len(self._buffer) - MARK_BYTES + 1)
                continue
            offset = self._start + found
            if self.at(offset) is not None:
                return offset
            offset += 1
        return None

    def _load(self, offset: int, need: int) -> int | None:
        """Where in the buffer the byte at `offset` is, with `need` bytes from it on; None beyond the file's end."""
        low = offset - self._start
        if low >= 0 and low + need <= len(self._buffer):
            return low
        if offset + need > self._end:
            return None
        goes_on = 0 <= low <= len(self._buffer)
        self._size = min(2 * self._size, LAST_BYTES) if goes_on else max(FIRST_BYTES, self._last_size)
        size = min(max(need, self._size), self._end - offset)
        self._buffer, self._start = os.pread(self._descriptor, size, offset), offset
        return 0 if len(self._buffer) >= need else None
