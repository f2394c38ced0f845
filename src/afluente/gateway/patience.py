"""How long a client may keep the server waiting: between requests, within one, or by not reading its answer.

A connection is looked at from time to time instead of setting a timer for each of its requests, which would cost every
one of them something.
"""

from typing import Any

LOOKS = 4
"""A client is given up at this many looks in a row at which it had not moved."""

MOVE_BYTES = 1024
"""Less than this between two looks is no progress: a request in drops could otherwise last for ever."""


class Patience:
    """Counts the looks at one client, or at one of its requests."""

    __slots__ = ("_looks", "_seen")

    def __init__(self) -> None:
        self._seen: Any = None
        self._looks = 0

    def is_over(self, *, waits: bool, progress: object) -> bool:
        """Is it over, now that the server `waits` for the client or not, which has come as far as `progress` says?"""
        if waits and progress == self._seen:
            self._looks += 1
        else:
            self._seen, self._looks = progress, 0
        return self._looks >= LOOKS
