"""One client's connection in HTTP/2: many streams at once, each a request and its response.

h2 keeps the protocol's state; here are the transport, the limits, and what each event means for a stream. What a
request means is the dispatcher's. https://www.rfc-editor.org/rfc/rfc9113
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import Frame, GoAwayFrame

from afluente.gateway.edge import Edge, peer_of
from afluente.gateway.http2_stream import Stream
from afluente.gateway.patience import Patience
from afluente.wire.message import HttpRequest

MAX_STREAMS = 128
MAX_HEAD_BYTES = 64 * 1024
STREAM_WINDOW_BYTES = 1 << 20
CONNECTION_WINDOW_BYTES = 16 << 20
"""What clients may send before it is taken: of one request's body, and of all bodies of a connection together."""

MAX_UNSENT_BYTES = 4 << 20
"""With more than this not taken by the client, no more is read from it: acknowledgements have no flow control."""

RESETS, RESETS_PER_S = 200, 20
"""Streams that may be reset, at once and in the long run, before the connection ends: https://kb.cert.org/vuls/id/767506
(rapid reset: a client opens and cancels streams to have work begun in vain)."""

CONFIG = H2Configuration(client_side=False, header_encoding=None)

log = logging.getLogger(__name__)


class State(H2Connection):
    """h2's, but a client that says goodbye without an error is still owed the answers to what it has asked.

    Node's clients say it as soon as a stream of events has begun. https://www.rfc-editor.org/rfc/rfc9113#section-6.8
    """

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[events.Event]]:
        if frame.error_code != ErrorCodes.NO_ERROR:
            return super()._receive_goaway_frame(frame)
        return [], [events.ConnectionTerminated()]


