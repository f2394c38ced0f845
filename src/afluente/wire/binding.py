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

CBOR_SERVICES = frozenset({"kinesis"})
"""Services that speak CBOR beside the protocol of their model."""

CBOR_TYPE = "application/x-amz-cbor-1.1"


class Binding(Protocol):
    """One service's protocol: HTTP to operation and request dict, response dict or error to HTTP."""

    model: Model

    def operation(self, request: HttpRequest) -> Operation:
        """The operation that `request` asks for. Raises AwsError when the model has no such."""

    def parse(self, operation: Operation, request: HttpRequest) -> dict[str, Any]:
        """The request's members, in AWS spelling, of the right types. Raises AwsError."""

    def answer(self, operation: Operation, response: Mapping[str, Any], request_id: str) -> HttpResponse:
        """The HTTP response that carries `response`."""

    def fail(self, error: AwsError, request_id: str) -> HttpResponse:
        """The HTTP response that carries `error`."""


_bindings: dict[tuple[str, bool], Binding] = {}


def binding_of(service: str, request: HttpRequest) -> Binding:
    """The binding in which `request` speaks to `service`."""
    cbor = service in CBOR_SERVICES and request.media_type == CBOR_TYPE
    if (service, cbor) not in _bindings:
        _bindings[service, cbor] = _make(load(service), cbor=cbor)
    return _bindings[service, cbor]


def _make(model: Model, *, cbor: bool) -> Binding:
    if cbor:
        return RpcBinding(model, CBOR, CBOR_TYPE)
    match model.protocol:
        case "json":
            return RpcBinding(model, JSON, f"application/x-amz-json-{model.json_version}")
        case "query":
            return QueryBinding(model)
        case "rest-xml":
            return RestBinding(model)
        case other:
            raise LookupError(f"{model.service} speaks {other}, which the wire layer does not")
