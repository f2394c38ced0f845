"""`afluente doctor stream` and `delivery`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.doctor.conftest import Lake, codes, readings

from afluente.core.clock import ManualClock, utc
from afluente.doctor import delivery, stream
from afluente.doctor.finding import NothingThere

ROLE = "arn:aws:iam::000000000000:role/delivery"
TRUST = {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def kinesis(client: Callable[..., Any], clock: ManualClock) -> Any:
    client("kinesis").create_stream(StreamName="farm", ShardCount=2)
    clock.advance(1)
    return client("kinesis")


def put(kinesis: Any, keys: list[str]) -> None:
    records = [{"Data": f"{number}".encode(), "PartitionKey": key} for number, key in enumerate(keys)]
    assert not kinesis.put_records(StreamName="farm", Records=records)["FailedRecordCount"]


def test_stream_with_nothing_wrong(kinesis: Any, client: Any, clock: ManualClock) -> None:
    put(kinesis, [f"{number}" for number in range(200)])
    assert codes(stream.examine(client, "farm", utc(clock.now_ms()))) == []


def test_stream_without_records(kinesis: Any, client: Any, clock: ManualClock) -> None:
    assert codes(stream.examine(client, "farm", utc(clock.now_ms()))) == ["no-records"]


def test_hot_shard_is_named_with_its_keys(kinesis: Any, client: Any, clock: ManualClock) -> None:
    put(kinesis, ["02"] * 195 + ["other", "third", "x", "y", "z"])
    (finding,) = stream.examine(client, "farm", utc(clock.now_ms()))
    assert finding.kind.code == "hot-shard"
    assert "02 (195)" in finding.text("en").what


def test_repeated_records(kinesis: Any, client: Any, clock: ManualClock) -> None:
    put(kinesis, ["a", "b"])
    put(kinesis, ["a", "b"])
    assert codes(stream.examine(client, "farm", utc(clock.now_ms()))) == ["repeated-records"]


def test_no_such_stream(client: Any) -> None:
    with pytest.raises(NothingThere, match="there is no stream farm"):
        list(stream.examine(client, "farm"))


class Deliveries:
    """A delivery stream `farm` into the bucket `raw`."""

    def __init__(self, lake: Lake, clock: ManualClock) -> None:
        self.client, self.clock = lake.client, clock
        policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        admin = "arn:aws:iam::aws:policy/AdministratorAccess"
        self.client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=policy)
        self.client("iam").attach_role_policy(RoleName="delivery", PolicyArn=admin)

    def create(self, **members: Any) -> None:
        self.client("firehose").create_delivery_stream(
            DeliveryStreamName="farm",
            ExtendedS3DestinationConfiguration={
                "RoleARN": ROLE,
                "BucketARN": "arn:aws:s3:::raw",
                "Prefix": "readings/date=!{timestamp:yyyy-MM-dd}/",
                "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
                "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
                "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "farm", "LogStreamName": "S3"},
                **members,
            },
        )
        while self._status() != "ACTIVE":
            self.clock.advance(1)

    def _status(self) -> str:
        answer = self.client("firehose").describe_delivery_stream(DeliveryStreamName="farm")
        return str(answer["DeliveryStreamDescription"]["DeliveryStreamStatus"])

    def put(self, data: bytes) -> None:
        self.client("firehose").put_record(DeliveryStreamName="farm", Record={"Data": data})

    def findings(self, later: timedelta = timedelta()) -> list[str]:
        """With the objects' own time as now: S3 takes it from the same clock."""
        return codes(delivery.examine(self.client, "farm", utc(self.clock.now_ms()) + later))


@pytest.fixture
def deliveries(lake: Lake, clock: ManualClock) -> Deliveries:
    return Deliveries(lake, clock)


def test_delivery_that_waits(deliveries: Deliveries) -> None:
    deliveries.create()
    assert deliveries.findings() == ["nothing-delivered"]


def test_delivery_without_newlines_then_stale(deliveries: Deliveries) -> None:
    deliveries.create()
    for _ in range(2):
        deliveries.put(readings(1, end=""))
    for _ in range(70):
        deliveries.clock.advance(1)
    assert deliveries.findings() == ["several-objects-on-one-line"]
    assert "stale" in deliveries.findings(timedelta(hours=1))


def test_delivery_without_log_and_folder_names(deliveries: Deliveries) -> None:
    deliveries.create(Prefix="", CloudWatchLoggingOptions={"Enabled": False})
    assert deliveries.findings() == ["no-error-log", "nothing-delivered", "folders-without-names"]


def test_delivery_that_fails_says_why(deliveries: Deliveries, lake: Lake) -> None:
    deliveries.create()
    deliveries.put(readings(1))
    lake.client("s3").delete_bucket(Bucket="raw")
    for _ in range(70):
        deliveries.clock.advance(1)
    found = delivery.examine(lake.client, "farm", datetime.now(UTC))
    finding = next(finding for finding in found if finding.kind.code == "delivery-fails")
    assert "S3.NoSuchBucket" in finding.text("en").what
    assert "Create it again" in finding.text("en").next
    assert "Crie-o de novo" in finding.text("pt").next


def test_a_function_that_fails_is_waited_for_and_its_log_is_named(deliveries: Deliveries, lake: Lake) -> None:
    deliveries.create()
    function = "arn:aws:lambda:us-east-1:000000000000:function:clean"
    logs, event = lake.client("logs"), json.dumps({"errorCode": "Lambda.FunctionError"})
    logs.create_log_group(logGroupName="farm")
    logs.create_log_stream(logGroupName="farm", logStreamName="S3")
    events = [{"timestamp": deliveries.clock.now_ms(), "message": event}]
    logs.put_log_events(logGroupName="farm", logStreamName="S3", logEvents=events)
    lake.put("failed/processing-failed/one", json.dumps({"errorCode": "x", "lambdaARN": function}).encode())
    found = [finding.text("en") for finding in delivery.examine(lake.client, "farm", utc(deliveries.clock.now_ms()))]
    assert "records lie under the error prefix" in found[0].next
    assert "(log: /aws/lambda/clean)" in found[1].what


def test_records_under_the_error_prefix(deliveries: Deliveries, lake: Lake) -> None:
    deliveries.create()
    error = {"errorCode": "DynamicPartitioning.MetadataExtractionFailed", "errorMessage": "null", "rawData": "e30="}
    lake.put("failed/processing-failed/one", json.dumps(error).encode())
    finding = next(iter(delivery.examine(lake.client, "farm", utc(deliveries.clock.now_ms()))))
    assert finding.kind.code == "failed-records"
    assert "DynamicPartitioning.MetadataExtractionFailed" in finding.text("en").what