class Http2Connection(asyncio.Protocol):
    """The protocol of one connection."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.h2 = State(CONFIG)
        self.h2.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
                SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEAD_BYTES,
                SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW_BYTES,
            },
        )
        self.loop = asyncio.get_running_loop()
        self.writable = True
        self.is_ending = False
        self._transport: asyncio.Transport | None = None
        self._is_held_back = False
        self._streams: dict[int, Stream] = {}
        self._resets = float(RESETS)
        self._reset_at_s = self.loop.time()
        self._last_id = 0
        self._is_left = False  # the client will ask for nothing more
        self._patience = Patience()

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport is None

    def finish(self) -> None:
        self.is_ending = True
        self._say_goodbye()
        for stream in list(self._streams.values()):
            stream.end_events()
        self._close_when_done()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def look(self) -> None:
        if self._transport is None:
            return
        unsent = self._transport.get_write_buffer_size()
        idle = not self._streams
        if self._patience.is_over(waits=idle or not self.writable, progress=(self._last_id, unsent)):
            if idle and self.writable:
                self.finish()
            else:
                self.abort()
        for stream in list(self._streams.values()):
            stream.look()
        self.flush()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._transport.set_write_buffer_limits(high=0)  # writing is paused whenever anything is left in the buffer
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(CONNECTION_WINDOW_BYTES - self.h2.inbound_flow_control_window)
        self.flush()
        self.edge.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # how it ended makes no difference
        self._transport = None
        self._lose_all()
        self.edge.closed(self)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        if self._is_held_back and self._transport is not None:
            self._is_held_back = False
            self._transport.resume_reading()
        self._wake_all()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self.h2.receive_data(data):
                self._handle(event)
            self._check_frame_size()
        except ProtocolError as error:  # h2 has written the GOAWAY that says what was wrong
            log.info("a client broke HTTP/2: %s", error)
            self._give_up()
        except Exception:
            log.exception("a fault of the gateway's own while reading HTTP/2")
            self.abort()
        self.flush()

    def _check_frame_size(self) -> None:
        """Raises ProtocolError; h2 would first wait for the whole of a frame that is too large."""
        unread = self.h2.incoming_buffer._data  # noqa: SLF001  # there is no other way to it
        if int.from_bytes(unread[:3], "big") > self.h2.max_inbound_frame_size:
            self.h2.close_connection(ErrorCodes.FRAME_SIZE_ERROR)
            raise ProtocolError("a frame that is too large")

    # What h2 tells

    def _handle(self, event: events.Event) -> None:
        handler = HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def on_request(self, event: events.RequestReceived) -> None:
        stream_id = event.stream_id
        self._last_id = stream_id
        if self.is_ending:
            self.h2.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
            return
        request = _request(event.headers)
        if request is not None and self._transport is not None:
            request.peer = peer_of(self._transport)
        if request is None:
            self.h2.reset_stream(stream_id, ErrorCodes.PROTOCOL_ERROR)
            return
        self._streams[stream_id] = Stream(self, stream_id, request)

    def on_data(self, event: events.DataReceived) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is None:  # reset, or answered before all of it had come
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        else:
            stream.take(event.data, event.flow_controlled_length)

    def on_end(self, event: events.StreamEnded) -> None:
        stream = self._streams.get(event.stream_id)
        if stream is not None:
            stream.complete()

    def on_reset(self, event: events.StreamReset) -> None:
        stream = self._streams.pop(event.stream_id, None)
        if stream is not None:
            stream.lose()
        now_s = self.loop.time()
        self._resets = min(RESETS, self._resets + (now_s - self._reset_at_s) * RESETS_PER_S) - 1
        self._reset_at_s = now_s
        if self._resets < 0 and self._transport is not None:
            log.warning("a client reset too many streams and was cut off")
            self.h2.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            self._give_up()

    def on_window(self, event: events.WindowUpdated) -> None:
        if event.stream_id == 0:
            self._wake_all()
        elif event.stream_id in self._streams:
            self._streams[event.stream_id].wake()

    def on_settings(self, _: events.RemoteSettingsChanged) -> None:
        self._wake_all()  # the windows may have grown

    def on_goaway(self, event: events.ConnectionTerminated) -> None:
        self._is_left = True
        if event.error_code:
            self._give_up()
        self._close_when_done()

    # What streams ask for

    def flush(self) -> None:
        """Write what h2 has to say."""
        data = self.h2.data_to_send()
        if self._transport is None or not data:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES and not self._is_held_back:
            self._is_held_back = True
            self._transport.pause_reading()

    def done(self, stream_id: int) -> None:
        """A stream is over."""
        self._streams.pop(stream_id, None)
        self._close_when_done()

    def _wake_all(self) -> None:
        for stream in list(self._streams.values()):
            stream.wake()

    # The end

    def _say_goodbye(self) -> None:
        """Tell the client to open no more streams. Not by h2, which takes its own GOAWAY for the end of everything."""
        self.flush()
        if self._transport is not None:
            self._transport.write(GoAwayFrame(0, last_stream_id=self._last_id).serialize())

    def _close_when_done(self) -> None:
        if (self.is_ending or self._is_left) and not self._streams and self._transport is not None:
            self.flush()
            self._transport.close()

    def _give_up(self) -> None:
        """Send what is to be sent, and close, whatever is under way."""
        self.is_ending = True
        self._lose_all()
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def _lose_all(self) -> None:
        for stream in list(self._streams.values()):
            stream.lose()
        self._streams.clear()


HANDLERS: dict[type[events.Event], Callable[[Http2Connection, Any], None]] = {
    events.RequestReceived: Http2Connection.on_request,
    events.DataReceived: Http2Connection.on_data,
    events.StreamEnded: Http2Connection.on_end,
    events.StreamReset: Http2Connection.on_reset,
    events.WindowUpdated: Http2Connection.on_window,
    events.RemoteSettingsChanged: Http2Connection.on_settings,
    events.ConnectionTerminated: Http2Connection.on_goaway,
}


def _request(fields: Any) -> HttpRequest | None:
    """The request that header fields describe, in the form that HTTP/1.1's has; None: it is none that is served."""
    pseudo: dict[bytes, str] = {}
    headers: dict[str, str] = {}
    for name, value in fields:
        text = value.decode("latin-1")
        if name.startswith(b":"):
            pseudo[name] = text
            continue
        key = name.decode("latin-1")
        headers[key] = f"{headers[key]}{'; ' if key == 'cookie' else ','}{text}" if key in headers else text
    if b":authority" in pseudo:
        headers["host"] = headers[":authority"] = pseudo[b":authority"]  # which clients sign under either name
    target = pseudo.get(b":path", "")
    if b":method" not in pseudo or not (target.startswith("/") or target == "*"):
        return None  # CONNECT has no path
    path, _, query = target.partition("?")
    return HttpRequest(pseudo[b":method"], path, query, headers)
