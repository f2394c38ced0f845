"""HTTP/1.1 itself: framing, order, limits, and broken requests."""

import pytest
from tests.gateway.conftest import Kinesis, Serve, http, rpc


def test_connection_is_kept_and_answers_in_order(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire()
    keys = [str(n) for n in range(40)]
    bodies = [f'{{"StreamName":"s","Data":"","PartitionKey":"{key}"}}'.encode() for key in keys]
    wire.send(b"".join(rpc("PutRecord", body) for body in bodies))
    assert [wire.answer().json["ShardId"] for _ in keys] == keys


def test_requests_pipelined_to_slow_and_quick_methods_keep_their_order(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire()
    wire.send((rpc("ListShards") + rpc("ListStreams") + rpc("Nothing")) * 5)
    seen = [tuple(wire.answer().json) for _ in range(15)]
    assert seen == [("Shards",), ("StreamNames", "HasMoreStreams"), ("__type",)] * 5


def test_request_in_single_bytes(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire()
    for byte in rpc("ListStreams"):
        wire.send(bytes([byte]))
    assert wire.answer().status == 200


def test_body_in_http_chunks(serve: Serve, kinesis: Kinesis) -> None:
    head, _, _ = rpc("ListShards", Transfer_Encoding="chunked", Content_Length="").partition(b"\r\n\r\n")
    served = serve(kinesis)
    body = b'\r\n\r\n5\r\n{"Str\r\n10\r\neamName": "abc"}\r\n0\r\nX-Amz-Target: Evil.Trailer\r\n\r\n'
    wire = served.wire().send(head + body + rpc("ListStreams"))
    assert wire.answer().status == 200
    assert kinesis.requests[0] == {"StreamName": "abc"}
    assert wire.answer().json["StreamNames"] == ["us-east-1"]


def test_expect_continue_is_answered_before_the_body(serve: Serve, kinesis: Kinesis) -> None:
    head, _, body = rpc("ListStreams", Expect="100-continue").partition(b"\r\n\r\n")
    wire = serve(kinesis).wire().send(head + b"\r\n\r\n")
    assert wire.answer().status == 100
    assert wire.send(body).answer().status == 200


def test_expect_continue_waits_for_the_requests_before(serve: Serve, kinesis: Kinesis) -> None:
    head, _, body = rpc("ListStreams", Expect="100-continue").partition(b"\r\n\r\n")
    wire = serve(kinesis).wire().send(rpc("ListShards") + head + b"\r\n\r\n")
    assert wire.answer().json == {"Shards": []}
    assert wire.answer().status == 100
    assert wire.send(body).answer().status == 200


def test_connection_close_is_honoured(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire().send(rpc("ListStreams", Connection="close"))
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert wire.is_closed()


@pytest.mark.parametrize("field", [b"", b"Connection: keep-alive\r\n"])
def test_http_1_0_is_closed_after_the_answer(serve: Serve, kinesis: Kinesis, field: bytes) -> None:
    request = rpc("ListStreams").replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n" + field)
    wire = serve(kinesis).wire().send(request)
    assert wire.answer().status == 200
    assert wire.is_closed()


def test_half_closed_client_gets_its_answer(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire().send(rpc("ListShards"))
    wire.socket.shutdown(1)
    assert wire.answer().json == {"Shards": []}
    assert wire.is_closed()


def test_upgrade_is_ignored(serve: Serve) -> None:
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    wire = serve().wire().send(http("GET", "/_afluente/health", upgrade) * 2)
    assert (wire.answer().status, wire.answer().status) == (200, 200)


def test_upgrade_with_a_body_is_refused(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire().send(rpc("ListStreams", Connection="Upgrade", Upgrade="h2c"))
    assert wire.answer().status == 400
    assert wire.is_closed()
    assert kinesis.calls == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"NONSENSE / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET / HTTP/1.1\r\nBad\x00Name: x\r\n\r\n",
    ],
)
def test_broken_http_is_a_400(serve: Serve, kinesis: Kinesis, garbage: bytes) -> None:
    wire = serve(kinesis).wire().send(garbage)
    answer = wire.answer()
    assert answer.status == 400
    assert b"<Code>BadRequest</Code>" in answer.body
    assert wire.is_closed()


def test_broken_http_after_a_good_request_does_not_cost_its_answer(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire().send(rpc("ListShards") + b"NONSENSE\r\n\r\n")
    assert wire.answer().status == 200
    assert wire.answer().status == 400
    assert wire.is_closed()


@pytest.mark.parametrize("size", [70_000, 400_000])
def test_headers_beyond_the_limit_are_a_431(serve: Serve, kinesis: Kinesis, size: int) -> None:
    wire = serve(kinesis).wire().send(rpc("ListStreams", X_Long="x" * size)[: size + 300])
    assert wire.answer().status == 431


def test_body_beyond_the_limit_is_a_413(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis).wire().send(rpc("PutRecord", b" " * (15 << 20)))
    answer = wire.answer()
    assert (answer.status, answer.body) == (413, b"")
    assert wire.is_closed()


def test_client_that_goes_away_in_a_body_harms_nobody(serve: Serve, kinesis: Kinesis) -> None:
    served = serve(kinesis)
    for _ in range(5):
        served.wire().send(rpc("PutRecord", b" " * 1000)[:-10]).close()
    assert served.ask(rpc("ListStreams")).status == 200


def test_response_headers_are_aws(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis).ask(rpc("ListStreams"))
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert len(answer.headers["x-amzn-requestid"]) == 36
    assert answer.headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


def test_path_of_a_proxy_request(serve: Serve) -> None:
    assert serve().ask(http("GET", "http://127.0.0.1:4566/_afluente/health")).status == 200
