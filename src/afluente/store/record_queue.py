"""What waits to be stored: any thread puts something in, one thread takes all that waits.

Made for the threads that put: they never wait for the one that takes, nor for the interpreter because of it.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from afluente.store.record_frame import Frame
from afluente.store.record_layout import Kind

ROOM_BYTES = 64 << 20
"""Queued payload beyond which `has_room` says no: seconds of a slow disk, and small beside the process."""

GROUP_BYTES = 16 << 20
"""Payload that is taken at once, about; what comes behind more than that waits for the next sync."""


class Queued(NamedTuple):
    """Frames of one kind to be stored together, and what is done then: None, or the segments that a note frees."""

    kind: Kind
    frames: Sequence[Frame]
    size: int
    future: "Future[Any]"


class Queue:
    """Queued frames, oldest first. Who puts, or drains, excludes others from doing so."""

    def __init__(self) -> None:
        self._items: SimpleQueue[Queued | None] = SimpleQueue()
        self._put_bytes = 0  # two counters, each written by one side, need no lock between the sides
        self._done_bytes = 0
        self._closed = False
        self._room = threading.Condition()
        self._waiting = 0

    @property
    def bytes(self) -> int:
        """The payload that waits or is being stored."""
        return self._put_bytes - self._done_bytes

    @property
    def has_room(self) -> bool:
        """Is little enough queued that more should be?"""
        return self._put_bytes - self._done_bytes < ROOM_BYTES

    def wait_for_room(self) -> None:
        """Block until `has_room`, or until it is closed."""
        if self.has_room:
            return
        with self._room:
            self._waiting += 1
            self._room.wait_for(lambda: self.has_room or self._closed)
            self._waiting -= 1

    def put(self, queued: Queued) -> None:
        """Add something."""
        self._put_bytes += queued.size
        self._items.put(queued)

    def take(self) -> list[Queued]:
        """All that waits, up to a limit. Blocks until there is something; nothing once it is closed and empty."""
        item = self._items.get()
        group: list[Queued] = []
        size = 0
        while item is not None:
            group.append(item)
            size += item.size
            if size >= GROUP_BYTES:
                return group
            try:
                item = self._items.get_nowait()
            except Empty:
                return group
        self._items.put(None)  # for the next time
        return group

    def drain(self) -> list[Queued]:
        """All that waits, without blocking."""
        found = []
        while not self._items.empty():
            item = self._items.get_nowait()
            if item is None:
                self._items.put(None)
                break
            found.append(item)
        return found

    def done(self, group: Sequence[Queued]) -> None:
        """What was taken does not wait any more."""
        self._done_bytes += sum(queued.size for queued in group)
        if self._waiting:
            with self._room:
                self._room.notify_all()

    def close(self) -> None:
        """Let `take` end once it is empty. Nothing may be put in any more."""
        self._closed = True
        self._items.put(None)
        with self._room:
            self._room.notify_all()
