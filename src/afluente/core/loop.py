"""Background work: one thread that does a step, then waits on the clock for the next.

Stop order matters: `stop` returns only when the running step has ended, so what a step uses may be closed afterwards.
"""

import logging
import threading
from collections.abc import Callable

from afluente.core.clock import Clock
from afluente.core.disk_fault import disk_fault

RETRY_MS = 1000
"""A step that raised is tried again after this long: long enough not to spin, short enough to recover unseen."""

log = logging.getLogger(__name__)


class Loop:
    """Calls `step` now, whenever woken, and at the time it last asked for.

    `step` returns the time of its next call in milliseconds since the epoch, or None to wait for `wake`.
    """

    def __init__(self, name: str, step: Callable[[], int | None], clock: Clock) -> None:
        self.name = name
        self._said = ""
        self._step = step
        self._clock = clock
        self._wakeup = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; its first step runs at once."""
        self._thread.start()

    def wake(self) -> None:
        """Run a step as soon as the current one, if any, has ended."""
        self._wakeup.set()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping = True
        self._wakeup.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._wakeup.clear()
            try:
                due_ms = self._step()
                self._said = ""
            except Exception as error:  # a loop outlives whatever one step meets
                self._tell(error)
                due_ms = self._clock.now_ms() + RETRY_MS
            if not self._stopping:
                self._clock.wait(self._wakeup, due_ms)

    def _tell(self, error: Exception) -> None:
        """Log what a step met, once for as long as it stays the same: a full disk fails every step, for hours."""
        fault = disk_fault(error)
        said = f"{fault}, in the data folder" if fault else f"{type(error).__name__}: {error}"
        if said != self._said:
            self._said = said
            log.error("%s: %s; trying again every %s ms", self.name, said, RETRY_MS, exc_info=None if fault else error)
