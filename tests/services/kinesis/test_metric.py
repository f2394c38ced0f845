"""What a stream measures of itself, under AWS's names."""

import asyncio
import base64
import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from tests.services.kinesis.stand import Stand

from afluente.core.error import AwsError
from afluente.core.metric import StatisticSet
from afluente.services.kinesis.error import ProvisionedThroughputExceededException
from afluente.store.record_log import Draft, Frame, LogFailed


def measured(stand: Stand, **dimensions: str) -> dict[str, StatisticSet]:
    """What was measured since the last look; of the stream alone, or of one of its shards."""
    wanted = tuple(sorted({"StreamName": "wind", **dimensions}.items()))
    points = [point for point in stand.metrics.drain() if point.metric.dimensions == wanted]
    assert {point.metric[:3] for point in points} <= {("000000000000", "us-east-1", "AWS/Kinesis")}
    return {point.metric.name: point.statistics for point in points}


def hot(stand: Stand, operation: str, **request: Any) -> Any:
    answer = asyncio.run(stand.hot[operation](stand.call(operation), json.dumps(request).encode()))
    return None if answer is None else json.loads(answer)


def entry(data: bytes, key: str = "key") -> dict[str, str]:
    return {"Data": base64.b64encode(data).decode(), "PartitionKey": key}


@pytest.mark.parametrize("way", ["hot", "generic"])
def test_put_records(stand: Stand, way: str) -> None:
    stand.stream()
    if way == "hot":
        hot(stand, "PutRecords", StreamName="wind", Records=[entry(b"1234"), entry(b"5")])
    else:
        stand.put(b"1234", b"5")
    stand.put(b"six")
    found = {name: (each.samples, each.total, each.maximum) for name, each in measured(stand).items()}
    assert found == {
        "IncomingBytes": (2, 5 + 6 + 6, 11),
        "IncomingRecords": (2, 3, 2),
        "PutRecords.Bytes": (2, 17, 11),
        "PutRecords.FailedRecords": (2, 0, 0),
        "PutRecords.Latency": (2, 0, 0),
        "PutRecords.Success": (2, 2, 1),
        "PutRecords.SuccessfulRecords": (2, 3, 2),
        "PutRecords.ThrottledRecords": (2, 0, 0),
        "PutRecords.TotalRecords": (2, 3, 2),
        "WriteProvisionedThroughputExceeded": (2, 0, 0),
    }


@pytest.mark.parametrize("way", ["hot", "generic"])
def test_put_record(stand: Stand, way: str) -> None:
    stand.stream()
    if way == "hot":
        hot(stand, "PutRecord", StreamName="wind", **entry(b"1234"))
    else:
        stand.put_record(StreamName="wind", Data=b"1234", PartitionKey="key")
    assert {name: each.total for name, each in measured(stand).items()} == {
        "IncomingBytes": 7,
        "IncomingRecords": 1,
        "PutRecord.Bytes": 7,
        "PutRecord.Latency": 0,
        "PutRecord.Success": 1,
        "WriteProvisionedThroughputExceeded": 0,
    }


