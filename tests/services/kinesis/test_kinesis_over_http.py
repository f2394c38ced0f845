"""Kinesis as clients see it: boto3 over HTTP, JSON and CBOR."""

import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
import urllib3
from botocore.exceptions import ClientError

from afluente.app import App

Clients = Callable[..., Any]


@pytest.fixture
def kinesis(client: Clients) -> Any:
    return client("kinesis")


def post(app: App, operation: str, body: bytes, content_type: str = "application/x-amz-json-1.1") -> Any:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=any/20260921/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0"
    )
    headers = {
        "X-Amz-Target": f"Kinesis_20131202.{operation}",
        "Content-Type": content_type,
        "Authorization": authorization,
        "X-Amz-Date": "20260921T141320Z",
    }
    with urllib3.PoolManager() as pool:
        return pool.request("POST", app.endpoint, body=body, headers=headers, retries=False)


def test_the_walk_through_of_a_stream(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="windfarm")
    kinesis.get_waiter("stream_exists").wait(StreamName="windfarm")
    summary = kinesis.describe_stream_summary(StreamName="windfarm")["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("ACTIVE", 4)
    put = kinesis.put_record(StreamName="windfarm", Data='{"idtemp": "1"}', PartitionKey="02")
    records: list[dict[str, Any]] = [{"Data": b"%d" % number, "PartitionKey": str(number)} for number in range(50)]
    assert kinesis.put_records(StreamName="windfarm", Records=records)["FailedRecordCount"] == 0
    found = []
    for page in kinesis.get_paginator("list_shards").paginate(StreamName="windfarm"):
        for shard in page["Shards"]:
            iterator = kinesis.get_shard_iterator(
                StreamName="windfarm", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            found += kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert sorted(record["Data"] for record in found) == sorted([b'{"idtemp": "1"}', *(r["Data"] for r in records)])
    (first,) = [record for record in found if record["PartitionKey"] == "02"]
    assert first["SequenceNumber"] == put["SequenceNumber"]
    kinesis.delete_stream(StreamName="windfarm")
    kinesis.get_waiter("stream_not_exists").wait(StreamName="windfarm")


@pytest.mark.parametrize(
    ("operation", "request_", "code", "text"),
    [
        ("put_record", {"Data": b"", "PartitionKey": "k"}, "InvalidArgumentException", "can't be empty at the same"),
        (
            "put_record",
            {"StreamName": "sun", "Data": b"", "PartitionKey": "k"},
            "ResourceNotFoundException",
            "Stream sun under account 000000000000 not found.",
        ),
        ("create_stream", {"StreamName": "bad/name"}, "ValidationException", "Value 'bad/name' at 'streamName' failed"),
        ("create_stream", {"StreamName": "s", "ShardCount": 0}, "ValidationException", "greater than or equal to 1"),
        ("get_records", {"ShardIterator": "x"}, "InvalidArgumentException", "Invalid ShardIterator."),
        (
            "create_stream",
            {"StreamName": "s", "RecordDistributionStrategy": "AUTO"},
            None,
            "RecordDistributionStrategy",
        ),
    ],
)
def test_errors_over_http(
    client: Clients, operation: str, request_: dict[str, Any], code: str | None, text: str
) -> None:
    kinesis = client("kinesis", parameter_validation=False)
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    with pytest.raises(ClientError) as error:
        getattr(kinesis, operation)(**request_)
    assert text in error.value.response["Error"]["Message"]
    assert code in {None, error.value.response["Error"]["Code"]}


def test_dry_runs_change_nothing(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    shard = {"StreamName": "wind", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**shard)["ShardIterator"]
    requests: dict[str, dict[str, Any]] = {
        "put_record": {"StreamName": "wind", "Data": b"x", "PartitionKey": "k"},
        "put_records": {"StreamName": "wind", "Records": [{"Data": b"x", "PartitionKey": "k"}]},
        "get_shard_iterator": shard,
        "get_records": {"ShardIterator": iterator},
    }
    for operation, request in requests.items():
        with pytest.raises(ClientError) as error:
            getattr(kinesis, operation)(**request, DryRun=True)
        name = operation.title().replace("_", "")
        assert error.value.response["Error"] == {
            "Code": "DryRunOperationException",
            "Message": f"DryRunOperation validation succeeded while calling {name} operation.: "
            "Request would have succeeded, but DryRun flag is set.",
        }
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.put_record(StreamName="sun", Data=b"x", PartitionKey="k", DryRun=True)
    assert kinesis.get_records(ShardIterator=iterator)["Records"] == []


def test_put_and_get_records_in_cbor(app: App, kinesis: Any) -> None:
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    body = cbor2.dumps({"StreamName": "wind", "Records": [{"Data": b"\x00\xff", "PartitionKey": "é"}]})
    answer = post(app, "PutRecords", body, "application/x-amz-cbor-1.1")
    assert answer.headers["Content-Type"] == "application/x-amz-cbor-1.1"
    (result,) = cbor2.loads(answer.data)["Records"]
    iterator = kinesis.get_shard_iterator(
        StreamName="wind", ShardId=result["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    content = post(app, "GetRecords", cbor2.dumps({"ShardIterator": iterator}), "application/x-amz-cbor-1.1").data
    # AWS tags milliseconds as if they were seconds, which cbor2 rightly cannot believe: the tag is taken off.
    (record,) = cbor2.loads(content.replace(b"\xc1\x1b", b"\x1b"))["Records"]
    assert record["ApproximateArrivalTimestamp"] == app.clock.now_ms()
    assert (record["Data"], record["PartitionKey"]) == (b"\x00\xff", "é")
    assert record["SequenceNumber"] == result["SequenceNumber"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"StreamName":"wind","Records":[{"Data":"eA=","PartitionKey":"k"}]}',
        b'{"StreamName":"wind","Records":[{"Data":"eA==","PartitionKey":"\xff"}]}',
        b'{"StreamName":"wind","Records":[{"Data":"eA==","PartitionKey":"\\ud800"}]}',
        b'{"StreamName":"wind","Records":[{"Data":7,"PartitionKey":"k"}]}',
        b'{"StreamName":"wind","Records":{}}',
        b'{"StreamName":"wind","Records":[]}',
        b'{"StreamName":"wind","Records":[{"Data":"eA=="}]}',
        b"[" * 100_000,
    ],
)
def test_put_records_that_cannot_be_read_is_the_callers_fault(app: App, kinesis: Any, body: bytes) -> None:
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    answer = post(app, "PutRecords", body)
    assert answer.status == 400, answer.data
    assert json.loads(answer.data)["__type"] in {"SerializationException", "ValidationException"}
    assert [each.records_ever for each in app._kinesis.statistics()] == [0]


def test_put_record_of_an_oversized_key_in_utf16(client: Clients) -> None:
    kinesis = client("kinesis", parameter_validation=False)
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    kinesis.put_record(StreamName="wind", Data=b"", PartitionKey="k" * 256)
    with pytest.raises(ClientError, match="at 'partitionKey' failed to satisfy constraint"):
        kinesis.put_record(StreamName="wind", Data=b"", PartitionKey="k" * 257)


def test_get_records_with_the_arn_of_another_stream_is_refused(client: Any) -> None:
    kinesis = client("kinesis")
    for name in ("one", "two"):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    iterator = kinesis.get_shard_iterator(
        StreamName="one", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/{}".format
    assert kinesis.get_records(ShardIterator=iterator, StreamARN=arn("one"))["Records"] == []
    with pytest.raises(
        kinesis.exceptions.InvalidArgumentException,
        match="stream name one doesn't match the inferred name in stream arn two",
    ):
        kinesis.get_records(ShardIterator=iterator, StreamARN=arn("two"))


CBOR = "application/x-amz-cbor-1.1"


def cbor(app: App, operation: str, **members: Any) -> tuple[int, Any]:
    """Status and answer of an operation in CBOR."""
    answer = post(app, operation, cbor2.dumps(members, indefinite_containers=True), CBOR)
    assert answer.headers["Content-Type"] == CBOR
    body = cbor2.loads(answer.data, semantic_decoders={1: lambda value, _: ("tag 1", value)}) if answer.data else None
    return answer.status, body


def test_the_walk_through_of_a_stream_in_cbor(app: App) -> None:
    now_ms = app.clock.now_ms()
    assert cbor(app, "CreateStream", StreamName="wind", ShardCount=1, Tags={"farm": "west"}) == (200, None)
    _, summary = cbor(app, "DescribeStreamSummary", StreamName="wind")
    created = summary["StreamDescriptionSummary"]["StreamCreationTimestamp"]
    assert created == ("tag 1", now_ms // 1000 * 1000)
    _, put = cbor(app, "PutRecord", StreamName="wind", Data=b"\x00\xff", PartitionKey="k")
    _, iterator = cbor(
        app,
        "GetShardIterator",
        StreamName="wind",
        ShardId=put["ShardId"],
        ShardIteratorType="AT_TIMESTAMP",
        Timestamp=cbor2.CBORTag(1, now_ms),
    )
    _, page = cbor(app, "GetRecords", ShardIterator=iterator["ShardIterator"])
    assert page["Records"] == [
        {
            "SequenceNumber": put["SequenceNumber"],
            "ApproximateArrivalTimestamp": ("tag 1", now_ms),
            "Data": b"\x00\xff",
            "PartitionKey": "k",
        }
    ]
    _, shards = cbor(app, "ListShards", StreamName="wind", ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": now_ms})
    assert [shard["ShardId"] for shard in shards["Shards"]] == [put["ShardId"]]
    assert cbor(app, "ListTagsForStream", StreamName="wind")[1]["Tags"] == [{"Key": "farm", "Value": "west"}]
    assert cbor(app, "DeleteStream", StreamName="wind") == (200, None)


def test_errors_in_cbor(app: App) -> None:
    expected = {"__type": "ResourceNotFoundException", "message": "Stream sun under account 000000000000 not found."}
    assert cbor(app, "DescribeStream", StreamName="sun") == (400, expected)
    record = {"Data": b"", "PartitionKey": "k"}
    assert cbor(app, "PutRecords", StreamName="sun", Records=[record]) == (400, expected)
    for operation, members in (("PutRecord", {"Data": "text"}), ("PutRecords", {"Records": 7})):
        status, error = cbor(app, operation, StreamName="sun", **members)
        assert (status, error["__type"]) == (400, "SerializationException")
    status, error = cbor(app, "PutRecord", StreamName="bad/name", **record)
    assert (status, error["__type"]) == (400, "ValidationException")
    assert post(app, "PutRecord", b"\xbf", CBOR).status == 400
