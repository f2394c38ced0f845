"""What every protocol offers to the gateway, and which of them a request speaks."""

from collections.abc import Mapping
from typing import Any, Protocol

from afluente.core.error import AwsError
from afluente.wire.codec import CBOR, JSON
from afluente.wire.message import HttpRequest, HttpResponse
from afluente.wire.model import Model, Operation, load
from afluente.wire.query import QueryBinding
from afluente.wire.rest import RestBinding
from afluente.wire.rpc import RpcBinding
from afluente.wire.rpc_v2 import HEADER, RpcV2Binding

CBOR_SERVICES = frozenset({"kinesis"})
"""Services that speak CBOR beside the protocol of their model."""

CBOR_TYPE = "application/x-amz-cbor-1.1"


class Binding(Protocol):
    """One service's protocol: HTTP to operation and request dict, response dict or error to HTTP."""

    model: Model
    protocol: str

    def operation(self, request: HttpRequest) -> Operation:
        """The operation that `request` asks for. Raises AwsError when the model has no such."""

    def parse(self, operation: Operation, request: HttpRequest) -> dict[str, Any]:
        """The request's members, in AWS spelling, of the right types. Raises AwsError."""

    def answer(self, operation: Operation, response: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The HTTP response that carries `response`."""

    def fail(self, error: AwsError, request_id: str) -> HttpResponse:
        """The HTTP response that carries `error`."""


FORM = "application/x-www-form-urlencoded"

_bindings: dict[tuple[str, str], Binding] = {}


def binding_of(service: str, request: HttpRequest) -> Binding:
    """The binding in which `request` speaks to `service`."""
    protocol = _protocol(load(service), request)
    if (service, protocol) not in _bindings:
        _bindings[service, protocol] = _make(load(service), protocol)
    return _bindings[service, protocol]


def _protocol(model: Model, request: HttpRequest) -> str:
    if model.service in CBOR_SERVICES and request.media_type == CBOR_TYPE:
        return "cbor"
    if len(model.protocols) == 1:
        return model.protocol
    if HEADER in request.headers:
        spoken = "smithy-rpc-v2-cbor"
    elif "x-amz-target" in request.headers:
        spoken = "json"
    else:
        spoken = "query" if request.media_type == FORM or "Action=" in request.query else model.protocol
    return spoken if spoken in model.protocols else model.protocol


def _make(model: Model, protocol: str) -> Binding:
    match protocol:
        case "cbor":
            return RpcBinding(model, CBOR, CBOR_TYPE)
        case "json":
            return RpcBinding(model, JSON, f"application/x-amz-json-{model.json_version}")
        case "smithy-rpc-v2-cbor":
            return RpcV2Binding(model)
        case "query":
            return QueryBinding(model)
        case "rest-xml":
            return RestBinding(model)
        case other:
            raise LookupError(f"{model.service} speaks {other}, which the wire layer does not")
