"""Streams on demand: they scale by what is written to them, on the clock, and to a warm throughput when told to."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.services.kinesis.error import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ValidationException,
)
from afluente.services.kinesis.load import Load, Written
from afluente.services.kinesis.throughput import MIB

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/wind"
ON_DEMAND = {"StreamMode": "ON_DEMAND"}
QUARTER = 2**126
DAY_S = 86_400


@pytest.fixture
def on_demand(stand: Stand) -> Stand:
    """A stream whose first minute has begun."""
    stand.create_stream(StreamName="wind", StreamModeDetails=ON_DEMAND)
    stand.clock.advance(60)
    return stand


def write(stand: Stand, records_per_s: int, *hash_keys: int, size: int = 1) -> None:
    """A minute of so many records, evenly over hash keys."""
    entry = {"Data": bytes(size), "PartitionKey": "a"}
    for hash_key in hash_keys:
        left = 60 * records_per_s // len(hash_keys)
        while left:
            count = min(left, 500)
            count = min(count, 9 * MIB // size)
            entries = [{**entry, "ExplicitHashKey": str(hash_key)}] * count
            assert stand.put_records(StreamName="wind", Records=entries)["FailedRecordCount"] == 0
            left -= count
    stand.clock.advance(60)


def open_ranges(stand: Stand) -> list[tuple[int, int]]:
    shards = stand.list_shards(StreamName="wind", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    ranges = [shard["HashKeyRange"] for shard in shards]
    return sorted((int(each["StartingHashKey"]), int(each["EndingHashKey"])) for each in ranges)


def test_busy_shard_is_split_in_the_middle(on_demand: Stand) -> None:
    write(on_demand, 501, QUARTER)
    assert open_ranges(on_demand) == [
        (0, QUARTER - 1),
        (QUARTER, QUARTER + QUARTER // 2 - 1),
        (QUARTER + QUARTER // 2, 2 * QUARTER - 1),
        (2 * QUARTER, 3 * QUARTER - 1),
        (3 * QUARTER, 4 * QUARTER - 1),
    ]
    assert on_demand.status() == "ACTIVE"
    child = on_demand.shards()[4]
    assert (child["ShardId"], child["ParentShardId"]) == ("shardId-000000000004", "shardId-000000000001")


def test_shards_that_take_half_of_what_they_may_stay(on_demand: Stand) -> None:
    write(on_demand, 2000, *(number * QUARTER for number in range(4)))
    assert len(open_ranges(on_demand)) == 4


def test_bytes_count_as_records_do(on_demand: Stand) -> None:
    write(on_demand, 1, 0, size=MIB // 2)
    assert len(open_ranges(on_demand)) == 5


def test_stream_goes_on_scaling_while_it_is_busy(on_demand: Stand) -> None:
    for expected in (8, 13):
        starts = [start for start, _ in open_ranges(on_demand)][:5]
        write(on_demand, 510 * len(starts), *starts)
        assert len(open_ranges(on_demand)) == expected


def test_stream_that_was_switched_scales_too(stand: Stand) -> None:
    stand.stream()
    stand.clock.advance(60)
    write(stand, 600, 0)
    assert len(open_ranges(stand)) == 1
    stand.update_stream_mode(StreamARN=ARN, StreamModeDetails=ON_DEMAND)
    stand.clock.advance(60)
    write(stand, 600, 0)
    assert len(open_ranges(stand)) == 2
    stand.update_stream_mode(StreamARN=ARN, StreamModeDetails={"StreamMode": "PROVISIONED"})
    write(stand, 600, 0)
    write(stand, 600, 0)
    assert len(open_ranges(stand)) == 2


def test_shards_are_merged_when_thirty_days_had_no_need_of_them(on_demand: Stand) -> None:
    starts = [number * QUARTER for number in range(4)]
    write(on_demand, 2040, *starts)
    on_demand.clock.advance(15 * DAY_S)
    write(on_demand, 600, 0)
    on_demand.reopen()
    assert len(open_ranges(on_demand)) == 9
    on_demand.clock.advance(14 * DAY_S)
    assert len(open_ranges(on_demand)) == 9  # there is room for twice the peak of 2.04 shards, and more
    on_demand.clock.advance(2 * DAY_S)
    assert len(open_ranges(on_demand)) == 4
    on_demand.clock.advance(60 * DAY_S)
    assert len(open_ranges(on_demand)) == 4


def test_warm_throughput_needs_a_commitment(stand: Stand) -> None:
    stand.create_stream(StreamName="wind")
    text = f"^Account {ACCOUNT} is not enabled for minimum throughput billing commitment$"
    with pytest.raises(ValidationException, match=text):
        stand.update_stream_warm_throughput(StreamName="wind", WarmThroughputMiBps=8)
    with pytest.raises(ValidationException, match=text):
        stand.create_stream(StreamName="sun", WarmThroughputMiBps=8)
    assert "WarmThroughput" not in stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]


@pytest.fixture
def committed(make_stand: Callable[..., Stand]) -> Stand:
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    return stand


def warm(stand: Stand) -> tuple[str, int, dict[str, int]]:
    summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    return summary["StreamStatus"], summary["OpenShardCount"], summary["WarmThroughput"]


def test_update_stream_warm_throughput_scales_up_and_down(committed: Stand) -> None:
    committed.create_stream(StreamName="wind")
    assert committed.update_stream_warm_throughput(StreamARN=ARN, WarmThroughputMiBps=8) == {
        "StreamName": "wind",
        "StreamARN": ARN,
        "WarmThroughput": {"TargetMiBps": 8, "CurrentMiBps": 4},
    }
    assert warm(committed) == ("UPDATING", 4, {"TargetMiBps": 8, "CurrentMiBps": 4})
    with pytest.raises(ResourceInUseException):
        committed.update_stream_warm_throughput(StreamARN=ARN, WarmThroughputMiBps=9)
    committed.clock.advance(0.5)
    assert warm(committed) == ("ACTIVE", 8, {"TargetMiBps": 8, "CurrentMiBps": 8})
    committed.update_stream_warm_throughput(StreamARN=ARN, WarmThroughputMiBps=0)
    committed.clock.advance(1)
    assert warm(committed) == ("ACTIVE", 4, {"TargetMiBps": 0, "CurrentMiBps": 0})


def test_stream_is_created_warm(committed: Stand) -> None:
    committed.create_stream(StreamName="wind", WarmThroughputMiBps=6, RecordDistributionStrategy="USER_PARTITION_KEY")
    assert warm(committed) == ("ACTIVE", 6, {"TargetMiBps": 6, "CurrentMiBps": 6})


def test_stream_becomes_warm_with_its_mode(committed: Stand) -> None:
    committed.stream()
    committed.update_stream_mode(StreamARN=ARN, StreamModeDetails=ON_DEMAND, WarmThroughputMiBps=5)
    committed.clock.advance(0.5)
    assert warm(committed) == ("ACTIVE", 5, {"TargetMiBps": 5, "CurrentMiBps": 5})


def test_warm_throughput_of_a_provisioned_stream_or_of_too_much(committed: Stand) -> None:
    committed.stream()
    with pytest.raises(ValidationException, match="StreamMode=ON_DEMAND"):
        committed.update_stream_warm_throughput(StreamName="wind", WarmThroughputMiBps=1)
    with pytest.raises(ValidationException, match="StreamMode=ON_DEMAND"):
        committed.create_stream(StreamName="sun", ShardCount=1, WarmThroughputMiBps=1)
    with pytest.raises(LimitExceededException, match="10240 MiB/s"):
        committed.create_stream(StreamName="sun", WarmThroughputMiBps=10_241)
    with pytest.raises(InvalidArgumentException, match="RecordDistributionStrategy"):
        committed.create_stream(StreamName="sun", ShardCount=1, RecordDistributionStrategy="USER_PARTITION_KEY")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 10_000), st.integers(1, 500)), max_size=20))
def test_load_measures_all_that_was_counted(counted: list[tuple[int, int, int]]) -> None:
    load = Load()
    assert load.take(1000, 60_000) is None
    for index, size, records in counted:
        load.count(index, size, records)
    assert load.take(60_999, 60_000) is None
    measured = load.take(121_000, 60_000)
    assert measured is not None
    assert sum(each.bytes_per_s for each in measured.values()) == pytest.approx(sum(x[1] for x in counted) / 120)
    assert sum(each.records_per_s for each in measured.values()) == pytest.approx(sum(x[2] for x in counted) / 120)
    assert load.take(181_000, 60_000) == {}


def test_written_in_shards_is_what_is_scarcer() -> None:
    assert Written(MIB / 2, 100).shards == 0.5
    assert Written(100, 2000).shards == 2
