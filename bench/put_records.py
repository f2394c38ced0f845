"""PutRecords and PutRecord: durable throughput and latency."""

import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from bench.figure import Figure
from bench.load import RECORDS, put_records, reading, replay, request
from bench.server import Server, afluente, answering_at_once

TARGET = "Kinesis_20131202.PutRecords"
CONNECTIONS = 16
ROUNDS, SECONDS = 4, 2.0


def figures(folder: Path) -> Iterator[Figure]:
    """PutRecords replayed on several connections, with one boto3 client, and PutRecord's median latency."""
    with afluente(folder / "kinesis", shard_limits=False, kinesis_create_delay_ms=0) as server:
        server.client("kinesis").create_stream(StreamName="bench", ShardCount=4)
        yield from _replayed(server, folder)
        yield from _one_client(server)


def _replayed(server: Server, folder: Path) -> Iterator[Figure]:
    requests = [request(server.host, server.port, TARGET, put_records("bench", n)) for n in range(8)]
    replay(server.host, server.port, requests, CONNECTIONS, 1)
    ours, group, single = [], [], []
    for _ in range(ROUNDS):
        group.append(_raw_records_per_second(folder, CONNECTIONS))
        single.append(_raw_records_per_second(folder, 1))
        answered, took = replay(server.host, server.port, requests, CONNECTIONS, SECONDS)
        ours.append(answered * RECORDS / took)
    what = f"PutRecords, durable, {CONNECTIONS} connections"
    limit = f"append + fdatasync of the same batches, {CONNECTIONS} writers in group commit; best of {ROUNDS} by turns"
    yield Figure(what, max(ours), "records/s", ">= 0.4", max(group), limit)
    yield Figure(f"{what}, beside one writer", max(ours), "records/s", "", max(single), "the same by one writer")


def _one_client(server: Server) -> Iterator[Figure]:
    batch = [{"Data": reading(n), "PartitionKey": f"{n % 100:02d}"} for n in range(RECORDS)]
    results = server.client("kinesis").put_records(StreamName="bench", Records=batch)["Records"]
    limit = f"a server that answers at once; best of {ROUNDS} by turns"
    with answering_at_once(json.dumps({"FailedRecordCount": 0, "Records": results}).encode()) as null:
        rates = [
            (_boto3_records_per_second(server, batch), _boto3_records_per_second(null, batch)) for _ in range(ROUNDS)
        ]
    ours, raw = (max(column) for column in zip(*rates, strict=True))
    yield Figure("PutRecords, one boto3 client", ours, "records/s", ">= 0.85", raw, limit)
    with answering_at_once(json.dumps(results[0]).encode()) as null:
        times = [(_put_record_ms(server), _put_record_ms(null)) for _ in range(ROUNDS)]
    ours, raw = (min(column) for column in zip(*times, strict=True))
    yield Figure("PutRecord p50, one boto3 client", ours, "ms", "<= 1.8", raw, limit, more_is_better=False)


def _raw_records_per_second(folder: Path, writers: int) -> float:
    """Append and fdatasync of the same records: of several writers, whoever finds the disk free syncs for all."""
    batch = b"".join(reading(n) for n in range(RECORDS))
    lock, disk = threading.Lock(), threading.Lock()
    written = synced = 0
    end = time.perf_counter() + 1

    def append(file: IO[bytes]) -> None:
        nonlocal written, synced
        while time.perf_counter() < end:
            with lock:
                file.write(batch)
                written = mine = written + 1
            with disk:
                if synced < mine:
                    covered = written
                    os.fdatasync(file.fileno())
                    synced = covered

    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as file:
        begin = time.perf_counter()
        threads = [threading.Thread(target=append, args=(file,)) for _ in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return written * RECORDS / (time.perf_counter() - begin)


def _boto3_records_per_second(server: Server, batch: list[dict[str, Any]]) -> float:
    client = server.client("kinesis")
    client.put_records(StreamName="bench", Records=batch)
    begin, calls = time.perf_counter(), 0
    while (took := time.perf_counter() - begin) < 1.5:
        client.put_records(StreamName="bench", Records=batch)
        calls += 1
    return calls * RECORDS / took


def _put_record_ms(server: Server) -> float:
    client = server.client("kinesis")
    times = []
    for number in range(300):
        begin = time.perf_counter()
        client.put_record(StreamName="bench", Data=reading(number), PartitionKey="01")
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times[50:])
