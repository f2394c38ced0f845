"""REST-XML, which is S3: members in the path, the query string, headers and an XML or plain body."""

import base64
import io
from collections.abc import Mapping
from typing import Any

from afluente.core.error import AwsError
from afluente.core.provider import STATUS, EventPayload, FileSlice
from afluente.wire import checksum, event_frame, timestamp, xml_reader
from afluente.wire.event_stream import EventWriter
from afluente.wire.family import family
from afluente.wire.fault import resolve
from afluente.wire.message import EventBody, HttpRequest, HttpResponse
from afluente.wire.model import Model, Operation, Shape
from afluente.wire.number import scalar
from afluente.wire.route import InvalidURI, Router, address_of
from afluente.wire.s3_rule import InvalidArgument
from afluente.wire.xml_writer import DECLARATION, XmlWriter, element, escape

NO_BODY = frozenset({204, 304})


class RestBinding:
    """The REST-XML protocol of `model`."""

    protocol = "rest-xml"

    content_type = "text/xml"
    """Of the documents in the frames of event streams."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._router = Router(model)
        self._writer = XmlWriter(milliseconds=family(model.service).milliseconds)

    def operation(self, request: HttpRequest) -> Operation:
        return self._router.operation(request, address_of(request.path), _parameters(request))

    def parse(self, operation: Operation, request: HttpRequest) -> dict[str, Any]:
        shape = operation.input
        if shape is None:
            return {}
        parameters = _parameters(request)
        address = address_of(request.path)
        found: dict[str, Any] = {}
        for name, member in shape.members.items():
            match member.location:
                case "uri":
                    found[name] = address.key if (member.location_name or name) == "Key" else address.bucket
                case "header":
                    _put(found, name, member, request.headers.get((member.location_name or name).lower()))
                case "headers":
                    found.update(_prefixed(name, member, request.headers))
                case "querystring":
                    _put(found, name, member, parameters.get(member.location_name or name))
        found.update(self._body(operation, shape, request))
        return found

    def _body(self, operation: Operation, shape: Shape, request: HttpRequest) -> dict[str, Any]:
        if operation.streams_in:
            body = io.BytesIO(request.body) if isinstance(request.body, bytes) else request.body
            return {shape.payload or "": body}
        content = request.content()
        checksum.verify(content, request.headers, required=operation.checksum_required and bool(content))
        if shape.body is None:
            plain = all(member.location for member in shape.members.values())
            return {} if plain or not content else self._document(shape, content)
        if not content:
            return {}
        return {shape.payload or "": self._payload(shape.body, content)}

    def _document(self, shape: Shape, content: bytes) -> dict[str, Any]:
        members: dict[str, Any] = xml_reader.read(shape, xml_reader.parse(content))
        return members

    def _payload(self, shape: Shape, content: bytes) -> Any:
        match shape.type:
            case "structure":
                return self._document(shape, content)
            case "blob":
                return content
            case _:
                return content.decode("utf-8", "replace")

    def answer(self, operation: Operation, response: Mapping[str, Any], request_id: str) -> HttpResponse:
        headers = _identify(request_id)
        status = 206 if "ContentRange" in response else response.get(STATUS, operation.status)
        if operation.output is None:
            return HttpResponse(status, headers)
        headers.update(_headers(operation.output, response))
        if operation.content_type:
            headers["Content-Type"] = operation.content_type
        if operation.event_member is not None:
            headers["Content-Type"] = event_frame.CONTENT_TYPE
            return HttpResponse(status, headers, self._stream(operation.output, operation.event_member, response))
        body = b"" if operation.method == "HEAD" or status in NO_BODY else self._content(operation, response, headers)
        return HttpResponse(status, headers, body)

    def _content(self, operation: Operation, response: Mapping[str, Any], headers: dict[str, str]) -> bytes | FileSlice:
        shape = operation.output
        if shape is None:
            return b""
        if shape.body is not None and shape.body.type in {"blob", "string"}:
            content = response.get(shape.payload or "", b"")
            return content.encode() if isinstance(content, str) else content
        if shape.body is not None and response.get(shape.payload or "") is None:
            return b""
        if shape.body is None and all(member.location for member in shape.members.values()):
            return b""
        headers["Content-Type"] = "application/xml"
        return self._xml(operation, shape, response).encode("utf-8", "replace")

    def _xml(self, operation: Operation, shape: Shape, response: Mapping[str, Any]) -> str:
        namespace = f' xmlns="{self.model.xml_namespace}"'
        if operation.unwrapped:
            content = "".join(escape(str(value)) for value in response.values() if value is not None)
        elif shape.body is not None:
            content = self._writer.content(shape.body, response[shape.payload or ""])
        else:
            content = self._writer.content(shape, response)
        root = shape.body or shape
        return DECLARATION + element(root.location_name or root.name, content, namespace)

    def _stream(self, output: Shape, member: str, response: Mapping[str, Any]) -> EventBody:
        """Events without a frame before them: what else the response has is in its headers."""
        writer = EventWriter(self.model, output.members[member], self)
        return EventBody(b"", response[member].events, writer.event, writer.fail)

    def document(self, shape: Shape, value: Mapping[str, Any]) -> bytes:
        """A structure as the frames of event streams have it."""
        return (DECLARATION + element(shape.name, self._writer.content(shape, value))).encode("utf-8", "replace")

    def compiled(self, payload: EventPayload) -> bytes:
        """Nothing writes itself as XML."""
        raise TypeError(f"{payload!r} is for JSON and CBOR")

    def fail(self, error: AwsError, request_id: str) -> HttpResponse:
        fault = resolve(self.model, error)
        headers = _identify(request_id)
        if fault.status in NO_BODY:
            return HttpResponse(fault.status, headers)
        headers["Content-Type"] = "application/xml"
        members = {"Code": fault.code, "Message": fault.message, **fault.members}
        members |= {"RequestId": request_id, "HostId": headers["x-amz-id-2"]}
        content = "".join(element(name, escape(str(value))) for name, value in members.items())
        return HttpResponse(fault.status, headers, (DECLARATION + element("Error", content)).encode("utf-8", "replace"))


def _parameters(request: HttpRequest) -> dict[str, str]:
    try:
        return request.parameters()
    except ValueError:
        raise InvalidURI("Couldn't parse the specified URI.") from None


def _identify(request_id: str) -> dict[str, str]:
    host_id = base64.b64encode(request_id.encode()).decode()
    return {"x-amz-request-id": request_id, "x-amz-id-2": host_id, "Server": "AmazonS3"}


def _put(found: dict[str, Any], name: str, shape: Shape, text: str | None) -> None:
    """Read a header's or parameter's text into `found`; absent texts are not there, and neither are empty numbers."""
    if text is None or (text == "" and shape.type != "string"):
        return
    try:
        found[name] = _list(shape, text) if shape.type == "list" else scalar(shape.type, text)
    except ValueError:
        argument = shape.location_name or name
        kind = "an integer or within integer range" if shape.type in {"integer", "long"} else f"a {shape.type}"
        raise InvalidArgument(f"Provided {argument} not {kind}", ArgumentName=argument, ArgumentValue=text) from None


def _list(shape: Shape, text: str) -> list[Any]:
    return [scalar(shape.member.type, part.strip()) for part in text.split(",")]


def _prefixed(name: str, shape: Shape, headers: Mapping[str, str]) -> dict[str, Any]:
    prefix = (shape.location_name or "").lower()
    found = {header.removeprefix(prefix): text for header, text in headers.items() if header.startswith(prefix)}
    return {name: found} if found else {}


def _headers(shape: Shape, response: Mapping[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, member in shape.members.items():
        value = response.get(name)
        if value is None:
            continue
        if member.location == "header":
            headers[member.location_name or name] = _text(member, value)
        elif member.location == "headers":
            headers.update({f"{member.location_name}{key}": str(text) for key, text in value.items()})
    return headers


def _text(shape: Shape, value: Any) -> str:
    match shape.type:
        case "timestamp" if shape.timestamp_format == "iso8601":
            return timestamp.to_iso8601(value, milliseconds=True)
        case "timestamp":
            return timestamp.to_rfc1123(value)
        case "boolean":
            return "true" if value else "false"
        case "list":
            return ",".join(_text(shape.member, item) for item in value)
        case _:
            return str(value)
