"""Converted files as Athena sees them, over HTTP, on tables made by DDL."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.services.firehose.conversion.conftest import configuration

from afluente.services.firehose.conversion.converter import converter_of

Client = Callable[..., Any]

COLUMNS = [
    ("idtemp", "int"), ("data", "double"), ("price", "decimal(9,2)"), ("type", "string"), ("at", "timestamp"),
    ("day", "date"), ("site", "struct<name:string,tags:array<string>>"), ("labels", "map<string,int>"),
]  # fmt: skip
RECORDS = (
    b'{"idTemp": 1, "data": 22.5, "price": 1.25, "type": "temperature", "at": "2026-11-24T01:00:00.25Z",'
    b' "day": "2026-11-24", "site": {"Name": "north", "tags": ["a", null]}, "labels": {"K": 1}}',
    b'{"idTemp": 2, "price": "x"}',
    b"{}",
)
EXPECTED = [
    ["1", "22.5", "1.25", "temperature", "2026-11-24 01:00:00.250", "2026-11-24", "{name=north, tags=[a, null]}",
     "{k=1}"],
    [None] * len(COLUMNS),
]  # fmt: skip


def ask(client: Client, sql: str) -> list[list[str | None]]:
    athena = client("athena")
    started = athena.start_query_execution(QueryString=sql, ResultConfiguration={"OutputLocation": "s3://results/"})
    id = started["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]
        if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(0.01)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    rows = athena.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


@pytest.mark.parametrize("form", ["parquet", "orc"])
def test_athena_reads_converted_files(client: Client, tmp_path: Path, form: str) -> None:
    path = tmp_path / "file"
    converted = converter_of(configuration(**{form: {}}), COLUMNS).convert([RECORDS], path)
    assert (converted.rows, len(converted.failures)) == (2, 1)
    client("s3").create_bucket(Bucket="results")
    client("s3").create_bucket(Bucket="lake")
    client("s3").put_object(Bucket="lake", Key=f"t/file.{form}", Body=path.read_bytes())
    client("glue").create_database(DatabaseInput={"Name": "farm"})
    columns = ", ".join(f"`{name}` {kind}" for name, kind in COLUMNS)
    ask(client, f"CREATE EXTERNAL TABLE farm.t ({columns}) STORED AS {form} LOCATION 's3://lake/t/'")
    assert ask(client, "SELECT * FROM farm.t ORDER BY idtemp") == EXPECTED
    assert ask(client, "SELECT sum(data), count(*) FROM farm.t WHERE day = DATE '2026-11-24'") == [["22.5", "1"]]
