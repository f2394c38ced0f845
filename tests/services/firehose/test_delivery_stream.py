"""CreateDeliveryStream, DescribeDeliveryStream, ListDeliveryStreams, DeleteDeliveryStream, UpdateDestination, tags."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.services.firehose.world import ROLE, STREAM_ARN, World

from afluente.services.firehose.error import (
    ConcurrentModificationException,
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

BUCKET = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw"}
DEFAULTS = {
    "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
}


def test_create_delivery_stream_defaults(world: World) -> None:
    answer = world.ask("create_delivery_stream", DeliveryStreamName="d", S3DestinationConfiguration=BUCKET)
    assert answer == {"DeliveryStreamARN": "arn:aws:firehose:us-east-1:000000000000:deliverystream/d"}
    assert world.describe() == {
        "DeliveryStreamName": "d",
        "DeliveryStreamARN": "arn:aws:firehose:us-east-1:000000000000:deliverystream/d",
        "DeliveryStreamStatus": "CREATING",
        "DeliveryStreamType": "DirectPut",
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
        "VersionId": "1",
        "CreateTimestamp": datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        "Destinations": [
            {
                "DestinationId": "destinationId-000000000001",
                "S3DestinationDescription": BUCKET | DEFAULTS,
                "ExtendedS3DestinationDescription": BUCKET | DEFAULTS | {"S3BackupMode": "Disabled"},
            }
        ],
        "HasMoreDestinations": False,
    }


def test_create_delivery_stream_becomes_active_after_the_delay(world: World) -> None:
    world.ask("create_delivery_stream", DeliveryStreamName="d", S3DestinationConfiguration=BUCKET)
    world.advance(0.499)
    assert world.describe()["DeliveryStreamStatus"] == "CREATING"
    world.advance(0.001)
    assert world.describe()["DeliveryStreamStatus"] == "ACTIVE"


def test_create_delivery_stream_with_one_hint_only(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60})
    shown = world.describe()["Destinations"][0]["S3DestinationDescription"]["BufferingHints"]
    assert shown == {"SizeInMBs": 5, "IntervalInSeconds": 60}


def test_create_delivery_stream_on_a_kinesis_stream(world: World) -> None:
    world.streams.add_shard()
    world.create_on_stream()
    described = world.describe()
    assert described["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert "DeliveryStreamEncryptionConfiguration" not in described
    assert described["Source"]["KinesisStreamSourceDescription"] == {
        "KinesisStreamARN": STREAM_ARN,
        "RoleARN": ROLE,
        "DeliveryStartTimestamp": described["CreateTimestamp"],
    }


def test_create_delivery_stream_accepts_what_is_switched_off(world: World) -> None:
    gzip = [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}]
    off: dict[str, Any] = {
        "DataFormatConversionConfiguration": {"Enabled": False},
        "DynamicPartitioningConfiguration": {"Enabled": False},
        "ProcessingConfiguration": {"Enabled": False, "Processors": [{"Type": "Decompression", "Parameters": gzip}]},
        "S3BackupMode": "Disabled",
        "CustomTimeZone": "",
        "FileExtension": "",
        "Prefix": "",
    }
    world.create(**off)
    shown = world.describe()["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert {member: shown[member] for member in off} == off


def test_create_delivery_stream_twice(world: World) -> None:
    world.create()
    with pytest.raises(ResourceInUseException, match=r"^Firehose d under accountId 000000000000 already exists$"):
        world.create()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "Exactly one destination configuration is supported for a Firehose"),
    (
        {"S3DestinationConfiguration": BUCKET, "ExtendedS3DestinationConfiguration": BUCKET},
        "Exactly one destination configuration is supported for a Firehose",
    ),
    (
        {"S3DestinationConfiguration": BUCKET | {"RoleARN": ROLE + "x"}},
        f"Firehose is unable to assume role {ROLE}x. Please check the role provided.",
    ),
    (
        {"S3DestinationConfiguration": BUCKET | {"BucketARN": "arn:aws:s3:::none"}},
        "The bucket none does not exist. Create it, or name one that exists.",
    ),
    (
        {"S3DestinationConfiguration": BUCKET, "DeliveryStreamType": "KinesisStreamAsSource"},
        "KinesisStreamSourceConfig is mandatory for KinesisStreamAsSource stream type.",
    ),
    (
        {
            "S3DestinationConfiguration": BUCKET,
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": STREAM_ARN, "RoleARN": ROLE + "x"},
        },
        f"Firehose is unable to assume role {ROLE}x. Please check the role provided.",
    ),
    (
        {
            "S3DestinationConfiguration": BUCKET,
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {
                "KinesisStreamARN": STREAM_ARN.replace("us-east-1", "eu-west-1"),
                "RoleARN": ROLE,
            },
        },
        f"The Kinesis stream {STREAM_ARN.replace('us-east-1', 'eu-west-1')} is not in account 000000000000, "
        "region us-east-1.",
    ),
    (
        {"ExtendedS3DestinationConfiguration": BUCKET | {"Prefix": "!{timestamp:yyyy}/"}},
        "The supplied prefix(es) do not satisfy the following constraint: ErrorOutputPrefix cannot be null or empty "
        "when Prefix contains expressions",
    ),
    (
        {"ExtendedS3DestinationConfiguration": BUCKET | {"CustomTimeZone": "EST"}},
        "Provided custom time zone is not supported. Custom time zones are limited to UTC and non-3-letter IANA time "
        "zones.",
    ),
    (
        {"ExtendedS3DestinationConfiguration": BUCKET | {"CloudWatchLoggingOptions": {"Enabled": True}}},
        "CloudWatch Log Group Name is required if CloudWatch Logging is enabled",
    ),
    (
        {"ExtendedS3DestinationConfiguration": BUCKET | {"ProcessingConfiguration": {"Enabled": True}}},
        "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled.",
    ),
    (
        {
            "ExtendedS3DestinationConfiguration": BUCKET
            | {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "MetadataExtraction"}]}}
        },
        "class com.amazonaws.services.firehose.internal.model.MetadataExtractionProcessor can only be present when "
        "Dynamic Partitioning is enabled.",
    ),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_create_delivery_stream_refused(world: World, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentException) as raised:
        world.ask("create_delivery_stream", DeliveryStreamName="d", **given)
    assert raised.value.message == message
    assert world.ask("list_delivery_streams")["DeliveryStreamNames"] == []


def test_create_delivery_stream_on_an_unknown_stream(world: World) -> None:
    world.streams.exists = False
    with pytest.raises(InvalidArgumentException, match=r"^Stream windfarm under account 000000000000 not found"):
        world.create_on_stream()


def test_list_delivery_streams_pages_and_filters(world: World) -> None:
    world.streams.add_shard()
    for name in ("c", "a"):
        world.create(name)
    world.create_on_stream("b")
    assert world.ask("list_delivery_streams", Limit=2) == {
        "DeliveryStreamNames": ["a", "b"],
        "HasMoreDeliveryStreams": True,
    }
    assert world.ask("list_delivery_streams", Limit=2, ExclusiveStartDeliveryStreamName="b") == {
        "DeliveryStreamNames": ["c"],
        "HasMoreDeliveryStreams": False,
    }
    assert world.ask("list_delivery_streams", DeliveryStreamType="KinesisStreamAsSource")["DeliveryStreamNames"] == [
        "b"
    ]


def test_delete_delivery_stream_discards_what_is_buffered(world: World) -> None:
    world.create()
    world.put(b"gone")
    world.ask("delete_delivery_stream", DeliveryStreamName="d")
    world.ask("delete_delivery_stream", DeliveryStreamName="d")
    assert world.describe()["DeliveryStreamStatus"] == "DELETING"
    with pytest.raises(ResourceNotFoundException, match="not active"):
        world.put(b"too late")
    with pytest.raises(ResourceInUseException, match="already exists"):
        world.create()
    world.advance(0.5)
    with pytest.raises(ResourceNotFoundException, match=r"^Firehose d under account 000000000000 not found\.$"):
        world.describe()
    world.create()
    world.put(b"new")
    world.advance(300)
    assert world.buckets.bodies == [b"new"]


def test_delete_delivery_stream_while_creating(world: World) -> None:
    world.ask("create_delivery_stream", DeliveryStreamName="d", S3DestinationConfiguration=BUCKET)
    with pytest.raises(ResourceInUseException):
        world.ask("delete_delivery_stream", DeliveryStreamName="d")


def update(world: World, version: str, **extended: Any) -> None:
    world.ask(
        "update_destination",
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId=version,
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate=extended,
    )


def test_update_destination_merges(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60}, Prefix="raw/", CompressionFormat="GZIP")
    update(world, "1", BufferingHints={"SizeInMBs": 1}, Prefix="other/")
    described = world.describe()
    shown = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert described["VersionId"] == "2"
    assert described["LastUpdateTimestamp"] > described["CreateTimestamp"]
    assert shown["BufferingHints"] == {"SizeInMBs": 1, "IntervalInSeconds": 60}
    assert (shown["Prefix"], shown["CompressionFormat"]) == ("other/", "GZIP")


def test_update_destination_processing_is_replaced(world: World) -> None:
    delimiter = {
        "Type": "AppendDelimiterToRecord",
        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "x"}],
    }
    world.create(ProcessingConfiguration={"Enabled": True, "Processors": [delimiter]})

    def shown() -> Any:
        return world.describe()["Destinations"][0]["ExtendedS3DestinationDescription"]["ProcessingConfiguration"]

    assert shown() == {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}]}
    update(world, "1", ProcessingConfiguration={"Enabled": False})
    assert shown() == {"Enabled": False, "Processors": []}


def test_update_destination_that_changes_nothing_keeps_the_version(world: World) -> None:
    world.create(Prefix="raw/")
    update(world, "1", Prefix="raw/")
    update(world, "1")
    assert world.describe()["VersionId"] == "1"
    assert "LastUpdateTimestamp" not in world.describe()


def test_update_destination_of_another_version(world: World) -> None:
    world.create()
    with pytest.raises(ConcurrentModificationException, match="current version id: 1 and specified version id: 7"):
        update(world, "7", Prefix="x")


def test_update_destination_that_aws_would_refuse_changes_nothing(world: World) -> None:
    world.create()
    with pytest.raises(InvalidArgumentException):
        update(world, "1", Prefix="!{timestamp:yyyy}")
    assert world.describe()["VersionId"] == "1"


def test_update_destination_of_an_unknown_destination(world: World) -> None:
    world.create()
    with pytest.raises(InvalidArgumentException, match="Destination Id destinationId-2 not found"):
        world.ask(
            "update_destination",
            DeliveryStreamName="d",
            CurrentDeliveryStreamVersionId="1",
            DestinationId="destinationId-2",
            S3DestinationUpdate={"Prefix": "x"},
        )


def test_tags_of_a_delivery_stream(world: World) -> None:
    world.ask(
        "create_delivery_stream",
        DeliveryStreamName="d",
        S3DestinationConfiguration=BUCKET,
        Tags=[{"Key": "subject", "Value": "taboo"}],
    )
    world.ask("tag_delivery_stream", DeliveryStreamName="d", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a"}])
    world.ask("untag_delivery_stream", DeliveryStreamName="d", TagKeys=["subject"])
    assert world.ask("list_tags_for_delivery_stream", DeliveryStreamName="d", Limit=1) == {
        "Tags": [{"Key": "a"}],
        "HasMoreTags": True,
    }
    assert world.ask("list_tags_for_delivery_stream", DeliveryStreamName="d", ExclusiveStartTagKey="a") == {
        "Tags": [{"Key": "b", "Value": "1"}],
        "HasMoreTags": False,
    }
    with pytest.raises(LimitExceededException):
        world.ask("tag_delivery_stream", DeliveryStreamName="d", Tags=[{"Key": f"k{n}"} for n in range(49)])


def test_delivery_streams_outlive_a_restart(world: World) -> None:
    world.create(Prefix="raw/")
    before = world.describe()
    world.restart()
    assert world.describe() == before
