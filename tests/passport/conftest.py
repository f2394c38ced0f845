"""A wind farm's lake in small, on a clock that stands: stream, delivery, crawler, the real job; and commands."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.conftest import Clients
from tests.services.firehose.test_firehose_http import until

from afluente.app import App
from afluente.cli import main
from afluente.core.clock import ManualClock
from windfarm.deployment import JOB_SCRIPT

PREFIX = "readings/date=!{timestamp:yyyy-MM-dd}/"
ERRORS = "errors/!{firehose:error-output-type}/"
DELIMITER = {"Type": "AppendDelimiterToRecord"}
SERVICES = ["firehose.amazonaws.com", "glue.amazonaws.com"]
Command = Callable[..., str]


def reading(number: int, *, kind: str = "temperature", **members: Any) -> dict[str, Any]:
    """A reading of turbine `number`."""
    told = {
        "idtemp": number,
        "data": 20 + number / 100,
        "type": kind,
        "timestamp": f"2026-11-26T03:00:{number:02d}.125Z",
    }
    return told | members


class Farm:
    """The lake: `put` readings, `deliver` them, `crawl`, run the job; each time the clock moves on by itself."""

    def __init__(self, app: App, client: Clients, clock: ManualClock) -> None:
        self.app = app
        self.client = client
        self.clock = clock
        for bucket in ("raw", "lake", "results"):
            client("s3").create_bucket(Bucket=bucket)
        statement = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        client("iam").create_role(RoleName="farm", AssumeRolePolicyDocument=policy)
        client("iam").attach_role_policy(RoleName="farm", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        client("kinesis").create_stream(StreamName="windfarm", ShardCount=2)
        client("glue").create_database(DatabaseInput={"Name": "farm"})
        location = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}
        client("athena").create_work_group(Name="farm", Configuration=location)
        self.role = "arn:aws:iam::000000000000:role/farm"

    def delivery_stream(self, name: str = "windfarm", **extended: Any) -> None:
        """One that reads the stream, with a delimiter unless `extended` says otherwise, ACTIVE."""
        processing = {"Enabled": True, "Processors": [DELIMITER, *extended.pop("processors", ())]}
        destination = {
            "RoleARN": self.role, "BucketARN": "arn:aws:s3:::raw", "Prefix": PREFIX, "ErrorOutputPrefix": ERRORS,
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1}, "ProcessingConfiguration": processing,
        }  # fmt: skip
        firehose = self.client("firehose")
        stream = "arn:aws:kinesis:us-east-1:000000000000:stream/windfarm"
        firehose.create_delivery_stream(
            DeliveryStreamName=name, DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": stream, "RoleARN": self.role},
            ExtendedS3DestinationConfiguration=destination | extended,
        )  # fmt: skip
        self.wait_for(name)

    def wait_for(self, name: str) -> None:
        """Until the delivery stream is ACTIVE."""
        until(self.clock, lambda: self._describe(name)["DeliveryStreamStatus"] == "ACTIVE")

    def _describe(self, name: str) -> Any:
        return self.client("firehose").describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]

    def put(self, *records: dict[str, Any] | bytes) -> list[str]:
        """Put them one by one; their sequence numbers."""
        bodies = [data if isinstance(data, bytes) else json.dumps(data).encode() for data in records]
        kinesis = self.client("kinesis")
        return [
            kinesis.put_record(StreamName="windfarm", Data=data, PartitionKey=f"key-{n}")["SequenceNumber"]
            for n, data in enumerate(bodies)
        ]

    def moment(self, sequence_number: str) -> datetime:
        """When that record arrived, to the second."""
        return datetime.fromtimestamp(int(sequence_number) >> 36 & (1 << 36) - 1, UTC)

    def keys(self, prefix: str = "readings/", bucket: str = "raw") -> list[str]:
        """The objects there."""
        listed = self.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def deliver(self, prefix: str = "") -> list[str]:
        """Wait for one more object; the new ones."""
        before = set(self.keys(prefix))
        until(self.clock, lambda: set(self.keys(prefix)) > before)
        self.clock.advance(2)
        return sorted(set(self.keys(prefix)) - before)

    def drain(self) -> None:
        """Wait until everything that was put is delivered, by functions that take real time too."""
        for _ in range(3):  # a number that is read between two steps may be zero
            self.wait_until(lambda: not self.app.farm_numbers().pending_records, step_s=1)
            time.sleep(0.02)
        self.clock.advance(2)

    def crawl(self) -> None:
        """Run the crawler over the raw readings."""
        glue = self.client("glue")
        if "raw" not in glue.list_crawlers()["CrawlerNames"]:
            target = {"S3Targets": [{"Path": "s3://raw/readings/"}]}
            glue.create_crawler(Name="raw", Role=self.role, DatabaseName="farm", Targets=target)
        glue.start_crawler(Name="raw")
        self.wait_until(lambda: glue.get_crawler(Name="raw")["Crawler"]["State"] == "READY")
        assert glue.get_crawler(Name="raw")["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"
        self.clock.advance(2)

    def run_job(self, **arguments: str) -> str:
        """Run the farm's own job; the run's id."""
        glue = self.client("glue")
        if "lake" not in glue.list_jobs()["JobNames"]:
            self.client("s3").put_object(Bucket="lake", Key="job/lake.py", Body=JOB_SCRIPT.read_bytes())
            glue.create_job(
                Name="lake", Role=self.role,
                Command={"Name": "glueetl", "ScriptLocation": "s3://lake/job/lake.py", "PythonVersion": "3"},
                DefaultArguments={
                    "--job-bookmark-option": "job-bookmark-enable", "--database": "farm", "--raw_table": "readings",
                    "--lake_table": "lake", "--lake_path": "s3://lake/lake/", "--rejected_path": "s3://lake/rejected/",
                },
            )  # fmt: skip
        run: str = glue.start_job_run(JobName="lake", Arguments=arguments)["JobRunId"]
        state = self.wait_until(lambda: self._ended(run))
        assert state == "SUCCEEDED", glue.get_job_run(JobName="lake", RunId=run)["JobRun"]["ErrorMessage"]
        self.clock.advance(2)
        return run

    def _ended(self, run: str) -> str:
        state: str = self.client("glue").get_job_run(JobName="lake", RunId=run)["JobRun"]["JobRunState"]
        return state if state in {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"} else ""

    def wait_until(self, ready: Callable[[], Any], step_s: float = 0.01) -> Any:
        """What `ready` answers once that is something true; the clock goes slowly meanwhile."""
        for _ in range(1500):
            if answer := ready():
                return answer
            time.sleep(0.02)
            self.clock.advance(step_s)
        raise AssertionError("it never came about")


@pytest.fixture
def farm(app: App, client: Clients, clock: ManualClock) -> Farm:
    return Farm(app, client, clock)


@pytest.fixture
def command(app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `afluente ...` against it; what it printed. `status` is the exit status it must have."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", app.endpoint)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setattr("afluente.deployment.target.Target.poll_s", 0.02)

    def run(*words: str, status: int = 0) -> str:
        capsys.readouterr()
        ended = main.main(words)
        said = capsys.readouterr()
        assert ended == status, said.out + said.err
        return said.out + said.err

    return run
