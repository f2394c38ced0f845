from typing import Any

import pytest
from tests.services.firehose.test_deaggregation import aggregate
from tests.services.firehose.test_deliver import LOGGING, messages
from tests.services.firehose.world import World

from afluente.store.record_log import RecordLog


def test_source_is_read_from_its_latest_record_at_creation(world: World) -> None:
    shard = world.streams.add_shard()
    world.stream_put(shard, b"before")
    world.create_on_stream()
    world.stream_put(shard, b"a")
    world.advance(300)
    assert world.buckets.bodies == [b"a"]


def test_source_records_put_while_creating_are_delivered(world: World) -> None:
    shard = world.streams.add_shard()
    world.ask(
        "create_delivery_stream",
        DeliveryStreamName="d",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/windfarm",
            "RoleARN": "arn:aws:iam::000000000000:role/firehose",
        },
        S3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/firehose",
            "BucketARN": "arn:aws:s3:::raw",
        },
    )
    world.streams.put(shard, b"early")
    world.advance(0.5)
    world.advance(300)
    assert world.buckets.bodies == [b"early"]


def test_source_shards_share_an_object(world: World) -> None:
    shards = [world.streams.add_shard() for _ in range(3)]
    world.create_on_stream()
    for number, shard in enumerate(reversed(shards)):
        world.stream_put(shard, b"%d" % number)
    world.advance(300)
    assert world.buckets.bodies == [b"210"]


def test_source_wakes_a_sleeping_delivery(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(BufferingHints={"IntervalInSeconds": 0})
    for number in range(3):
        world.stream_put(shard, b"%d" % number)
    assert world.buckets.bodies == [b"0", b"1", b"2"]


def test_source_backlog_of_one_shard_does_not_starve_another(world: World) -> None:
    shards = [world.streams.add_shard() for _ in range(2)]
    world.create_on_stream(BufferingHints={"SizeInMBs": 1})
    world.engine.stop()
    for _ in range(8):
        world.streams.put(shards[0], b"x" * 900_000)
    world.streams.put(shards[1], b"y")
    world.restart()
    assert any(b"y" in body for body in world.buckets.bodies[:3])
    world.advance(300)
    assert sorted(b"".join(world.buckets.bodies)) == sorted(b"x" * 7_200_000 + b"y")


def test_source_children_of_a_split_are_read_from_their_beginning(world: World) -> None:
    parent = world.streams.add_shard()
    world.create_on_stream()
    child = world.streams.add_shard(parents=[parent.shard_id])
    grandchild = world.streams.add_shard(parents=[child.shard_id])
    world.streams.put(child, b"child")
    world.stream_put(grandchild, b"grandchild")
    world.stream_put(parent, b"parent")
    world.advance(300)
    assert world.buckets.bodies == [b"parentchildgrandchild"]


def test_source_parents_are_read_to_their_end_before_their_children(world: World) -> None:
    """Whatever the objects' bounds are: a family of two generations, each of three objects, and a merge."""
    parents = [world.streams.add_shard() for _ in range(2)]
    world.create_on_stream(BufferingHints={"SizeInMBs": 1})
    world.engine.stop()
    merged = world.streams.add_shard(parents=[parent.shard_id for parent in parents])
    halves = [world.streams.add_shard(parents=[merged.shard_id]) for _ in range(2)]
    for name, shard in zip(b"aabcc", [*parents, merged, *halves], strict=True):
        for _ in range(3):
            world.streams.put(shard, bytes([name]) * 700_000)
    world.restart()
    for _ in range(20):
        world.advance(60)
    content = b"".join(world.buckets.bodies)
    assert len(world.buckets.bodies) > 8
    assert content == b"a" * 4_200_000 + b"b" * 2_100_000 + b"c" * 4_200_000


def test_source_child_waits_for_what_is_still_on_its_way_into_the_parent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = world.streams.add_shard()
    world.create_on_stream(BufferingHints={"IntervalInSeconds": 0})
    child = world.streams.add_shard(parents=[parent.shard_id])
    ends = {parent.partition: 1, child.partition: 1}  # one record in each, and the parent's not on disk yet
    monkeypatch.setattr(world.streams, "end_of", lambda shard: ends[shard.partition])
    world.stream_put(child, b"child")
    world.advance(60)
    assert world.buckets.bodies == []
    world.stream_put(parent, b"parent")
    world.advance(60)
    assert world.buckets.bodies == [b"parent", b"child"]


def test_source_children_of_shards_past_retention_are_read(world: World) -> None:
    """A delivery that rested for longer than the stream keeps its records goes on with the shards there are."""
    parent = world.streams.add_shard()
    world.create_on_stream()
    world.engine.stop()
    child = world.streams.add_shard(parents=[parent.shard_id])
    grandchild = world.streams.add_shard(parents=[child.shard_id])
    world.streams.put(grandchild, b"now")
    world.streams.shard_list[:] = [grandchild]
    world.restart()
    world.advance(300)
    assert world.buckets.bodies == [b"now"]


def test_source_made_anew_is_not_picked_up(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(CloudWatchLoggingOptions=LOGGING)
    world.stream_put(shard, b"old")
    world.streams.exists = False
    for _ in range(4):
        world.advance(15)
    assert [entry["errorCode"] for entry in messages(world)] == ["Kinesis.ResourceNotFound"] * 2
    assert world.describe()["DeliveryStreamStatus"] == "ACTIVE"
    world.streams.exists = True
    world.streams.shard_list.clear()
    world.stream_put(world.streams.add_shard(), b"new")
    world.advance(240)
    world.advance(300)
    assert world.buckets.bodies == [b"old"]


def test_source_aggregates_of_the_producer_library_are_taken_apart(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(
        ProcessingConfiguration={"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]}
    )
    world.stream_put(shard, b"plain", aggregate([b"one", b"two"]))
    world.advance(300)
    assert world.buckets.bodies == [b"plain\none\ntwo"]


def test_source_aggregates_without_delimiter(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream()
    world.stream_put(shard, aggregate([b"one", b"two"]))
    world.advance(300)
    assert world.buckets.bodies == [b"onetwo"]


def test_source_position_outlives_a_restart(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream()
    world.stream_put(shard, b"a")
    world.advance(300)
    world.streams.put(shard, b"b")
    world.restart()
    world.streams.put(shard, b"c")
    world.advance(300)
    assert world.buckets.bodies == [b"a", b"bc"]


def test_two_delivery_streams_read_the_same_source(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream("one")
    world.create_on_stream("two", Prefix="two/")
    world.stream_put(shard, b"a")
    world.advance(300)
    assert world.buckets.bodies == [b"a", b"a"]


def test_source_that_cannot_be_read_loses_nothing(world: World, monkeypatch: Any) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream()

    def fail(*_: object) -> None:
        raise OSError("a bad sector")

    with monkeypatch.context() as patched:
        patched.setattr(RecordLog, "read", fail)
        world.stream_put(shard, b"a")
        world.advance(1)
    assert str(world.engine.statistics()[0].last_error) == "InternalError: a bad sector"
    world.advance(30)
    world.advance(300)
    assert world.buckets.bodies == [b"a"]
