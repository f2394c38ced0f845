"""The most recent frames, in memory: whoever reads a partition's end does not touch the disk.

One thread adds; any thread may ask. No lock: a frame that is being forgotten is found or it is not.
"""

from collections import deque

from afluente.store.record_frame import Frame

FRAME_BYTES = 250
"""What a frame takes beside its payload, so that many small ones count for what they are."""


class Tail:
    """The last frames that were stored, up to `limit_bytes` of them."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._order: deque[Frame] = deque()
        self._frames: dict[int, dict[int, Frame]] = {}

    def add(self, frame: Frame) -> None:
        """Take in a frame that was just stored, and forget the oldest when there are too many."""
        self._frames.setdefault(frame.partition, {})[frame.position] = frame
        self._order.append(frame)
        self._bytes += len(frame.payload) + FRAME_BYTES
        while self._bytes > self._limit:
            self._forget(self._order.popleft())

    def get(self, partition: int, position: int) -> Frame | None:
        """The frame that begins at `position`, if it is here."""
        frames = self._frames.get(partition)
        return frames.get(position) if frames is not None else None

    def _forget(self, frame: Frame) -> None:
        self._bytes -= len(frame.payload) + FRAME_BYTES
        frames = self._frames[frame.partition]
        frames.pop(frame.position, None)
        if not frames:
            del self._frames[frame.partition]
