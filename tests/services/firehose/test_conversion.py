"""Record format conversion in deliveries: files of rows, error objects, schemas that change."""

import base64
import gzip
import io
import json
import re
from typing import Any

import pyarrow.orc
import pyarrow.parquet
import pytest
from tests.services.firehose.test_deaggregation import aggregate
from tests.services.firehose.test_deliver import LOGGING, UUID, messages
from tests.services.firehose.test_processing import (
    envelope,
    errors,
    folders,
    partitioned,
    processing,
    processor,
    update,
)
from tests.services.firehose.world import ROLE, World

from afluente.core.error import AccessDeniedException, AwsError
from afluente.services.firehose.error import InvalidArgumentException

FAILED = "errors/format-conversion-failed"


def conversion(serializer: str = "ParquetSerDe", **schema: str) -> dict[str, Any]:
    return {
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "DataFormatConversionConfiguration": {
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {serializer: {}}},
            "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "lake", "TableName": "readings", **schema},
        },
    }


def rows(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(body)).to_pylist()
    return found


def test_conversion_to_parquet(world: World) -> None:
    world.create(**conversion())
    world.put(b'{"n":1,"c":"a"}', b'{"n":2}\n{"n":3}')
    world.advance(60)
    ((_, key), stored), = world.buckets.objects.items()  # fmt: skip
    assert re.fullmatch(rf"2026/09/21/14/d-1-2026-09-21-14-13-21-{UUID}\.parquet", key)
    assert rows(stored.data) == [{"n": 1, "c": "a"}, {"n": 2, "c": None}, {"n": 3, "c": None}]
    assert (stored.content_type, stored.content_encoding) == ("application/octet-stream", "hadoop-snappy")


def test_conversion_to_orc_under_an_extension(world: World) -> None:
    world.create(**conversion("OrcSerDe"), FileExtension=".data")
    world.put(b'{"n":1,"c":"a"}')
    world.advance(60)
    (key,) = world.buckets.keys
    assert key.endswith(".data")
    assert pyarrow.orc.read_table(io.BytesIO(world.buckets.bodies[0])).to_pylist() == [{"n": 1, "c": "a"}]


