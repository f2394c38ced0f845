"""PutRecords and PutRecord: durable throughput and latency."""

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
SECONDS = 5.0


def figures(folder: Path) -> Iterator[Figure]:
    """PutRecords replayed on several connections, with one boto3 client, and PutRecord's median latency."""
    with afluente(folder / "kinesis", shard_limits=False, kinesis_create_delay_ms=0) as server:
        server.client("kinesis").create_stream(StreamName="bench", ShardCount=4)
        requests = [request(server.host, server.port, TARGET, put_records("bench", n)) for n in range(8)]
        replay(server.host, server.port, requests, CONNECTIONS, 1)
        raw = _raw_records_per_second(folder)
        answered, took = replay(server.host, server.port, requests, CONNECTIONS, SECONDS)
        raw = statistics.mean([raw, _raw_records_per_second(folder)])
        yield Figure(
            f"PutRecords, durable, {CONNECTIONS} connections",
            answered * RECORDS / took,
            "records/s",
            ">= 0.15",
            raw,
            "append + fdatasync of the same batches, as many writers, group commit",
        )
        batch = [{"Data": reading(n), "PartitionKey": f"{n % 100:02d}"} for n in range(RECORDS)]
        ours = _boto3_records_per_second(server, batch)
        put = _put_record_ms(server)
        answer = server.client("kinesis").put_records(StreamName="bench", Records=batch)
    entries = ",".join(
        f'{{"SequenceNumber":"{e["SequenceNumber"]}","ShardId":"{e["ShardId"]}"}}' for e in answer["Records"]
    )
    with answering_at_once(f'{{"FailedRecordCount":0,"Records":[{entries}]}}'.encode()) as null:
        limit = _boto3_records_per_second(null, batch)
    yield Figure("PutRecords, one boto3 client", ours, "records/s", ">= 0.5", limit, "a server that answers at once")
    with answering_at_once(b'{"SequenceNumber":"49","ShardId":"shardId-000000000000"}') as null:
        limit = _put_record_ms(null)
    yield Figure(
        "PutRecord p50, one boto3 client",
        put,
        "ms",
        "<= 3",
        limit,
        "a server that answers at once",
        more_is_better=False,
    )


def _raw_records_per_second(folder: Path) -> float:
    """Append and fdatasync of the same records by as many writers: whoever finds the disk free syncs for all."""
    batch = b"".join(reading(n) for n in range(RECORDS))
    lock, disk = threading.Lock(), threading.Lock()
    written = synced = 0
    end = time.perf_counter() + 2

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
        writers = [threading.Thread(target=append, args=(file,)) for _ in range(CONNECTIONS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        return written * RECORDS / (time.perf_counter() - begin)


def _boto3_records_per_second(server: Server, batch: list[dict[str, Any]]) -> float:
    client = server.client("kinesis")
    client.put_records(StreamName="bench", Records=batch)
    begin, calls = time.perf_counter(), 0
    while (took := time.perf_counter() - begin) < 3:
        client.put_records(StreamName="bench", Records=batch)
        calls += 1
    return calls * RECORDS / took


def _put_record_ms(server: Server) -> float:
    client = server.client("kinesis")
    times = []
    for number in range(600):
        begin = time.perf_counter()
        client.put_record(StreamName="bench", Data=reading(number), PartitionKey="01")
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times[100:])


def _sync_ms(folder: Path) -> float:
    """Append one reading and fdatasync."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as file:
        for number in range(200):
            begin = time.perf_counter()
            file.write(reading(number))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)
