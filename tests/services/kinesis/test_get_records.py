from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.services.kinesis.stand import Stand

from afluente.core.clock import utc
from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.error import (
    ExpiredIteratorException,
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
)
from afluente.services.kinesis.sequence_number import SequenceNumber

HOUR_S = 3600


@pytest.fixture
def numbers(stand: Stand) -> list[str]:
    """Three batches of two records, a minute apart: b"0" to b"5", by their sequence numbers."""
    stand.stream()
    found = []
    for batch in range(3):
        found += stand.put(b"%d" % (2 * batch), b"%d" % (2 * batch + 1))
        stand.clock.advance(60)
    return [each["SequenceNumber"] for each in found]


def test_iterator_at_trim_horizon_and_latest(stand: Stand, numbers: list[str]) -> None:
    latest = stand.iterator("LATEST")
    assert stand.read("TRIM_HORIZON") == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert stand.read("LATEST") == []
    stand.put(b"6")
    page = stand.get_records(ShardIterator=latest)
    assert [record["Data"] for record in page["Records"]] == [b"6"]


@pytest.mark.parametrize("index", range(6))
def test_iterator_at_and_after_a_sequence_number(stand: Stand, numbers: list[str], index: int) -> None:
    everything = [b"%d" % number for number in range(6)]
    assert stand.read("AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[index]) == everything[index:]
    assert stand.read("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[index]) == everything[index + 1 :]


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_iterator_at_the_shards_starting_sequence_number(stand: Stand, numbers: list[str], kind: str) -> None:
    (shard,) = stand.list_shards(StreamName="wind")["Shards"]
    starting = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    assert len(stand.read(kind, StartingSequenceNumber=starting)) == 6


@pytest.mark.parametrize(("seconds_ago", "first"), [(10_000, 0), (180, 0), (179.999, 2), (120, 2), (60, 4), (59, 6)])
def test_iterator_at_a_timestamp(stand: Stand, numbers: list[str], seconds_ago: float, first: int) -> None:
    timestamp = utc(stand.clock.now_ms()) - timedelta(seconds=seconds_ago)
    assert stand.read("AT_TIMESTAMP", Timestamp=timestamp) == [b"%d" % number for number in range(first, 6)]


def test_iterator_at_a_timestamp_to_come(stand: Stand) -> None:
    stand.stream()
    now_ms = stand.clock.now_ms()
    with pytest.raises(InvalidArgumentException) as error:
        stand.iterator("AT_TIMESTAMP", Timestamp=utc(now_ms + 1))
    assert error.value.message == (
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
        f"timestampInMillis: {now_ms + 1}, currentTimestampInMillis: {now_ms}"
    )


@pytest.mark.parametrize(
    ("kind", "members", "text"),
    [
        ("AT_SEQUENCE_NUMBER", {}, "Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber."),
        ("LATEST", {"StartingSequenceNumber": "1"}, "Request specified LATEST and also a StartingSequenceNumber."),
        ("AT_TIMESTAMP", {}, "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP."),
        ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": "1"}, "StartingSequenceNumber 1 used in GetShardIterator"),
    ],
)
def test_iterator_with_members_that_do_not_fit(stand: Stand, kind: str, members: dict[str, Any], text: str) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException, match=text):
        stand.iterator(kind, **members)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ((0, 1, 0, 0), "It encodes shardId-000000000001, while it was used in a call to a shard with shardId-0000"),
        ((7, 0, 0, 0), "is invalid because it did not come from this stream"),
        ((0, 0, 1, 0), "is invalid because it did not come from this stream"),
    ],
)
def test_iterator_at_a_number_from_elsewhere(
    stand: Stand, numbers: list[str], change: tuple[int, ...], text: str
) -> None:
    last = sequence_number.parse(numbers[-1])
    other = str(SequenceNumber(*map(sum, zip(last, change, strict=True))))
    with pytest.raises(InvalidArgumentException, match=text):
        stand.iterator("AT_SEQUENCE_NUMBER", StartingSequenceNumber=other)


@pytest.mark.parametrize(
    ("shard_id", "text"),
    [
        ("shardId-000000000001", "Shard shardId-000000000001 in stream wind under account 000000000000 does not exist"),
        ("nonsense", "Could not find shard nonsense in stream wind under account 000000000000."),
        ("shardId-" + "9" * 100, "Could not find shard"),
    ],
)
def test_iterator_of_no_shard(stand: Stand, shard_id: str, text: str) -> None:
    stand.stream()
    with pytest.raises(ResourceNotFoundException, match=text):
        stand.get_shard_iterator(StreamName="wind", ShardId=shard_id, ShardIteratorType="LATEST")