def test_conversion_of_a_stream_says_which_records_failed(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(**conversion())
    world.stream_put(shard, b'{"n":1}', b"no json", aggregate([b'{"n":2}', b'{"n":"x"}']))
    world.advance(60)
    assert [row["n"] for row in rows(folders(world)["2026/09/21/14"][0])] == [1, 2]
    malformed, mismatched = errors(world, FAILED)
    assert malformed.pop("lastErrorMessage").startswith("Encountered malformed JSON. ")
    assert malformed == {
        "attemptsMade": 1,
        "arrivalTimestamp": 1_790_000_001_000,
        "lastErrorCode": "DataFormatConversion.ParseError",
        "attemptEndingTimestamp": 1_790_000_061_000,
        "rawData": base64.b64encode(b"no json").decode(),
        "sequenceNumber": f"4{shard.partition:03d}000001",
        "subSequenceNumber": 0,
        "dataCatalogTable": {
            "catalogId": "000000000000",
            "databaseName": "lake",
            "tableName": "readings",
            "region": "us-east-1",
            "versionId": "0",
            "catalogArn": "arn:aws:glue:us-east-1:000000000000:catalog",
        },
    }
    assert mismatched["lastErrorCode"] == "DataFormatConversion.MalformedData"
    assert (mismatched["sequenceNumber"], mismatched["subSequenceNumber"]) == (f"4{shard.partition:03d}000002", 1)
    data_key, error_key = sorted(world.buckets.keys)
    assert data_key.rpartition("/")[2] == error_key.rpartition("/")[2] + ".parquet"


def test_conversion_where_every_record_fails_writes_no_file(world: World) -> None:
    world.create(**conversion())
    world.put(b"x", b"y")
    world.advance(60)
    assert list(folders(world)) == [FAILED]
    assert len(errors(world, FAILED)) == 2


def test_conversion_follows_the_table(world: World) -> None:
    world.create(**conversion())
    world.put(b'{"n":1,"m":2}')
    world.advance(60)
    world.versions.append([("m", "int")])
    world.put(b'{"n":1,"m":2}')
    world.advance(60)
    assert [rows(body) for body in world.buckets.bodies] == [[{"n": 1, "c": None}], [{"m": 2}]]


def test_conversion_by_one_version_of_the_table(world: World) -> None:
    world.versions.append([("m", "int")])
    world.create(**conversion(VersionId="0"))
    world.put(b'{"n":1,"m":2}', b"x")
    world.advance(60)
    assert rows(folders(world)["2026/09/21/14"][0]) == [{"n": 1, "c": None}]
    assert errors(world, FAILED)[0]["dataCatalogTable"]["versionId"] == "0"


def test_conversion_when_the_table_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.create(**conversion())
    world.put(b'{"n":1}')

    def gone(*_: object) -> None:
        raise EntityNotFoundException("Entity Not Found")

    monkeypatch.setattr(world, "glue", gone)
    world.advance(60)
    (failure,) = errors(world, FAILED)
    assert (failure["lastErrorCode"], failure["lastErrorMessage"]) == (
        "DataFormatConversion.EntityNotFound",
        "Entity Not Found",
    )


class EntityNotFoundException(AwsError):
    pass


def test_conversion_under_a_role_that_may_not_read_the_table_waits(world: World) -> None:
    world.create(**conversion(), CloudWatchLoggingOptions=LOGGING)
    world.put(b'{"n":1}')
    world.roles.refused.add("glue:GetTableVersions *")
    world.advance(60)
    assert world.buckets.objects == {}
    assert [entry["errorCode"] for entry in messages(world)] == ["DataFormatConversion.AccessDenied"]
    world.roles.refused.clear()
    world.advance(30)
    assert len(world.buckets.objects) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("put", [1, 2])
def test_conversion_after_a_crash_exactly_once(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str, put: int
) -> None:
    """The file of rows and the error object are put as one, by the table as it was."""
    world.create(**conversion())
    world.put(b'{"n":1}', b"bad")
    original, counted = world.buckets.put_file, iter(range(1, 100))

    def dying(*arguments: Any, **named: Any) -> None:
        mine = next(counted) == put
        if mine and moment == "before":
            raise OSError("as if killed here")
        original(*arguments, **named)
        if mine:
            raise OSError("as if killed here")

    with monkeypatch.context() as patched:
        patched.setattr(world.buckets, "put_file", dying)
        world.advance(60)
    world.versions.append([("m", "int")])
    world.restart()
    world.advance(60)
    assert rows(folders(world)["2026/09/21/14"][0]) == [{"n": 1, "c": None}]
    assert len(world.buckets.objects) == 2
    assert len(errors(world, FAILED)) == 1


def test_conversion_whose_error_object_is_refused_is_repeated_whole(world: World) -> None:
    world.create(**conversion())
    world.put(b'{"n":1}', b"bad")
    world.roles.refused.add("s3:PutObject arn:aws:s3:::raw/errors/*")
    world.advance(60)
    assert world.buckets.objects == {}
    world.roles.refused.clear()
    world.advance(30)
    assert sorted(folders(world)) == ["2026/09/21/14", FAILED]


def test_conversion_of_partitions(world: World) -> None:
    world.create(**(partitioned() | conversion() | {"Prefix": "c=!{partitionKeyFromQuery:c}/"}))
    world.put(b'{"n":1,"c":"a"}', b'{"n":2,"c":"b"}', b'{"n":"x","c":"a"}', b"no json")
    world.advance(60)
    assert rows(folders(world)["c=a"][0]) == [{"n": 1, "c": "a"}]
    assert rows(folders(world)["c=b"][0]) == [{"n": 2, "c": "b"}]
    assert [item["lastErrorCode"] for item in errors(world, FAILED)] == ["DataFormatConversion.MalformedData"]
    assert len(errors(world, "errors/processing-failed")) == 1


def test_conversion_after_decompression_fails_with_the_record_as_it_came(world: World) -> None:
    shard = world.streams.add_shard()
    extraction = processor("CloudWatchLogProcessing", DataMessageExtraction="true")
    world.create_on_stream(**conversion(), **processing(processor("Decompression"), extraction))
    good, bad = envelope('{"n":1}', '{"n":2}'), envelope("text")
    world.stream_put(shard, good, bad)
    world.advance(60)
    assert [row["n"] for row in rows(folders(world)["2026/09/21/14"][0])] == [1, 2]
    (failure,) = errors(world, FAILED)
    assert gzip.decompress(base64.b64decode(failure["rawData"])) == gzip.decompress(bad)
    assert failure["sequenceNumber"] == f"4{shard.partition:03d}000001"


def test_conversion_described_and_updated_member_by_member(world: World) -> None:
    given = conversion()
    del given["BufferingHints"]
    world.create(**given)

    def shown() -> Any:
        return world.describe()["Destinations"][0]["ExtendedS3DestinationDescription"]

    assert shown()["DataFormatConversionConfiguration"]["Enabled"] is True
    assert shown()["BufferingHints"] == {"SizeInMBs": 128, "IntervalInSeconds": 300}
    update(world, "1", DataFormatConversionConfiguration={"SchemaConfiguration": {"VersionId": "0"}})
    schema = shown()["DataFormatConversionConfiguration"]["SchemaConfiguration"]
    assert schema == {"RoleARN": ROLE, "DatabaseName": "lake", "TableName": "readings", "VersionId": "0"}
    world.put(b'{"n":1}')
    update(world, "2", DataFormatConversionConfiguration={"Enabled": False})
    world.advance(300)
    assert world.buckets.bodies == [b'{"n":1}']


def test_conversion_enabled_later_takes_what_is_buffered(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 64})
    world.put(b'{"n":1}')
    update(world, "1", **conversion())
    world.put(b'{"n":2}')
    world.advance(60)
    assert [row["n"] for row in rows(world.buckets.bodies[0])] == [1, 2]


