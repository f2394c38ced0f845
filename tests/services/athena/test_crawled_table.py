"""Tables that a crawler made, read by Athena, over HTTP."""

import io
import json
import time
from collections.abc import Callable
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc
import pytest

from afluente.core.clock import ManualClock

Client = Callable[..., Any]


def _orc() -> bytes:
    buffer = io.BytesIO()
    pyarrow.orc.write_table(
        pa.table({"idTemp": pa.array([7], pa.int32()), "at": pa.array([0], pa.timestamp("ns"))}), buffer
    )
    return buffer.getvalue()


def _avro() -> bytes:
    fields = [
        {"name": "idTemp", "type": "int"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ]
    buffer = io.BytesIO()
    schema = fastavro.parse_schema({"type": "record", "name": "reading", "fields": fields})
    fastavro.writer(buffer, schema, [{"idTemp": 7, "at": 0}])
    return buffer.getvalue()


def _role(client: Client) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"Effect": "Allow", "Action": ["s3:*", "glue:*", "logs:*"], "Resource": "*"}
    iam = client("iam")
    role = iam.create_role(RoleName="glue", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    iam.put_role_policy(RoleName="glue", PolicyName="all", PolicyDocument=document)
    return str(role["Arn"])


def _until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.01)


@pytest.mark.parametrize(("form", "data"), [("orc", _orc()), ("avro", _avro())])
def test_select_from_a_crawled_table(client: Client, clock: ManualClock, form: str, data: bytes) -> None:
    s3, glue, athena = client("s3"), client("glue"), client("athena")
    for bucket in ("lake", "results"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="lake", Key=f"readings/day=1/a.{form}", Body=data)
    glue.create_database(DatabaseInput={"Name": "farm"})
    target = {"S3Targets": [{"Path": "s3://lake/readings/"}]}
    glue.create_crawler(Name="lake", Role=_role(client), DatabaseName="farm", Targets=target)
    glue.start_crawler(Name="lake")
    _until(lambda: glue.get_crawler(Name="lake")["Crawler"]["State"] != "RUNNING")
    clock.advance(1)
    _until(lambda: glue.get_crawler(Name="lake")["Crawler"]["State"] == "READY")
    id = athena.start_query_execution(
        QueryString="SELECT idtemp, at, day FROM farm.readings", ResultConfiguration={"OutputLocation": "s3://results/"}
    )["QueryExecutionId"]
    _until(lambda: _status(athena, id)["State"] not in {"QUEUED", "RUNNING"})
    assert _status(athena, id)["State"] == "SUCCEEDED", _status(athena, id)
    row = athena.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"][1]["Data"]
    assert [cell["VarCharValue"] for cell in row] == ["7", "1970-01-01 00:00:00.000", "1"]


def _status(athena: Any, id: str) -> dict[str, Any]:
    status: dict[str, Any] = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]
    return status
