"""S3 backup: every source record in a second bucket, by hints of its own."""

import gzip
import re
from typing import Any

import pytest
from tests.services.firehose.test_deaggregation import aggregate
from tests.services.firehose.test_deliver import DELIMITER, LOGGING, UUID, messages
from tests.services.firehose.world import ROLE, World

from afluente.core.error import AwsError
from afluente.services.firehose.error import InvalidArgumentException

KEY = ("000000000000", "us-east-1", "d")
BACKUP = {
    "RoleARN": ROLE,
    "BucketARN": "arn:aws:s3:::backup",
    "Prefix": "source/",
    "BufferingHints": {"IntervalInSeconds": 60},
}


@pytest.fixture(autouse=True)
def _backup_bucket(world: World) -> None:
    world.buckets.buckets.add("backup")


def backed_up(**changes: Any) -> dict[str, Any]:
    return {"S3BackupMode": "Enabled", "S3BackupConfiguration": BACKUP | changes}


def enable(world: World, version: str = "1") -> None:
    world.ask(
        "update_destination",
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId=version,
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"S3BackupMode": "Enabled", "S3BackupUpdate": BACKUP},
    )


def bodies(world: World, bucket: str) -> list[bytes]:
    return [stored.data for (name, _), stored in world.buckets.objects.items() if name == bucket]


def test_backup_has_what_the_destination_has_by_its_own_hints(world: World) -> None:
    world.create(**backed_up(CompressionFormat="GZIP"), ProcessingConfiguration=DELIMITER)
    world.put(b"a", b"b")
    world.advance(60)
    assert [gzip.decompress(body) for body in bodies(world, "backup")] == [b"ab"]
    assert bodies(world, "raw") == []
    world.put(b"c")
    world.advance(240)
    assert bodies(world, "raw") == [b"a\nb\nc"]
    (first, _) = [key for bucket, key in world.buckets.objects if bucket == "backup"]
    assert re.fullmatch(rf"source/2026/09/21/14/d-1-2026-09-21-14-13-21-{UUID}\.gz", first)


def test_backup_is_described_with_defaults(world: World) -> None:
    world.create(**backed_up())
    shown = world.describe()["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert shown["S3BackupMode"] == "Enabled"
    assert shown["S3BackupDescription"] == BACKUP | {
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60},
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }


def test_backup_of_aggregates_has_the_records_inside(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(**backed_up())
    world.stream_put(shard, aggregate([b"one", b"two"]))
    world.advance(60)
    assert bodies(world, "backup") == [b"onetwo"]


def test_backup_and_destination_do_not_wait_for_each_other(world: World) -> None:
    world.create(**backed_up(CloudWatchLoggingOptions=LOGGING), BufferingHints={"IntervalInSeconds": 60})
    world.put(b"a")
    world.buckets.buckets.discard("backup")
    world.advance(60)
    assert (bodies(world, "raw"), bodies(world, "backup")) == ([b"a"], [])
    assert [entry["destination"] for entry in messages(world)] == ["arn:aws:s3:::backup"]
    world.buckets.buckets.add("backup")
    world.advance(30)
    assert bodies(world, "backup") == [b"a"]


def test_backup_keeps_direct_puts_until_both_have_them(world: World) -> None:
    world.create(**backed_up())
    partition = world.engine.get(KEY).partition
    assert partition is not None
    world.put(b"a")
    world.advance(60)
    assert len(world.log.read(partition, 0, 1 << 20)) == 1
    world.advance(240)
    assert world.log.read(partition, 0, 1 << 20) == []


def test_backup_enabled_later_begins_with_what_is_not_delivered(world: World) -> None:
    world.create()
    world.put(b"gone")
    world.advance(300)
    world.put(b"a")
    enable(world)
    world.put(b"b")
    world.advance(60)
    assert bodies(world, "backup") == [b"ab"]
    world.restart()
    world.put(b"c")
    world.advance(300)
    assert bodies(world, "backup") == [b"ab", b"c"]
    assert bodies(world, "raw") == [b"gone", b"abc"]


def test_backup_cannot_be_disabled(world: World) -> None:
    world.create(**backed_up())
    with pytest.raises(InvalidArgumentException, match="cannot be disabled"):
        world.ask(
            "update_destination",
            DeliveryStreamName="d",
            CurrentDeliveryStreamVersionId="1",
            DestinationId="destinationId-000000000001",
            ExtendedS3DestinationUpdate={"S3BackupMode": "Disabled"},
        )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"BufferingHints": {"IntervalInSeconds": 59}}, "at least 60"),
        ({"BucketARN": "arn:aws:s3:::none"}, "The bucket none does not exist"),
        ({"RoleARN": ROLE + "x"}, "unable to assume role"),
        ({"Prefix": "!{partitionKeyFromQuery:a}/"}, "Dynamic Partitioning Namespaces"),
        ({"CloudWatchLoggingOptions": {"Enabled": True}}, "CloudWatch Log Group Name is required"),
    ],
)
def test_backup_that_is_refused(world: World, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(AwsError, match=named):
        world.create(**backed_up(**changes))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_backup_after_a_crash_exactly_once(world: World, moment: str) -> None:
    world.create(**backed_up(), BufferingHints={"IntervalInSeconds": 60})
    world.put(b"a", b"b")
    setattr(world.buckets, moment, OSError("as if killed here"))
    world.advance(60)
    setattr(world.buckets, moment, None)
    world.restart()
    world.put(b"c")
    world.advance(300)
    assert (bodies(world, "raw"), bodies(world, "backup")) == ([b"ab", b"c"], [b"ab", b"c"])
