"""JSON-RPC, in JSON or CBOR: POST /, the operation in X-Amz-Target, members in the body."""

from collections.abc import Mapping
from typing import Any

from afluente.core.error import AwsError, SerializationException, UnknownOperationException
from afluente.core.provider import EventPayload
from afluente.wire import event_frame
from afluente.wire.codec import Codec, Malformed
from afluente.wire.event_stream import EventWriter
from afluente.wire.family import family
from afluente.wire.fault import resolve
from afluente.wire.message import EventBody, HttpRequest, HttpResponse
from afluente.wire.model import Model, Operation, Shape
from afluente.wire.tree import TreeReader, TreeWriter


class RpcBinding:
    """The JSON protocol of `model`, spelled by `codec`."""

    protocol = "json"

    def __init__(self, model: Model, codec: Codec, content_type: str) -> None:
        self.model = model
        self._codec = codec
        self.content_type = content_type
        self._reader = TreeReader(codec, java_types=family(model.service).java_types)
        self._writer = TreeWriter(codec)

    def operation(self, request: HttpRequest) -> Operation:
        prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
        operation = self.model.operation(name) if prefix == self.model.target_prefix else None
        if operation is None:
            raise UnknownOperationException
        return operation

    def parse(self, operation: Operation, request: HttpRequest) -> dict[str, Any]:
        try:
            tree = self._codec.decode(request.content())
            if not isinstance(tree, dict):
                raise SerializationException
            members: dict[str, Any] = self._reader.read(operation.input, tree) if operation.input else {}
        except (Malformed, RecursionError):
            raise SerializationException from None
        return members

    def answer(self, operation: Operation, response: Mapping[str, Any], request_id: str) -> HttpResponse:
        if operation.output is None:
            return HttpResponse(200, self._headers(request_id))
        if operation.event_member is not None:
            return self._stream(operation.output, operation.event_member, response, request_id)
        return HttpResponse(200, self._headers(request_id), self.document(operation.output, response))

    def _stream(self, output: Shape, member: str, response: Mapping[str, Any], request_id: str) -> HttpResponse:
        writer = EventWriter(self.model, output.members[member], self)
        body = EventBody(writer.response(output, response), response[member].events, writer.event, writer.fail)
        return HttpResponse(200, {**self._headers(request_id), "Content-Type": event_frame.CONTENT_TYPE}, body)

    def fail(self, error: AwsError, request_id: str) -> HttpResponse:
        fault = resolve(self.model, error)
        headers = self._headers(request_id)
        if self.model.query_compatible:
            # What clients of the Query protocol know the error by
            # https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
            headers["x-amzn-query-error"] = f"{fault.code};{'Sender' if fault.is_sender else 'Receiver'}"
        return HttpResponse(fault.status, headers, self._codec.encode(fault.as_tree()))

    def document(self, shape: Shape, value: Mapping[str, Any]) -> bytes:
        """A structure in the binding's format, as answers and the frames of event streams have it."""
        return self._codec.encode(self._writer.write(shape, value))

    def compiled(self, payload: EventPayload) -> bytes:
        """The members of an event that write themselves."""
        return self._codec.compiled(payload)

    def _headers(self, request_id: str) -> dict[str, str]:
        return {"Content-Type": self.content_type, "x-amzn-RequestId": request_id}
