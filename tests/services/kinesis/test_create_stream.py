from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.services.kinesis.stand import Stand

from afluente.services.kinesis.error import (
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)

HIGHEST = 2**128 - 1


def test_create_stream_without_shard_count_is_on_demand_with_four_shards(stand: Stand) -> None:
    assert stand.create_stream(StreamName="wind") == {}
    description = stand.describe_stream(StreamName="wind")["StreamDescription"]
    assert description["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    ranges = [shard["HashKeyRange"] for shard in description["Shards"]]
    quarter = 85070591730234615865843651857942052864
    assert [int(each["StartingHashKey"]) for each in ranges] == [0, quarter, 2 * quarter, 3 * quarter]
    assert int(ranges[-1]["EndingHashKey"]) == HIGHEST


@pytest.mark.parametrize("count", [1, 3, 7])
def test_create_stream_covers_all_hash_keys_without_overlap(stand: Stand, count: int) -> None:
    stand.stream(shards=count)
    shards = stand.describe_stream(StreamName="wind")["StreamDescription"]["Shards"]
    assert [shard["ShardId"] for shard in shards] == [f"shardId-{index:012d}" for index in range(count)]
    bounds = [(int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"])) for s in shards]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == HIGHEST
    for (_, end), (start, _) in pairwise(bounds):
        assert start == end + 1


def test_create_stream_twice_is_refused(stand: Stand) -> None:
    stand.stream()
    with pytest.raises(ResourceInUseException, match=r"^Stream wind under account 000000000000 already exists\.$"):
        stand.create_stream(StreamName="wind", ShardCount=1)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"StreamModeDetails": {"StreamMode": "PROVISIONED"}}, "ShardCount is expected when StreamMode=PROVISIONED"),
        (
            {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "ShardCount": 2},
            "ShardCount is not expected when StreamMode=ON_DEMAND",
        ),
    ],
)
def test_create_stream_with_mode_and_count_that_do_not_fit(stand: Stand, members: dict[str, object], text: str) -> None:
    with pytest.raises(ValidationException, match=text):
        stand.create_stream(StreamName="wind", **members)
    assert stand.list_streams()["StreamNames"] == []


def test_create_stream_is_creating_for_a_while(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_create_delay_ms=500)
    stand.stream()
    description = stand.describe_stream(StreamName="wind")["StreamDescription"]
    assert (description["StreamStatus"], description["Shards"]) == ("CREATING", [])
    assert "OpenShardCount" not in stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    with pytest.raises(ResourceNotFoundException, match="Stream wind under account 000000000000 not found"):
        stand.put(b"early")
    with pytest.raises(ResourceInUseException, match="not ACTIVE, instead in state CREATING"):
        stand.increase_stream_retention_period(StreamName="wind", RetentionPeriodHours=48)
    stand.clock.advance(0.5)
    assert stand.describe_stream(StreamName="wind")["StreamDescription"]["StreamStatus"] == "ACTIVE"
    assert len(stand.put(b"now")) == 1


def test_create_stream_beyond_the_shard_limit(stand: Stand) -> None:
    stand.stream("small", shards=3)
    with pytest.raises(LimitExceededException, match=r"Current shard count for the account: 3\. Limit: 20000\."):
        stand.create_stream(StreamName="huge", ShardCount=19_998)


def test_create_stream_survives_a_restart(stand: Stand) -> None:
    stand.create_stream(StreamName="wind", Tags={"farm": "north"}, MaxRecordSizeInKiB=2048)
    before = stand.describe_stream(StreamName="wind")
    stand.reopen()
    assert stand.describe_stream(StreamName="wind") == before
    assert stand.list_tags_for_stream(StreamName="wind")["Tags"] == [{"Key": "farm", "Value": "north"}]
    summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    assert summary["MaxRecordSizeInKiB"] == 2048


def test_delete_stream_is_deleting_and_then_gone(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_delete_delay_ms=500)
    stand.stream()
    stand.put(b"gone")
    stand.delete_stream(StreamName="wind")
    assert stand.describe_stream(StreamName="wind")["StreamDescription"]["StreamStatus"] == "DELETING"
    stand.delete_stream(StreamName="wind")
    with pytest.raises(ResourceInUseException, match="already exists"):
        stand.stream()
    stand.clock.advance(0.5)
    with pytest.raises(ResourceNotFoundException):
        stand.describe_stream(StreamName="wind")
    assert stand.list_streams()["StreamNames"] == []


def test_delete_stream_removes_its_records_from_the_log(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_delete_delay_ms=500)
    stand.stream()
    stand.put(b"gone")
    (shard,) = stand.engine.shards("000000000000", "us-east-1", "wind")
    assert stand.log.read(shard.partition, 0, 100)
    stand.delete_stream(StreamName="wind")
    stand.clock.advance(0.5)
    stand.engine.control.sweep()
    assert stand.log.read(shard.partition, 0, 100) == []


def test_delete_stream_finishes_after_a_restart(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_delete_delay_ms=60_000)
    stand.stream()
    stand.put(b"old")
    stand.delete_stream(StreamName="wind")
    stand.reopen()
    stand.clock.advance(60)
    stand.stream()
    assert stand.read() == []


def test_create_stream_under_the_name_of_a_deleted_one_is_another_stream(stand: Stand) -> None:
    stand.stream()
    stand.put(b"old")
    old = stand.iterator()
    stand.delete_stream(StreamName="wind")
    stand.stream()
    stand.put(b"new")
    assert stand.read() == [b"new"]
    with pytest.raises(ResourceNotFoundException):
        stand.get_records(ShardIterator=old)


def test_delete_stream_that_is_not_there(stand: Stand) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^Stream wind under account 000000000000 not found\.$"):
        stand.delete_stream(StreamName="wind")
