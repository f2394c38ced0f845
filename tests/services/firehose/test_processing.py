"""Records that are processed before they are delivered: partition keys by query, de-aggregation, decompression."""

import base64
import errno
import gzip
import json
import re
from typing import Any

import pytest
from tests.services.firehose.test_deaggregation import aggregate
from tests.services.firehose.test_deliver import DELIMITER, UUID
from tests.services.firehose.world import World

from afluente.services.firehose import check, processed_intake
from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.spool import Spool

KEY = ("000000000000", "us-east-1", "d")


def processor(kind: str, **parameters: str) -> dict[str, Any]:
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Type": kind, "Parameters": named}


def processing(*processors: dict[str, Any]) -> dict[str, Any]:
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": list(processors)}}


def partitioned(query: str = "{c: .c}", *others: dict[str, Any], **changes: Any) -> dict[str, Any]:
    metadata = processor("MetadataExtraction", MetadataExtractionQuery=query, JsonParsingEngine="JQ-1.6")
    return {
        "Prefix": "c=!{partitionKeyFromQuery:c}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        "DynamicPartitioningConfiguration": {"Enabled": True},
        **processing(metadata, *others),
        **changes,
    }


def folders(world: World) -> dict[str, list[bytes]]:
    """The bodies of objects by the folder of their key."""
    found: dict[str, list[bytes]] = {}
    for (_, key), stored in world.buckets.objects.items():
        found.setdefault(key.rpartition("/")[0], []).append(stored.data)
    return found


def errors(world: World, folder: str) -> list[dict[str, Any]]:
    return [json.loads(line) for body in folders(world)[folder] for line in body.splitlines()]


def test_partition_keys_by_query(world: World) -> None:
    world.create(**partitioned())
    world.put(b'{"c":"a","n":1}', b'{"c":"b","n":2}', b'{"c":"a","n":3}', b'{"c":7}', b'{"c":true}', b'{"c":1.5}')
    world.advance(60)
    assert folders(world) == {
        "c=a": [b'{"c":"a","n":1}{"c":"a","n":3}'],
        "c=b": [b'{"c":"b","n":2}'],
        "c=7": [b'{"c":7}'],
        "c=true": [b'{"c":true}'],
        "c=1.5": [b'{"c":1.5}'],
    }
    assert all(re.fullmatch(rf"c=[^/]+/d-1-2026-09-21-14-13-21-{UUID}", key) for key in world.buckets.keys)


def test_partition_keys_with_times_and_a_delimiter(world: World) -> None:
    query = '{c: .c, year: (.at | strftime("%Y"))}'
    prefix = "!{timestamp:yyyy}/!{partitionKeyFromQuery:c}/!{partitionKeyFromQuery:year}/"
    world.create(**partitioned(query, processor("AppendDelimiterToRecord"), Prefix=prefix))
    world.put(b'{"c":"a","at":1565382027}', b'{"c":"a","at":1565382028}')
    world.advance(60)
    assert folders(world) == {"2026/a/2019": [b'{"c":"a","at":1565382027}\n{"c":"a","at":1565382028}']}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b'{"d":1}', "partitionKeys values must not be null or empty"),
        (b'{"c":null}', "partitionKeys values must not be null or empty"),
        (b'{"c":""}', "partitionKeys values must not be null or empty"),
        (b"no json", "Non JSON record provided"),
        (b"\xff\xfe", "Non JSON record provided"),
        (b"", "Non JSON record provided"),
        (b'{"c":["x"]}', "partitionKeys values must be strings, numbers or booleans"),
        (b'{"c":"' + b"x" * 513 + b'"}', "Length of evaluated prefix cannot be greater than 512"),
    ],
)
def test_partition_keys_that_cannot_be_had(world: World, record: bytes, message: str) -> None:
    world.create(**partitioned())
    world.put(record, b'{"c":"a"}')
    world.advance(60)
    assert folders(world)["c=a"] == [b'{"c":"a"}']
    assert errors(world, "errors/processing-failed") == [
        {
            "attemptsMade": 1,
            "arrivalTimestamp": 1_790_000_001_000,
            "errorCode": "DynamicPartitioning.MetadataExtractionFailed",
            "errorMessage": message,
            "attemptEndingTimestamp": 1_790_000_001_000,
            "rawData": base64.b64encode(record).decode(),
        }
    ]


