"""What other threads have done, brought to an event loop: one wake-up for all that is done at about the same time.

`asyncio.wrap_future` wakes the loop for each future on its own, which for a group of appends that one sync made durable
costs more than the sync.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Outcomes:
    """Brings the outcomes of futures to `loop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._awake = False

    def wait_for(self, future: "Future[T]") -> "asyncio.Future[T]":
        """What to await for the outcome of `future`, which goes on whatever happens to who waits."""
        waiting: asyncio.Future[T] = self.loop.create_future()
        future.add_done_callback(lambda done: self._arrive(waiting, done))
        return waiting

    def _arrive(self, waiting: "asyncio.Future[Any]", done: "Future[Any]") -> None:
        self._done.append((waiting, done))
        if not self._awake:
            self._awake = True
            self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._awake = False  # before looking: what arrives from now on wakes the loop again
        while self._done:
            waiting, done = self._done.popleft()
            if waiting.done():  # cancelled
                continue
            error = done.exception()
            if error is None:
                waiting.set_result(done.result())
            else:
                waiting.set_exception(error)
