"""Events of a model's event stream as frames: the response that comes first, the events, and the error that ends it.

https://smithy.io/2.0/aws/amazon-eventstream.html says which headers each has; their order is that of AWS's answers.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from afluente.core.error import AwsError, InternalFailure
from afluente.core.provider import Event, EventPayload
from afluente.wire import event_frame
from afluente.wire.fault import declared_message, resolve
from afluente.wire.model import Model, Shape

BYTES, TEXT = "application/octet-stream", "text/plain"
MAX_MESSAGE = 10_000
"""Characters of an error's message in a header, whose length must fit two bytes."""


class Format(Protocol):
    """How a protocol spells the documents in its frames."""

    content_type: str

    def document(self, shape: Shape, value: Mapping[str, Any]) -> bytes:
        """A structure."""

    def compiled(self, payload: EventPayload) -> bytes:
        """Members that write themselves."""


class EventWriter:
    """Writes the frames of `stream`, a shape that is an event stream."""

    def __init__(self, model: Model, stream: Shape, format_: Format) -> None:
        self._model = model
        self._stream = stream
        self._format = format_

    def response(self, shape: Shape, value: Mapping[str, Any]) -> bytes:
        """The frame that RPC protocols begin with: the response's members other than the stream."""
        rest = {name: item for name, item in value.items() if not shape.members[name].event_stream}
        return self._frame("initial-response", self._format.content_type, self._format.document(shape, rest))

    def event(self, event: Event) -> bytes:
        """The frame of an event. Raises KeyError when the stream has none of that name."""
        name, value = event
        shape = self._stream.members[name]
        if not isinstance(value, Mapping):
            return self._frame(name, self._format.content_type, self._format.compiled(value))
        payload = next((member for member, s in shape.members.items() if s.event_payload), None)
        if payload is None:
            return self._frame(name, *self._document(shape, value))
        return self._frame(name, *self._content(shape.members[payload], value.get(payload)))

    def fail(self, error: AwsError) -> bytes:
        """The frame of an error: an exception if the stream has it, else one that only its headers describe."""
        name = "InternalFailureException" if isinstance(error, InternalFailure) else error.code
        shape = self._stream.members.get(name)
        if shape is None or not shape.exception:
            fault = resolve(self._model, error)
            return event_frame.encode(
                {":message-type": "error", ":error-code": fault.code, ":error-message": fault.message[:MAX_MESSAGE]},
                b"",
            )
        members = {**error.members, declared_message(shape) or "message": error.message}
        headers = {":exception-type": name, ":content-type": self._format.content_type, ":message-type": "exception"}
        return event_frame.encode(headers, self._format.document(shape, members))

    def _content(self, shape: Shape, value: Any) -> tuple[str, bytes]:
        """An event whose payload is one member alone."""
        match shape.type:
            case "blob":
                return BYTES, value or b""
            case "string":
                return TEXT, (value or "").encode()
            case _:
                return self._document(shape, value or {})

    def _document(self, shape: Shape, value: Mapping[str, Any]) -> tuple[str, bytes]:
        if not shape.members:
            return "", b""
        return self._format.content_type, self._format.document(shape, value)

    def _frame(self, name: str, content_type: str, payload: bytes) -> bytes:
        headers = {":event-type": name, ":content-type": content_type, ":message-type": "event"}
        return event_frame.encode({key: text for key, text in headers.items() if text}, payload)
