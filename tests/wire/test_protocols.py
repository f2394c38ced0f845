"""One service in several protocols: which of them a request speaks, and how each says what went wrong."""

import gzip
import json
from typing import Any

import cbor2
import pytest

from afluente.core.error import AwsError, SerializationException, UnknownOperationException
from afluente.wire import compression
from afluente.wire.binding import FORM, Binding, binding_of
from afluente.wire.compression import inflate
from afluente.wire.message import HttpRequest

TARGET = "GraniteServiceVersion20100801"
RPC_V2 = HttpRequest("POST", f"/service/{TARGET}/operation/ListMetrics", "", {"smithy-protocol": "rpc-v2-cbor"})
JSON = HttpRequest("POST", "/", "", {"x-amz-target": f"{TARGET}.ListMetrics"}, b"{}")
QUERY = HttpRequest("POST", "/", "", {"content-type": FORM}, b"Action=ListMetrics&Version=2010-08-01")


def parsed(request: HttpRequest) -> tuple[Binding, dict[str, Any]]:
    binding = binding_of("cloudwatch", request)
    return binding, binding.parse(binding.operation(request), request)


@pytest.mark.parametrize(
    ("sent", "protocol"),
    [(RPC_V2, "smithy-rpc-v2-cbor"), (JSON, "json"), (QUERY, "query")],
    ids=["v2", "json", "query"],
)
def test_the_request_says_which_protocol_it_speaks(sent: HttpRequest, protocol: str) -> None:
    binding, members = parsed(sent)
    assert (binding.protocol, members) == (protocol, {})


def test_json_is_answered_in_the_version_of_the_model() -> None:
    assert binding_of("cloudwatch", JSON).fail(AwsError("no"), "id").headers["Content-Type"].endswith("json-1.0")


def test_an_error_carries_the_shape_and_the_code_that_query_clients_know() -> None:
    error = AwsError("no such alarm", code="ResourceNotFound")
    answer = binding_of("cloudwatch", JSON).fail(error, "id")
    assert (answer.status, answer.headers["x-amzn-query-error"]) == (404, "ResourceNotFound;Sender")
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body) == {"__type": "ResourceNotFound", "message": "no such alarm"}
    error = AwsError("which?", code="MissingParameter")
    answer = binding_of("cloudwatch", RPC_V2).fail(error, "id")
    assert answer.headers["x-amzn-query-error"] == "MissingParameter;Sender"
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert isinstance(answer.body, bytes)
    assert cbor2.loads(answer.body)["__type"] == "MissingRequiredParameterException"
    fault = binding_of("cloudwatch", JSON).fail(AwsError("", code="InternalServiceError"), "id")
    assert (fault.status, fault.headers["x-amzn-query-error"]) == (500, "InternalServiceError;Receiver")


@pytest.mark.parametrize(
    "path",
    ["/", "/service/Other/operation/ListMetrics", f"/service/{TARGET}/operation/Nothing", f"/service/{TARGET}"],
)
def test_rpc_v2_paths_that_name_no_operation(path: str) -> None:
    request = HttpRequest("POST", path, "", RPC_V2.headers)
    with pytest.raises(UnknownOperationException):
        binding_of("cloudwatch", request).operation(request)


def test_numbers_that_json_does_not_have() -> None:
    body = b'{"Namespace":"n","MetricData":[{"MetricName":"m","Values":["NaN","Infinity","-Infinity",1]}]}'
    _, members = parsed(HttpRequest("POST", "/", "", {"x-amz-target": f"{TARGET}.PutMetricData"}, body))
    assert [str(value) for value in members["MetricData"][0]["Values"]] == ["nan", "inf", "-inf", "1"]


def compressed(body: bytes, encoding: str = "gzip") -> HttpRequest:
    return HttpRequest("POST", "/", "", {"content-encoding": encoding}, body)


def test_inflate() -> None:
    request = compressed(gzip.compress(b"plain"))
    inflate(request)
    assert request.body == b"plain"


@pytest.mark.parametrize(
    "body",
    [b"", b"plain", gzip.compress(b"x")[:-1], gzip.compress(b"x") + b"more"],
    ids=["empty", "plain", "cut", "more"],
)
def test_inflate_what_is_not_gzip(body: bytes) -> None:
    with pytest.raises(SerializationException):
        inflate(compressed(body))


def test_inflate_stops_where_it_becomes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "MAX_BYTES", 1000)
    with pytest.raises(AwsError) as caught:
        inflate(compressed(gzip.compress(b"x" * 1001)))
    assert caught.value.http_status == 413
    inflate(compressed(gzip.compress(b"x" * 1000)))


def test_inflate_another_encoding() -> None:
    with pytest.raises(SerializationException, match="br is not supported"):
        inflate(compressed(b"", "br"))
