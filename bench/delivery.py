"""Delivery: from the stream to plain objects, and how long a record waits after its interval."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, seconds
from bench.load import RECORDS, put_records, reading, replay, request
from bench.put_records import TARGET
from bench.role import role
from bench.server import Server, afluente

RECORDS_IN_ALL = 1_200_000
"""Below the buffer's 128 MiB, so that nothing is delivered before the clock runs."""


def figures(folder: Path) -> Iterator[Figure]:
    """Records delivered per second against reading the log and writing the files; and the delay after the interval."""
    data = folder / "delivery"
    with afluente(data, shard_limits=False, kinesis_create_delay_ms=0, firehose_create_delay_ms=0) as server:
        kinesis, s3 = server.client("kinesis"), server.client("s3")
        kinesis.create_stream(StreamName="bench", ShardCount=4)
        s3.create_bucket(Bucket="bench-raw")
        deliver_to(server, "bench", interval_s=900, size_mib=128)
        requests = [request(server.host, server.port, TARGET, put_records("bench", n)) for n in range(8)]
        records = put(server, requests, RECORDS_IN_ALL)
        took = _time_of_delivery(server, records)
    raw = _raw_seconds(data, folder)
    yield Figure(
        "delivery, Kinesis to plain objects",
        records / took,
        "records/s",
        ">= 0.6",
        records / raw,
        "reading the log's files and writing the same bytes",
    )
    with afluente(folder / "delay", kinesis_create_delay_ms=0, firehose_create_delay_ms=0) as server:
        server.client("s3").create_bucket(Bucket="bench-raw")
        server.client("kinesis").create_stream(StreamName="bench", ShardCount=1)
        deliver_to(server, "bench", interval_s=1, size_mib=5)
        yield Figure("record to object, after the interval", _delay_s(server), "s", "<= 0.3 s", more_is_better=False)


def deliver_to(server: Server, stream: str, interval_s: int, size_mib: int) -> None:
    arn = role(server, "firehose")
    server.client("firehose").create_delivery_stream(
        DeliveryStreamName=stream,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": f"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}",
            "RoleARN": arn,
        },
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::bench-raw",
            "RoleARN": arn,
            "BufferingHints": {"IntervalInSeconds": interval_s, "SizeInMBs": size_mib},
        },
    )


def put(server: Server, requests: list[bytes], records: int) -> int:
    """Send at least `records` records, as fast as they are taken; how many it were."""
    sent = 0
    while sent < records:
        answered, _ = replay(server.host, server.port, requests, 4, 0.2)
        sent += answered * RECORDS
    return sent


def _time_of_delivery(server: Server, records: int) -> float:
    """Have all that waits delivered, by a short interval; how long the objects took to be there."""
    firehose, s3, size = server.client("firehose"), server.client("s3"), 0
    assert not s3.list_objects_v2(Bucket="bench-raw")["KeyCount"]
    begin = time.perf_counter()
    firehose.update_destination(
        DeliveryStreamName="bench",
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 128}},
    )
    while size < records * len(reading(0)):
        time.sleep(0.005)
        size = sum(item["Size"] for item in s3.list_objects_v2(Bucket="bench-raw").get("Contents", []))
    return time.perf_counter() - begin


def _raw_seconds(data: Path, folder: Path) -> float:
    """Read the log's files, and write as many bytes as its objects hold, synced."""
    objects = sum(path.stat().st_size for path in (data / "s3").rglob("*") if path.is_file())
    block = b"x" * (8 << 20)

    def work() -> None:
        for segment in (data / "log").glob("*.log"):
            with segment.open("rb") as file:
                while file.read(8 << 20):
                    pass
        _write_synced(folder / "raw", block, objects)

    return seconds(work)


def _write_synced(path: Path, block: bytes, size: int) -> None:
    with path.open("wb") as file:
        while size > 0:
            size -= file.write(block[: min(size, len(block))])
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _delay_s(server: Server) -> float:
    """One record: from its acknowledgement to its object, less the interval of one second."""
    s3, delays = server.client("s3"), []
    for number in range(1, 4):
        server.client("kinesis").put_record(StreamName="bench", Data=b"x", PartitionKey="1")
        begin = time.perf_counter()
        while s3.list_objects_v2(Bucket="bench-raw")["KeyCount"] < number:
            time.sleep(0.002)
        delays.append(time.perf_counter() - begin - 1)
    return sorted(delays)[1]
