"""What becomes of records put into a delivery stream: objects, their names, their bytes, their time."""

import gzip
import json
import re
from typing import Any

import pytest
from tests.services.firehose.world import ROLE, World

from afluente.services.firehose import buffer
from afluente.services.logs import event

DELIMITER = {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
MIB = 1 << 20


def test_deliver_after_the_interval_of_the_oldest_record(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60})
    world.put(b'{"a": 1}')
    world.advance(30)
    world.put(b'{"b": 2}')
    world.advance(29.999)
    assert world.buckets.objects == {}
    world.advance(0.001)
    assert world.buckets.bodies == [b'{"a": 1}{"b": 2}']
    world.put(b'{"c": 3}')
    world.advance(59)
    assert len(world.buckets.objects) == 1
    world.advance(1)
    assert world.buckets.bodies[1:] == [b'{"c": 3}']


def test_deliver_at_once_without_buffering(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 0, "SizeInMBs": 1})
    world.put(b"a")
    world.put(b"b")
    assert world.buckets.bodies == [b"a", b"b"]


def test_deliver_names_objects_after_the_oldest_record(world: World) -> None:
    world.create()
    world.put(b"a")
    world.advance(300)
    (key,) = world.buckets.keys
    assert re.fullmatch(rf"2026/09/21/14/d-1-2026-09-21-14-13-21-{UUID}", key)
    (stored,) = world.buckets.objects.values()
    assert (stored.content_type, stored.content_encoding) == ("application/octet-stream", None)


@pytest.mark.parametrize(
    ("extended", "expected"),
    [
        ({"Prefix": "raw/"}, r"raw/2026/09/21/14/d-1-2026-09-21-14-13-21-UUID"),
        (
            {"Prefix": "date=!{timestamp:yyyy-MM-dd}/", "ErrorOutputPrefix": "errors/"},
            r"date=2026-09-21/d-1-2026-09-21-14-13-21-UUID",
        ),
        ({"CustomTimeZone": "Asia/Tokyo"}, r"2026/09/21/23/d-1-2026-09-21-23-13-21-UUID"),
        ({"CompressionFormat": "GZIP"}, r"2026/09/21/14/d-1-2026-09-21-14-13-21-UUID\.gz"),
        (
            {"CompressionFormat": "GZIP", "FileExtension": ".json.gzip"},
            r"2026/09/21/14/d-1-2026-09-21-14-13-21-UUID\.json\.gzip",
        ),
        ({"FileExtension": ".json"}, r"2026/09/21/14/d-1-2026-09-21-14-13-21-UUID\.json"),
    ],
)
def test_deliver_under_the_configured_key(world: World, extended: dict[str, Any], expected: str) -> None:
    world.create(**extended)
    world.put(b"a")
    world.advance(300)
    (key,) = world.buckets.keys
    assert re.fullmatch(expected.replace("UUID", UUID), key)


def test_deliver_gzip(world: World) -> None:
    world.create(CompressionFormat="GZIP")
    world.put(b"a", b"b")
    world.advance(300)
    (stored,) = world.buckets.objects.values()
    assert gzip.decompress(stored.data) == b"ab"
    assert stored.content_encoding == "gzip"


def test_deliver_with_delimiter_between_records_only(world: World) -> None:
    world.create(ProcessingConfiguration=DELIMITER)
    world.put(b"a", b"", b"b")
    world.put(b"c")
    world.advance(300)
    assert world.buckets.bodies == [b"a\n\nb\nc"]


def test_deliver_when_the_size_is_reached_in_whole_records(world: World) -> None:
    world.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 300})
    record = b"x" * 300_000
    world.put(*[record] * 8)
    world.advance(1)
    assert [len(body) for body in world.buckets.bodies] == [900_000, 900_000]
    world.advance(299)
    assert [len(body) for body in world.buckets.bodies] == [900_000, 900_000, 600_000]


