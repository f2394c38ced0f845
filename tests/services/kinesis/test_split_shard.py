"""SplitShard: what is refused, and what becomes of the shards."""

from collections.abc import Callable

import pytest
from tests.services.kinesis.stand import Stand

from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.error import (
    InvalidArgumentException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)

HIGHEST = 2**128 - 1
WHERE = "in stream wind under account 000000000000"


@pytest.mark.parametrize(
    ("shard_id", "text"),
    [
        ("shardId-000000000007", f"Could not find shard shardId-000000000007 {WHERE}."),
        ("nonsense", f"Could not find shard nonsense {WHERE}."),
    ],
)
def test_split_shard_that_is_not_there(stand: Stand, shard_id: str, text: str) -> None:
    stand.stream()
    with pytest.raises(ResourceNotFoundException) as error:
        stand.split_shard(StreamName="wind", ShardToSplit=shard_id, NewStartingHashKey="2")
    assert error.value.message == text


@pytest.mark.parametrize("hash_key", [0, 1, HIGHEST, HIGHEST + 1])
def test_split_shard_outside_its_hash_keys(stand: Stand, hash_key: int) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException) as error:
        stand.split(at=hash_key)
    assert error.value.message == (
        f"NewStartingHashKey {hash_key} used in SplitShard() on shard shardId-000000000000 {WHERE} is not both greater "
        f"than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey {HIGHEST}."
    )
    stand.split(at=2)


def test_split_shard_that_is_closed(stand: Stand) -> None:
    stand.stream()
    stand.split()
    with pytest.raises(InvalidArgumentException) as error:
        stand.split()
    assert error.value.message == (
        f"Shard shardId-000000000000 {WHERE} has already been merged or split, and thus is not eligible for merging "
        "or splitting."
    )


def test_split_shard_of_a_stream_on_demand(stand: Stand) -> None:
    stand.create_stream(StreamName="wind")
    with pytest.raises(ValidationException, match="On-Demand mode"):
        stand.split()


def test_split_shard_is_updating_for_a_while(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream()
    stand.split()
    assert (stand.status(), len(stand.shards())) == ("UPDATING", 1)
    with pytest.raises(ResourceInUseException, match="not ACTIVE, instead in state UPDATING"):
        stand.split()
    stand.clock.advance(0.5)
    assert (stand.status(), len(stand.shards())) == ("ACTIVE", 3)


def test_split_shard_comes_about_after_a_restart(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_update_delay_ms=60_000)
    stand.stream()
    stand.put(b"before")
    stand.split()
    stand.reopen()
    assert stand.status() == "UPDATING"
    stand.clock.advance(60)
    assert (stand.status(), len(stand.shards())) == ("ACTIVE", 3)


def test_split_shard_that_cannot_be_written_down_keeps_nobody_from_the_records(
    make_stand: Callable[..., Stand], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream()
    stand.split()

    def full(_count: int) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(stand.log, "new_partitions", full)
        stand.clock.advance(0.5)
        assert stand.status() == "UPDATING"
        stand.put(b"x")
        assert stand.read() == [b"x"]
    stand.clock.advance(1)
    assert (stand.status(), len(stand.shards())) == ("ACTIVE", 3)
    assert stand.read() == [b"x"]


def test_split_shard_closes_the_parent_and_gives_its_hash_keys_to_two(stand: Stand) -> None:
    stand.stream()
    stand.clock.advance(100)
    closed_s = stand.clock.now_ms() // 1000
    stand.split(at=1000)
    parent, low, high = stand.shards()
    assert low["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": "999"}
    assert high["HashKeyRange"] == {"StartingHashKey": "1000", "EndingHashKey": str(HIGHEST)}
    for child in (low, high):
        assert child["ParentShardId"] == "shardId-000000000000"
        assert "AdjacentParentShardId" not in child
        starting = sequence_number.parse(child["SequenceNumberRange"]["StartingSequenceNumber"])
        # as on AWS, a child's numbers begin a second after its parent's end
        assert (starting.shard_created_s, starting.counter) == (closed_s + 1, 0)
        assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
    ending = sequence_number.parse(parent["SequenceNumberRange"]["EndingSequenceNumber"])
    assert (ending.arrived_s, ending.counter) == (closed_s, 0x7FFF_FFFF_FFFF_FFFF)
    assert stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]["OpenShardCount"] == 2


def test_split_shard_sends_what_follows_to_the_children(stand: Stand) -> None:
    stand.stream()
    stand.put(b"before")
    stand.split()
    results = stand.put(*[b"%d" % number for number in range(4)], key="a") + stand.put(b"4", key="b")
    assert {each["ShardId"] for each in results} <= {"shardId-000000000001", "shardId-000000000002"}
    entries = [{"Data": b"x", "PartitionKey": "a", "ExplicitHashKey": str(key)} for key in (0, HIGHEST)]
    low, high = stand.put_records(StreamName="wind", Records=entries)["Records"]
    assert (low["ShardId"], high["ShardId"]) == ("shardId-000000000001", "shardId-000000000002")


def test_split_shard_never_gives_an_index_again(stand: Stand) -> None:
    stand.stream()
    for shard in (0, 2, 4):
        stand.split(shard)
    assert [int(each["ShardId"][-4:]) for each in stand.shards()] == list(range(7))
    stand.clock.advance(24 * 3600 + 1)  # the closed ones are past retention
    assert [int(each["ShardId"][-4:]) for each in stand.shards()] == [1, 3, 5, 6]
    stand.split_shard(StreamName="wind", ShardToSplit="shardId-000000000001", NewStartingHashKey="9")
    assert [int(each["ShardId"][-4:]) for each in stand.shards()] == [1, 3, 5, 6, 7, 8]