def test_put_records_beyond_the_limits(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    for _ in range(3):
        stand.put(*[b"x"] * 400)
    found = measured(stand)
    totals = {name.removeprefix("PutRecords."): each.total for name, each in found.items()}
    assert totals["TotalRecords"] == 1200
    assert totals["SuccessfulRecords"] == totals["IncomingRecords"] == 1000
    assert totals["ThrottledRecords"] == totals["WriteProvisionedThroughputExceeded"] == 200
    assert totals["Success"] == 3
    stand.put(*[b"x"] * 5)
    with pytest.raises(ProvisionedThroughputExceededException):
        stand.put_record(StreamName="wind", Data=b"x", PartitionKey="key")
    totals = {name: each.total for name, each in measured(stand).items()}
    assert "IncomingRecords" not in totals
    assert (totals["PutRecords.Success"], totals["PutRecord.Success"]) == (0, 0)
    assert totals["WriteProvisionedThroughputExceeded"] == 6


def test_records_that_could_not_be_stored(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def place(drafts: list[Draft]) -> Any:
        failed: Future[None] = Future()
        failed.set_exception(LogFailed("no space left"))
        return [Frame(each.partition, 0, each.count, each.time_ms, each.payload) for each in drafts], failed

    stand.stream()
    monkeypatch.setattr(stand.log, "append_next", place)
    assert stand.put(b"1", b"2")[0]["ErrorCode"] == "InternalFailure"
    with pytest.raises(AwsError):
        hot(stand, "PutRecord", StreamName="wind", **entry(b"1"))
    totals = {name: each.total for name, each in measured(stand).items()}
    assert totals["PutRecords.FailedRecords"] == 2
    assert (totals["PutRecords.Success"], totals["PutRecord.Success"]) == (0, 0)
    assert "IncomingBytes" not in totals


@pytest.mark.parametrize("way", ["hot", "generic"])
def test_get_records_and_the_age_of_its_iterator(stand: Stand, way: str) -> None:
    def get(iterator: str, limit: int) -> str:
        request = {"ShardIterator": iterator, "Limit": limit}
        answer = hot(stand, "GetRecords", **request) if way == "hot" else stand.get_records(**request)
        following: str = answer["NextShardIterator"]
        return following

    stand.stream()
    stand.put(b"1234", b"5678")
    stand.metrics.drain()
    stand.clock.advance(7)
    iterator = get(stand.iterator(), 1)
    found = measured(stand)
    assert {name: each.total for name, each in found.items()} == {
        "GetRecords.Bytes": 7,
        "GetRecords.IteratorAgeMilliseconds": 7000,
        "GetRecords.Latency": 0,
        "GetRecords.Records": 1,
        "GetRecords.Success": 1,
        "ReadProvisionedThroughputExceeded": 0,
    }
    get(iterator, 100)
    assert measured(stand)["GetRecords.IteratorAgeMilliseconds"].total == 0


@pytest.mark.parametrize("way", ["hot", "generic"])
def test_get_records_beyond_the_limit_counts_once(make_stand: Callable[..., Stand], way: str) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    iterator = stand.iterator()
    for _ in range(5):
        stand.get_records(ShardIterator=iterator)
    with pytest.raises(ProvisionedThroughputExceededException):
        hot(stand, "GetRecords", ShardIterator=iterator) if way == "hot" else stand.get_records(ShardIterator=iterator)
    found = measured(stand)
    assert (found["GetRecords.Success"].samples, found["GetRecords.Success"].total) == (6, 5)
    assert found["ReadProvisionedThroughputExceeded"].total == 1


def per_shard(stand: Stand, shard: int) -> dict[str, float]:
    found = measured(stand, ShardId=f"shardId-{shard:012d}")
    return {name: statistics.total for name, statistics in found.items()}


def key_of(stand: Stand, shard: int) -> str:
    """A partition key of the shard's."""
    router = stand.engine.writable(("000000000000", "us-east-1", "wind")).router
    return next(f"k{n}" for n in range(1000) if router.slots([f"k{n}"]) == [shard])


def test_shards_are_measured_once_that_is_enabled(stand: Stand) -> None:
    stand.stream(shards=2)
    stand.put(b"1234", key=key_of(stand, 0))
    assert per_shard(stand, 0) == {}
    stand.enable_enhanced_monitoring(StreamName="wind", ShardLevelMetrics=["ALL"])
    entries = [{"Data": b"1234", "PartitionKey": key_of(stand, shard)} for shard in (0, 1, 1)]
    stand.put_records(StreamName="wind", Records=entries)
    points = stand.metrics.drain()
    stand.metrics.restore(points)
    size = 4 + len(key_of(stand, 1))
    assert per_shard(stand, 1) == {
        "IncomingBytes": 2 * size,
        "IncomingRecords": 2,
        "WriteProvisionedThroughputExceeded": 0,
    }
    stand.metrics.restore(points)
    assert per_shard(stand, 0)["IncomingRecords"] == 1
    stand.read(shard=1)
    assert per_shard(stand, 1) == {
        "IteratorAgeMilliseconds": 0,
        "OutgoingBytes": 2 * size,
        "OutgoingRecords": 2,
        "ReadProvisionedThroughputExceeded": 0,
    }


def test_shards_are_measured_as_far_as_is_asked_for(stand: Stand) -> None:
    stand.stream()
    stand.enable_enhanced_monitoring(StreamName="wind", ShardLevelMetrics=["IncomingBytes", "OutgoingRecords"])
    stand.put(b"1234")
    stand.read()
    assert per_shard(stand, 0) == {"IncomingBytes": 7, "OutgoingRecords": 1}
    stand.reopen()
    stand.put(b"1234")
    assert per_shard(stand, 0) == {"IncomingBytes": 7}
    stand.disable_enhanced_monitoring(StreamName="wind", ShardLevelMetrics=["ALL"])
    stand.put(b"1234")
    assert per_shard(stand, 0) == {}
    assert not any(dict(total.metric.dimensions).get("ShardId") for total in stand.metrics.totals())


def test_shards_that_refuse_are_measured(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    stand.enable_enhanced_monitoring(StreamName="wind", ShardLevelMetrics=["ALL"])
    for _ in range(3):
        stand.put(*[b"x"] * 400)
    found = per_shard(stand, 0)
    assert (found["IncomingRecords"], found["WriteProvisionedThroughputExceeded"]) == (1000, 200)


def test_a_consumer_that_is_gone_has_no_totals(stand: Stand) -> None:
    stand.stream()
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/wind"
    stand.register_stream_consumer(StreamARN=arn, ConsumerName="gone")
    stand.engine.writable(("000000000000", "us-east-1", "wind")).metrics.subscribed("gone", accepted=True)
    assert any(total.metric.name == "SubscribeToShard.Success" for total in stand.metrics.totals())
    stand.deregister_stream_consumer(StreamARN=arn, ConsumerName="gone")
    stand.clock.advance(60)
    stand.register_stream_consumer(StreamARN=arn, ConsumerName="other")
    assert stand.metrics.totals() == []
    assert measured(stand, ConsumerName="gone")["SubscribeToShard.Success"].total == 1


def test_a_deleted_stream_has_no_totals(stand: Stand) -> None:
    stand.stream()
    stand.put(b"1")
    stand.delete_stream(StreamName="wind")
    stand.clock.advance(60, waiters=1)
    assert stand.metrics.totals() == []
    assert measured(stand)["IncomingRecords"].total == 1
