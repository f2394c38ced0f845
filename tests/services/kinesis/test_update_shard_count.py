"""UpdateShardCount: its bounds, and AWS's way from one even layout to another."""

from collections.abc import Callable
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.services.kinesis.error import (
    LimitExceededException,
    ResourceInUseException,
    ValidationException,
)
from afluente.services.kinesis.shard_tree import resharded, uniform_steps
from afluente.services.kinesis.stream import HASH_KEYS, Stream, even_shards


def scale(stand: Stand, target: int) -> dict[str, object]:
    answer: dict[str, object] = stand.update_shard_count(
        StreamName="wind", TargetShardCount=target, ScalingType="UNIFORM_SCALING"
    )
    return answer


def test_update_shard_count_answers_both_counts(stand: Stand) -> None:
    stand.stream(shards=2)
    assert scale(stand, 3) == {
        "StreamName": "wind",
        "StreamARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/wind",
        "CurrentShardCount": 2,
        "TargetShardCount": 3,
    }


def test_update_shard_count_takes_the_steps_that_aws_was_seen_to_take(make_stand: Callable[..., Stand]) -> None:
    """Two shards to three, as recorded in 2026: split both, then merge what lies between."""
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream(shards=2)
    scale(stand, 3)
    counts = []
    for _ in range(2):
        stand.clock.advance(0.5)
        summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
        counts.append((summary["StreamStatus"], summary["OpenShardCount"]))
    assert counts == [("UPDATING", 4), ("ACTIVE", 3)]
    third = 113427455640312821154458202477256070485
    starts = [int(shard["HashKeyRange"]["StartingHashKey"]) for shard in stand.shards()]
    assert starts == [0, HASH_KEYS // 2, 0, third, HASH_KEYS // 2, 2 * third, third]
    parents = [(shard.get("ParentShardId"), shard.get("AdjacentParentShardId")) for shard in stand.shards()]
    ids = [f"shardId-{index:012d}" for index in range(7)]
    assert parents == [
        (None, None),
        (None, None),
        (ids[0], None),
        (ids[0], None),
        (ids[1], None),
        (ids[1], None),
        (ids[3], ids[4]),
    ]
    closed = ["EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in stand.shards()]
    assert closed == [True, True, False, True, True, False, False]


def test_update_shard_count_to_what_it_is_changes_nothing(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream(shards=2)
    for _ in range(11):
        scale(stand, 2)
    assert (stand.status(), len(stand.shards())) == ("ACTIVE", 2)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (7, "UpdateShardCount cannot scale up over double your current open shard count."),
        (10_001, "Target shard count or number of open shards cannot be greater than 10000."),
    ],
)
def test_update_shard_count_beyond_double(stand: Stand, target: int, text: str) -> None:
    stand.stream(shards=3)
    with pytest.raises(LimitExceededException) as error:
        scale(stand, target)
    assert error.value.message == f"{text} Current open shard count: 3 Target shard count: {target}"


def test_update_shard_count_below_half(stand: Stand) -> None:
    stand.stream(shards=5)
    with pytest.raises(LimitExceededException, match="cannot scale down below half"):
        scale(stand, 1)
    scale(stand, 2)
    assert len(stand.list_shards(StreamName="wind", ShardFilter={"Type": "AT_LATEST"})["Shards"]) == 2


def test_update_shard_count_ten_times_in_a_day(stand: Stand) -> None:
    stand.stream()
    for number in range(10):
        scale(stand, 2 - number % 2)
        stand.clock.advance(3600)
    stand.reopen()
    with pytest.raises(LimitExceededException):
        scale(stand, 2)
    stand.clock.advance(14 * 3600)
    scale(stand, 2)


def test_update_shard_count_of_a_stream_on_demand(stand: Stand) -> None:
    stand.create_stream(StreamName="wind")
    with pytest.raises(ValidationException, match="On-Demand mode"):
        scale(stand, 5)


def test_update_shard_count_while_updating(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream(shards=2)
    scale(stand, 4)
    with pytest.raises(ResourceInUseException, match="instead in state UPDATING"):
        scale(stand, 4)


def test_update_shard_count_goes_on_after_a_restart_between_splits_and_merges(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_update_delay_ms=10_000)
    stand.stream(shards=2)
    scale(stand, 3)
    stand.clock.advance(10)
    assert len(stand.shards()) == 6
    stand.reopen()
    assert stand.status() == "UPDATING"
    stand.clock.advance(10)
    assert (stand.status(), len(stand.shards())) == ("ACTIVE", 7)


@given(counts=st.lists(st.integers(1, 40), min_size=2, max_size=4))
def test_uniform_steps_lead_from_any_layout_to_an_even_one(counts: list[int]) -> None:
    stream = Stream(
        account=ACCOUNT,
        region=REGION,
        name="wind",
        mode="PROVISIONED",
        created_at_ms=0,
        active_at_ms=0,
        shards=even_shards(range(counts[0]), 0),
    )
    for target in counts[1:]:
        for step in uniform_steps(stream, target, 1, 2):
            assert len(step.parents) + len(step.starts) == 3  # SplitShard or MergeShards, nothing else
            assert all(shard.closed_at_ms is None for shard in stream.shards if shard.index in step.parents)
            partitions = range(len(stream.shards), len(stream.shards) + len(step.starts))
            shards = resharded(stream, step, partitions, 1)
            stream = msgspec.structs.replace(stream, shards=shards)
            assert_covers_everything(stream)
        assert len(stream.open_shards) == target
        width = HASH_KEYS // target
        assert sorted(int(shard.starting_hash_key) for shard in stream.open_shards) == [
            number * width for number in range(target)
        ]
        assert [shard.index for shard in stream.shards] == list(range(len(stream.shards)))


def assert_covers_everything(stream: Stream) -> None:
    bounds = sorted((int(shard.starting_hash_key), int(shard.ending_hash_key)) for shard in stream.open_shards)
    assert (bounds[0][0], bounds[-1][1]) == (0, HASH_KEYS - 1)
    assert all(end + 1 == start for (_, end), (start, _) in pairwise(bounds))
