"""Calls at times on the clock: one thread for however many wait, most of whom have no thread of their own."""

import heapq
import itertools
import threading
from collections.abc import Callable

from afluente.core.clock import Clock
from afluente.core.loop import Loop


class Alarms:
    """Rings at the times that were set. What rings is called on the alarms' thread and must be quick."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._loop = Loop(name, self._step, clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._set: list[tuple[int, int, Callable[[], None]]] = []

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Ring no more; returns when nothing rings."""
        self._loop.stop()

    def set(self, due_ms: int, ring: Callable[[], None]) -> None:
        """Call `ring` once, at `due_ms` or as soon after as may be."""
        with self._lock:
            sooner = not self._set or due_ms < self._set[0][0]
            heapq.heappush(self._set, (due_ms, next(self._numbers), ring))
        if sooner:
            self._loop.wake()

    def _step(self) -> int | None:
        now_ms = self._clock.now_ms()
        while True:
            with self._lock:
                if not self._set:
                    return None
                if self._set[0][0] > now_ms:
                    return self._set[0][0]
                _, _, ring = heapq.heappop(self._set)
            ring()
