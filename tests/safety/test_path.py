"""Names that would lead out of the data folder: whatever bears them, nothing outside is read, written or told of."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from botocore.exceptions import ClientError
from tests.conftest import Clients, clients
from tests.safety.raw import Raw

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings

SECRET = "a_column_of_the_machine"
"""Stands in a table beside the data folder, so a crawl that went there would find it as well."""
UPS = ("..", "../..", "../../..", "../../../..", "a/../../..", "./../..", "..//..", "%2e%2e/%2e%2e")
ROLE = "arn:aws:iam::000000000000:role/service"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, Path]]:
    """A running Afluente, and the folder that its data folder lies in, with a secret beside it."""
    outside = tmp_path_factory.mktemp("house")
    (outside / "secret.csv").write_text(f"{SECRET},b\n1,2\n3,4\n")
    settings = Settings(data=outside / "data", port=0, kinesis_create_delay_ms=0, firehose_create_delay_ms=0)
    app = App(settings, ManualClock())
    app.start()
    s3, iam = clients(app.endpoint)("s3"), clients(app.endpoint)("iam")
    s3.create_bucket(Bucket="lake")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": ["glue.amazonaws.com", "firehose.amazonaws.com"]}}  # fmt: skip
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.create_role(RoleName="service", AssumeRolePolicyDocument=_document(trust))
    iam.put_role_policy(RoleName="service", PolicyName="p", PolicyDocument=_document(everything))
    yield app, outside
    app.stop()


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def app(house: tuple[App, Path]) -> Iterator[App]:
    """The same for one test, after which nothing outside the data folder may have changed."""
    app, outside = house
    before = _outside(outside)
    yield app
    assert _outside(outside) == before


@pytest.fixture
def client(app: App) -> Clients:
    return clients(app.endpoint)


def _outside(folder: Path) -> dict[str, str]:
    """What lies around the data folder, name by name; of the folders above, the names alone."""
    found = {str(path): path.read_text() for path in folder.iterdir() if path.is_file()}
    found.update({str(path): found.get(str(path), "") for above in (folder, folder.parent) for path in above.iterdir()})
    return found


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("name", ["secret.csv", "data/meta.db", "etc/passwd"])
def test_keys(app: App, up: str, name: str) -> None:
    for path in (f"/lake/{up}/{name}", f"/{up}/{name}", f"/lake//{up}/{name}", f"/lake/%2F{up}/{name}"):
        for method in ("GET", "HEAD", "PUT", "DELETE", "POST"):
            answer = Raw(method, path, {}, b"x" if method in {"PUT", "POST"} else b"").send(app.endpoint)
            assert SECRET.encode() not in answer.body
            assert b"root:" not in answer.body
            assert answer.status < 500, (method, path)
        copied = Raw("PUT", "/lake/copy", {"x-amz-copy-source": path}).send(app.endpoint)
        assert copied.status < 500
        got = Raw("GET", "/lake/copy").send(app.endpoint)
        assert SECRET.encode() not in got.body


def test_a_key_with_dots_is_an_object_like_any_other(client: Clients) -> None:
    s3 = client("s3")
    for key in ("../../secret.csv", "/etc/passwd", "..", "a/../b", "~/x", "a\\..\\b", "C:\\x", "a/./b"):
        s3.put_object(Bucket="lake", Key=key, Body=key.encode())
    for key in ("../../secret.csv", "/etc/passwd", "..", "a/../b", "~/x", "a\\..\\b", "C:\\x", "a/./b"):
        assert s3.get_object(Bucket="lake", Key=key)["Body"].read() == key.encode()


@pytest.mark.parametrize(
    "bucket", ["..", ".", "...", "%2e%2e", "..%2f..", "%2e%2e%2f%2e%2e", "a%2f..%2f..", "%00", "~", "%5c..", "a..b"]
)
def test_bucket_names(app: App, bucket: str) -> None:
    for path in (f"/{bucket}", f"/{bucket}/", f"/{bucket}/secret.csv"):
        for method in ("PUT", "GET", "DELETE"):
            answer = Raw(method, path).send(app.endpoint)
            assert answer.status in {400, 403, 404, 405, 409, 200}
            assert SECRET.encode() not in answer.body
        for host in (f"{bucket}.s3.localhost", f"{bucket}.localhost"):
            answer = Raw("GET", "/secret.csv", {"Host": host}).send(app.endpoint)
            assert SECRET.encode() not in answer.body
            assert answer.status < 500


@pytest.mark.parametrize(
    "upload", ["../../secret.csv", "..", "/etc/passwd", "a/../../..", "%00", "../../../data/s3/lake"]
)
def test_upload_ids(app: App, upload: str) -> None:
    upload = upload.replace("/", "%2F")
    body = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>"
    for method, path, content in (
        ("PUT", f"/lake/k?partNumber=1&uploadId={upload}", b"x"),
        ("GET", f"/lake/k?uploadId={upload}", b""),
        ("POST", f"/lake/k?uploadId={upload}", body),
        ("DELETE", f"/lake/k?uploadId={upload}", b""),
    ):
        answer = Raw(method, path, {}, content).send(app.endpoint)
        assert (answer.status, answer.code) == (404, "NoSuchUpload"), (method, answer)


def until(app: App, condition: Callable[[], bool]) -> None:
    """Move the clock on until the condition holds."""
    for _ in range(400):
        if condition():
            return
        app.clock.advance(1)
    raise AssertionError("it never came about")


def refused(method: Callable[..., Any], **request: Any) -> str:
    """Status and message of the refusal, or nothing when the request was taken. A fault of the server's own fails."""
    said = _refusal(method, **request)
    assert not said.startswith("5") or "NotImplemented" in said
    return said