def test_partitions_beyond_those_that_may_be_active(world: World) -> None:
    world.create(**partitioned())
    world.put(*[b'{"c":"%d"}' % number for number in range(7)], b'{"c":"0"}')
    world.restart()
    world.put(b'{"c":"7"}', b'{"c":"1"}')
    world.advance(60)
    assert folders(world)["c=0"] == [b'{"c":"0"}{"c":"0"}']
    assert folders(world)["c=1"] == [b'{"c":"1"}{"c":"1"}']
    found = errors(world, "errors/activePartitionExceeded")
    assert [base64.b64decode(item["rawData"]) for item in found] == [b'{"c":"5"}', b'{"c":"6"}', b'{"c":"7"}']
    assert {item["errorCode"] for item in found} == {"DynamicPartitioning.ActivePartitionsLimitExceeded"}
    world.put(b'{"c":"7"}')
    world.advance(60)
    assert folders(world)["c=7"] == [b'{"c":"7"}']


def test_partitions_have_sizes_and_intervals_of_their_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processed_intake, "MEMORY_BYTES", 100_000)
    monkeypatch.setattr(check, "LARGE_BUFFER_LEAST_MB", 1)
    world.create(**partitioned(BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 1}))
    large = [b'{"c":"a","x":"%s"}' % (b"%d" % number * 90_000) for number in range(5)]
    for _ in range(3):
        world.put(*large[:4])
    world.put(b'{"c":"b"}')
    world.advance(1)
    (first,) = folders(world)["c=a"]
    assert 960_000 < len(first) <= 1 << 20
    world.put(large[4])
    world.advance(0.25)
    assert len(list((world.settings.data / "tmp").iterdir())) == 1
    world.advance(58.75)
    assert folders(world)["c=b"] == [b'{"c":"b"}']
    first, second = folders(world)["c=a"]
    assert sorted((first + second).replace(b"}{", b"}\n{").splitlines()) == sorted([*large[:4] * 3, large[4]])
    assert list((world.settings.data / "tmp").iterdir()) == []


def test_partition_that_cannot_be_written_goes_to_the_errors_after_a_while(world: World) -> None:
    retries = {"Enabled": True, "RetryOptions": {"DurationInSeconds": 120}}
    world.create(**partitioned(DynamicPartitioningConfiguration=retries))
    world.roles.refused.add("s3:PutObject arn:aws:s3:::raw/c=a/*")
    world.put(b'{"c":"a"}', b'{"c":"b"}', b'{"c":"a","n":2}')
    for _ in range(8):
        world.advance(20)
    assert list(folders(world)) == ["c=b"]  # the others are delivered in the meantime
    for _ in range(4):
        world.advance(20)
    first, second = errors(world, "errors/processing-failed")
    assert (first["errorCode"], base64.b64decode(first["rawData"])) == ("S3.AccessDenied", b'{"c":"a"}')
    assert first["attemptsMade"] > 1
    assert base64.b64decode(second["rawData"]) == b'{"c":"a","n":2}'
    world.roles.refused.clear()
    world.put(b'{"c":"a","n":3}')
    world.advance(60)
    assert folders(world)["c=a"] == [b'{"c":"a","n":3}']


def test_partitions_when_there_is_no_room_for_scratch_files(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processed_intake, "MEMORY_BYTES", 100)

    def full(_: Spool) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    world.create(**partitioned())
    with monkeypatch.context() as patched:
        patched.setattr(Spool, "write_out", full)
        world.put(*[b'{"c":"%d","n":%d}' % (number % 3, number) for number in range(30)])
        assert str(world.engine.statistics()[0].last_error).startswith("InternalError: [Errno 28]")
        world.advance(10)
    world.advance(60)
    assert [len(re.findall(rb"}", body)) for body in world.buckets.bodies] == [10, 10, 10]
    assert sum(len(set(re.findall(rb'"n":(\d+)', body))) for body in world.buckets.bodies) == 30


def test_json_records_taken_apart(world: World) -> None:
    world.create(**partitioned("{c: .c}", processor("RecordDeAggregation", SubRecordType="JSON")))
    world.put(b'{"c":"a", "n":1}{"c":"b"}\n{"c":"a"}\n', b'{"c":"a"}\n')
    world.advance(60)
    assert folders(world) == {"c=a": [b'{"c":"a", "n":1}{"c":"a"}{"c":"a"}'], "c=b": [b'{"c":"b"}']}


def test_delimited_records_taken_apart(world: World) -> None:
    sub_records = processor("RecordDeAggregation", SubRecordType="DELIMITED", Delimiter="IyMjIw==")
    world.create(**partitioned("{c: .c}", sub_records))
    world.put(b'{"c":"a"}####{"c":"b"}####')
    world.advance(60)
    assert folders(world) == {"c=a": [b'{"c":"a"}'], "c=b": [b'{"c":"b"}']}


