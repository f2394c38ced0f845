"""`afluente queries`: what ran, what it scanned, what it costs."""

import json
import time
from typing import Any

import boto3
from tests.deployment.conftest import Command

from afluente.app import App


def client(app: App, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=app.endpoint,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


def ran(athena: Any, sql: str, **members: Any) -> None:
    id = athena.start_query_execution(QueryString=sql, **members)["QueryExecutionId"]
    while athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]["State"] in {"QUEUED", "RUNNING"}:
        time.sleep(0.01)


def test_queries_with_what_they_scanned_and_cost(app: App, command: Command) -> None:
    assert command("queries").startswith("No query has run yet")
    client(app, "s3").create_bucket(Bucket="lake")
    client(app, "s3").put_object(Bucket="lake", Key="t/a.json", Body=b'{"n": 1}\n' * 100)
    athena = client(app, "athena")
    athena.create_work_group(
        Name="farm", Configuration={"ResultConfiguration": {"OutputLocation": "s3://lake/results/"}}
    )
    here = {"ResultConfiguration": {"OutputLocation": "s3://lake/results/"}}
    ran(athena, "CREATE DATABASE farm", **here)
    ran(
        athena,
        "CREATE EXTERNAL TABLE farm.t (n int) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' "
        "LOCATION 's3://lake/t/'",
        **here,
    )
    ran(athena, "SELECT sum(n) FROM farm.t", WorkGroup="farm")
    ran(athena, "SELECT nothing FROM farm.t", WorkGroup="farm")
    found = {one["query"].split()[1]: one for one in json.loads(command("queries", "--json"))}
    assert [found[name]["billed_bytes"] for name in ("DATABASE", "nothing", "sum(n)")] == [0, 0, 10 << 20]
    assert found["sum(n)"]["scanned_bytes"] == 900
    assert found["sum(n)"]["usd"] == 5 * 10 / (1 << 20)
    assert [
        one["query"] for one in json.loads(command("queries", "--work-group", "farm", "--last", "1", "--json"))
    ] == ["SELECT nothing FROM farm.t"]
    shown = command("queries")
    assert "SELECT sum(n) FROM farm.t" in shown
    assert "4 queries: 0.000048 US dollars on AWS; here they cost nothing" in shown
    assert "WorkGroup is not found" in command("queries", "--work-group", "none", status=1)
