"""Time as an argument: every part reads it from a `Clock`, and waits on one.

`SystemClock` is the machine's; so is `MovableClock`, which can be moved on; `ManualClock` moves only when it is moved.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

LOOK_S = 0.01

FURTHEST_AHEAD_MS = 24 * 3_600_000
"""How far the system clock goes on ahead of the machine's: one that was wrong by years must not stay so."""

log = logging.getLogger(__name__)


class Clock(Protocol):
    """Where time comes from. All times are milliseconds since the epoch, or aware UTC datetimes."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""

    def wait(self, wakeup: threading.Event, until_ms: int | None) -> None:
        """Block until `wakeup` is set or the time `until_ms` is reached (None: until `wakeup` alone)."""


def utc(time_ms: int) -> datetime:
    """The aware UTC datetime of `time_ms`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)


class SystemClock:
    """The machine's clock, but for one thing: it never runs back.

    When the machine's is set back, this one goes on at half its speed until the two meet: what was is over, what is due
    comes due, and whatever was written down lies in the past. `wall` and `elapsed` are nanoseconds.
    """

    def __init__(self, wall: Callable[[], int] = time.time_ns, elapsed: Callable[[], int] = time.monotonic_ns) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._last = (0, elapsed())

    def go_on_from(self, time_ms: int) -> None:
        """Do not begin before `time_ms`, which a former process wrote down, unless that is more than a day ahead."""
        ahead_ms = time_ms - self.now_ms()
        if ahead_ms > FURTHEST_AHEAD_MS:
            log.warning(
                "the machine's clock is %s h behind what was written before; was it set back?", ahead_ms // 3_600_000
            )
        elif ahead_ms > 0:
            with self._lock:
                self._last = (time_ms * 1_000_000, self._elapsed())

    def now_ms(self) -> int:
        with self._lock:
            last, at = self._last
            elapsed = self._elapsed()
            now = max(self._wall(), last + (elapsed - at) // 2)
            self._last = (now, elapsed)
        return now // 1_000_000

    def wait(self, wakeup: threading.Event, until_ms: int | None) -> None:
        wakeup.wait(None if until_ms is None else max(0.0, (until_ms - self.now_ms()) / 1000))


class MovableClock(SystemClock):
    """The machine's clock, ahead of it by as much as it was moved on: time goes by, and leaps when told to."""

    def __init__(self, wall: Callable[[], int] = time.time_ns, elapsed: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(wall, elapsed)
        self.ahead_ms = 0
        self._moving = threading.Lock()
        self._waiting: dict[threading.Event, int] = {}

    def go_on_from(self, time_ms: int) -> None:
        """Do not begin before `time_ms`: it may have been moved to there by a former process."""
        self.ahead_ms += max(0, time_ms - self.now_ms())

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms

    def wait(self, wakeup: threading.Event, until_ms: int | None) -> None:
        if until_ms is not None:
            with self._moving:
                self._waiting[wakeup] = until_ms
        super().wait(wakeup, until_ms)
        with self._moving:
            self._waiting.pop(wakeup, None)

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`, and wake whoever waits for a time that is over by then."""
        with self._moving:
            self.ahead_ms += round(seconds * 1000)
            now_ms = self.now_ms()
            for event in [event for event, until_ms in self._waiting.items() if until_ms <= now_ms]:
                event.set()


class ManualClock:
    """A clock that moves only when told to.

    `advance` moves it and returns once every loop that was due has done its step and waits again, so that a test
    needs no sleep.
    """

    def __init__(self, start_ms: int = 1_790_000_000_000) -> None:
        self._now_ms = start_ms
        self._changed = threading.Condition()
        self._waiting: dict[threading.Event, int | None] = {}
        self._threads: dict[threading.Event, threading.Thread] = {}

    def now_ms(self) -> int:
        return self._now_ms

    def wait(self, wakeup: threading.Event, until_ms: int | None) -> None:
        with self._changed:
            if until_ms is not None and until_ms <= self._now_ms:
                return
            self._waiting[wakeup] = until_ms
            self._threads[wakeup] = threading.current_thread()
            self._changed.notify_all()
        wakeup.wait()
        with self._changed:
            self._waiting.pop(wakeup, None)

    def _is_done(self, event: threading.Event) -> bool:
        """Does the loop behind `event` wait again, or has it ended?"""
        return event in self._waiting or not self._threads[event].is_alive()

    def settle(self, loops: int, *, patience_s: float = 30) -> None:
        """Return once `loops` loops wait, none of them woken: what was started or woken has done its step.

        Raises TimeoutError after `patience_s` real seconds.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: len(self._waiting) >= loops and not any(event.is_set() for event in self._waiting), patience_s
            ):
                raise TimeoutError(f"{len(self._waiting)} of {loops} loops wait after {patience_s} s")

    def advance(self, seconds: float, *, waiters: int = 0, patience_s: float = 30) -> None:
        """Move on by `seconds`, then let every loop that came due finish its step.

        waiters: begin only when so many loops wait on this clock. Raises TimeoutError when one of them has not come
        back to waiting after `patience_s` real seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._waiting) >= waiters, patience_s):
                raise TimeoutError(f"{len(self._waiting)} of {waiters} loops wait after {patience_s} s")
            self._now_ms += round(seconds * 1000)
            due = [event for event, until in self._waiting.items() if until is not None and until <= self._now_ms]
            for event in due:
                del self._waiting[event]
                event.set()
            for _ in range(round(patience_s / LOOK_S)):
                # Nothing tells of a thread that ends, so it is looked for.
                if self._changed.wait_for(lambda: all(map(self._is_done, due)), LOOK_S):
                    return
        raise TimeoutError(f"a loop that came due did not finish its step in {patience_s} s")
