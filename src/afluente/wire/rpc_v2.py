"""Smithy's RPC v2 in CBOR: POST /service/<name>/operation/<name>, members in the body.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import re
from typing import Any

from afluente.core.error import UnknownOperationException
from afluente.wire.codec import SMITHY_CBOR
from afluente.wire.message import HttpRequest
from afluente.wire.model import Model, Operation
from afluente.wire.rpc import RpcBinding

HEADER = "smithy-protocol"
MEDIA_TYPE = "application/cbor"
PATH = re.compile(r"/service/(?P<service>[A-Za-z0-9_.]+)/operation/(?P<operation>[A-Za-z0-9_]+)")


class RpcV2Binding(RpcBinding):
    """The RPC v2 protocol of `model`. What it calls the service is the model's target prefix."""

    protocol = "smithy-rpc-v2-cbor"

    def __init__(self, model: Model) -> None:
        super().__init__(model, SMITHY_CBOR, MEDIA_TYPE)

    def operation(self, request: HttpRequest) -> Operation:
        found = PATH.fullmatch(request.path)
        is_known = found and found["service"] == self.model.target_prefix and request.method == "POST"
        operation = self.model.operation(found["operation"]) if found and is_known else None
        if operation is None:
            raise UnknownOperationException
        return operation

    def parse(self, operation: Operation, request: HttpRequest) -> dict[str, Any]:
        return super().parse(operation, request) if request.content() else {}

    def _headers(self, request_id: str) -> dict[str, str]:
        return {**super()._headers(request_id), HEADER: "rpc-v2-cbor"}


def service_name(request: HttpRequest) -> str | None:
    """The name of the service in the path of an RPC v2 request; None of any other."""
    found = PATH.fullmatch(request.path) if HEADER in request.headers else None
    return found["service"] if found else None