def test_deliver_exactly_at_the_size(world: World) -> None:
    world.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 300})
    world.put(*[b"x" * (MIB // 2)] * 2, b"y")
    world.advance(1)
    assert [len(body) for body in world.buckets.bodies] == [MIB]


def test_deliver_with_delimiter_counts_it(world: World) -> None:
    world.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 300}, ProcessingConfiguration=DELIMITER)
    world.put(*[b"x" * 999] * 500)
    world.put(*[b"x" * 999] * 500)
    world.put(*[b"x" * 999] * 500)
    world.advance(300)
    assert [len(body) for body in world.buckets.bodies] == [1048 * 1000 - 1, 452 * 1000 - 1]
    assert b"".join(world.buckets.bodies).replace(b"\n", b"") == b"x" * 999 * 1500


def test_deliver_large_objects_through_a_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "KEPT_BYTES", 3_000_000)
    world.create(BufferingHints={"SizeInMBs": 20, "IntervalInSeconds": 300})
    records = [b"%07d" % number * 100_000 for number in range(18)]
    for start in range(0, 18, 3):
        world.put(*records[start : start + 3])
    world.advance(300)
    assert world.buckets.bodies == [b"".join(records)]
    assert world.buckets.files == 1
    assert list((world.settings.data / "tmp").iterdir()) == []


def test_deliver_after_an_update_goes_to_the_new_prefix(world: World) -> None:
    world.create(Prefix="old/")
    world.put(b"a", b"b")
    world.ask(
        "update_destination",
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"Prefix": "new/", "ProcessingConfiguration": DELIMITER},
    )
    world.advance(300)
    assert re.fullmatch(rf"new/2026/09/21/14/d-2-2026-09-21-14-13-21-{UUID}", world.buckets.keys[0])
    assert world.buckets.bodies == [b"a\nb"]


@pytest.mark.parametrize(("size_mib", "expected"), [(2, [1_500_000]), (1, [1_000_000, 500_000])])
def test_deliver_after_an_update_of_the_size(world: World, size_mib: int, expected: list[int]) -> None:
    world.create(BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 300})
    world.put(*[b"x" * 500_000] * 3)
    world.advance(1)
    world.ask(
        "update_destination",
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        S3DestinationUpdate={"BufferingHints": {"SizeInMBs": size_mib}},
    )
    world.advance(299)
    assert [len(body) for body in world.buckets.bodies] == expected


def test_deliver_lets_go_of_what_is_delivered(world: World) -> None:
    world.create()
    world.put(b"a")
    world.advance(300)
    partition = world.engine.get(("000000000000", "us-east-1", "d")).partition
    assert partition is not None
    assert world.log.read(partition, 0, 1000) == []


def logged(world: World, name: str) -> list[str]:
    group = world.logs.group("000000000000", "us-east-1", name)
    found = event.search(
        world.database, group.id, {stream.id: stream.name for stream in world.logs.streams(group)}, lambda _: True,
        start_ms=0, end_ms=2**62, after=None, limit=100,
    )  # fmt: skip
    return [item.message for item in found.events]


def messages(world: World) -> list[dict[str, Any]]:
    return [json.loads(message) for message in logged(world, "/firehose")]


LOGGING = {"Enabled": True, "LogGroupName": "/firehose", "LogStreamName": "s3"}


def test_deliver_to_a_bucket_that_went_is_retried_and_logged(world: World) -> None:
    world.create(CloudWatchLoggingOptions=LOGGING)
    world.put(b"a")
    world.buckets.buckets.clear()
    world.advance(300)
    world.advance(1)
    world.put(b"b")
    assert world.describe()["DeliveryStreamStatus"] == "ACTIVE"
    entries = messages(world)
    assert len(entries) == 2
    assert entries[0] == {
        "deliveryStreamARN": "arn:aws:firehose:us-east-1:000000000000:deliverystream/d",
        "destination": "arn:aws:s3:::raw",
        "deliveryStreamVersionId": "1",
        "message": "The specified bucket does not exist. Create the bucket or use a different bucket that does exist.",
        "errorCode": "S3.NoSuchBucket",
    }
    assert str(world.engine.statistics()[0].last_error).startswith("S3.NoSuchBucket")
    world.buckets.buckets.add("raw")
    world.advance(30)
    assert world.buckets.bodies == [b"ab"]
    assert world.engine.statistics()[0].last_error is None


