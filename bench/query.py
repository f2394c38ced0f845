"""Athena: the round trip on a small table, many small files, and many rows into the result."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.figure import Figure, median_seconds
from bench.server import Server, afluente

ROWS = 1_000_000
PARTITIONS, FILES = 1000, 10


def figures(folder: Path) -> Iterator[Figure]:
    """Each against DuckDB doing the same work on the same files."""
    data = folder / "query"
    with afluente(data) as server:
        server.client("s3").create_bucket(Bucket="bench")
        server.client("glue").create_database(DatabaseInput={"Name": "bench"})
        small = data / "s3/bench/small/one.parquet"
        _upload(server, "small/one.parquet", _rows(folder, 1000))
        _table(server, "small")
        _query(server, "SELECT kind, avg(data) FROM small GROUP BY kind")
        ours = median_seconds(lambda: _query(server, "SELECT kind, avg(data) FROM small GROUP BY kind"), 15)
        engine = duckdb.connect()
        raw = median_seconds(lambda: engine.sql(f"SELECT kind, avg(data) FROM '{small}' GROUP BY kind").fetchall(), 15)
        yield Figure("Athena round trip beyond DuckDB, small table", (ours - raw) * 1000, "ms", "<= 12 ms")
        large = data / "s3/bench/large/one.parquet"
        _upload(server, "large/one.parquet", _rows(folder, ROWS))
        _table(server, "large")
        ours = median_seconds(lambda: _query(server, "SELECT * FROM large"), 3)
        raw = median_seconds(
            lambda: engine.sql(f"COPY (SELECT * FROM '{large}') TO '{folder / 'large.csv'}' (FORCE_QUOTE *)"), 3
        )
        yield Figure(
            f"Athena, {ROWS:,} rows to the result", ROWS / ours, "rows/s", ">= 0.8", ROWS / raw, "DuckDB COPY to CSV"
        )
        yield _one_partition(server, folder, data, engine)


def _one_partition(server: Server, folder: Path, data: Path, engine: Any) -> Figure:
    """One partition of many, each of several small files."""
    one = _rows(folder, 10)
    names = [f"many/day={number:04d}/{file}.parquet" for number in range(PARTITIONS) for file in range(FILES)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: _upload(server, name, one), names))
    _table(server, "many", partitioned=True)
    storage = server.client("glue").get_table(DatabaseName="bench", Name="many")["Table"]["StorageDescriptor"]
    inputs = [
        {
            "Values": [f"{number:04d}"],
            "StorageDescriptor": {**storage, "Location": f"s3://bench/many/day={number:04d}/"},
        }
        for number in range(PARTITIONS)
    ]
    for start in range(0, PARTITIONS, 100):
        server.client("glue").batch_create_partition(
            DatabaseName="bench", TableName="many", PartitionInputList=inputs[start : start + 100]
        )
    sql = "SELECT count(*), sum(data) FROM many WHERE day = '0042'"
    _query(server, sql)
    ours = median_seconds(lambda: _query(server, sql), 7)
    files = [str(data / f"s3/bench/many/day=0042/{file}.parquet") for file in range(FILES)]
    raw = median_seconds(lambda: engine.sql(f"SELECT count(*), sum(data) FROM read_parquet({files})").fetchall(), 7)
    what = f"Athena beyond DuckDB, one of {PARTITIONS:,} partitions, {PARTITIONS * FILES:,} files"
    return Figure(what, (ours - raw) * 1000, "ms", "<= 40 ms", more_is_better=False)


def _rows(folder: Path, count: int) -> bytes:
    path = folder / "rows.parquet"
    kinds = ("powerfactor", "temperature", "hydraulicpressure")
    table = pa.table(
        {
            "idtemp": pa.array(range(count), pa.int64()),
            "data": pa.array([n / 7 for n in range(count)], pa.float64()),
            "kind": [kinds[n % 3] for n in range(count)],
        }
    )
    pq.write_table(table, path)
    return path.read_bytes()


def _upload(server: Server, key: str, body: bytes) -> None:
    server.s3.put_object(Bucket="bench", Key=key, Body=body)


def _table(server: Server, name: str, *, partitioned: bool = False) -> None:
    columns = [("idtemp", "bigint"), ("data", "double"), ("kind", "string")]
    parquet = "org.apache.hadoop.hive.ql.io.parquet"
    storage = {
        "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
        "Location": f"s3://bench/{name}/",
        "InputFormat": f"{parquet}.MapredParquetInputFormat",
        "OutputFormat": f"{parquet}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{parquet}.serde.ParquetHiveSerDe"},
    }
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet"},
        "StorageDescriptor": storage,
        "PartitionKeys": [{"Name": "day", "Type": "string"}] if partitioned else [],
    }
    server.client("glue").create_table(DatabaseName="bench", TableInput=table)


def _query(server: Server, sql: str) -> None:
    athena = server.athena
    execution = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": "bench"},
        ResultConfiguration={"OutputLocation": "s3://bench/results/"},
    )["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
        if status["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(0.001)
    assert status["State"] == "SUCCEEDED", status
