"""The hot path: who gets on it, and that it is left for the generic path without a trace."""

import asyncio
import concurrent.futures
from typing import Any

import pytest
from tests.gateway.conftest import Kinesis, Serve, authorization, rpc

from afluente.core.call import Call
from afluente.core.error import AwsError

TARGET = "Kinesis_20131202.PutRecord"
BODY = b'{"StreamName":"s","Data":"","PartitionKey":"generic"}'


class Hot:
    """A handler that does what it is told."""

    def __init__(self, result: Any) -> None:
        self.result = result
        self.calls: list[tuple[Call, bytes]] = []

    async def __call__(self, call: Call, body: bytes) -> bytes | None:
        self.calls.append((call, body))
        if isinstance(self.result, Exception):
            raise self.result
        if isinstance(self.result, concurrent.futures.Future):
            return bytes(await asyncio.wrap_future(self.result))
        await asyncio.sleep(0)
        return self.result  # type: ignore[no-any-return]


def test_hot_answer_is_sent_as_it_is(serve: Serve, kinesis: Kinesis) -> None:
    hot = Hot(b'{"hot":1}')
    answer = serve(kinesis, hot={TARGET: hot}).ask(rpc("PutRecord", BODY))
    assert (answer.status, answer.body) == (200, b'{"hot":1}')
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    ((call, body),) = hot.calls
    assert (call.service, call.operation, call.region, body) == ("kinesis", "PutRecord", "us-east-1", BODY)
    assert call.request_id == answer.headers["x-amzn-requestid"]
    assert kinesis.calls == []


def test_hot_answer_after_waiting_for_a_thread(serve: Serve, kinesis: Kinesis) -> None:
    future: concurrent.futures.Future[bytes] = concurrent.futures.Future()
    wire = serve(kinesis, hot={TARGET: Hot(future)}).wire().send(rpc("PutRecord", BODY) + rpc("ListStreams"))
    future.set_result(b'{"late":1}')
    assert wire.answer().body == b'{"late":1}'
    assert "StreamNames" in wire.answer().json


def test_hot_none_goes_the_generic_way(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis, hot={TARGET: Hot(None)}).ask(rpc("PutRecord", BODY))
    assert answer.json["ShardId"] == "generic"


def test_hot_many_pipelined_requests_do_not_nest(serve: Serve, kinesis: Kinesis) -> None:
    count = 3000
    wire = serve(kinesis, hot={TARGET: Hot(b"{}")}).wire().send(rpc("PutRecord", BODY) * count)
    assert {wire.answer().status for _ in range(count)} == {200}


def test_hot_aws_error_is_answered_as_one(serve: Serve, kinesis: Kinesis) -> None:
    error = AwsError("Rate exceeded", code="ProvisionedThroughputExceededException")
    answer = serve(kinesis, hot={TARGET: Hot(error)}).ask(rpc("PutRecord", BODY))
    assert answer.status == 400
    assert answer.json == {"__type": "ProvisionedThroughputExceededException", "message": "Rate exceeded"}


def test_hot_fault_is_an_internal_failure(serve: Serve, kinesis: Kinesis, caplog: pytest.LogCaptureFixture) -> None:
    hot = Hot(ZeroDivisionError())
    answer = serve(kinesis, hot={TARGET: hot}).ask(rpc("PutRecord", BODY))
    assert (answer.status, answer.json["__type"]) == (500, "InternalFailure")
    assert answer.headers["x-amzn-requestid"] == hot.calls[0][0].request_id
    assert hot.calls[0][0].request_id in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/x-amz-cbor-1.1"},
        {"Authorization": ""},
        {"Authorization": "AWS4-HMAC-SHA256 broken"},
        {"Authorization": authorization("glue")},
        {"Origin": "https://example.com"},
    ],
)
def test_hot_path_is_closed_to_what_the_generic_path_must_judge(
    serve: Serve, kinesis: Kinesis, headers: dict[str, str]
) -> None:
    hot = Hot(b"{}")
    answer = serve(kinesis, hot={TARGET: hot}).ask(rpc("PutRecord", BODY, **headers))
    assert answer.status in {400, 403, 501}
    assert hot.calls == []


def test_hot_answer_closes_when_asked_to(serve: Serve, kinesis: Kinesis) -> None:
    wire = serve(kinesis, hot={TARGET: Hot(b"{}")}).wire().send(rpc("PutRecord", BODY, Connection="close"))
    assert wire.answer().headers["connection"] == "close"
    assert wire.is_closed()