def test_deliver_under_a_role_that_went_is_denied(world: World) -> None:
    world.create(CloudWatchLoggingOptions=LOGGING)
    world.put(b"a")
    world.roles.trusted.clear()
    world.advance(300)
    assert [entry["errorCode"] for entry in messages(world)] == ["S3.AccessDenied"]
    world.roles.trusted.add(ROLE)
    world.advance(30)
    assert world.buckets.bodies == [b"a"]


def test_deliver_after_failures_goes_to_an_updated_bucket_at_once(world: World) -> None:
    world.create()
    world.put(b"a")
    world.buckets.buckets = {"other"}
    world.advance(300)
    world.ask(
        "update_destination",
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        S3DestinationUpdate={"BucketARN": "arn:aws:s3:::other"},
    )
    assert [bucket for bucket, _ in world.buckets.objects] == ["other"]


def test_deliver_again_when_it_is_unknown_whether_the_object_is_there(world: World) -> None:
    world.create(CompressionFormat="GZIP", ProcessingConfiguration=DELIMITER)
    world.put(b"a", b"b")
    world.buckets.after = OSError("the disk went away")
    world.advance(300)
    world.put(b"c")
    world.buckets.after = None
    world.advance(1)
    (stored,) = world.buckets.objects.values()
    assert (gzip.decompress(stored.data), stored.times_put) == (b"a\nb", 2)
    world.advance(300)
    assert [gzip.decompress(body) for body in world.buckets.bodies] == [b"a\nb", b"c"]


def test_deliver_again_under_the_same_key_though_access_was_lost_meanwhile(world: World) -> None:
    world.create()
    world.put(b"a")
    world.buckets.after = OSError("the disk went away")
    world.advance(300)
    world.buckets.after = None
    world.roles.trusted.clear()
    world.advance(1)
    world.roles.trusted.add(ROLE)
    world.advance(30)
    assert [stored.times_put for stored in world.buckets.objects.values()] == [2]


def test_deliver_again_elsewhere_when_the_bucket_is_gone_with_all_that_was_in_it(world: World) -> None:
    world.create()
    world.put(b"a")
    world.buckets.after = OSError("the disk went away")
    world.advance(300)
    world.buckets.after = None
    world.buckets.buckets = {"other"}
    world.buckets.objects.clear()
    world.ask(
        "update_destination",
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        S3DestinationUpdate={"BucketARN": "arn:aws:s3:::other"},
    )
    world.advance(30)
    assert [(bucket, stored.data) for (bucket, _), stored in world.buckets.objects.items()] == [("other", b"a")]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_deliver_after_a_crash_exactly_once(world: World, moment: str) -> None:
    world.create()
    world.put(b"a", b"b")
    setattr(world.buckets, moment, OSError("as if killed here"))
    world.advance(300)
    world.put(b"c")
    setattr(world.buckets, moment, None)
    world.restart()
    world.advance(300)
    assert world.buckets.bodies == [b"ab", b"c"]
    world.restart()
    world.advance(600)
    assert len(world.buckets.objects) == 2


def test_deliver_after_a_restart_keeps_the_time_of_the_oldest_record(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60})
    world.put(b"a")
    world.advance(40)
    world.restart()
    world.put(b"b")
    world.advance(20)
    assert world.buckets.bodies == [b"ab"]


def test_statistics_count_what_is_delivered_and_what_is_not(world: World) -> None:
    world.create()
    world.put(b"abc", b"de")
    world.advance(10)
    before = world.engine.statistics()[0]
    assert (before.records, before.objects, before.lag_records, before.lag_ms) == (0, 0, 2, 10_000)
    world.advance(290)
    after = world.engine.statistics()[0]
    assert (after.records, after.bytes, after.objects, after.lag_records, after.lag_ms) == (2, 5, 1, 0, 0)
    assert [after.last_key] == world.buckets.keys
