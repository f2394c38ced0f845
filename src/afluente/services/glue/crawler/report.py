"""What a crawl tells: the lines in its log, and the summary of what it changed."""

import json
from dataclasses import dataclass, field

from afluente.core.clock import Clock

GROUP = "/aws-glue/crawlers"
LONGEST_SUMMARY = 255
NAMES_SHOWN = 3


@dataclass(slots=True)
class Report:
    """The lines of the crawl `crawl_id`, each with its time, and the names of what it changed by kind of change.

    is_loggable: whether the crawl's role may write the lines into the log.
    """

    crawl_id: str
    clock: Clock
    lines: list[tuple[int, str]] = field(default_factory=list)
    changes: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    is_loggable: bool = True

    def say(self, message: str, level: str = "INFO") -> None:
        """A line for the log; levels are BENCHMARK, INFO, WARN and ERROR."""
        self.lines.append((self.clock.now_ms(), f"[{self.crawl_id}] {level} : {message}"))

    def changed(self, kind: str, change: str, name: str) -> None:
        """`kind` is TABLE or PARTITION, `change` is ADD, UPDATE or DELETE."""
        self.changes.setdefault((kind, change), []).append(name)

    def count(self, kind: str, change: str) -> int:
        """How many were changed so."""
        return len(self.changes.get((kind, change), ()))

    def summary(self) -> str:
        """ListCrawls' Summary: JSON in JSON, as AWS has it, without names where they do not fit."""
        full = self._summary(NAMES_SHOWN)
        return full if len(full) <= LONGEST_SUMMARY else self._summary(0)

    def _summary(self, most: int) -> str:
        shown: dict[str, dict[str, str]] = {}
        for (kind, change), names in self.changes.items():
            details = {"Details": {"names": names[:most]}, "Count": len(names)} if most else {"Count": len(names)}
            shown.setdefault(kind, {})[change] = json.dumps(details, separators=(",", ":"))
        return json.dumps(shown, separators=(",", ":"))
