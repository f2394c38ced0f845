"""The partitions that are being filled: those with records that are processed and not yet delivered.

Source: "Buffer data for dynamic partitioning", Firehose developer guide.
"""

import threading
from collections.abc import Iterable, Iterator

from afluente.services.firehose.route import Route


class ActivePartitions:
    """Counts routes. The stage adds to it, the delivery takes away; both by positions in the processed log."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._ends: dict[str, int] = {}
        self._delivered: dict[str, int] = {}
        self._restored = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ends)

    def __contains__(self, route: str) -> bool:
        return route in self._ends

    @property
    def is_restored(self) -> bool:
        """Whether it is known what the last process left."""
        return self._restored

    def restore(self, found: Iterable[tuple[str, int]]) -> None:
        """Begin with what lies undelivered in the log: routes, each with the position after one of its records."""
        ends: dict[str, int] = {}
        for route, end in _partitions(found):
            ends[route] = max(end, ends.get(route, 0))
        with self._lock:
            self._ends = {route: end for route, end in ends.items() if end > self._delivered.get(route, 0)}
            self._delivered.clear()
            self._restored = True

    def add(self, ends: Iterable[tuple[str, int]]) -> None:
        """Records of these routes are in the log, up to these positions."""
        with self._lock:
            self._ends.update(_partitions(ends))

    def delivered(self, route: str, end: int) -> None:
        """The route's records up to `end` have been delivered."""
        with self._lock:
            if not self._restored:
                self._delivered[route] = max(end, self._delivered.get(route, 0))
            elif self._ends.get(route, end + 1) <= end:
                del self._ends[route]


def _partitions(found: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Without the routes to error objects."""
    return ((route, end) for route, end in found if Route.read(route).keys)
