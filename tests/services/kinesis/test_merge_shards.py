"""MergeShards: what is refused, and what becomes of the shards."""

import pytest
from tests.services.kinesis.stand import Stand

from afluente.services.kinesis.error import (
    InvalidArgumentException,
    ResourceNotFoundException,
    ValidationException,
)

WHERE = "in stream wind under account 000000000000"


@pytest.mark.parametrize(("shard", "adjacent"), [(0, 0), (0, 2), (1, 0)])
def test_merge_shards_that_do_not_adjoin_in_this_order(stand: Stand, shard: int, adjacent: int) -> None:
    stand.stream(shards=3)
    with pytest.raises(InvalidArgumentException) as error:
        stand.merge(shard, adjacent)
    assert error.value.message == (
        f"Shards shardId-00000000000{shard} and shardId-00000000000{adjacent} {WHERE} are not an adjacent pair of "
        "shards eligible for merging"
    )


def test_merge_shards_that_are_not_there_or_closed(stand: Stand) -> None:
    stand.stream(shards=2)
    with pytest.raises(ResourceNotFoundException, match=f"Could not find shard shardId-000000000002 {WHERE}."):
        stand.merge(1, 2)
    stand.merge(0, 1)
    with pytest.raises(InvalidArgumentException, match="has already been merged or split"):
        stand.merge(0, 1)


def test_merge_shards_of_a_stream_on_demand(stand: Stand) -> None:
    stand.create_stream(StreamName="wind")
    with pytest.raises(ValidationException, match="On-Demand mode"):
        stand.merge(0, 1)


def test_merge_shards_gives_the_hash_keys_of_both_to_one(stand: Stand) -> None:
    stand.stream(shards=3)
    stand.merge(1, 2)
    untouched, low, high, child = stand.shards()
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (low["ShardId"], high["ShardId"])
    assert child["HashKeyRange"] == {
        "StartingHashKey": low["HashKeyRange"]["StartingHashKey"],
        "EndingHashKey": high["HashKeyRange"]["EndingHashKey"],
    }
    closed = ["EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in stand.shards()]
    assert closed == [False, True, True, False]
    (result,) = stand.put_records(
        StreamName="wind",
        Records=[{"Data": b"x", "PartitionKey": "a", "ExplicitHashKey": str(2**128 - 1)}],
    )["Records"]
    assert result["ShardId"] == "shardId-000000000003"
    assert "ParentShardId" not in untouched