def _refusal(method: Callable[..., Any], **request: Any) -> str:
    try:
        method(**request)
    except ClientError as error:
        return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error}"
    return ""


OUTPUTS = (
    "s3://lake/../../", "s3://../", "s3://lake/../../../secret.csv", "file:///tmp/", "/tmp/", "s3:///tmp/",
    "s3://lake/%2e%2e/%2e%2e/", "https://example.com/x/",
)  # fmt: skip


@pytest.mark.parametrize("output", OUTPUTS)
def test_output_locations_of_queries(client: Clients, output: str) -> None:
    athena = client("athena")
    configuration = {"ResultConfiguration": {"OutputLocation": output}}
    name = f"w{crc32(output.encode())}"
    if not refused(athena.create_work_group, Name=name, Configuration=configuration):
        refused(athena.start_query_execution, QueryString="SELECT 1", WorkGroup=name)
    refused(athena.start_query_execution, QueryString="SELECT 1", **configuration)
    for run in athena.list_query_executions().get("QueryExecutionIds", []):
        _settled(athena, run)


def _settled(athena: Any, run: str) -> dict[str, Any]:
    for _ in range(2_000):
        found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=run)["QueryExecution"]
        if found["Status"]["State"] in {"SUCCEEDED", "FAILED", "CANCELLED"}:
            return found
        time.sleep(0.005)
    raise AssertionError("the query goes on and on")


