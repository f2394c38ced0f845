"""Start-up time and idle memory."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from bench.server import afluente


def figures(folder: Path) -> Iterator[Figure]:
    """From the start of the process to its first answer; resident memory then."""
    times, memory = [], []
    for attempt in range(3):
        with afluente(folder / f"start{attempt}") as server:
            assert server.healthy()
            times.append(server.started_s)
            memory.append(server.memory_mib)
    yield Figure("start to first answer", statistics.median(times), "s", "<= 0.5 s", more_is_better=False)
    yield Figure("idle memory", statistics.median(memory), "MiB", "<= 100 MiB", more_is_better=False)
