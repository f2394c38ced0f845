"""HTTP/2 with prior knowledge: every operation, many at once, flow control both ways, limits, and broken frames."""

import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from hyperframe.frame import DataFrame, GoAwayFrame, HeadersFrame, PingFrame, SettingsFrame, WindowUpdateFrame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.gateway.conftest import Kinesis, Serve, authorization, rpc
from tests.gateway.http2_client import Http2Client, rpc_fields
from tests.gateway.objects import Buckets
from tests.gateway.streaming import BODY, Streaming, decoded, event

from afluente.core.call import Call
from afluente.gateway.doorway import PREFACE
from afluente.gateway.http2 import MAX_STREAMS, RESETS

WAIT_S = 20

Connect = Callable[..., Http2Client]


def test_request_and_response(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)
    body = b'{"StreamName":"s","Data":"","PartitionKey":"key"}'
    response = client.answer(rpc_fields("PutRecord"), body)
    assert (response.status, response.json) == (200, {"ShardId": "key", "SequenceNumber": "1"})
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.headers["content-length"] == str(len(response.body))
    assert response.headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert len(response.headers["x-amzn-requestid"]) == 36
    assert "connection" not in response.headers
    assert kinesis.calls[0].endpoint == "http://127.0.0.1"


def test_many_streams_at_once_on_one_connection(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)
    keys = [str(number) for number in range(100)]
    bodies = [f'{{"StreamName":"s","Data":"","PartitionKey":"{key}"}}'.encode() for key in keys]
    streams = [client.ask(rpc_fields("PutRecord"), body) for body in bodies]
    assert [response.json["ShardId"] for response in client.until(*streams)] == keys


def test_preface_in_single_bytes_and_a_request_that_only_looks_like_it(serve: Serve, connect: Connect) -> None:
    served = serve()
    wire = served.wire()
    for byte in PREFACE + SettingsFrame(0).serialize():
        wire.send(bytes([byte]))
    assert wire.socket.recv(9)[3] == 4  # a SETTINGS frame
    answer = served.ask(b"PRIVATE / HTTP/1.1\r\n\r\n")
    assert answer.status == 400


