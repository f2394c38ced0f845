"""Requests of every kind to every operation: none may end in a fault of the server, in silence or in a traceback.

AFLUENTE_FUZZ says how many requests (default 600), AFLUENTE_FUZZ_SEED repeats a run, AFLUENTE_FUZZ_SECONDS
ends it early.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crash.server import Server
from tests.fuzz.campaign import Tally, Worker

from afluente.app import PROVIDERS

REQUESTS = int(os.environ.get("AFLUENTE_FUZZ", "600"))
SEED = os.environ.get("AFLUENTE_FUZZ_SEED", str(random.SystemRandom().randrange(1 << 32)))
SECONDS = float(os.environ.get("AFLUENTE_FUZZ_SECONDS", "3600"))
WORKERS = 3
MOST_BYTES = 1536 << 20
SETTINGS = {
    "AFLUENTE_KINESIS_CREATE_DELAY_MS": "0",
    "AFLUENTE_KINESIS_DELETE_DELAY_MS": "0",
    "AFLUENTE_FIREHOSE_CREATE_DELAY_MS": "0",
    "AFLUENTE_QUERY_MEMORY_MIB": "256",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", SETTINGS)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def test_fuzz(server: Server) -> None:
    print(f"AFLUENTE_FUZZ_SEED={SEED} AFLUENTE_FUZZ={REQUESTS}")
    operations = [(provider.service, operation) for provider in PROVIDERS for operation in provider.operations]
    tally, memory = Tally(), Memory(server)
    workers = [
        Worker(server.port, operations, f"{SEED}-{number}", REQUESTS // WORKERS, time.monotonic() + SECONDS, tally)
        for number in range(WORKERS)
    ]
    started = time.monotonic()
    for thread in (memory, *workers):
        thread.start()
    for worker in workers:
        worker.join()
    memory.ended.set()
    print(report(tally, operations, time.monotonic() - started), memory)
    server.live(0.1)
    assert not [worker.crashed for worker in workers if worker.crashed]
    assert not tally.failures, "\n".join(map(str, tally.failures.values()))
    assert not server.tracebacks(), server.tracebacks()[:5]
    assert memory.highest < MOST_BYTES


class Memory(threading.Thread):
    """Watches the resident memory of the server."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.seen: list[int] = []
        self._server = server

    def run(self) -> None:
        while not self.ended.wait(1.0 if self.seen else 0.0):
            self.seen.append(self._server.resident_bytes())

    @property
    def highest(self) -> int:
        return max(self.seen, default=0)

    def __str__(self) -> str:
        tenth = max(1, len(self.seen) // 10)
        return "resident MiB over time: " + " ".join(str(size >> 20) for size in self.seen[::tenth])


def report(tally: Tally, operations: list[tuple[str, str]], seconds: float) -> str:
    """What came of it, as text."""
    by_service: dict[str, Counter[str]] = {}
    for (service, code), count in tally.outcomes.items():
        by_service.setdefault(service, Counter())[code] += count
    never = [f"{s}:{o}" for s, o in operations if not tally.succeeded[f"{s}:{o}"]]
    lines = [f"{tally.requests} requests in {seconds:.0f} s; slowest {tally.slowest[:3]}"]
    lines += [f"  {service}: {counts.most_common(8)}" for service, counts in sorted(by_service.items())]
    lines += [f"{name}: {tally.succeeded[name]} {tally.refusals[name].most_common(3)}" for name in never]
    lines.append(f"  {len(operations) - len(never)} of {len(operations)} operations succeeded; never: {never}")
    return "\n".join(lines)
