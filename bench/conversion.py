"""Record format conversion: JSON records to a Parquet file, against DuckDB doing the same."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.conversion.converter import converter_of
from bench.delivery import put
from bench.figure import Figure, median_seconds, seconds
from bench.load import RECORDS, put_records, reading, request
from bench.put_records import TARGET
from bench.role import role
from bench.server import Server, afluente

RECORDS_IN_ALL = 640_000
"""64 MiB, the least that a delivery with conversion may gather."""

LONG_S = 900
"""An interval within which nothing is delivered."""

COLUMNS = [("idtemp", "int"), ("data", "double"), ("type", "string"), ("timestamp", "string")]
CONFIGURATION: dict[str, Any] = {
    "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
}
COPY = """COPY (SELECT * FROM read_json('{json}', format = 'newline_delimited', columns =
    {{idtemp: 'INTEGER', data: 'DOUBLE', type: 'VARCHAR', timestamp: 'VARCHAR'}})) TO '{parquet}' (FORMAT parquet)"""


def figures(folder: Path) -> Iterator[Figure]:
    """Records converted per second, by the converter alone and by a delivery."""
    records = [reading(number) for number in range(RECORDS_IN_ALL)]
    yield _figure(folder, records, "conversion to Parquet")
    yield _figure(folder, [record + b"\n" for record in records], "conversion to Parquet, records with a line break")
    yield _delivery(folder)


def _figure(folder: Path, records: list[bytes], what: str) -> Figure:
    json, converter = folder / "records.json", converter_of(CONFIGURATION, COLUMNS)
    json.write_bytes(b"\n".join(records))
    blocks = [Block.of(records[start : start + RECORDS]) for start in range(0, len(records), RECORDS)]
    with duckdb.connect() as connection:
        copy = COPY.format(json=json, parquet=folder / "raw.parquet")
        took, raw = _alternately(
            lambda: converter.convert(blocks, folder / "converted.parquet"), lambda: connection.execute(copy)
        )
    return Figure(
        what,
        len(records) / took,
        "records/s",
        ">= 0.7",
        len(records) / raw,
        "DuckDB's COPY of the same JSON to Parquet",
    )


def _alternately(first: Callable[[], object], second: Callable[[], object], times: int = 7) -> tuple[float, float]:
    """The medians of both, run in turns so that a busy moment meets both; the first turn warms up."""
    pairs = [(seconds(first), seconds(second)) for _ in range(times + 1)][1:]
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)


def _delivery(folder: Path) -> Figure:
    """From the interval's end to the object, all records waiting in the stream; libraries were loaded for another."""
    with afluente(
        folder / "conversion", shard_limits=False, kinesis_create_delay_ms=0, firehose_create_delay_ms=0
    ) as server:
        _make(server)
        batches = [request(server.host, server.port, TARGET, put_records("bench", n)) for n in range(8)]
        put(server, batches, RECORDS)
        _time_of_delivery(server)
        _set_interval(server, LONG_S)
        records = put(server, batches, RECORDS_IN_ALL)
        took = _time_of_delivery(server)
    json = folder / "delivered.json"
    json.write_bytes(b"\n".join(reading(number) for number in range(records)))
    with duckdb.connect() as connection:
        copy = COPY.format(json=json, parquet=folder / "raw.parquet")
        raw = median_seconds(lambda: connection.execute(copy))
    return Figure(
        "delivery with conversion to Parquet", records / took, "records/s", ">= 0.7", records / raw,
        "DuckDB's COPY of the same JSON to Parquet",
    )  # fmt: skip


def _make(server: Server) -> None:
    arn, glue = role(server, "firehose"), server.client("glue")
    server.client("kinesis").create_stream(StreamName="bench", ShardCount=4)
    server.client("s3").create_bucket(Bucket="bench-raw")
    glue.create_database(DatabaseInput={"Name": "farm"})
    columns = [{"Name": name, "Type": kind} for name, kind in COLUMNS]
    glue.create_table(DatabaseName="farm", TableInput={"Name": "readings", "StorageDescriptor": {"Columns": columns}})
    schema = {"RoleARN": arn, "DatabaseName": "farm", "TableName": "readings", "Region": "us-east-1"}
    server.client("firehose").create_delivery_stream(
        DeliveryStreamName="bench",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/bench",
            "RoleARN": arn,
        },
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::bench-raw",
            "RoleARN": arn,
            "BufferingHints": {"IntervalInSeconds": LONG_S, "SizeInMBs": 128},
            "DataFormatConversionConfiguration": CONFIGURATION | {"SchemaConfiguration": schema},
        },
    )


def _time_of_delivery(server: Server) -> float:
    """Have all that waits delivered, by a short interval; how long the object took to be there."""
    s3 = server.client("s3")
    before = _objects(s3)
    begin = time.perf_counter()
    _set_interval(server, 0)
    while _objects(s3) == before:
        time.sleep(0.02)
    return time.perf_counter() - begin


def _objects(s3: Any) -> int:
    count: int = s3.list_objects_v2(Bucket="bench-raw")["KeyCount"]
    return count


def _set_interval(server: Server, interval_s: int) -> None:
    firehose = server.client("firehose")
    stream = firehose.describe_delivery_stream(DeliveryStreamName="bench")["DeliveryStreamDescription"]
    firehose.update_destination(
        DeliveryStreamName="bench",
        CurrentDeliveryStreamVersionId=stream["VersionId"],
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"BufferingHints": {"IntervalInSeconds": interval_s, "SizeInMBs": 128}},
    )