def test_get_records_pages_without_loss_or_repeat(stand: Stand, numbers: list[str]) -> None:
    pages: list[list[bytes]] = []
    iterator = stand.iterator()
    for _ in range(4):
        page = stand.get_records(ShardIterator=iterator, Limit=2 if pages else 1)
        pages.append([record["Data"] for record in page["Records"]])
        iterator = page["NextShardIterator"]
    assert pages == [[b"0"], [b"1", b"2"], [b"3", b"4"], [b"5"]]
    again = stand.get_records(ShardIterator=iterator)
    assert (again["Records"], again["MillisBehindLatest"]) == ([], 0)
    stand.put(b"6")
    page = stand.get_records(ShardIterator=again["NextShardIterator"])
    assert [record["Data"] for record in page["Records"]] == [b"6"]


def test_get_records_gives_number_and_arrival_time(stand: Stand) -> None:
    stand.stream()
    arrived = utc(stand.clock.now_ms())
    (result,) = stand.put(b"x")
    stand.clock.advance(5)
    (record,) = stand.get_records(ShardIterator=stand.iterator())["Records"]
    assert record == {
        "SequenceNumber": result["SequenceNumber"],
        "ApproximateArrivalTimestamp": arrived,
        "Data": b"x",
        "PartitionKey": "key",
    }


def test_get_records_says_how_far_behind_it_is(stand: Stand, numbers: list[str]) -> None:
    page = stand.get_records(ShardIterator=stand.iterator(), Limit=2)
    assert page["MillisBehindLatest"] == 180_000
    page = stand.get_records(ShardIterator=page["NextShardIterator"], Limit=3)
    assert page["MillisBehindLatest"] == 60_000
    page = stand.get_records(ShardIterator=page["NextShardIterator"])
    assert page["MillisBehindLatest"] == 0


def test_get_records_gives_ten_mebibytes_at_most(stand: Stand) -> None:
    stand.stream()
    for _ in range(12):
        stand.put(bytes(900_000))
    page = stand.get_records(ShardIterator=stand.iterator())
    assert len(page["Records"]) == 11
    rest = stand.get_records(ShardIterator=page["NextShardIterator"])
    assert len(rest["Records"]) == 1


def test_get_records_gives_ten_thousand_at_most(stand: Stand) -> None:
    stand.stream()
    for _ in range(21):
        stand.put(*[b"x"] * 480)
    page = stand.get_records(ShardIterator=stand.iterator())
    assert len(page["Records"]) == 10_000
    rest = stand.get_records(ShardIterator=page["NextShardIterator"])
    assert len(rest["Records"]) == 21 * 480 - 10_000


def test_get_records_with_an_iterator_in_quotes(stand: Stand, numbers: list[str]) -> None:
    page = stand.get_records(ShardIterator=f'"{stand.iterator()}"')
    assert len(page["Records"]) == 6


def test_get_records_with_an_iterator_of_before_a_restart(stand: Stand, numbers: list[str]) -> None:
    iterator = stand.iterator()
    stand.reopen()
    assert len(stand.get_records(ShardIterator=iterator)["Records"]) == 6


@pytest.mark.parametrize("position", [0, 15, 40, -5])
def test_get_records_with_a_forged_iterator(stand: Stand, position: int) -> None:
    stand.stream()
    iterator = list(stand.iterator())
    iterator[position] = "A" if iterator[position] != "A" else "B"
    with pytest.raises(InvalidArgumentException, match=r"^Invalid ShardIterator\.$"):
        stand.get_records(ShardIterator="".join(iterator))


@pytest.mark.parametrize("iterator", ["x", "AAAA", "é", '"', "A" * 512])
def test_get_records_with_what_is_no_iterator(stand: Stand, iterator: str) -> None:
    with pytest.raises(InvalidArgumentException, match=r"^Invalid ShardIterator\.$"):
        stand.get_records(ShardIterator=iterator)


def test_get_records_with_another_kind_of_token(stand: Stand) -> None:
    stand.stream("a")
    stand.stream("b")
    token = stand.list_streams(Limit=1)["NextToken"]
    with pytest.raises(InvalidArgumentException, match="Invalid ShardIterator"):
        stand.get_records(ShardIterator=token)


def test_get_records_in_another_region(stand: Stand) -> None:
    stand.stream()
    request = {"ShardIterator": stand.iterator()}
    with pytest.raises(InvalidArgumentException, match="Invalid ShardIterator"):
        stand.provider.get_records(stand.call(region="sa-east-1"), request)


def test_get_records_with_an_expired_iterator(stand: Stand) -> None:
    stand.stream()
    iterator = stand.iterator()
    stand.clock.advance(300)
    stand.get_records(ShardIterator=iterator)
    stand.clock.advance(0.001)
    with pytest.raises(ExpiredIteratorException) as error:
        stand.get_records(ShardIterator=iterator)
    assert error.value.message == (
        "Iterator expired. The iterator was created at time Mon Sep 21 14:13:20 UTC 2026 while right now it is "
        "Mon Sep 21 14:18:20 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds."
    )


def test_get_records_with_the_name_at_its_longest(stand: Stand) -> None:
    name = stand.stream("w" * 128)
    stand.put(b"x", stream=name)
    iterator = stand.iterator(stream=name)
    assert len(iterator) <= 512
    assert len(stand.get_records(ShardIterator=iterator)["Records"]) == 1


