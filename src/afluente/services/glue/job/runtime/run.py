"""The run that this process is: its order, its line to the server, its bookmarks. There is one, set by main.py."""

import itertools
from collections.abc import Iterable
from typing import Any

from afluente.services.glue.job.runtime.channel import Channel
from afluente.services.glue.job.runtime.order import Order

CONSISTENCY_MS = 900_000
"""Objects as new as this are remembered by name too: one may show up after a younger one was seen."""


class Run:
    """The run, as its parts need it."""

    def __init__(self, order: Order, channel: Channel) -> None:
        self.order = order
        self.channel = channel
        self.initialized = False
        self.read_bytes = 0
        self._read: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    def begin(self) -> None:
        """The script says so. Raises what the role lacks to know its job's bookmark, if the run has bookmarks on."""
        if self.order.bookmark != "job-bookmark-disable":
            self.channel.ask("open_bookmark")
        self.initialized = True

    def number(self) -> int:
        """A number that nothing else in this process has."""
        return next(self._numbers)

    @property
    def on_spark(self) -> bool:
        """Whether DataFrames are Apache Spark's."""
        return self.order.engine == "spark"

    @property
    def bookmarked(self) -> bool:
        """Whether sources skip what earlier runs have read."""
        return self.initialized and self.order.bookmark in {"job-bookmark-enable", "job-bookmark-pause"}

    @property
    def names_by_context(self) -> bool:
        """Whether output files are named after their transformation context."""
        return self.initialized and self.order.bookmark == "job-bookmark-enable"

    def only_new(self, context: str, objects: Iterable[Any]) -> list[Any]:
        """Those of `objects` that no committed run has read under this transformation context.

        An object that was written again since is new.
        """
        known = self.order.bookmark_sources.get(context, {"until_ms": 0, "recent": {}})
        horizon = known["until_ms"] - CONSISTENCY_MS
        found = list(objects)
        self._read[context] = _mark(found, known)
        return [
            item
            for item in found
            if item.last_modified_ms > horizon and known["recent"].get(item.url) != item.last_modified_ms
        ]

    def commit(self) -> None:
        """Make what was read so far the place from which the next run goes on."""
        if self.order.bookmark == "job-bookmark-enable" and self.initialized:
            self.channel.ask("commit_bookmark", sources=self._read)


def _mark(found: list[Any], known: dict[str, Any]) -> dict[str, Any]:
    until_ms = max([known["until_ms"], *(item.last_modified_ms for item in found)])
    recent = {item.url: item.last_modified_ms for item in found if item.last_modified_ms > until_ms - CONSISTENCY_MS}
    return {"until_ms": until_ms, "recent": recent}


_current: list[Run] = []


def begin(run: Run) -> None:
    """Make `run` the one this process is."""
    _current[:] = [run]


def current() -> Run:
    """The run that this process is."""
    return _current[0]
