"""SubscribeToShard as clients see it: boto3 over HTTP/1.1, many streams over HTTP/2, CBOR."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError
from tests.gateway.http2_client import Http2Client, rpc_fields

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.store.record_log import CorruptFrame

Clients = Callable[..., Any]
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/wind"
FIRST = "shardId-000000000000"
CBOR = "application/x-amz-cbor-1.1"


@pytest.fixture
def kinesis(client: Clients) -> Any:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    return kinesis


@pytest.fixture
def consumer(kinesis: Any) -> str:
    return str(kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="reader")["Consumer"]["ConsumerARN"])


@pytest.fixture
def http2(app: App, kinesis: Any) -> Iterator[Http2Client]:
    client = Http2Client(int(app.endpoint.rpartition(":")[2]))
    yield client
    client.close()


Subscribe = Callable[..., Any]


@pytest.fixture
def subscribe() -> Iterator[Subscribe]:
    """Streams of boto3, closed with the test."""
    streams: list[Any] = []

    def start(kinesis: Any, consumer: str, kind: str = "TRIM_HORIZON", shard: str = FIRST) -> Any:
        answer = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=shard, StartingPosition={"Type": kind})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        streams.append(answer["EventStream"])
        return streams[-1]

    yield start
    for stream in streams:
        stream.close()


def read(events: Any) -> Any:
    """The next event of a boto3 stream."""
    return next(iter(events))["SubscribeToShardEvent"]


def test_boto3_reads_records_and_heartbeats(
    kinesis: Any, consumer: str, clock: ManualClock, subscribe: Subscribe
) -> None:
    put = kinesis.put_record(StreamName="wind", Data=b"\x00\xff", PartitionKey="é")
    events = subscribe(kinesis, consumer)
    event = read(events)
    (record,) = event["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"\x00\xff", "é")
    assert record["SequenceNumber"] == put["SequenceNumber"] == event["ContinuationSequenceNumber"]
    assert record["ApproximateArrivalTimestamp"].timestamp() * 1000 == clock.now_ms()
    for _ in range(3):
        clock.advance(5)
        assert read(events)["Records"] == []
    kinesis.put_records(StreamName="wind", Records=[{"Data": b"%d" % n, "PartitionKey": "k"} for n in range(5)])
    assert [record["Data"] for record in read(events)["Records"]] == [b"0", b"1", b"2", b"3", b"4"]
    clock.advance(300)
    assert list(events) == []


def test_boto3_follows_a_split(kinesis: Any, consumer: str, subscribe: Subscribe) -> None:
    kinesis.put_record(StreamName="wind", Data=b"parent", PartitionKey="k")
    kinesis.split_shard(StreamName="wind", ShardToSplit=FIRST, NewStartingHashKey=str(1 << 127))
    kinesis.put_record(StreamName="wind", Data=b"child", PartitionKey="k", ExplicitHashKey="0")
    first, last = [event["SubscribeToShardEvent"] for event in subscribe(kinesis, consumer)]
    assert [record["Data"] for record in first["Records"]] == [b"parent"]
    assert "ContinuationSequenceNumber" not in last
    child, _ = last["ChildShards"]
    assert child["HashKeyRange"]["StartingHashKey"] == "0"
    (record,) = read(subscribe(kinesis, consumer, shard=child["ShardId"]))["Records"]
    assert record["Data"] == b"child"


def test_boto3_is_refused_and_takes_over(kinesis: Any, consumer: str, clock: ManualClock, subscribe: Subscribe) -> None:
    first = subscribe(kinesis, consumer, "LATEST")
    with pytest.raises(ClientError, match="Another active subscription exists for this consumer") as error:
        subscribe(kinesis, consumer, "LATEST")
    assert error.value.response["Error"]["Code"] == "ResourceInUseException"
    clock.advance(5)
    subscribe(kinesis, consumer, "LATEST")
    assert [event["SubscribeToShardEvent"]["Records"] for event in first] in ([], [[]])  # a heartbeat may be first


def test_deleted_stream_ends_what_boto3_reads(kinesis: Any, consumer: str, subscribe: Subscribe) -> None:
    events = subscribe(kinesis, consumer)
    kinesis.delete_stream(StreamName="wind", EnforceConsumerDeletion=True)
    assert list(events) == []


def test_fault_on_the_way_is_an_exception(
    app: App, kinesis: Any, consumer: str, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise CorruptFrame(Path("a file"), 1, 2, 3)

    monkeypatch.setattr(app._kinesis, "read", broken)
    events = subscribe(kinesis, consumer)
    kinesis.put_record(StreamName="wind", Data=b"x", PartitionKey="k")
    with pytest.raises(EventStreamError, match="InternalFailureException") as error:
        read(events)
    assert "a file" not in str(error.value)


def test_stop_ends_open_subscriptions_cleanly(settings: Settings, clock: ManualClock, subscribe: Subscribe) -> None:
    from tests.conftest import clients

    app = App(settings, clock)
    app.start()
    try:
        kinesis = clients(app.endpoint)("kinesis")
        kinesis.create_stream(StreamName="wind", ShardCount=3)
        consumer = kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="reader")["Consumer"]["ConsumerARN"]
        streams = [subscribe(kinesis, consumer, shard=f"shardId-{shard:012d}") for shard in range(3)]
    finally:
        stopping = threading.Thread(target=app.stop)
        stopping.start()
    assert [list(events) for events in streams] == [[], [], []]
    stopping.join(20)
    assert not stopping.is_alive()


# HTTP/2


def body(consumer: str, kind: str = "LATEST", shard: int = 0) -> dict[str, Any]:
    return {"ConsumerARN": consumer, "ShardId": f"shardId-{shard:012d}", "StartingPosition": {"Type": kind}}


class Frames:
    """The frames of one stream of an HTTP/2 client, as they come."""

    def __init__(self, client: Http2Client, stream: int) -> None:
        self._client = client
        self._response = client.responses[stream]
        self._buffer = EventStreamBuffer()
        self._taken = 0

    def next(self) -> Any:
        while True:
            self._buffer.add_data(self._response.body[self._taken :])
            self._taken = len(self._response.body)
            frame = next(self._buffer, None)
            if frame is not None:
                return frame
            assert not self._response.ended
            self._client.receive()


def test_many_subscriptions_on_one_http2_connection(kinesis: Any, http2: Http2Client, clock: ManualClock) -> None:
    kinesis.update_shard_count(StreamName="wind", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    readers = []
    for number in range(10):
        name = f"reader-{number}"
        arn = kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName=name)["Consumer"]["ConsumerARN"]
        for shard in (1, 2):
            request = cbor2.dumps(body(arn, "TRIM_HORIZON", shard))
            readers.append(Frames(http2, http2.ask(rpc_fields("SubscribeToShard", content_type=CBOR), request)))
    assert [reader.next().headers[":event-type"] for reader in readers] == ["initial-response"] * 20
    for hash_key in ("0", str(1 << 127)):
        kinesis.put_record(StreamName="wind", Data=b"wind", PartitionKey="k", ExplicitHashKey=hash_key)
    for reader in readers:
        event = loads(reader.next().payload)
        assert [record["Data"] for record in event["Records"]] == [b"wind"]
    clock.advance(5)
    assert all(loads(reader.next().payload)["Records"] == [] for reader in readers)


def loads(payload: bytes) -> Any:
    """CBOR whose timestamps are left as they came: AWS tags milliseconds as if they were seconds."""
    return cbor2.loads(payload, semantic_decoders={1: lambda value, _: ("tag 1", value)})


def test_events_in_cbor_byte_by_byte(kinesis: Any, consumer: str, http2: Http2Client, clock: ManualClock) -> None:
    request = (
        b"\xbf" + cbor2.dumps("ConsumerARN") + cbor2.dumps(consumer) + cbor2.dumps("ShardId") + cbor2.dumps(FIRST)
        + cbor2.dumps("StartingPosition")
        + b"\xbf" + cbor2.dumps("Type") + cbor2.dumps("AT_TIMESTAMP") + cbor2.dumps("Timestamp")
        + b"\xc1\x1b" + clock.now_ms().to_bytes(8, "big") + b"\xff\xff"
    )  # fmt: skip
    stream = http2.ask(rpc_fields("SubscribeToShard", content_type=CBOR), request)
    frames = Frames(http2, stream)
    first = frames.next()
    assert (first.headers[":content-type"], first.payload) == (CBOR, b"\xbf\xff")
    put = kinesis.put_record(StreamName="wind", Data=b"\x00\xff", PartitionKey="k")
    frame = frames.next()
    assert frame.headers[":content-type"] == CBOR
    number = cbor2.dumps(put["SequenceNumber"])
    assert frame.payload == (
        b"\xbf" + cbor2.dumps("Records")
        + b"\x9f\xbf" + cbor2.dumps("SequenceNumber") + number
        + cbor2.dumps("ApproximateArrivalTimestamp") + b"\xc1\x1b" + clock.now_ms().to_bytes(8, "big")
        + cbor2.dumps("Data") + b"\x42\x00\xff" + cbor2.dumps("PartitionKey") + b"\x61k" + b"\xff\xff"
        + cbor2.dumps("ContinuationSequenceNumber") + number + cbor2.dumps("MillisBehindLatest") + b"\x00\xff"
    )  # fmt: skip
    assert http2.responses[stream].headers["content-type"] == "application/vnd.amazon.eventstream"


def test_refusal_in_cbor(consumer: str, http2: Http2Client) -> None:
    request = cbor2.dumps(body(f"{consumer}0"))
    response = http2.answer(rpc_fields("SubscribeToShard", content_type=CBOR), request)
    assert (response.status, response.headers["content-type"]) == (400, CBOR)
    assert loads(response.body)["__type"] == "ResourceNotFoundException"
