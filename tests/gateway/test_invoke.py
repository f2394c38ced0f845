"""One service calls another in this process: validated, and with its errors, as over HTTP."""

from datetime import UTC, datetime

import pytest
from tests.gateway.conftest import Kinesis, Serve, rpc

from afluente.core.call import Call, Principal
from afluente.core.error import AwsError

CALL = Call(
    "cloudformation", "CreateStack", "111122223333", "sa-east-1", Principal.root("111122223333"), "r", 1, "http://x"
)


def test_invoke_plain_method_as_the_caller(serve: Serve, kinesis: Kinesis) -> None:
    invoke = serve(kinesis).gateway.invoke
    assert invoke(CALL, "kinesis", "CreateStream", {"StreamName": "s", "ShardCount": 1}) == {}
    (call,) = kinesis.calls
    assert (call.service, call.operation) == ("kinesis", "CreateStream")
    assert (call.account, call.region, call.principal) == ("111122223333", "sa-east-1", CALL.principal)


def test_invoke_coroutine_method(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis).gateway.invoke(CALL, "kinesis", "ListStreams", {})
    assert answer["StreamNames"] == ["sa-east-1"]


def test_invoke_takes_python_values(serve: Serve, kinesis: Kinesis) -> None:
    invoke = serve(kinesis).gateway.invoke
    invoke(CALL, "kinesis", "PutRecord", {"StreamName": "s", "Data": b"\x00", "PartitionKey": "k", "Nothing": None})
    invoke(
        CALL, "kinesis", "ListShards", {"ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": "2026-01-01T00:00:00Z"}}
    )
    assert kinesis.requests[0] == {"StreamName": "s", "Data": b"\x00", "PartitionKey": "k"}
    assert kinesis.requests[1]["ShardFilter"]["Timestamp"] == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("CreateStream", {"StreamName": "not/a/name"}, "ValidationException"),
        ("CreateStream", {"StreamName": 5}, "SerializationException"),
        ("CreateStream", {"StreamName": "s", "WarmThroughputMiBps": 1}, "NotImplemented"),
        ("SplitShard", {}, "NotImplemented"),
        ("MakeCoffee", {}, "UnknownOperationException"),
    ],
)
def test_invoke_refuses_as_over_http(
    serve: Serve, kinesis: Kinesis, operation: str, request_: dict[str, object], code: str
) -> None:
    with pytest.raises(AwsError) as caught:
        serve(kinesis).gateway.invoke(CALL, "kinesis", operation, request_)
    assert caught.value.code == code
    assert kinesis.calls == []


def test_invoke_after_the_stop_is_refused(serve: Serve, kinesis: Kinesis) -> None:
    served = serve(kinesis)
    served.gateway.stop()
    with pytest.raises(AwsError, match="stopping"):
        served.gateway.invoke(CALL, "kinesis", "ListStreams", {})


class Throttling(Kinesis):
    """Admits nothing that comes over the network."""

    def admit(self, call: Call, request: dict[str, object]) -> None:
        raise AwsError(f"{call.operation} of {sorted(request)}", code="ThrottlingException")


@pytest.mark.parametrize("operation", ["CreateStream", "ListStreams"])  # a plain method and a coroutine
def test_invoke_is_admitted_where_the_network_is_not(serve: Serve, operation: str) -> None:
    kinesis = Throttling()
    served = serve(kinesis)
    answer = served.ask(rpc(operation, b'{"StreamName": "s"}' if operation == "CreateStream" else b"{}"))
    assert (answer.status, b"ThrottlingException" in answer.body, kinesis.calls) == (400, True, [])
    served.gateway.invoke(CALL, "kinesis", operation, {"StreamName": "s"} if operation == "CreateStream" else {})
    assert [call.internal for call in kinesis.calls] == [True]
