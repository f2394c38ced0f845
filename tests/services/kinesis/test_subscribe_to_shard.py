"""SubscribeToShard on its own: where it starts, what it sends and when, who may subscribe, and how it ends."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.services.kinesis.stand import Stand
from tests.services.kinesis.subscriber import Loop, Subscriber

from afluente.services.kinesis.error import (
    DryRunOperationException,
    InvalidArgumentException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from afluente.services.kinesis.lease import Lease
from afluente.services.kinesis.throughput import Bucket

Make = Callable[..., Stand]
Subscribe = Callable[..., Subscriber]
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/wind"
MIB = 1 << 20


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.stop()


@pytest.fixture
def stand(make_stand: Make) -> Stand:
    stand = make_stand()
    stand.stream("wind")
    return stand


def register(stand: Stand, name: str = "reader") -> str:
    return str(stand.register_stream_consumer(StreamARN=ARN, ConsumerName=name)["Consumer"]["ConsumerARN"])


@pytest.fixture
def subscribe(stand: Stand, loop: Loop) -> Iterator[Subscribe]:
    subscribers: list[Subscriber] = []
    arns: dict[str, str] = {}

    def start(kind: str = "TRIM_HORIZON", name: str = "reader", shard: int = 0, **position: Any) -> Subscriber:
        if name not in arns:
            arns[name] = register(stand, name)
        answer = stand.subscribe_to_shard(
            ConsumerARN=arns[name],
            ShardId=f"shardId-{shard:012d}",
            StartingPosition={"Type": kind, **position},
        )
        subscribers.append(Subscriber(loop, answer))
        return subscribers[-1]

    yield start
    for subscriber in subscribers:
        subscriber.close()


# What is sent, and where it starts


def test_records_are_sent_as_they_come(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("LATEST")
    (first,) = stand.put(b"one")
    event = subscriber.next()
    assert event is not None
    assert event["Records"] == [
        {
            "SequenceNumber": first["SequenceNumber"],
            "ApproximateArrivalTimestamp": stand.clock.now_ms() / 1000,
            "Data": b"one",
            "PartitionKey": "key",
        }
    ]
    assert (event["ContinuationSequenceNumber"], event["MillisBehindLatest"]) == (first["SequenceNumber"], 0)
    stand.put(b"two", b"three")
    assert subscriber.records(2) == [b"two", b"three"]


def test_records_of_a_waiting_subscriber_wake_it(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("LATEST")
    subscriber.ask()
    stand.put(b"one")
    assert subscriber.records(1) == [b"one"]


def test_starting_positions(stand: Stand, subscribe: Subscribe) -> None:
    (first,) = stand.put(b"one")
    stand.clock.advance(10)
    (second,) = stand.put(b"two")
    now = datetime.fromtimestamp(stand.clock.now_ms() / 1000, UTC)
    stand.clock.advance(10)
    everything, last = [b"one", b"two", b"three"], [b"three"]
    stand.put(b"three")
    number, later = first["SequenceNumber"], second["SequenceNumber"]
    assert subscribe("TRIM_HORIZON", "a").records(3) == everything
    assert subscribe("AT_SEQUENCE_NUMBER", "b", SequenceNumber=number).records(3) == everything
    assert subscribe("AFTER_SEQUENCE_NUMBER", "c", SequenceNumber=later).records(1) == last
    assert subscribe("AT_TIMESTAMP", "d", Timestamp=now).records(2) == [b"two", b"three"]
    assert subscribe("AT_TIMESTAMP", "e", Timestamp=datetime(2000, 1, 1, tzinfo=UTC)).records(3) == everything
    latest = subscribe("LATEST", "f")
    stand.put(b"four")
    assert latest.records(1) == [b"four"]


def test_latest_is_when_it_was_asked_for(stand: Stand, subscribe: Subscribe) -> None:
    stand.put(b"before")
    subscriber = subscribe("LATEST")
    stand.put(b"after")  # before the gateway asks for the first event
    assert subscriber.records(1) == [b"after"]


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
@pytest.mark.parametrize("beats", [0, 1, 3])
def test_continuation_neither_repeats_nor_loses(stand: Stand, subscribe: Subscribe, kind: str, beats: int) -> None:
    """AT what an event with records says gives its last record again, as AWS does; after a heartbeat it does not."""
    subscriber = subscribe("TRIM_HORIZON", "first")
    stand.put(b"one", b"two")
    event = subscriber.next()
    for _ in range(beats):
        stand.clock.advance(5)
        event = subscriber.next()
    assert event is not None
    again = subscribe(kind, "second", SequenceNumber=event["ContinuationSequenceNumber"])
    stand.put(b"three")
    repeated = [b"two"] if kind == "AT_SEQUENCE_NUMBER" and not beats else []
    assert again.records(len(repeated) + 1) == [*repeated, b"three"]


def test_millis_behind_latest(stand: Stand, subscribe: Subscribe) -> None:
    for _ in range(3):
        stand.put(b"x" * (MIB - 100))
        stand.clock.advance(1)
    subscriber = subscribe("TRIM_HORIZON")
    behind = [
        event["MillisBehindLatest"] for event in (subscriber.next(), subscriber.next(), subscriber.next()) if event
    ]
    assert behind == [3000, 2000, 0]


def test_wrong_starting_positions(stand: Stand, subscribe: Subscribe) -> None:
    now = datetime.fromtimestamp(stand.clock.now_ms() / 1000 + 60, UTC)
    for kind, position, text in (
        ("AT_SEQUENCE_NUMBER", {}, "no StartingSequenceNumber"),
        ("AT_SEQUENCE_NUMBER", {"SequenceNumber": "7"}, "used in SubscribeToShard on shard"),
        ("LATEST", {"SequenceNumber": "7"}, "also a StartingSequenceNumber"),
        ("AT_TIMESTAMP", {}, "has no timestamp parameter"),
        ("AT_TIMESTAMP", {"Timestamp": now}, "cannot be greater"),
    ):
        with pytest.raises(InvalidArgumentException, match=text):
            subscribe(kind, **position)


# Time


def test_heartbeats_every_five_seconds_with_numbers_that_advance(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("TRIM_HORIZON")
    subscriber.ask()
    numbers = []
    for _ in range(4):
        stand.clock.advance(5)
        event = subscriber.next()
        assert event is not None
        assert (event["Records"], event["MillisBehindLatest"], "ChildShards" in event) == ([], 0, False)
        numbers.append(int(event["ContinuationSequenceNumber"]))
    assert sorted(set(numbers)) == numbers
    (put,) = stand.put(b"one")
    assert int(put["SequenceNumber"]) > numbers[-1]


def test_heartbeats_count_from_the_last_event(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("LATEST")
    stand.clock.advance(4)
    stand.put(b"one")
    assert subscriber.records(1) == [b"one"]
    subscriber.ask()
    stand.clock.advance(4)
    stand.put(b"two")
    assert subscriber.records(1) == [b"two"]
    stand.clock.advance(5)
    event = subscriber.next()
    assert event is not None
    assert event["Records"] == []


def test_five_minutes_and_no_more(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("LATEST")
    stand.clock.advance(299)
    stand.put(b"just in time")
    assert subscriber.records(1) == [b"just in time"]
    subscriber.ask()
    stand.clock.advance(1)
    assert subscriber.next() is None


def test_two_mib_per_second(make_stand: Make, loop: Loop) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream("wind")
    for _ in range(8):
        stand.put(b"x" * (MIB - 10), key="k")
        stand.clock.advance(1.1)
    consumer = register(stand)
    request = {"ShardId": "shardId-000000000000", "StartingPosition": {"Type": "TRIM_HORIZON"}}
    subscriber = Subscriber(loop, stand.subscribe_to_shard(ConsumerARN=consumer, **request))
    began_ms, sent_ms = stand.clock.now_ms(), []

    def take() -> None:
        event = subscriber.next()
        assert event is not None
        arrived_ms = round(event["Records"][0]["ApproximateArrivalTimestamp"] * 1000)
        sent_ms.append(arrived_ms + event["MillisBehindLatest"])

    for _ in range(60):
        subscriber.ask()
        stand.clock.advance(0.1)
        if not subscriber.is_waiting() and len(sent_ms) < 7:
            take()
    while len(sent_ms) < 7:  # the eighth is the last, and not behind
        stand.clock.advance(0.6)
        take()
    due_ms = [max(0, number - 3) * 500 - 1 for number in range(1, 8)]
    assert all(sent - began_ms >= due for sent, due in zip(sent_ms, due_ms, strict=False)), (began_ms, sent_ms)
    subscriber.close()


def test_lease_gives_two_mib_per_second_and_wants_debts_paid() -> None:
    lease = Lease(0, Bucket(2 * MIB, 2 * MIB))
    assert lease.ready_at_ms(1000) == 1000
    lease.sent(5 * MIB)
    assert lease.ready_at_ms(1000) == 2501
    assert lease.ready_at_ms(2501) == 2501
    lease.sent(1)
    assert lease.ready_at_ms(2501) == 2501


# Who may subscribe


def test_again_within_five_seconds_is_refused_then_takes_over(stand: Stand, subscribe: Subscribe) -> None:
    first = subscribe("LATEST")
    first.ask()
    stand.clock.advance(4.9)
    text = "Another active subscription exists for this consumer: 000000000000:wind:shardId-000000000000:reader"
    with pytest.raises(ResourceInUseException, match=text):
        subscribe("LATEST")
    stand.clock.advance(0.1)
    assert first.next() is not None
    first.ask()
    second = subscribe("LATEST")
    assert first.next() is None
    stand.put(b"one")
    assert second.records(1) == [b"one"]


def test_again_within_five_seconds_is_refused_though_the_first_is_gone(stand: Stand, subscribe: Subscribe) -> None:
    first = subscribe("LATEST")
    first.ask()
    first.close()
    with pytest.raises(ResourceInUseException):
        subscribe("LATEST")
    stand.clock.advance(5)
    subscribe("LATEST")


def test_consumers_and_shards_do_not_disturb_each_other(stand: Stand, subscribe: Subscribe) -> None:
    stand.split()
    subscribers = [subscribe("TRIM_HORIZON", name, shard) for name in ("a", "b") for shard in (1, 2)]
    keys = [str(number) for number in range(20)]
    for key in keys:
        stand.put(key.encode(), key=key)
    for first, second in (subscribers[:2], subscribers[2:]):
        found = first.records(1) + second.records(1)
        while len(found) < 20:
            found += first.records(1) if len(found) % 2 else second.records(1)
        assert sorted(found) == sorted(key.encode() for key in keys)


def test_only_an_active_consumer_of_an_active_stream(make_stand: Make) -> None:
    stand = make_stand(kinesis_create_delay_ms=500, kinesis_delete_delay_ms=500)
    stand.stream("wind")
    stand.clock.advance(0.5)
    arn = register(stand)
    request = {"ShardId": "shardId-000000000000", "StartingPosition": {"Type": "LATEST"}}
    text = (
        "Consumer reader with creation timestamp 1790000000 under stream: wind , account 000000000000 is not in ACTIVE"
    )
    with pytest.raises(ResourceInUseException, match=text):
        stand.subscribe_to_shard(ConsumerARN=arn, **request)
    stand.clock.advance(0.5)
    with pytest.raises(ResourceNotFoundException, match="Shard shardId-000000000007 in stream wind"):
        stand.subscribe_to_shard(ConsumerARN=arn, **{**request, "ShardId": "shardId-000000000007"})
    with pytest.raises(ResourceNotFoundException, match="Consumer reader under stream: wind"):
        stand.subscribe_to_shard(ConsumerARN=f"{arn}0", **request)
    stand.deregister_stream_consumer(ConsumerARN=arn)
    with pytest.raises(ResourceInUseException):
        stand.subscribe_to_shard(ConsumerARN=arn, **request)
    stand.clock.advance(0.5)
    with pytest.raises(ResourceNotFoundException):
        stand.subscribe_to_shard(ConsumerARN=arn, **request)
    stand.delete_stream(StreamName="wind")
    with pytest.raises(ResourceNotFoundException):
        stand.subscribe_to_shard(ConsumerARN=arn, **request)


def test_dry_run_subscribes_nobody(stand: Stand) -> None:
    arn = register(stand)
    request = {"ConsumerARN": arn, "ShardId": "shardId-000000000000"}
    for _ in range(2):
        with pytest.raises(DryRunOperationException):
            stand.subscribe_to_shard(**request, StartingPosition={"Type": "AT_SEQUENCE_NUMBER"}, DryRun=True)


# How it ends


def test_end_of_a_closed_shard(stand: Stand, subscribe: Subscribe) -> None:
    stand.put(b"one")
    subscriber = subscribe("TRIM_HORIZON")
    assert subscriber.records(1) == [b"one"]
    subscriber.ask()
    stand.split()
    event = subscriber.next()
    assert event is not None
    assert (event["Records"], "ContinuationSequenceNumber" in event) == ([], False)
    assert [child["ShardId"] for child in event["ChildShards"]] == ["shardId-000000000001", "shardId-000000000002"]
    assert [child["ParentShards"] for child in event["ChildShards"]] == [["shardId-000000000000"]] * 2
    assert subscriber.next() is None


def test_all_of_a_closed_shard_comes_before_its_end(stand: Stand, subscribe: Subscribe) -> None:
    for number in range(4):
        stand.put(b"%d" % number + b"x" * (MIB - 100))
    stand.split()
    subscriber = subscribe("TRIM_HORIZON")
    assert [data[:1] for data in subscriber.records(4)] == [b"0", b"1", b"2", b"3"]
    event = subscriber.next()
    assert event is not None
    assert len(event["ChildShards"]) == 2


def test_deleted_stream_ends_the_answer(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("LATEST")
    subscriber.ask()
    stand.delete_stream(StreamName="wind", EnforceConsumerDeletion=True)
    assert subscriber.next() is None


def test_deregistered_consumer_goes_on_until_its_time_is_up(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("LATEST")
    stand.deregister_stream_consumer(StreamARN=ARN, ConsumerName="reader")
    stand.put(b"one")
    assert subscriber.records(1) == [b"one"]
    subscriber.ask()
    stand.clock.advance(300)
    assert subscriber.next() is None


def test_shard_past_retention_ends_with_its_children(stand: Stand, subscribe: Subscribe) -> None:
    stand.put(b"one")
    stand.split()
    stand.clock.advance(25 * 3600)
    with pytest.raises(ResourceNotFoundException):
        subscribe("TRIM_HORIZON")
    assert subscribe("TRIM_HORIZON", "other", 1) is not None


def test_records_past_retention_are_passed_over(stand: Stand, subscribe: Subscribe) -> None:
    stand.put(b"old")
    stand.clock.advance(25 * 3600)
    stand.put(b"new")
    assert subscribe("TRIM_HORIZON").records(1) == [b"new"]


# Load and form


def test_what_is_measured_of_a_consumer(stand: Stand, subscribe: Subscribe) -> None:
    subscriber = subscribe("LATEST")
    with pytest.raises(ResourceInUseException):
        subscribe("LATEST")
    stand.put(b"one", b"three")
    subscriber.records(2)
    subscriber.ask()
    stand.clock.advance(5)
    subscriber.next()
    wanted = (("ConsumerName", "reader"), ("StreamName", "wind"))
    points = [point for point in stand.metrics.drain() if point.metric.dimensions == wanted]
    found = {point.metric.name: (point.statistics.samples, point.statistics.total) for point in points}
    assert found == {
        "SubscribeToShard.RateExceeded": (2, 1),
        "SubscribeToShard.Success": (2, 1),
        "SubscribeToShardEvent.Bytes": (2, 3 + 5 + 2 * 3),
        "SubscribeToShardEvent.MillisBehindLatest": (2, 0),
        "SubscribeToShardEvent.Records": (2, 2),
        "SubscribeToShardEvent.Success": (2, 2),
    }


def test_a_thousand_subscriptions_without_threads_of_their_own(stand: Stand, loop: Loop) -> None:
    import threading

    from afluente.services.kinesis.consumer import Consumer

    (shard,) = stand.engine.control.find(("000000000000", "us-east-1", "wind")).stream.shards
    live = stand.engine.control.find(("000000000000", "us-east-1", "wind"))
    subscribers = []
    for number in range(1000):
        consumer = Consumer(name=f"c{number}", created_s=1, active_at_ms=0)
        events = stand.engine.fan_out.subscribe(live, consumer, shard, 0)
        subscribers.append(Subscriber(loop, {"EventStream": type("Answer", (), {"events": events})}))
    for subscriber in subscribers:
        subscriber.ask()
    threads = threading.active_count()
    stand.put(b"one")
    assert all(subscriber.records(1) == [b"one"] for subscriber in subscribers)
    for subscriber in subscribers:
        subscriber.ask()
    stand.clock.advance(5)
    assert all(subscriber.next() for subscriber in subscribers)
    assert threading.active_count() <= threads + 2
    for subscriber in subscribers:
        subscriber.close()
    assert live.listeners == {}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.binary(max_size=50), min_size=1, max_size=30), min_size=1, max_size=6))
def test_json_and_cbor_say_the_same(stand: Stand, batches: list[list[bytes]]) -> None:
    import base64
    import json

    from afluente.services.kinesis.fan_out import GivenEvent

    stream = stand.engine.control.find(("000000000000", "us-east-1", "wind")).stream
    (shard,) = stream.shards
    start = stand.log.end(shard.partition)
    for batch in batches:
        stand.put(*batch, key="é")
    read = stand.engine.read(shard.partition, start, MIB, 10_000)
    event = GivenEvent(stream, read, 7)
    plain, binary = json.loads(event.json()), cbor2.loads(event.cbor(), semantic_decoders={1: lambda value, _: value})
    for record in plain["Records"]:
        record["Data"] = base64.b64decode(record["Data"])
        record["ApproximateArrivalTimestamp"] = round(record["ApproximateArrivalTimestamp"] * 1000)
    assert plain == binary
    assert [record["Data"] for record in plain["Records"]] == [data for batch in batches for data in batch]
    assert plain["ContinuationSequenceNumber"] == plain["Records"][-1]["SequenceNumber"]
