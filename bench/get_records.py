"""GetRecords: reading a stream with one boto3 client."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.load import fetch, put_records, replay, request
from bench.put_records import TARGET as PUT_RECORDS
from bench.server import Server, afluente, answering_at_once

TARGET = "Kinesis_20131202.GetRecords"
PAGES = 12
PAGE_RECORDS = 10_000
ROUNDS = 5


def figures(folder: Path) -> Iterator[Figure]:
    """Pages of 10,000 records, from the oldest on, and the same bytes from a server that answers at once."""
    with afluente(folder / "reading", shard_limits=False, kinesis_create_delay_ms=0) as server:
        server.client("kinesis").create_stream(StreamName="bench", ShardCount=1)
        requests = [request(server.host, server.port, PUT_RECORDS, put_records("bench", n)) for n in range(8)]
        records = 0
        while records < (PAGES + 1) * PAGE_RECORDS:
            records += 500 * replay(server.host, server.port, requests, 4, 0.1)[0]
        page = _first_page(server)
        with answering_at_once(page) as null:
            pairs = [(_records_per_second(server), _records_per_second(null)) for _ in range(ROUNDS)]
    ours, limit = (max(column) for column in zip(*pairs, strict=True))
    yield Figure(
        "GetRecords, one boto3 client",
        ours,
        "records/s",
        ">= 0.8",
        limit,
        f"a server that answers at once with the same {len(page) / 1e6:.1f} MB; best of {ROUNDS} each, by turns",
    )


def _iterator(client: Any) -> str:
    answer = client.get_shard_iterator(
        StreamName="bench", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    iterator: str = answer.get("ShardIterator", "any")
    return iterator


def _first_page(server: Server) -> bytes:
    """The body of the first page, as it comes."""
    body = json.dumps({"ShardIterator": _iterator(server.client("kinesis"))}).encode()
    return fetch(server.host, server.port, request(server.host, server.port, TARGET, body))


def _records_per_second(server: Server) -> float:
    client = server.client("kinesis")
    iterator = _iterator(client)
    records, begin = 0, time.perf_counter()
    for _ in range(PAGES):
        answer = client.get_records(ShardIterator=iterator)
        records += len(answer["Records"])
        iterator = answer["NextShardIterator"]
    return records / (time.perf_counter() - begin)
