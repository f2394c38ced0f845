"""Firehose as a client sees it: over HTTP, with S3, IAM, Kinesis and CloudWatch Logs behind it."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from afluente.core.clock import ManualClock

Clients = Callable[..., Any]
ROLE = "arn:aws:iam::000000000000:role/delivery"


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def until(clock: ManualClock, condition: Callable[[], bool]) -> None:
    """Move the clock on until the condition holds."""
    for _ in range(400):
        if condition():
            return
        clock.advance(1)
    raise AssertionError("it never came about")


@pytest.fixture
def lake(client: Clients) -> Clients:
    client("s3").create_bucket(Bucket="raw")
    client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=trust("firehose.amazonaws.com"))
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    client("iam").attach_role_policy(RoleName="delivery", PolicyArn=policy)
    return client


def active(client: Clients, clock: ManualClock, name: str) -> None:
    def is_active() -> bool:
        answer = client("firehose").describe_delivery_stream(DeliveryStreamName=name)
        return bool(answer["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE")

    until(clock, is_active)


def bodies(client: Clients) -> list[bytes]:
    listed = client("s3").list_objects_v2(Bucket="raw").get("Contents", [])
    return [client("s3").get_object(Bucket="raw", Key=item["Key"])["Body"].read() for item in listed]


def test_records_put_arrive_in_the_bucket(lake: Clients, clock: ManualClock) -> None:
    firehose = lake("firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName="direct",
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::raw",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"IntervalInSeconds": 60},
        },
    )
    active(lake, clock, "direct")
    firehose.put_record(DeliveryStreamName="direct", Record={"Data": b'{"a": 1}'})
    answer = firehose.put_record_batch(DeliveryStreamName="direct", Records=[{"Data": b"\x00\xff"}, {"Data": b""}])
    assert answer["FailedPutCount"] == 0
    until(clock, lambda: bool(bodies(lake)))
    (item,) = lake("s3").list_objects_v2(Bucket="raw")["Contents"]
    stored = lake("s3").get_object(Bucket="raw", Key=item["Key"])
    assert gzip.decompress(stored["Body"].read()) == b'{"a": 1}\x00\xff'
    assert (stored["ContentType"], stored["ContentEncoding"]) == ("application/octet-stream", "gzip")


def test_records_of_a_stream_arrive_in_the_bucket(lake: Clients, clock: ManualClock) -> None:
    kinesis = lake("kinesis")
    kinesis.create_stream(StreamName="farm", ShardCount=2)
    until(
        clock,
        lambda: bool(
            kinesis.describe_stream_summary(StreamName="farm")["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
        ),
    )
    kinesis.put_record(StreamName="farm", Data=b"before", PartitionKey="k")
    lake("firehose").create_delivery_stream(
        DeliveryStreamName="farm",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/farm",
            "RoleARN": ROLE,
        },
        S3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::raw",
            "BufferingHints": {"IntervalInSeconds": 60},
        },
    )
    records: list[dict[str, Any]] = [{"Data": b"<%d>" % number, "PartitionKey": str(number)} for number in range(40)]
    assert kinesis.put_records(StreamName="farm", Records=records)["FailedRecordCount"] == 0
    until(clock, lambda: bool(bodies(lake)))
    (body,) = bodies(lake)
    assert sorted(body.replace(b"><", b">\n<").split(b"\n")) == sorted(record["Data"] for record in records)


def test_a_delivery_stream_under_a_role_for_another_service(lake: Clients) -> None:
    lake("iam").create_role(RoleName="glue", AssumeRolePolicyDocument=trust("glue.amazonaws.com"))
    role = ROLE.replace("delivery", "glue")
    with pytest.raises(ClientError) as raised:
        lake("firehose").create_delivery_stream(
            DeliveryStreamName="d", S3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::raw"}
        )
    assert raised.value.response["Error"] == {
        "Code": "InvalidArgumentException",
        "Message": f"Firehose is unable to assume role {role}. Please check the role provided.",
    }


def test_a_stream_that_is_not_there(lake: Clients) -> None:
    with pytest.raises(ClientError) as raised:
        lake("firehose").create_delivery_stream(
            DeliveryStreamName="d",
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/none",
                "RoleARN": ROLE,
            },
            S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw"},
        )
    assert raised.value.response["Error"] == {
        "Code": "InvalidArgumentException",
        "Message": "Stream none under account 000000000000 not found.",
    }


@pytest.mark.parametrize(
    ("extended", "code", "named"),
    [
        ({"CompressionFormat": "SNAPPY"}, "ValidationException", "compressionFormat"),
        ({"BufferingHints": {"SizeInMBs": 129}}, "ValidationException", "sizeInMBs"),
        (
            {"EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": "arn:aws:kms:a:000000000000:key/x"}}},
            "NotImplemented",
            "KMSEncryptionConfig",
        ),
        ({"S3BackupMode": "Enabled"}, "InvalidArgumentException", "S3 backup destination configuration is required"),
    ],
)
def test_a_configuration_that_is_not_taken(lake: Clients, extended: dict[str, Any], code: str, named: str) -> None:
    with pytest.raises(ClientError) as raised:
        lake("firehose").create_delivery_stream(
            DeliveryStreamName="d",
            ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw", **extended},
        )
    assert raised.value.response["Error"]["Code"] == code
    assert named in raised.value.response["Error"]["Message"]
    assert lake("firehose").list_delivery_streams()["DeliveryStreamNames"] == []


def test_delivery_errors_are_found_in_the_logs(lake: Clients, clock: ManualClock) -> None:
    lake("firehose").create_delivery_stream(
        DeliveryStreamName="d",
        S3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::raw",
            "BufferingHints": {"IntervalInSeconds": 1},
            "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "/farm", "LogStreamName": "errors"},
        },
    )
    active(lake, clock, "d")
    lake("s3").delete_bucket(Bucket="raw")
    lake("firehose").put_record(DeliveryStreamName="d", Record={"Data": b"x"})
    logs = lake("logs")
    until(clock, lambda: bool(logs.describe_log_groups()["logGroups"]))
    found = logs.filter_log_events(logGroupName="/farm", filterPattern="NoSuchBucket")["events"]
    assert json.loads(found[0]["message"])["errorCode"] == "S3.NoSuchBucket"
    lake("s3").create_bucket(Bucket="raw")
    until(clock, lambda: bodies(lake) == [b"x"])


def test_records_of_a_stream_that_is_resharded_arrive_once(lake: Clients, clock: ManualClock) -> None:
    kinesis, sent = lake("kinesis"), 0
    kinesis.create_stream(StreamName="farm", ShardCount=1)
    lake("firehose").create_delivery_stream(
        DeliveryStreamName="delivery",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/farm",
            "RoleARN": ROLE,
        },
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::raw",
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        },
    )
    active(lake, clock, "delivery")
    for target in (2, 3, 2, 1, None):
        records = [b"%d%s\n" % (number, b" " * 10_000) for number in range(sent, sent + 50)]
        entries = [{"Data": data, "PartitionKey": data[:4].decode()} for data in records]
        assert kinesis.put_records(StreamName="farm", Records=entries)["FailedRecordCount"] == 0
        sent += len(records)
        clock.advance(1)
        if target:
            kinesis.update_shard_count(StreamName="farm", TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    until(clock, lambda: sum(body.count(b"\n") for body in bodies(lake)) >= sent)
    assert sorted(int(line) for line in b"".join(bodies(lake)).split()) == list(range(sent))
