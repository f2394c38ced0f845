"""Streaming answers over HTTP/1.1: frames as chunks, their end, backpressure, and who goes away."""

import threading

import pytest
from tests.gateway.conftest import Serve, Wire, rpc
from tests.gateway.streaming import BODY, Streaming, decoded, event

from afluente.core.error import AwsError

WAIT_S = 20


@pytest.fixture
def provider() -> Streaming:
    return Streaming()


def numbers(chunk: bytes) -> list[str]:
    return [frame.headers[":event-type"] for frame in decoded(chunk)]


def subscribed(wire: Wire, **headers: str) -> Wire:
    wire.send(rpc("SubscribeToShard", BODY, **headers))
    answer = wire.head()
    assert (answer.status, answer.headers["content-type"]) == (200, "application/vnd.amazon.eventstream")
    assert "content-length" not in answer.headers
    return wire


def test_each_frame_is_a_chunk_and_is_sent_at_once(serve: Serve, provider: Streaming) -> None:
    wire = subscribed(serve(provider).wire())
    subscription = provider.subscriptions.get()
    assert numbers(wire.chunk()) == ["initial-response"]
    for number in range(3):
        subscription.send(event(number))
        (frame,) = decoded(wire.chunk())
        assert b'"ContinuationSequenceNumber":"%d"' % number in frame.payload


def test_connection_goes_on_after_the_end(serve: Serve, provider: Streaming) -> None:
    wire = subscribed(serve(provider).wire().send(b""))
    wire.send(rpc("ListShards"))  # waits for its turn
    provider.subscriptions.get().send(event(1), None)
    assert [numbers(wire.chunk()) for _ in range(2)] == [["initial-response"], ["SubscribeToShardEvent"]]
    assert wire.chunk() == b""
    assert wire.answer().json == {"Shards": []}


def test_connection_close_is_honoured_after_the_end(serve: Serve, provider: Streaming) -> None:
    wire = subscribed(serve(provider).wire(), Connection="close")
    provider.subscriptions.get().send(None)
    assert [bool(wire.chunk()), wire.chunk()] == [True, b""]
    assert wire.is_closed()


def test_http_1_0_gets_frames_without_chunks(serve: Serve, provider: Streaming) -> None:
    wire = serve(provider).wire().send(rpc("SubscribeToShard", BODY).replace(b"HTTP/1.1", b"HTTP/1.0"))
    answer = wire.head()
    assert "transfer-encoding" not in answer.headers
    provider.subscriptions.get().send(event(1), None)
    assert [frame.headers[":event-type"] for frame in decoded(wire.rest())] == [
        "initial-response",
        "SubscribeToShardEvent",
    ]


def test_error_before_the_first_event_is_a_plain_answer(serve: Serve, provider: Streaming) -> None:
    answer = serve(provider).ask(rpc("SubscribeToShard", b"{}"))
    assert (answer.status, answer.json["__type"]) == (400, "ValidationException")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (AwsError("It is gone.", code="ResourceNotFoundException"), "ResourceNotFoundException", b"It is gone."),
        (ZeroDivisionError("a secret"), "InternalFailureException", b"The cause is in its log."),
    ],
)
def test_error_on_the_way_is_the_last_frame(
    serve: Serve, provider: Streaming, error: Exception, code: str, message: bytes
) -> None:
    wire = subscribed(serve(provider).wire())
    provider.subscriptions.get().send(event(1), error)
    chunks = [wire.chunk() for _ in range(4)]
    (last,) = decoded(chunks[2])
    assert (last.headers[":exception-type"], chunks[3]) == (code, b"")
    assert message in last.payload
    assert b"secret" not in last.payload
    assert wire.send(rpc("ListShards")).answer().json == {"Shards": []}


def test_event_that_cannot_be_encoded_is_a_fault(serve: Serve, provider: Streaming) -> None:
    wire = subscribed(serve(provider).wire())
    subscription = provider.subscriptions.get()
    subscription.send(event(1, 17 << 20))
    wire.chunk()
    (last,) = decoded(wire.chunk())
    assert (last.headers[":exception-type"], wire.chunk()) == ("InternalFailureException", b"")
    subscription.ended.get(timeout=WAIT_S)


def test_client_that_goes_away_ends_the_events(serve: Serve, provider: Streaming) -> None:
    wire = subscribed(serve(provider).wire())
    subscription = provider.subscriptions.get()
    assert subscription.asked.get(timeout=WAIT_S) == 1
    wire.close()
    assert subscription.ended.get(timeout=WAIT_S) is not None


def test_client_that_does_not_read_is_not_read_for(serve: Serve, provider: Streaming) -> None:
    wire = subscribed(serve(provider).wire())
    subscription = provider.subscriptions.get()
    subscription.send(*(event(number, 5 << 20) for number in range(20)))
    wire.chunk()
    asked = subscription.asked.get(timeout=WAIT_S)
    for number in range(20):
        (frame,) = decoded(wire.chunk())
        assert b'"ContinuationSequenceNumber":"%d"' % number in frame.payload
        while not subscription.asked.empty():
            asked = subscription.asked.get()
        assert asked <= number + 5, "the socket buffers hold a few events; the others must wait"


def test_stop_ends_streams_between_two_frames(serve: Serve, provider: Streaming) -> None:
    served = serve(provider)
    wires = [subscribed(served.wire()) for _ in range(5)]
    subscriptions = [provider.subscriptions.get() for _ in wires]
    for wire, subscription in zip(wires, subscriptions, strict=True):
        subscription.send(event(1))
        assert [numbers(wire.chunk()) for _ in range(2)] == [["initial-response"], ["SubscribeToShardEvent"]]
    stopping = threading.Thread(target=served.gateway.stop)
    stopping.start()
    for wire in wires:
        assert wire.chunk() == b""
        assert wire.is_closed()
    stopping.join(WAIT_S)
    assert not stopping.is_alive()
    assert all(subscription.ended.get(timeout=WAIT_S) for subscription in subscriptions)
