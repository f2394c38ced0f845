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


def test_select_from_tables_of_custom_classifiers(client: Client, clock: ManualClock) -> None:
    """What a crawl writes of grok, JSON and CSV classifiers, Athena reads; of an XML one it says that it does not."""
    s3, glue, athena = client("s3"), client("glue"), client("athena")
    for bucket in ("lake", "results"):
        s3.create_bucket(Bucket=bucket)
    for key, body in {
        "log/a": b"rotor 7 turns 12.5\nrotor 8 turns 0.5\n",
        "csv/a": b"n~t\n1~'x~y'\n",
        "nested/a": b'{"id": {"n": 7}}\n',
        "xml/a": b"<rows><row><n>7</n></row></rows>",
    }.items():
        s3.put_object(Bucket="lake", Key=f"{key}", Body=body)
    pattern = "rotor %{INT:rotor:int} turns %{NUMBER:speed:double}"
    glue.create_classifier(GrokClassifier={"Name": "g", "Classification": "rotors", "GrokPattern": pattern})
    glue.create_classifier(CsvClassifier={"Name": "c", "Delimiter": "~", "QuoteSymbol": "'"})
    glue.create_classifier(JsonClassifier={"Name": "j", "JsonPath": "$.id"})
    glue.create_classifier(XMLClassifier={"Name": "x", "Classification": "xml", "RowTag": "row"})
    targets = {"S3Targets": [{"Path": f"s3://lake/{name}/"} for name in ("log", "csv", "nested", "xml")]}
    names = ["g", "c", "j", "x"]
    glue.create_crawler(Name="lake", Role=_role(client), DatabaseName="farm", Targets=targets, Classifiers=names)
    glue.start_crawler(Name="lake")
    _until(lambda: glue.get_crawler(Name="lake")["Crawler"]["State"] != "RUNNING")

    def ask(sql: str) -> Any:
        output = {"OutputLocation": "s3://results/"}
        id = athena.start_query_execution(QueryString=sql, ResultConfiguration=output)["QueryExecutionId"]
        _until(lambda: _status(athena, id)["State"] not in {"QUEUED", "RUNNING"})
        if _status(athena, id)["State"] == "FAILED":
            return _status(athena, id)["StateChangeReason"]
        rows = athena.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"][1:]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]

    assert ask("SELECT rotor, speed FROM farm.log ORDER BY rotor") == [["7", "12.5"], ["8", "0.5"]]
    assert ask("SELECT n, t FROM farm.csv") == [["1", "x~y"]]
    assert ask("SELECT n FROM farm.nested") == [[None]]  # as on AWS: the SerDe knows nothing of the path
    assert "Unable to create input format" in ask("SELECT n FROM farm.xml")
