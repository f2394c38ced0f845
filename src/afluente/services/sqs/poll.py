"""Long polls: receives that wait for a message, and are woken as soon as one can be had."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from afluente.core.alarm import Alarms
from afluente.core.clock import Clock

RECEIVERS = 4
"""Threads that receive. Polls that wait take none."""


class Polls:
    """Who waits for messages, by queue."""

    def __init__(self, clock: Clock) -> None:
        self.pool = ThreadPoolExecutor(RECEIVERS, thread_name_prefix="sqs-receive")
        self._alarms = Alarms("sqs-polls", clock)
        self._lock = threading.Lock()
        self._waiting: dict[int, set[Poll]] = {}
        self.has_ended = False

    def start(self) -> None:
        self._alarms.start()

    def stop(self) -> None:
        self.end()
        self._alarms.stop()
        self.pool.shutdown()

    def end(self) -> None:
        """Nobody waits any longer: to be called before the gateway stops, which would wait for them."""
        self.has_ended = True
        with self._lock:
            waiting = [poll for polls in self._waiting.values() for poll in polls]
        for poll in waiting:
            poll.wake()

    def arrived(self, queue: int) -> None:
        """Something changed in the queue: its polls look again."""
        if queue not in self._waiting:
            return
        with self._lock:
            waiting = list(self._waiting.get(queue, ()))
        for poll in waiting:
            poll.wake()

    def alarm(self, due_ms: int, ring: Callable[[], None]) -> None:
        """Call `ring` at that time."""
        self._alarms.set(due_ms, ring)

    def add(self, queue: int, poll: "Poll") -> None:
        with self._lock:
            self._waiting.setdefault(queue, set()).add(poll)

    def remove(self, queue: int, poll: "Poll") -> None:
        with self._lock:
            polls = self._waiting.get(queue, set())
            polls.discard(poll)
            if not polls:
                self._waiting.pop(queue, None)


class Poll:
    """One receive that waits, on the running event loop, for a change in `queue`. A block: with it, nothing is missed.

    Who waits looks again at everything when woken.
    """

    def __init__(self, polls: Polls, queue: int) -> None:
        self._polls = polls
        self._queue = queue
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._is_over = False

    def __enter__(self) -> "Poll":
        self._polls.add(self._queue, self)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._polls.remove(self._queue, self)

    def wake(self) -> None:
        """From any thread; after the end it does nothing, as an alarm may ring late, when the loop is gone."""
        if not self._is_over:
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, due_ms: int) -> None:
        """Return when woken, or at that time."""
        self._polls.alarm(due_ms, self.wake)
        await self._event.wait()
        self._event.clear()