def test_get_records_of_a_deleting_stream(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_delete_delay_ms=500)
    stand.stream()
    iterator = stand.iterator()
    stand.delete_stream(StreamName="wind")
    with pytest.raises(ResourceNotFoundException, match="Stream wind under account 000000000000 not found"):
        stand.get_records(ShardIterator=iterator)


def test_get_records_more_than_five_times_a_second(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    iterator = stand.iterator()
    for _ in range(5):
        stand.get_records(ShardIterator=iterator)
    with pytest.raises(ProvisionedThroughputExceededException, match="Rate exceeded for shard shardId-000000000000"):
        stand.get_records(ShardIterator=iterator)
    stand.clock.advance(0.2)
    stand.get_records(ShardIterator=iterator)


@pytest.mark.parametrize("halves", [6, 19])
def test_get_records_of_more_than_two_mebibytes_a_second(make_stand: Callable[..., Stand], halves: int) -> None:
    """After a page, nothing is given for as long as it takes at 2 MiB a second: five seconds after one of 10 MiB."""
    stand, pause_s = make_stand(shard_limits=True), halves / 4
    stand.stream()
    for _ in range(halves):
        stand.put(bytes((512 << 10) - 3))  # the key counts too
        stand.clock.advance(1)
    page = stand.get_records(ShardIterator=stand.iterator())
    assert len(page["Records"]) == halves
    for seconds in (0, pause_s - 0.002):
        stand.clock.advance(seconds)
        with pytest.raises(ProvisionedThroughputExceededException):
            stand.get_records(ShardIterator=page["NextShardIterator"])
    stand.clock.advance(0.002)
    stand.get_records(ShardIterator=page["NextShardIterator"])


def test_get_shard_iterator_five_times_a_second(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream(shards=2)
    for _ in range(5):
        stand.iterator()
    with pytest.raises(ProvisionedThroughputExceededException) as error:
        stand.iterator()
    assert (
        error.value.message == "Rate exceeded for shard shardId-000000000000 in stream wind under account 000000000000."
    )
    stand.iterator(shard=1)
    stand.clock.advance(0.2)
    stand.iterator()


def test_records_expire_after_the_retention_period(stand: Stand) -> None:
    stand.stream()
    stand.put(b"old")
    stand.clock.advance(12 * HOUR_S)
    stand.put(b"newer")
    stand.clock.advance(12 * HOUR_S)
    assert stand.read() == [b"old", b"newer"]
    stand.clock.advance(0.001)
    assert stand.read() == [b"newer"]
    stand.clock.advance(60)
    (shard,) = stand.engine.shards("000000000000", "us-east-1", "wind")
    assert [frame.position for frame in stand.log.read(shard.partition, 0, 1000)] == [1]


def test_records_that_expired_make_way_for_none_of_their_numbers(stand: Stand) -> None:
    stand.stream()
    (old,) = stand.put(b"old")
    stand.clock.advance(25 * HOUR_S)
    stand.reopen()
    (new,) = stand.put(b"new")
    assert int(new["SequenceNumber"]) > int(old["SequenceNumber"])
    assert stand.read() == [b"new"]
    assert stand.read("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=old["SequenceNumber"]) == [b"new"]


def test_a_longer_retention_period_keeps_records(stand: Stand) -> None:
    stand.stream()
    stand.put(b"kept")
    stand.increase_stream_retention_period(StreamName="wind", RetentionPeriodHours=48)
    stand.clock.advance(47 * HOUR_S)
    assert stand.read() == [b"kept"]
    stand.decrease_stream_retention_period(StreamName="wind", RetentionPeriodHours=24)
    assert stand.read() == []


def test_subscribers_are_woken_once_records_are_safe(stand: Stand) -> None:
    stand.stream()
    seen: list[int] = []
    (shard,) = stand.engine.shards("000000000000", "us-east-1", "wind")
    end = stand.engine.subscribe(
        "000000000000", "us-east-1", "wind", lambda: seen.append(stand.log.end(shard.partition))
    )
    stand.put(b"a", b"b")
    assert seen == [2]
    end()
    stand.put(b"c")
    stand.log.close()
    assert seen == [2]


def test_read_gives_whole_records_to_other_services(stand: Stand) -> None:
    stand.stream()
    arrived_at_ms = stand.clock.now_ms()
    results = stand.put(b"a", b"b", b"c", key="é")
    (shard,) = stand.engine.shards("000000000000", "us-east-1", "wind")
    assert (shard.shard_id, shard.parents, shard.next_position, shard.closed) == ("shardId-000000000000", (), 3, False)
    batch = stand.engine.read(shard.partition, 1, 1 << 20)
    expected = [
        (b"%c" % byte, "é", each["SequenceNumber"], arrived_at_ms) for byte, each in zip(b"abc", results, strict=True)
    ]
    assert batch.records == expected[1:]
    assert batch.next_position == 3


def test_shards_are_there_for_other_services_while_the_stream_is_creating(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_create_delay_ms=500)
    stand.stream(shards=2)
    assert len(stand.engine.shards("000000000000", "us-east-1", "wind")) == 2
