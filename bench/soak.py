"""`make soak`: a steady load through stream and delivery for an hour, and whether memory and latencies stay flat.

AFLUENTE_SOAK_SECONDS says how long (default 3600), AFLUENTE_SOAK_RATE how many records a second (default 1500, within
what two shards take). Writes what it saw to bench/results/; ends with 1 when something is not flat or not balanced.
"""

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.delivery import deliver_to
from bench.load import reading
from bench.server import Server, afluente

SECONDS = float(os.environ.get("AFLUENTE_SOAK_SECONDS", "3600"))
RATE = int(os.environ.get("AFLUENTE_SOAK_RATE", "1500"))
BATCH = 100
SHARDS = 2
READS_PER_S = 4
SAMPLE_S = max(1.0, SECONDS / 360)
MOST_GROWTH = 1.2
"""Of the median of the last third to that of the second: what the first third takes to settle does not count."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at the end of one interval."""

    at_s: float
    records: int
    put_p50_ms: float
    put_p99_ms: float
    get_p50_ms: float
    memory_mib: float
    files: int
    threads: int


@dataclass(slots=True)
class Meter:
    """Counts and latencies since the last sample."""

    records: int = 0
    put_s: list[float] = field(default_factory=list)
    get_s: list[float] = field(default_factory=list)
    read: int = 0
    refused: int = 0

    def sample(self, server: Server, began: float) -> Sample:
        """What is known now; latencies begin anew."""
        put, self.put_s = self.put_s, []
        get, self.get_s = self.get_s, []
        process = Path(f"/proc/{server.process.pid}")
        return Sample(
            time.monotonic() - began,
            self.records,
            _quantile(put, 0.5),
            _quantile(put, 0.99),
            _quantile(get, 0.5),
            server.memory_mib,
            len(list((process / "fd").iterdir())),
            len(list((process / "task").iterdir())),
        )


def main() -> int:
    """Run, report, and say by the exit status whether all is well."""
    with tempfile.TemporaryDirectory(prefix="soak-", dir=Path.cwd()) as folder:
        settings = {"kinesis_create_delay_ms": 0, "firehose_create_delay_ms": 0}
        with afluente(Path(folder) / "data", **settings) as server:
            samples, meter, delivered = _run(server)
    text, well = _report(samples, meter, delivered)
    results = Path("bench/results")
    results.mkdir(exist_ok=True)
    path = results / time.strftime("soak-%Y-%m-%d-%H%M%S.md")
    path.write_text(text)
    print(f"{text}\nwritten to {path}")
    return 0 if well else 1


def _run(server: Server) -> tuple[list[Sample], Meter, int]:
    """The samples, the counts, and how many records were delivered in the end."""
    server.client("s3").create_bucket(Bucket="bench-raw")
    server.client("kinesis").create_stream(StreamName="bench", ShardCount=SHARDS)
    deliver_to(server, "bench", interval_s=60, size_mib=5)
    meter, stopping = Meter(), threading.Event()
    threads = [threading.Thread(target=_produce, args=(server.client("kinesis"), meter, stopping), daemon=True)]
    threads += [
        threading.Thread(target=_consume, args=(server.client("kinesis"), shard, meter, stopping), daemon=True)
        for shard in range(SHARDS)
    ]
    for thread in threads:
        thread.start()
    began, samples = time.monotonic(), list[Sample]()
    while (left := began + SECONDS - time.monotonic()) > 0:
        time.sleep(min(SAMPLE_S, left))
        samples.append(meter.sample(server, began))
        dead = [thread for thread in threads if not thread.is_alive()]
        assert not dead, "a client ended"
    stopping.set()
    for thread in threads:
        thread.join(60)
    return samples, meter, _delivered(server, meter.records)


def _produce(kinesis: Any, meter: Meter, stopping: threading.Event) -> None:
    """A batch after the other, at a steady pace: one that comes late does not slow down the next ones."""
    began, sent = time.monotonic(), 0
    while not stopping.wait(max(0.0, began + sent / RATE - time.monotonic())):
        records = [{"Data": reading(sent + n), "PartitionKey": str(sent + n)} for n in range(BATCH)]
        start = time.perf_counter()
        answer = kinesis.put_records(StreamName="bench", Records=records)
        meter.put_s.append(time.perf_counter() - start)
        meter.records += BATCH - answer["FailedRecordCount"]
        meter.refused += answer["FailedRecordCount"]
        sent += BATCH


def _consume(kinesis: Any, shard: int, meter: Meter, stopping: threading.Event) -> None:
    """Reads a shard from its begin, within the limit of five reads a second."""
    iterator = kinesis.get_shard_iterator(
        StreamName="bench", ShardId=f"shardId-{shard:012d}", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while not stopping.wait(1 / READS_PER_S):
        start = time.perf_counter()
        answer = kinesis.get_records(ShardIterator=iterator)
        meter.get_s.append(time.perf_counter() - start)
        meter.read += len(answer["Records"])
        iterator = answer["NextShardIterator"]


def _delivered(server: Server, records: int) -> int:
    """How many records lie in the bucket, once all do or two minutes have passed."""
    deadline = time.monotonic() + 120
    while True:
        pages = server.s3.get_paginator("list_objects_v2").paginate(Bucket="bench-raw")
        found = [item for page in pages for item in page.get("Contents", [])]
        count: int = sum(
            server.s3.get_object(Bucket="bench-raw", Key=item["Key"])["Body"].read().count(b"{") for item in found
        )
        if count >= records or time.monotonic() > deadline:
            return count
        time.sleep(5)


def _report(samples: Sequence[Sample], meter: Meter, delivered: int) -> tuple[str, bool]:
    """The text, and whether all is flat and balanced."""
    rows = ["| after | records | put p50 | put p99 | get p50 | memory | files | threads |", "|" + "---:|" * 8]
    step = max(1, len(samples) // 12)
    rows += [
        f"| {each.at_s / 60:.1f} min | {each.records:,} | {each.put_p50_ms:.1f} ms | {each.put_p99_ms:.1f} ms | "
        f"{each.get_p50_ms:.1f} ms | {each.memory_mib:.0f} MiB | {each.files} | {each.threads} |"
        for each in samples[step - 1 :: step]
    ]
    growth = {name: _growth(samples, name) for name in ("memory_mib", "put_p50_ms", "put_p99_ms", "files", "threads")}
    balanced = delivered == meter.records
    flat = all(growth[name] <= MOST_GROWTH for name in ("memory_mib", "files", "threads"))
    lines = [
        f"{SECONDS:.0f} s at {RATE:,} records/s: {meter.records:,} records put ({meter.refused} refused), "
        f"{meter.read:,} read, {delivered:,} delivered: {'balanced' if balanced else 'NOT BALANCED'}",
        "last third to second third: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in growth.items()),
        "flat" if flat else "NOT FLAT",
    ]
    return "\n".join([*lines, "", *rows, ""]), balanced and flat


def _growth(samples: Sequence[Sample], name: str) -> float:
    third = max(1, len(samples) // 3)
    second, last = samples[third : 2 * third] or samples, samples[2 * third :] or samples
    before, after = (statistics.median(float(getattr(each, name)) for each in part) for part in (second, last))
    return after / max(1e-9, before)


def _quantile(seconds: Sequence[float], share: float) -> float:
    """In milliseconds; 0 without any."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] if seconds else 0.0


if __name__ == "__main__":
    sys.exit(main())