@pytest.mark.parametrize("whole", [b'[{"c":"a"}]', b'{"c":"a"},{"c":"b"}', b'{"c":"a"}' * 501])
def test_records_that_are_not_taken_apart(world: World, whole: bytes) -> None:
    world.create(**partitioned('{c: (if type == "array" then "list" else .c end)}',
                               processor("RecordDeAggregation", SubRecordType="JSON")))  # fmt: skip
    world.put(whole)
    world.advance(60)
    assert sum(len(bodies) for bodies in folders(world).values()) == 1
    assert whole in world.buckets.bodies or errors(world, "errors/processing-failed")


def envelope(*messages: str, kind: str = "DATA_MESSAGE") -> bytes:
    events = [{"id": str(number), "timestamp": number, "message": text} for number, text in enumerate(messages)]
    document = {"messageType": kind, "owner": "0", "logGroup": "g", "logStream": "s", "logEvents": events}
    return gzip.compress(json.dumps(document).encode(), mtime=0)


GUNZIP = processor("Decompression")


def test_logs_decompressed_and_extracted(world: World) -> None:
    shard = world.streams.add_shard()
    extraction = processor("CloudWatchLogProcessing", DataMessageExtraction="True")
    world.create_on_stream(**processing(extraction, GUNZIP))
    world.stream_put(shard, envelope("one", "ünö\ntwo", ""), envelope("x", kind="CONTROL_MESSAGE"))
    world.advance(300)
    assert world.buckets.bodies == ["one\nünö\ntwo\n\n".encode()]


