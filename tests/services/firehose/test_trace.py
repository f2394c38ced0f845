"""Where records are: what is said of every record is what its object has at that place."""

import gzip
import random
from typing import Any

import pytest
from tests.services.firehose.test_deaggregation import aggregate
from tests.services.firehose.test_processing import processing, processor
from tests.services.firehose.test_transformation import function, transformed
from tests.services.firehose.world import ACCOUNT, REGION, ROLE, World

from afluente.services.firehose import history
from afluente.services.firehose.error import ResourceNotFoundException
from afluente.services.firehose.history import Range
from afluente.services.firehose.trace import Trace

KEY = (ACCOUNT, REGION, "d")
DELIMITED = processing(processor("AppendDelimiterToRecord"))


def trace(world: World) -> Trace:
    return Trace(world.engine, world.log, world.streams)


def object_of(world: World, key: str) -> bytes:
    (stored,) = (stored for (_, name), stored in world.buckets.objects.items() if name == key)
    return gzip.decompress(stored.data) if stored.content_encoding == "gzip" else stored.data


def numbers(world: World) -> dict[str, bytes]:
    """Every record that the stream has, by its sequence number."""
    found: dict[str, bytes] = {}
    for shard in world.streams.shard_list:
        position = 0
        while (batch := world.streams.read(shard.partition, position, 1 << 20)).records:
            found |= {item.sequence_number: item.data for item in batch.records}
            position = batch.next_position
    return found


@pytest.mark.parametrize(
    "options", [{}, DELIMITED, {"CompressionFormat": "GZIP"}, DELIMITED | {"CompressionFormat": "GZIP"}]
)
def test_every_record_of_a_stream_is_where_the_trace_says(world: World, options: dict[str, Any]) -> None:
    shards = [world.streams.add_shard() for _ in range(3)]
    world.create_on_stream(**options, BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 1})
    chance = random.Random(7)
    for _ in range(50):
        records = [chance.randbytes(chance.randrange(1, 12_000)) for _ in range(chance.randrange(1, 9))]
        world.stream_put(chance.choice(shards), *records)
    world.advance(60)
    world.restart()
    keys = set()
    for number, data in numbers(world).items():
        where = trace(world).record(KEY, number)
        (found,) = where.found
        assert where.state == "delivered"
        assert found.place is not None
        assert found.place.offset is not None
        assert found.place.length is not None
        assert found.place.sequence_number == number
        whole = object_of(world, found.delivery.key)
        assert whole[found.place.offset : found.place.offset + found.place.length] == data
        (back,) = trace(world).object(KEY, "raw", found.delivery.key, found.place.offset + len(data) - 1)
        assert back.place == found.place
        keys.add((found.delivery.key, found.delivery.full))
    assert {full for _, full in keys} == {False, True}
    assert {key for key, _ in keys} == set(world.buckets.keys)


def test_standing_counts_what_was_read_and_what_waits(world: World) -> None:
    shard = world.streams.add_shard()
    world.stream_put(shard, b"older than the delivery stream")
    world.create_on_stream()
    world.stream_put(shard, b"a", b"b")
    world.advance(300)
    late_ms = world.clock.now_ms()
    world.stream_put(shard, b"c", b"d", b"e")
    (reading,) = trace(world).standing(KEY).shards
    assert (reading.first, reading.next, reading.end) == (1, 3, 6)
    (reading,) = trace(world).standing(KEY, since_ms=late_ms, until_ms=late_ms).shards
    assert (reading.since, reading.until) == (3, 3)


def test_record_that_is_not_delivered_says_why(world: World) -> None:
    shard = world.streams.add_shard()
    world.stream_put(shard, b"old")
    world.create_on_stream(BufferingHints={"IntervalInSeconds": 60})
    world.stream_put(shard, b"new")
    arrived_ms = world.clock.now_ms()
    old, new = sorted(numbers(world))
    assert trace(world).record(KEY, old).state == "before"
    waiting = trace(world).record(KEY, new)
    assert (waiting.state, waiting.due_at_ms, waiting.found) == ("waiting", arrived_ms + 60_000, [])


