"""One browser for all tests that look at pages, and a small farm to look at."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import clients
from tests.console.browser import Browser, find

from afluente.app import App
from afluente.core.setting import Settings

ROOT_KEY = ("AKIAROOTROOTROOTROOT", "root/secret+of/forty/characters/at+least")
COLUMNS = [("turbine", "int"), ("data", "double"), ("at", "timestamp"), ("type", "string")]
EVIL = "<img src=x onerror=\"document.title='caught'\">"


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = find()
    if path is None:
        pytest.skip("there is no Chromium here: `make machine` installs it, as root on Debian")
    browser = Browser(path, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Browser]:
    """The browser, as for a new visitor; nothing may be complained of in its console."""
    browser.resize(1280)
    yield browser
    browser.run("(localStorage.clear(), sessionStorage.clear())")


class Farm:
    """A pipeline on a real clock: the stream `farm` is delivered to `raw`, where the table `farm.readings` lies."""

    def __init__(self, app: App, key: tuple[str, str] = ("any", "any")) -> None:
        self.url = app.console
        self.client = clients(app.endpoint, key)

    def make(self) -> "Farm":
        services = ["firehose.amazonaws.com", "glue.amazonaws.com"]
        trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam = self.client("iam")
        role = iam.create_role(RoleName="farm", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="farm", PolicyName="all", PolicyDocument=_policy(everything))
        s3 = self.client("s3")
        for bucket in ("raw", "results"):
            s3.create_bucket(Bucket=bucket)
        rows = [
            {
                "turbine": n % 3,
                "data": 20 + n / 10,
                "at": f"2026-11-24 02:{n:02}:00",
                "type": ("power", "temperature")[n % 2],
            }
            for n in range(60)
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        s3.put_object(Bucket="raw", Key="readings/date=2026-11-24/farm-1-2026-11-24-02-00-00-one", Body=lines.encode())
        s3.put_object(Bucket="raw", Key="notes/packed.json.gz", Body=gzip.compress(b'{"packed": "yes"}'))
        s3.put_object(Bucket="raw", Key="notes/evil & 100%.html", Body=EVIL.encode(), ContentType="text/html")
        kinesis = self.client("kinesis")
        kinesis.create_stream(StreamName="farm", ShardCount=2)
        kinesis.get_waiter("stream_exists").wait(StreamName="farm", WaiterConfig={"Delay": 0.05})
        arn = kinesis.describe_stream_summary(StreamName="farm")["StreamDescriptionSummary"]["StreamARN"]
        self.client("firehose").create_delivery_stream(
            DeliveryStreamName="farm",
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": role},
            ExtendedS3DestinationConfiguration={
                "RoleARN": role, "BucketARN": "arn:aws:s3:::raw", "Prefix": "readings/date=!{timestamp:yyyy-MM-dd}/",
                "ErrorOutputPrefix": "errors/", "BufferingHints": {"IntervalInSeconds": 900, "SizeInMBs": 5},
            },
        )  # fmt: skip
        for n, data in enumerate([EVIL, *(json.dumps(row) for row in rows[:5])]):
            kinesis.put_record(StreamName="farm", PartitionKey=f"turbine-{n}", Data=data.encode())
        glue = self.client("glue")
        glue.create_database(DatabaseInput={"Name": "farm"})
        glue.create_table(
            DatabaseName="farm",
            TableInput={
                "Name": "readings",
                "TableType": "EXTERNAL_TABLE",
                "StorageDescriptor": {
                    "Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS],
                    "Location": "s3://raw/readings/",
                    "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
                },
            },
        )
        targets = {"S3Targets": [{"Path": "s3://raw/readings/"}]}
        glue.create_crawler(Name="farm", Role=role, DatabaseName="farm", Targets=targets)
        glue.create_database(DatabaseInput={"Name": "walked"})
        targets = {"S3Targets": [{"Path": "s3://raw/notes/"}]}
        glue.create_crawler(Name="walker", Role=role, DatabaseName="walked", Targets=targets)
        s3.put_object(Bucket="raw", Key="scripts/job.py", Body=b"print('the job says hello')\n")
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://raw/scripts/job.py"}
        glue.create_job(Name="farm", Role=role, Command=command)
        self.client("athena").create_work_group(
            Name="farm", Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/"}}
        )
        return self


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


Serve = Callable[..., Farm]


def _serve(folder: Path, **settings: Any) -> App:
    app = App(Settings(data=folder / "data", port=0, kinesis_create_delay_ms=0, firehose_create_delay_ms=0, **settings))
    app.start()
    return app


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """The farm in open mode."""
    app = _serve(tmp_path_factory.mktemp("farm"))
    yield Farm(app).make()
    app.stop()


@pytest.fixture
def enforced(tmp_path: Path) -> Iterator[Farm]:
    """An empty place that enforces; its clients are root's."""
    app = _serve(tmp_path, auth="enforce", root_access_key=ROOT_KEY[0], root_secret_key=ROOT_KEY[1])
    yield Farm(app, ROOT_KEY)
    app.stop()