def test_http_1_1_goes_on_as_it_was(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire()
    for part in (rpc("ListStreams")[:1], rpc("ListStreams")[1:3], rpc("ListStreams")[3:]):
        wire.send(part)
    assert wire.answer().status == 200


def test_hot_path_is_used(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    async def hot(call: Call, body: bytes) -> bytes | None:
        return b'{"hot":true}' if b"hot" in body else None

    served = serve(kinesis, hot={"Kinesis_20131202.PutRecord": hot})
    client = connect(served.port)
    assert client.answer(rpc_fields("PutRecord"), b'{"hot":1}').json == {"hot": True}
    body = b'{"StreamName":"s","Data":"","PartitionKey":"k"}'
    assert client.answer(rpc_fields("PutRecord"), body).json["ShardId"] == "k"


def test_errors_are_awss(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)
    response = client.answer(rpc_fields("Nothing"))
    assert (response.status, response.json["__type"]) == (400, "UnknownOperationException")
    assert client.answer(rpc_fields("DeleteStream"), b'{"StreamName":"s"}').status == 500
    assert client.answer([(":method", "OPTIONS"), (":path", "*"), (":scheme", "http"), (":authority", "h")], b"")


def object_fields(method: str, **headers: str) -> list[tuple[str, str]]:
    fields = {":method": method, ":path": "/bucket/key", ":scheme": "http", ":authority": "127.0.0.1"}
    fields |= {"authorization": authorization("s3"), **{n.replace("_", "-"): v for n, v in headers.items()}}
    return list(fields.items())


def test_object_there_and_back(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    served = serve(Buckets(tmp_path))
    content = bytes(range(256)) * (5 << 12)  # 5 MiB: more than any window
    client = connect(served.port)
    put = client.ask(object_fields("PUT", content_length=str(len(content)), expect="100-continue"), content)
    (response,) = client.until(put)
    assert (response.informational, response.status) == ([100], 200)
    response = client.answer(object_fields("GET"), b"")
    assert (response.status, response.body == content) == (200, True)
    assert response.headers["x-amz-meta-wind"] == "strong"
    response = client.answer(object_fields("HEAD"), b"")
    assert (response.status, response.body, response.headers["content-length"]) == (200, b"", str(len(content)))
    assert served.spooled() == []


def test_response_waits_for_the_window(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    content = b"x" * 100_000
    (tmp_path / "object").write_bytes(content)
    client = connect(serve(Buckets(tmp_path)).port, window=1000, acknowledge=False)
    stream = client.ask(object_fields("GET"), b"")
    other = client.ask(object_fields("HEAD"), b"")
    client.until(other)  # one that waits does not hold up the others
    response = client.responses[stream]
    while len(response.body) < 1000:
        client.receive()
    for taken in range(1000, 100_000, 1000):
        assert len(response.body) == taken
        client.h2.increment_flow_control_window(1000, stream)
        client.h2.increment_flow_control_window(1000)
        client.flush()
        while len(response.body) < taken + 1000:
            client.receive()
    client.until(stream)
    assert response.body == content


def test_body_beyond_the_limit_is_a_413(
    serve: Serve, kinesis: Kinesis, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afluente.gateway.server.MAX_KINESIS_BODY_BYTES", 3 << 20)
    client = connect(serve(kinesis).port)
    assert client.answer(rpc_fields("PutRecord"), b" " * (3 << 20)).status == 400
    assert client.answer(rpc_fields("PutRecord"), b" " * (3 << 20) + b" ").status == 413
    assert client.answer(rpc_fields("ListStreams")).status == 200


def test_head_beyond_the_limit_ends_the_connection(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)
    client.ask([*rpc_fields("ListStreams"), *((f"x-{n}", "x" * 8000) for n in range(10))])
    goodbye = client.until_closed().goodbye
    assert goodbye is not None
    assert goodbye.error_code == ErrorCodes.ENHANCE_YOUR_CALM


def test_more_streams_than_allowed_end_the_connection(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)
    client.receive()
    assert client.h2.remote_settings.max_concurrent_streams == MAX_STREAMS
    for _ in range(MAX_STREAMS):
        client.ask(rpc_fields("ListStreams"), end=False)
    head = client.h2.encoder.encode(rpc_fields("ListStreams"))
    client.raw(HeadersFrame(2 * MAX_STREAMS + 1, head, flags=["END_HEADERS", "END_STREAM"]))
    goodbye = client.until_closed().goodbye
    assert goodbye is not None
    assert kinesis.calls == []


def test_rapid_reset_is_cut_off(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)

    def flood() -> None:
        for _ in range(RESETS * 20):
            stream = client.ask(rpc_fields("ListStreams"), end=False)
            client.h2.reset_stream(stream)
            client.flush()

    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        flood()


def test_reset_harms_only_its_own_stream(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)
    for _ in range(20):
        stream = client.ask(rpc_fields("PutRecord"), b"{", end=False)
        client.h2.reset_stream(stream, ErrorCodes.CANCEL)
        client.flush()
    assert client.answer(rpc_fields("ListStreams")).status == 200


@pytest.mark.parametrize(
    "frames",
    [
        [DataFrame(1, b"data without a head")],
        [HeadersFrame(2, b"\x82", flags=["END_HEADERS"])],
        [HeadersFrame(1, b"\xff\xff\xff\xff\xff\xff", flags=["END_HEADERS", "END_STREAM"])],
        [HeadersFrame(1, b"\x82", flags=["END_HEADERS", "END_STREAM"])],
        [WindowUpdateFrame(0, window_increment=2**31 - 1)],
        [SettingsFrame(0, settings={4: 2**31})],
        [HeadersFrame(1, b"\x82", flags=[]), PingFrame(0, b"12345678")],
    ],
)
def test_broken_frames_end_the_connection_and_nothing_else(
    serve: Serve, kinesis: Kinesis, connect: Connect, frames: list[Any]
) -> None:
    served = serve(kinesis)
    client = connect(served.port)
    client.raw(*frames)
    goodbye = client.until_closed().goodbye
    assert goodbye is not None
    assert goodbye.error_code != ErrorCodes.NO_ERROR
    assert connect(served.port).answer(rpc_fields("ListStreams")).status == 200


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"\x00\xff\xff\xff\x00\x00\x00\x00\x00" + b"x" * 1000]
)
def test_garbage_after_the_preface_ends_the_connection(
    serve: Serve, kinesis: Kinesis, connect: Connect, garbage: bytes
) -> None:
    client = connect(serve(kinesis).port)
    client.socket.sendall(garbage)
    assert client.until_closed().goodbye is not None


@pytest.mark.parametrize("fields", [[(":method", "CONNECT"), (":authority", "other:443")]])
def test_connect_is_refused(serve: Serve, connect: Connect, fields: list[tuple[str, str]]) -> None:
    client = connect(serve().port)
    stream = client.ask(fields, b"")
    try:
        (response,) = client.until(stream)
    except EOFError:
        return
    assert response.reset is not None


def test_client_that_says_goodbye_is_let_go(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis).port)
    client.answer(rpc_fields("ListStreams"))
    client.raw(GoAwayFrame(0))
    client.until_closed()


def test_client_that_says_goodbye_still_gets_its_answers(serve: Serve, connect: Connect) -> None:
    """As Node's client does as soon as it has the head of a stream of events."""
    provider = Streaming()
    client = connect(serve(provider).port)
    stream = client.ask(rpc_fields("SubscribeToShard"), BODY)
    subscription = provider.subscriptions.get(timeout=WAIT_S)
    client.raw(GoAwayFrame(0))
    subscription.send(event(1), event(2), None)
    (response,) = client.until(stream)
    assert (response.reset, len(decoded(response.body))) == (None, 3)
    client.until_closed()


def test_client_that_leaves_with_an_error_is_let_go(serve: Serve, connect: Connect) -> None:
    provider = Streaming()
    client = connect(serve(provider).port)
    client.ask(rpc_fields("SubscribeToShard"), BODY)
    subscription = provider.subscriptions.get(timeout=WAIT_S)
    assert subscription.asked.get(timeout=WAIT_S) == 1
    client.raw(GoAwayFrame(0, error_code=ErrorCodes.INTERNAL_ERROR))
    assert subscription.ended.get(timeout=WAIT_S) is not None
    client.until_closed()


def test_client_that_goes_away_in_a_body_harms_nobody(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    served = serve(Buckets(tmp_path), Kinesis())
    for _ in range(3):
        client = connect(served.port)
        client.ask(object_fields("PUT", content_length="9000000"), b"x" * 3_000_000, end=False)
        client.close()
    assert connect(served.port).answer(rpc_fields("ListStreams")).status == 200


# Streams of events


def test_events_on_many_streams(serve: Serve, connect: Connect) -> None:
    provider = Streaming()
    client = connect(serve(provider).port)
    streams = [client.ask(rpc_fields("SubscribeToShard"), BODY) for _ in range(20)]
    subscriptions = [provider.subscriptions.get(timeout=WAIT_S) for _ in streams]
    for subscription in subscriptions:
        subscription.send(event(1), event(2, 300_000), None)
    for response in client.until(*streams):
        assert response.headers["content-type"] == "application/vnd.amazon.eventstream"
        assert "content-length" not in response.headers
        kinds = [frame.headers[":event-type"] for frame in decoded(response.body)]
        assert kinds == ["initial-response", "SubscribeToShardEvent", "SubscribeToShardEvent"]


def test_events_wait_for_the_window(serve: Serve, connect: Connect) -> None:
    provider = Streaming()
    client = connect(serve(provider).port, window=1000, acknowledge=False)
    stream = client.ask(rpc_fields("SubscribeToShard"), BODY)
    subscription = provider.subscriptions.get(timeout=WAIT_S)
    subscription.send(*(event(number, 2000) for number in range(10)))
    while len(client.responses[stream].body) < 1000:
        client.receive()
    assert subscription.asked.get(timeout=WAIT_S) == 1
    assert client.answer(rpc_fields("ListStreams")).status == 200
    assert subscription.asked.empty(), "no event is made before the one before is taken"


def test_reset_ends_the_events(serve: Serve, connect: Connect) -> None:
    provider = Streaming()
    client = connect(serve(provider).port)
    stream = client.ask(rpc_fields("SubscribeToShard"), BODY)
    subscription = provider.subscriptions.get(timeout=WAIT_S)
    assert subscription.asked.get(timeout=WAIT_S) == 1
    client.h2.reset_stream(stream, ErrorCodes.CANCEL)
    client.flush()
    assert subscription.ended.get(timeout=WAIT_S) is not None
    assert client.answer(rpc_fields("ListStreams")).status == 200


def test_client_that_goes_away_ends_its_events(serve: Serve, connect: Connect) -> None:
    provider = Streaming()
    client = connect(serve(provider).port)
    streams = [client.ask(rpc_fields("SubscribeToShard"), BODY) for _ in range(3)]
    subscriptions = [provider.subscriptions.get(timeout=WAIT_S) for _ in streams]
    for subscription in subscriptions:
        assert subscription.asked.get(timeout=WAIT_S) == 1
    client.close()
    assert all(subscription.ended.get(timeout=WAIT_S) for subscription in subscriptions)


def test_stop_ends_events_and_lets_requests_finish(serve: Serve, connect: Connect) -> None:
    provider = Slow()
    served = serve(provider)
    client = connect(served.port)
    events = client.ask(rpc_fields("SubscribeToShard"), BODY)
    subscription = provider.subscriptions.get(timeout=WAIT_S)
    assert subscription.asked.get(timeout=WAIT_S) == 1
    request = client.ask(rpc_fields("ListShards"))
    assert provider.began.wait(WAIT_S)
    stopping = threading.Thread(target=served.gateway.stop)
    stopping.start()
    while client.goodbye is None:
        client.receive()
    provider.may_end.set()
    client.until_closed()
    assert client.goodbye.error_code == ErrorCodes.NO_ERROR
    first, second = client.responses[events], client.responses[request]
    assert (first.ended, first.reset) == (True, None)
    assert second.json == {"Shards": []}
    stopping.join(WAIT_S)
    assert not stopping.is_alive()


class Slow(Streaming):
    """Answers when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.may_end = threading.Event()

    def list_shards(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.began.set()
        assert self.may_end.wait(WAIT_S)
        return {"Shards": []}


class Lasting:
    """A gateway for all examples, and what it has logged as faults."""

    def __init__(self, port: int, log: pytest.LogCaptureFixture) -> None:
        self.port = port
        self._log = log

    def errors(self) -> list[str]:
        return [record.getMessage() for record in self._log.records if record.levelno >= logging.ERROR]


@pytest.fixture
def lasting(serve: Serve, kinesis: Kinesis, caplog: pytest.LogCaptureFixture) -> Lasting:
    return Lasting(serve(kinesis).port, caplog)


RAW_FRAMES = st.lists(
    st.tuples(
        st.integers(0, 12), st.integers(0, 255), st.sampled_from([0, 1, 1, 3, 2, 2**31 - 1]), st.binary(max_size=60)
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=RAW_FRAMES, request_first=st.booleans())
def test_random_frames_never_meet_a_fault(
    frames: list[tuple[int, int, int, bytes]], request_first: bool, lasting: Lasting
) -> None:
    client = Http2Client(lasting.port)
    try:
        if request_first:
            client.ask(rpc_fields("ListShards"))
        for kind, flags, stream_id, payload in frames:
            head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream_id.to_bytes(4, "big")
            client.socket.sendall(head + payload)
        client.socket.shutdown(socket.SHUT_WR)
        while client.socket.recv(1 << 16):
            pass
    except OSError:
        pass  # the server closed before it had all of it
    finally:
        client.close()
    assert lasting.errors() == []
    assert Http2Client(lasting.port).answer_and_close(rpc_fields("ListStreams")).status == 200