def test_tables_that_lie_outside(client: Clients, house: tuple[App, Path]) -> None:
    glue, athena = client("glue"), client("athena")
    outside = house[1]
    glue.create_database(DatabaseInput={"Name": "db"})
    places = [
        f"file://{outside}/", f"{outside}/", f"s3://lake/../../../../{outside.name}/", "s3://../", "s3://lake/../../",
        f"s3:///{outside}/", "/etc/", "s3://lake/..%2f..%2f",
    ]  # fmt: skip
    for number, place in enumerate(places):
        table = {
            "Name": f"t{number}", "StorageDescriptor": {
                "Columns": [{"Name": "a", "Type": "string"}], "Location": place,
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
            },
        }  # fmt: skip
        if refused(glue.create_table, DatabaseName="db", TableInput=table):
            continue
        for sql in (f"SELECT * FROM db.t{number}", f"INSERT INTO db.t{number} VALUES ('x')"):
            run = athena.start_query_execution(
                QueryString=sql, ResultConfiguration={"OutputLocation": "s3://lake/results/"}
            )["QueryExecutionId"]
            found = _settled(athena, run)
            if found["Status"]["State"] == "SUCCEEDED" and sql.startswith("SELECT"):
                assert SECRET not in str(athena.get_query_results(QueryExecutionId=run))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{}'", "SELECT * FROM read_csv('{}')", "SELECT * FROM read_text('{}')",
        "SELECT * FROM \"{}\"", "CREATE TABLE x AS SELECT * FROM read_csv_auto('{}')", "ATTACH '{}' AS x",
        "COPY (SELECT 1) TO '{}'", "INSTALL httpfs", "SELECT getenv('HOME')", "PRAGMA database_list",
        "SELECT * FROM glob('{}*')", "SET enable_external_access = true", "SELECT * FROM sniff_csv('{}')",
        "UNLOAD (SELECT 1) TO '{}' WITH (format='CSV')",
    ],
)  # fmt: skip
def test_sql_that_asks_for_files_of_the_machine(client: Clients, house: tuple[App, Path], sql: str) -> None:
    athena = client("athena")
    text = sql.format(house[1] / "secret.csv")
    message = refused(
        athena.start_query_execution, QueryString=text, ResultConfiguration={"OutputLocation": "s3://lake/results/"}
    )
    if not message:
        run = athena.list_query_executions()["QueryExecutionIds"][0]
        assert _settled(athena, run)["Status"]["State"] == "FAILED"


@pytest.mark.parametrize("up", ["../../", "/../../", "!{timestamp:yyyy}/../../../", "%2e%2e/"])
def test_prefixes_of_deliveries(client: Clients, app: App, up: str) -> None:
    firehose = client("firehose")
    name = f"d{crc32(up.encode())}"
    destination = {"BucketARN": "arn:aws:s3:::lake", "RoleARN": ROLE, "Prefix": up,
                   "BufferingHints": {"IntervalInSeconds": 0, "SizeInMBs": 1}}  # fmt: skip
    if refused(firehose.create_delivery_stream, DeliveryStreamName=name,
               ExtendedS3DestinationConfiguration=destination):  # fmt: skip
        return
    described = firehose.describe_delivery_stream
    until(
        app, lambda: described(DeliveryStreamName=name)["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE"
    )
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"x"})
    listed = client("s3").list_objects_v2
    until(app, lambda: any(name in found["Key"] for found in listed(Bucket="lake").get("Contents", [])))


@pytest.mark.parametrize("path", ["s3://lake/../../", "s3://../", "file:///etc/", "s3://lake/..%2f..", "/etc"])
def test_targets_of_crawlers(client: Clients, app: App, path: str) -> None:
    glue = client("glue")
    name = f"c{crc32(path.encode())}"
    if refused(glue.create_crawler, Name=name, Role=ROLE, DatabaseName="crawled",
               Targets={"S3Targets": [{"Path": path}]}):  # fmt: skip
        return
    glue.start_crawler(Name=name)
    until(app, lambda: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY")
    tables = glue.get_tables(DatabaseName="crawled")["TableList"] if _has(glue, "crawled") else []
    assert SECRET not in str(tables)


def _has(glue: Any, database: str) -> bool:
    return database in [found["Name"] for found in glue.get_databases()["DatabaseList"]]


@pytest.mark.parametrize("name", ["../../x", "..", "/etc/x", "a/../../b", "x\u0000y", "a" * 300])
def test_names_of_everything_else(client: Clients, name: str) -> None:
    refused(client("kinesis").create_stream, StreamName=name, ShardCount=1)
    refused(client("logs").create_log_group, logGroupName=name)
    refused(client("glue").create_job, Name=name, Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": f"s3://lake/{name}"})  # fmt: skip
    refused(client("cloudformation").create_stack, StackName=name, TemplateBody="{}")
    refused(client("athena").create_work_group, Name=name)
    refused(client("iam").create_user, UserName=name)
