"""A small HTTP/2 client on a plain socket: prior knowledge, many streams, frames as a test wants them."""

import json
import socket
from collections.abc import Iterable
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from hyperframe.frame import Frame, GoAwayFrame
from tests.gateway.conftest import authorization

Fields = list[tuple[str, str]]


def rpc_fields(operation: str, **headers: str) -> Fields:
    """The head of a signed JSON request to Kinesis."""
    fields = {
        ":method": "POST",
        ":path": "/",
        ":scheme": "http",
        ":authority": "127.0.0.1",
        "x-amz-target": f"Kinesis_20131202.{operation}",
        "content-type": "application/x-amz-json-1.1",
        "authorization": authorization("kinesis"),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return list(fields.items())


class Response:
    """What has come of one stream."""

    def __init__(self) -> None:
        self.status = 0
        self.informational: list[int] = []
        self.headers: dict[str, str] = {}
        self.body = b""
        self.taken = 0
        self.ended = False
        self.reset: int | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Http2Client:
    """`window`: what each stream may send before it is acknowledged; `acknowledge`: do so as data comes."""

    def __init__(self, port: int, *, window: int | None = None, acknowledge: bool = True) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.responses: dict[int, Response] = {}
        self.goodbye: GoAwayFrame | None = None
        self._unread = b""
        self.acknowledge = acknowledge
        self.h2.initiate_connection()
        if window is not None:
            self.h2.update_settings({4: window})
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def raw(self, *frames: Frame) -> None:
        self.socket.sendall(b"".join(frame.serialize() for frame in frames))

    def ask(self, fields: Fields, body: bytes = b"{}", *, end: bool = True) -> int:
        """Send a request whose body fits the window; its stream."""
        stream_id = self.h2.get_next_available_stream_id()
        self.responses[stream_id] = Response()
        self.h2.send_headers(stream_id, fields, end_stream=end and not body)
        self.send(stream_id, body, end=end)
        return stream_id

    def send(self, stream_id: int, body: bytes, *, end: bool = True) -> None:
        """Send a part of a body, as fast as the server makes room."""
        while body:
            room = min(self.h2.local_flow_control_window(stream_id), self.h2.max_outbound_frame_size, len(body))
            if room == 0:
                self.flush()
                self.receive()
                continue
            self.h2.send_data(stream_id, body[:room], end_stream=end and room == len(body))
            body = body[room:]
        self.flush()

    def receive(self) -> list[Event]:
        """Take what comes next. Raises EOFError when the connection is closed instead."""
        data = self.socket.recv(1 << 16)
        if not data:
            raise EOFError
        self._unread += data
        events = []
        while (frame := self._next_frame()) is not None:
            events += self.h2.receive_data(frame)
        for event in events:
            self._take(event)
        self.flush()
        return events

    def _next_frame(self) -> bytes | None:
        """The next whole frame, but for a GOAWAY: after that h2 would take nothing more, and servers do send more."""
        length = 9 + int.from_bytes(self._unread[:3], "big")
        if len(self._unread) < max(length, 9):
            return None
        frame, self._unread = self._unread[:length], self._unread[length:]
        if frame[3] != GoAwayFrame.type:
            return frame
        self.goodbye = GoAwayFrame(0)
        self.goodbye.parse_body(memoryview(frame[9:]))
        return self._next_frame()

    def _take(self, event: Event) -> None:
        response = self.responses.get(getattr(event, "stream_id", None) or 0)
        if response is None:
            return
        match event:
            case InformationalResponseReceived():
                response.informational.append(int(dict(_pairs(event.headers))[":status"]))
            case ResponseReceived():
                response.headers = dict(_pairs(event.headers))
                response.status = int(response.headers[":status"])
            case DataReceived():
                response.body += event.data
                if self.acknowledge:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case StreamEnded():
                response.ended = True
            case StreamReset():
                response.reset = int(event.error_code)

    def until(self, *stream_ids: int) -> list[Response]:
        """The responses of these streams, once all of them are over."""
        while any(not (r := self.responses[each]).ended and r.reset is None for each in stream_ids):
            self.receive()
        return [self.responses[each] for each in stream_ids]

    def answer(self, fields: Fields, body: bytes = b"{}") -> Response:
        """The response to one request."""
        (response,) = self.until(self.ask(fields, body))
        return response

    def answer_and_close(self, fields: Fields, body: bytes = b"{}") -> Response:
        """As `answer`, and be gone."""
        try:
            return self.answer(fields, body)
        finally:
            self.close()

    def until_closed(self) -> "Http2Client":
        """Take everything until the server closes the connection."""
        try:
            while True:
                self.receive()
        except (EOFError, ConnectionResetError):
            return self

    def close(self) -> None:
        self.socket.close()


def _pairs(headers: Iterable[Any] | None) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in headers or ()]
