"""What the process is told when it is started: one JSON text, its only argument."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """See `RunEngine` for what each member is; times are milliseconds, paths absolute."""

    script: str
    location: str
    arguments: list[str]
    modules: list[str]
    shell: bool
    job: str
    run_id: str
    started_ms: int
    stamp_ms: int
    account: str
    region: str
    work: str
    threads: int
    memory_mib: int
    bookmark: str
    bookmark_sources: dict[str, Any]
    run_number: int
    catalog: bool
    engine: str
    """What is behind `pyspark`: duckdb or spark."""
    channel: int
    lifeline: int

    @staticmethod
    def parse(text: str) -> "Order":
        """The order that `text` spells."""
        return Order(**json.loads(text))
