"""Clients that keep the server waiting are cut off; those whom the server keeps waiting are not.

The limit is so short here that reading until the connection closes is all the waiting a test has to do.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from tests.gateway.conftest import Kinesis, Serve, authorization, http, rpc
from tests.gateway.http2_client import Http2Client, rpc_fields
from tests.gateway.objects import Buckets
from tests.gateway.streaming import BODY, Streaming, event

from afluente.core.call import Call

LIMIT_S = 0.2
WAIT_S = 20

Connect = Callable[..., Http2Client]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"PRI * HT",
        rpc("ListStreams")[:20],
        rpc("PutRecord", b" " * 100)[:-10],
        http("PUT", "/bucket/key", {"Content-Length": "100"}),
    ],
)
def test_connection_that_waits_for_nothing_is_closed(serve: Serve, kinesis: Kinesis, sent: bytes) -> None:
    assert serve(kinesis, idle_timeout_s=LIMIT_S).wire().send(sent).is_closed()


def test_connection_is_closed_some_time_after_its_last_answer(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis, idle_timeout_s=LIMIT_S).wire()
    for _ in range(3):
        assert wire.send(rpc("ListStreams")).answer().status == 200
    assert wire.is_closed()


class Slow(Kinesis):
    def __init__(self) -> None:
        super().__init__()
        self.may_end = threading.Event()

    def list_shards(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        assert self.may_end.wait(WAIT_S)
        return {"Shards": []}


def test_who_waits_for_an_answer_is_not_cut_off(serve: Serve, connect: Connect) -> None:
    provider = Slow()
    served = serve(provider, idle_timeout_s=LIMIT_S)
    waiting, client = served.wire().send(rpc("ListShards")), connect(served.port)
    stream = client.ask(rpc_fields("ListShards"))
    for _ in range(2):  # so long that those who wait would have been cut off, too
        assert served.wire().is_closed()
    provider.may_end.set()
    assert waiting.answer().json == {"Shards": []}
    assert client.until(stream)[0].json == {"Shards": []}


def test_quiet_stream_of_events_is_not_cut_off(serve: Serve, connect: Connect) -> None:
    provider = Streaming()
    served = serve(provider, idle_timeout_s=LIMIT_S)
    wire, client = served.wire().send(rpc("SubscribeToShard", BODY)), connect(served.port)
    first = provider.subscriptions.get(timeout=WAIT_S)
    stream = client.ask(rpc_fields("SubscribeToShard"), BODY)
    second = provider.subscriptions.get(timeout=WAIT_S)
    for _ in range(2):
        assert served.wire().is_closed()
    for subscription in (first, second):
        subscription.send(event(1), None)
    assert wire.head().status == 200
    assert [bool(wire.chunk()) for _ in range(3)] == [True, True, False]
    assert client.until(stream)[0].ended


def test_client_that_does_not_read_its_events_is_cut_off(serve: Serve, connect: Connect) -> None:
    provider = Streaming()
    served = serve(provider, idle_timeout_s=LIMIT_S)
    served.wire().send(rpc("SubscribeToShard", BODY))
    connect(served.port, window=1000, acknowledge=False).ask(rpc_fields("SubscribeToShard"), BODY)
    for _ in range(2):
        subscription = provider.subscriptions.get(timeout=WAIT_S)
        subscription.send(*(event(number, 5 << 20) for number in range(20)))
        assert subscription.ended.get(timeout=WAIT_S) is not None


def test_client_that_does_not_read_an_object_is_cut_off(serve: Serve, tmp_path: Path) -> None:
    with (tmp_path / "object").open("wb") as file:
        file.truncate(64 << 20)
    served = serve(Buckets(tmp_path), idle_timeout_s=LIMIT_S)
    wire = served.wire()
    answer = wire.send(http("GET", "/bucket/key", {"Authorization": authorization("s3")})).head()
    assert answer.status == 200
    for _ in range(2):
        assert served.wire().is_closed()
    assert len(wire.rest()) < int(answer.headers["content-length"])


def test_idle_http2_connection_is_told_and_closed(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis, idle_timeout_s=LIMIT_S).port)
    assert client.answer(rpc_fields("ListStreams")).status == 200
    goodbye = client.until_closed().goodbye
    assert goodbye is not None
    assert goodbye.error_code == ErrorCodes.NO_ERROR


def test_http2_body_that_does_not_arrive_costs_its_stream(serve: Serve, kinesis: Kinesis, connect: Connect) -> None:
    client = connect(serve(kinesis, idle_timeout_s=LIMIT_S).port)
    stream = client.ask(rpc_fields("PutRecord"), b"{", end=False)
    assert client.until(stream)[0].reset == ErrorCodes.CANCEL
    client.until_closed()
    assert kinesis.calls == []


def test_no_limit_is_none(serve: Serve, kinesis: Kinesis) -> None:
    served = serve(kinesis, idle_timeout_s=0)
    assert served.wire().send(rpc("ListStreams")).answer().status == 200