@pytest.mark.parametrize(
    ("changes", "schema", "message"),
    [
        ({"CompressionFormat": "GZIP"}, {}, "The S3 destination's compression format must be set to UNCOMPRESSED when"),
        ({"BufferingHints": {"SizeInMBs": 63}}, {}, "BufferingHints.SizeInMBs must be at least 64 when data format"),
        ({}, {"TableName": "none"}, "Entity Not Found (Service: AWSGlue; Status Code: 400; Error Code: EntityNotFound"),
        ({}, {"RoleARN": ROLE + "x"}, "Firehose is unable to assume role"),
        ({}, {"RoleARN": "role"}, "Invalid role ARN."),
    ],
)
def test_conversion_refused(world: World, changes: dict[str, Any], schema: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidArgumentException) as raised:
        world.create(**(conversion(**schema) | changes))
    assert raised.value.message.startswith(message)


def test_conversion_under_a_role_of_another_account(world: World) -> None:
    with pytest.raises(AccessDeniedException, match="Cross-account pass role is not allowed"):
        world.create(**conversion(RoleARN=ROLE.replace("000000000000", "111111111111")))


def test_conversion_is_measured(world: World) -> None:
    world.create(**conversion())
    world.put(b'{"n":1}', b"bad")
    world.advance(60)
    found = {metric.name: statistics.total for metric, _, statistics in world.metrics.drain()}
    assert (found["SucceedConversion.Records"], found["SucceedConversion.Bytes"]) == (1, 7)
    assert (found["FailedConversion.Records"], found["FailedConversion.Bytes"]) == (1, 3)
    assert json.dumps(found)