def test_aggregate_is_one_record_of_the_log_and_its_place_has_all_of_it(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream()
    packed = aggregate([b"one", b"two"])
    world.stream_put(shard, b"before", packed, b"after")
    world.advance(300)
    _, number, _ = sorted(numbers(world))
    (found,) = trace(world).record(KEY, number).found
    assert found.place is not None
    assert (found.place.index, found.place.offset, found.place.length) == (1, 6, 6)


def test_direct_puts_are_found_by_their_place_while_the_log_has_them(world: World) -> None:
    world.create()
    world.put(b"one", b"two")
    world.advance(300)
    (key,) = world.buckets.keys
    (found,) = trace(world).object(KEY, "raw", key, None)
    assert (found.delivery.records, found.delivery.ranges) == (2, [Range(found.delivery.ranges[0].partition, 0, 2)])
    assert trace(world).object(KEY, "other", key, None) == []


def test_processed_records_are_followed_by_their_batch_and_drops_are_counted(world: World) -> None:
    function(world)
    shard = world.streams.add_shard()
    world.create_on_stream(**transformed(), BufferingHints={"IntervalInSeconds": 60})
    world.stream_put(shard, b"a", b"drop", b"fail", b"b")
    first, *_ = sorted(numbers(world))
    assert trace(world).record(KEY, first).state == "processing"
    processing_now = trace(world).standing(KEY).processing
    assert processing_now is not None
    assert (processing_now.records, processing_now.dropped, processing_now.pending) == (4, 1, 3)
    world.advance(60)
    world.restart()
    where = trace(world).record(KEY, first)
    assert where.state == "delivered"
    assert {found.delivery.key.split("/")[0] for found in where.found} == {"2026", "processing-failed"}
    assert where.batch is not None
    assert (where.batch.records, where.batch.dropped, where.batch.last - where.batch.first) == (4, 1, 3)
    standing = trace(world).standing(KEY)
    assert standing.processing is not None
    assert (standing.processing.records, standing.processing.outputs, standing.processing.pending) == (4, 3, 0)
    assert [(reading.first, reading.next, reading.end) for reading in standing.shards] == [(0, 4, 4)]


def test_what_was_delivered_is_forgotten_with_the_delivery_stream_and_after_a_year(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60})
    for _ in range(3):
        world.put(b"x")
        world.advance(60)
    assert len(trace(world).deliveries(KEY, 0)) == 3
    monkeypatch.setattr(history, "KEPT_MS", 90_000)
    world.put(b"y")
    world.advance(60)
    assert len(trace(world).deliveries(KEY, 0)) == 2
    world.ask("delete_delivery_stream", DeliveryStreamName="d")
    world.advance(60)
    with pytest.raises(ResourceNotFoundException):
        trace(world).deliveries(KEY, 0)
    tables = ("firehose_delivery", "firehose_delivered_range", "firehose_origin")
    assert [world.database.read().execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables] == [0] * 3


def test_backup_of_a_processed_record_is_found_byte_for_byte(world: World) -> None:
    function(world)
    shard = world.streams.add_shard()
    backup = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw", "Prefix": "b/"}
    world.create_on_stream(**transformed(), S3BackupMode="Enabled", S3BackupConfiguration=backup)
    world.stream_put(shard, b"one", b"two")
    world.advance(300)
    _, second = sorted(numbers(world))
    found = {item.delivery.reader: item for item in trace(world).record(KEY, second).found}
    assert found.keys() == {"primary", "backup"}
    assert found["backup"].place is not None
    assert (found["backup"].place.offset, found["backup"].place.length) == (3, 3)


def test_shards_that_are_gone_count_as_read(world: World) -> None:
    parent = world.streams.add_shard()
    world.create_on_stream()
    world.stream_put(parent, b"a", b"b")
    world.advance(300)
    child = world.streams.add_shard(["shardId-000000000000"])
    world.stream_put(child, b"c")
    world.advance(300)
    world.streams.shard_list.remove(parent)
    world.log.drop(parent.partition)
    shards = trace(world).standing(KEY).shards
    assert [(item.shard_id, item.first, item.next, item.end) for item in shards] == [
        ("", 0, 2, 2),
        ("shardId-000000000001", 0, 1, 1),
    ]
    world.streams.exists = False
    assert [item.shard_id for item in trace(world).standing(KEY).shards] == ["", ""]
