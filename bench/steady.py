"""Ten million records put and delivered: what delivery takes from ingest, and whether speed and memory stay flat."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.delivery import deliver_to
from bench.figure import Figure
from bench.load import RECORDS, put_records, replay, request
from bench.put_records import CONNECTIONS, TARGET
from bench.server import Server, afluente

MILLION = 1_000_000
RECORDS_IN_ALL = 10 * MILLION
WINDOWS = 6
WINDOW_S = 1.0


def figures(folder: Path) -> Iterator[Figure]:
    """By turns into a stream without a delivery and into one that is delivered; then on to ten million."""
    with afluente(
        folder / "steady", shard_limits=False, kinesis_create_delay_ms=0, firehose_create_delay_ms=0
    ) as server:
        server.client("s3").create_bucket(Bucket="bench-raw")
        loads = {name: _load(server, name) for name in ("bare", "bench")}
        deliver_to(server, "bench", interval_s=60, size_mib=5)
        rates: dict[str, list[float]] = {name: [] for name in loads}
        records = 0
        for _ in range(WINDOWS):
            for name, rate in rates.items():
                answered, took = replay(server.host, server.port, loads[name], CONNECTIONS, WINDOW_S)
                rate.append(answered * RECORDS / took)
                records += answered * RECORDS * (name == "bench")
                time.sleep(WINDOW_S / 2)  # what is being delivered comes to its end
        yield Figure(
            "PutRecords while delivery runs",
            statistics.median(rates["bench"]),
            "records/s",
            ">= 0.75",
            statistics.median(rates["bare"]),
            "the same without a delivery, by turns",
        )
        memory: list[float] = []
        speed: list[float] = []
        while records < RECORDS_IN_ALL:
            put, took = _put(server, loads["bench"], MILLION)
            records += put
            speed.append(put / took)
            memory.append(server.memory_mib)
        yield Figure(
            "PutRecords, the last of 10 M records", speed[-1], "records/s", ">= 0.9", speed[0], "an earlier million"
        )
        yield Figure(
            "memory at 10 M records", memory[-1], "MiB", "<= 1.2", memory[0], "an earlier million", more_is_better=False
        )


def _load(server: Server, stream: str) -> list[bytes]:
    server.client("kinesis").create_stream(StreamName=stream, ShardCount=4)
    return [request(server.host, server.port, TARGET, put_records(stream, n)) for n in range(8)]


def _put(server: Server, requests: list[bytes], records: int) -> tuple[int, float]:
    """Send at least `records`, as fast as they are taken; how many, and the time it took."""
    sent, begin = 0, time.perf_counter()
    while sent < records:
        sent += replay(server.host, server.port, requests, CONNECTIONS, 0.2)[0] * RECORDS
    return sent, time.perf_counter() - begin
