"""When what failed is tried again: after a second, then after twice as long each time, up to half a minute."""

FIRST_MS = 1_000
LONGEST_MS = 30_000


class Retry:
    """The attempts at one thing."""

    def __init__(self) -> None:
        self.at_ms = 0
        self.failed_since_ms: int | None = None
        self.failures = 0
        self.reason = ""

    def failed(self, now_ms: int, reason: str = "") -> None:
        """Wait before the next attempt. `reason` is remembered."""
        self.at_ms = now_ms + min(FIRST_MS << min(self.failures, 10), LONGEST_MS)
        self.failed_since_ms = now_ms if self.failed_since_ms is None else self.failed_since_ms
        self.failures += 1
        self.reason = reason

    def hasten(self) -> None:
        """Try again at once: something has changed."""
        self.at_ms = 0

    def succeeded(self) -> None:
        """Begin anew with the next failure."""
        self.at_ms, self.failed_since_ms, self.failures = 0, None, 0