def test_logs_decompressed_only(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(**processing(GUNZIP))
    world.stream_put(shard, envelope("one"))
    world.advance(300)
    (body,) = world.buckets.bodies
    assert json.loads(body)["logEvents"][0]["message"] == "one"


@pytest.mark.parametrize(
    "record",
    [b"plain", gzip.compress(b"no json", mtime=0), envelope("cut")[:-9], gzip.compress(b"{}", mtime=0), b""],
)
def test_logs_that_cannot_be_decompressed(world: World, record: bytes) -> None:
    shard = world.streams.add_shard()
    extraction = processor("CloudWatchLogProcessing", DataMessageExtraction="true")
    world.create_on_stream(**processing(GUNZIP, extraction))
    world.stream_put(shard, record, envelope("good"))
    world.advance(300)
    assert folders(world)["2026/09/21/14"] == [b"good\n"]
    (failure,) = errors(world, "decompression-failed/2026/09/21/14")
    assert (failure["errorCode"], failure["attemptsMade"]) == ("Decompression failed.", 1)
    assert base64.b64decode(failure["rawData"]) == record
    assert "lambdaARN" not in failure


def test_aggregates_of_the_producer_library_are_partitioned_one_by_one(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(**partitioned())
    world.stream_put(shard, aggregate([b'{"c":"a"}', b'{"c":"b"}']), b'{"c":"b"}')
    world.advance(60)
    assert folders(world) == {"c=a": [b'{"c":"a"}'], "c=b": [b'{"c":"b"}{"c":"b"}']}


def test_processing_is_described_as_it_was_completed(world: World) -> None:
    world.create(**partitioned("{c: .c}", processor("AppendDelimiterToRecord", Delimiter="x")))
    shown = world.describe()["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert shown["DynamicPartitioningConfiguration"] == {"Enabled": True, "RetryOptions": {"DurationInSeconds": 300}}
    assert shown["ProcessingConfiguration"]["Processors"][1] == {"Type": "AppendDelimiterToRecord", "Parameters": []}


def test_processing_lets_go_of_what_is_delivered(world: World) -> None:
    world.create(**partitioned())
    world.put(b'{"c":"a"}', b'{"c":"b"}')
    stream = world.engine.get(KEY)
    assert stream.partition is not None
    assert stream.processed is not None
    world.advance(60)
    world.put(b'{"c":"a"}')
    world.advance(60)
    world.put(b'{"c":"a"}')
    world.advance(60)
    assert world.log.read(stream.partition, 0, 1 << 20) == []
    assert len(world.log.read(stream.processed, 0, 1 << 20)) == 1
    world.ask("delete_delivery_stream", DeliveryStreamName="d")
    world.advance(1)
    assert world.log.read(stream.processed, 0, 1 << 20) == []


def test_statistics_of_processed_records(world: World) -> None:
    world.create(**partitioned())
    world.put(b'{"c":"a"}', b'{"c":"b"}', b"x")
    assert world.engine.statistics()[0].lag_records == 3
    world.advance(60)
    after = world.engine.statistics()[0]
    assert (after.records, after.objects, after.lag_records, after.last_error) == (3, 3, 0, None)


def update(world: World, version: str, **extended: Any) -> None:
    world.ask(
        "update_destination",
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId=version,
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate=extended,
    )


def test_update_of_partition_keys_leaves_what_was_processed(world: World) -> None:
    world.create(**partitioned())
    world.put(b'{"c":"a","e":"x"}')
    changed = partitioned("{e: .e}", Prefix="e=!{partitionKeyFromQuery:e}/")
    del changed["DynamicPartitioningConfiguration"]
    update(world, "1", **changed)
    world.put(b'{"c":"a","e":"y"}')
    world.advance(60)
    assert folders(world) == {"c=a": [b'{"c":"a","e":"x"}'], "e=y": [b'{"c":"a","e":"y"}']}
    assert all("d-2-" in key for key in world.buckets.keys)


def test_update_of_the_prefix_with_the_same_keys_moves_what_was_processed(world: World) -> None:
    world.create(**partitioned())
    world.put(b'{"c":"a"}')
    update(world, "1", Prefix="new/c=!{partitionKeyFromQuery:c}/")
    world.put(b'{"c":"a"}')
    world.advance(60)
    assert sorted(folders(world)) == ["new/c=a"]


@pytest.mark.parametrize(
    ("extended", "message"),
    [
        (
            {"BufferingHints": {"SizeInMBs": 63}},
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning",
        ),
        ({"BufferingHints": {"IntervalInSeconds": 0}}, "Zero buffering is not available"),
        ({"Prefix": "plain/"}, "S3 Prefix should contain Dynamic Partitioning namespaces"),
        ({"Prefix": "!{partitionKeyFromQuery:other}/"}, "MetaDataExtraction JQ Query can't contain keys that are not"),
        (
            {"Prefix": "!{partitionKeyFromQuery:c}/!{partitionKeyFromQuery:d}/"},
            "MetaDataExtraction JQ Query gives no key d",
        ),
        ({"Prefix": "!{partitionKeyFromLambda:c}/"}, "needs a Lambda processor"),
        (
            {"ErrorOutputPrefix": "!{partitionKeyFromQuery:c}/!{firehose:error-output-type}/"},
            "can't be part of an error",
        ),
        ({"ProcessingConfiguration": {"Enabled": False}}, "needs a MetadataExtraction processor"),
    ],
)
def test_partitioning_refused(world: World, extended: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentException, match=re.escape(message)):
        world.create(**(partitioned() | extended))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{c: ", "is not a valid jq query: jq: error: syntax error"),
        ("{c: nosuch}", "is not a valid jq query: jq: error: nosuch/0 is not defined"),
        ('import "x" as x; {c: .c}', "can't import modules"),
        ('  # comment\n include "x"; {c: .c}', "can't import modules"),
    ],
)
def test_query_refused(world: World, query: str, message: str) -> None:
    with pytest.raises(InvalidArgumentException, match=re.escape(message)):
        world.create(**partitioned(query))


def test_partitioning_cannot_be_enabled_or_disabled_later(world: World) -> None:
    world.create(**partitioned())
    with pytest.raises(InvalidArgumentException, match="only when a delivery stream is created"):
        update(world, "1", DynamicPartitioningConfiguration={"Enabled": False}, Prefix="x/", **processing(
            processor("AppendDelimiterToRecord")))  # fmt: skip


@pytest.mark.parametrize("query", ['{c: (if .c == "a" then [limit(1e9; repeat(1))] else .c end)}'])
def test_query_that_never_ends_fails_its_records(world: World, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afluente.services.firehose.processing.metadata.BATCH_S", 0.5)
    monkeypatch.setattr("afluente.services.firehose.processing.metadata.RECORD_S", 0.5)
    world.create(**partitioned(query))
    world.put(b'{"c":"b"}', b'{"c":"a"}')
    world.advance(60)
    assert folders(world)["c=b"] == [b'{"c":"b"}']
    (failure,) = errors(world, "errors/processing-failed")
    assert base64.b64decode(failure["rawData"]) == b'{"c":"a"}'


def test_query_sees_nothing_of_the_machine(world: World) -> None:
    world.create(**partitioned('{c: (env | has("PATH") | tostring)}'))
    world.put(b"{}")
    world.advance(60)
    assert sorted(folders(world)) == ["c=false"]


def test_delimiter_alone_is_no_processing(world: World) -> None:
    world.create(ProcessingConfiguration=DELIMITER)
    assert world.engine.get(KEY).processed is None
