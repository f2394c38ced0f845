"""Start-up time and idle memory."""

import os
import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from bench.server import afluente

STARTS = 5


def figures(folder: Path) -> Iterator[Figure]:
    """From the start of the process to its first answer; resident memory then."""
    # As where it is installed: compiled once, not at every start, whatever this shell has asked of Python.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    times, memory = [], []
    for attempt in range(1 + STARTS):
        with afluente(folder / f"start{attempt}") as server:
            assert server.healthy()
            times.append(server.started_s)
            memory.append(server.memory_mib)
    limit = f"best of {STARTS}, after a first one that compiles"
    yield Figure("start to first answer", min(times[1:]), "s", "<= 0.5 s", limit_is=limit, more_is_better=False)
    yield Figure("idle memory", statistics.median(memory), "MiB", "<= 100 MiB", more_is_better=False)
