"""Faults of the disk below the data folder: told to the caller in words, and in the log once in a while.

A full disk fails every request that writes; a traceback of each would hide the cause, and fill the disk further.
"""

import logging

from afluente.core.clock import Clock

EVERY_MS = 10_000
"""How often one cause is logged."""

log = logging.getLogger(__name__)


class DiskFaults:
    """What was logged of them, and when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._logged_ms: dict[str, int] = {}

    def explain(self, fault: str, what: str) -> str:
        """The message for the caller of `what`, which `fault` made fail."""
        now_ms = self._clock.now_ms()
        if now_ms >= self._logged_ms.get(fault, -EVERY_MS) + EVERY_MS:
            self._logged_ms[fault] = now_ms
            log.error("%s failed: %s, in the data folder; others may fail alike without being named here", what, fault)
        return (
            f"Afluente could not do {what}: {fault}, in its data folder. What was acknowledged is safe; try again when "
            "the disk is in order."
        )
