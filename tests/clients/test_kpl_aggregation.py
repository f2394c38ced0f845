"""The KPL's aggregated records, made by the aws-kinesis-agg package: what comes of them where AWS takes them apart."""

import base64
import json
from typing import Any

import aws_kinesis_agg.aggregator
import pytest
from aws_kinesis_agg.deaggregator import deaggregate_records

from afluente.app import App

READINGS = [(f"turbine-{number % 7}", json.dumps({"n": number}).encode() + b"\n") for number in range(200)]
ROLE = "arn:aws:iam::000000000000:role/delivery"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def kinesis(client: Any) -> Any:
    client("kinesis").create_stream(StreamName="wind", ShardCount=1)
    return client("kinesis")


def aggregate() -> list[tuple[str, bytes]]:
    """READINGS as a producer with the package sends them: few records of up to 1 KiB."""
    aggregator = aws_kinesis_agg.aggregator.RecordAggregator(1024)
    made = [aggregator.add_user_record(key, data) for key, data in READINGS]
    contents = [record.get_contents() for record in [*made, aggregator.clear_and_get()] if record]
    return [(key, data) for key, _, data in contents]


def put(kinesis: Any) -> int:
    """Put them; how many records of the stream that were."""
    records = [{"PartitionKey": key, "Data": data} for key, data in aggregate()]
    answer = kinesis.put_records(StreamName="wind", Records=records)
    assert answer["FailedRecordCount"] == 0
    return len(records)


def test_get_records_gives_what_the_package_takes_apart(kinesis: Any) -> None:
    count = put(kinesis)
    iterator = kinesis.get_shard_iterator(
        StreamName="wind", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert len(records) == count < len(READINGS) / 10
    users = deaggregate_records([as_lambda_gets_it(record) for record in records])
    found = [(user["kinesis"]["partitionKey"], base64.b64decode(user["kinesis"]["data"])) for user in users]
    assert found == READINGS


def as_lambda_gets_it(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
            "data": base64.b64encode(record["Data"]).decode(),
        }
    }


def test_firehose_takes_them_apart(kinesis: Any, client: Any, app: App) -> None:
    client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=json.dumps(TRUST))
    client("iam").attach_role_policy(RoleName="delivery", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    client("s3").create_bucket(Bucket="raw")
    client("firehose").create_delivery_stream(
        DeliveryStreamName="out",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/wind",
            "RoleARN": ROLE,
        },
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::raw",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        },
    )
    put(kinesis)
    contents: list[dict[str, Any]] = []
    while not contents:
        app.clock.advance(30)
        contents = client("s3").list_objects_v2(Bucket="raw").get("Contents", [])
    body = client("s3").get_object(Bucket="raw", Key=contents[0]["Key"])["Body"].read()
    assert body == b"".join(data for _, data in READINGS)
