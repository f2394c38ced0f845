"""One stream of an HTTP/2 connection: a request on its way in, and its response on its way out."""

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, BinaryIO

from h2.errors import ErrorCodes

from afluente.core.provider import FileSlice
from afluente.gateway.head import clean
from afluente.gateway.hot import Stepper
from afluente.gateway.patience import MOVE_BYTES, Patience
from afluente.gateway.spool import MemoryReceiver, TooLarge
from afluente.wire.message import EventBody, HttpRequest, HttpResponse

if TYPE_CHECKING:
    from afluente.gateway.http2 import Http2Connection

PIECE_BYTES = 64 * 1024
"""What one stream sends before the others get their turn."""

READ_BYTES = 256 * 1024
"""What is read of a file at once."""

CONNECTION_HEADERS = frozenset({"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})

log = logging.getLogger(__name__)


class Lost(Exception):
    """The stream was reset, or its connection is gone."""


class Stream:
    """A request and its response."""

    def __init__(self, connection: "Http2Connection", id_: int, request: HttpRequest) -> None:
        self._connection = connection
        self._id = id_
        self._request = request
        self._receiver = connection.edge.receiver(request, self._pause, self._resume)
        self._held: int | None = None  # bytes that were taken in while paused, to be acknowledged later
        self._received = 0
        self._arrived = False
        self._lost = False
        self._changed: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._streaming: asyncio.Task[None] | None = None
        self._patience = Patience()
        if request.headers.get("expect", "").lower() == "100-continue":
            connection.h2.send_headers(id_, [(":status", "100")])

    def take(self, data: bytes, flow_bytes: int) -> None:
        """The body's next bytes, of which `flow_bytes` have to be acknowledged."""
        self._received += len(data)
        self._receiver.feed(data)
        if self._held is None:
            self._connection.h2.acknowledge_received_data(flow_bytes, self._id)
        else:
            self._held += flow_bytes

    def complete(self) -> None:
        """All of the request is here."""
        self._arrived = True
        if not self._start_hot():
            self._task = self._connection.loop.create_task(self._answer())

    def lose(self) -> None:
        """The client does not want the stream any more. Who works on the answer is not disturbed."""
        self._lost = True
        if self._held:  # only the connection's window is left to be given back
            self._connection.h2.acknowledge_received_data(self._held, self._id)
        self._held = None
        if not self._arrived:
            self._receiver.discard()
        if self._streaming is not None:
            self._streaming.cancel()
        self.wake()

    def end_events(self) -> None:
        """End a stream of events, between two frames if the client lets it."""
        if self._streaming is not None:
            self._streaming.cancel()

    def wake(self) -> None:
        """There may be room to send."""
        if self._changed is not None:
            self._changed.set_result(None)
            self._changed = None

    def look(self) -> None:
        """Give up on a body that does not arrive, and on a response that is not taken."""
        waits = not self._arrived or self._changed is not None
        if self._patience.is_over(waits=waits, progress=(self._received // MOVE_BYTES, self._changed)):
            self._reset(ErrorCodes.CANCEL)

    # The request

    def _pause(self) -> None:
        if self._held is None:
            self._held = 0

    def _resume(self) -> None:
        held, self._held = self._held, None
        if held and not self._lost:
            self._connection.h2.acknowledge_received_data(held, self._id)
            self._connection.flush()

    def _start_hot(self) -> bool:
        if not isinstance(self._receiver, MemoryReceiver):
            return False
        try:
            body = self._receiver.content()
        except TooLarge:
            return False
        hot = self._connection.edge.hot(self._request, body)
        if hot is None:
            return False

        def done(result: bytes | None, error: BaseException | None) -> None:
            if error is None and result is None:
                self._task = self._connection.loop.create_task(self._answer())
            else:
                response = hot.failure(error) if error is not None else hot.plain(result or b"")
                self._task = self._connection.loop.create_task(self._respond(response))

        Stepper(hot.coroutine, done, self._connection.loop).step()
        return True

    async def _answer(self) -> None:
        request, edge = self._request, self._connection.edge
        headers = request.headers = dict(request.headers)
        try:
            request.body = await self._receiver.finish(headers)
        except TooLarge:
            await self._respond(HttpResponse(413))
        except Exception as error:  # the edge tells AWS's errors from faults, and logs those
            self._receiver.discard()
            await self._respond(edge.refuse(request, error))
        else:
            await self._respond(await edge.answer(request))

    # The response

    async def _respond(self, response: HttpResponse) -> None:
        body = response.body
        try:
            if isinstance(body, bytes):
                self._send_head(response, len(body), end=not body or self._request.method == "HEAD")
                if body and self._request.method != "HEAD":
                    await self._send(body, end=True)
            elif isinstance(body, FileSlice):
                await self._send_file(response, body)
            else:
                await self._send_events(response, body)
        except Lost:
            log.debug("a stream was lost before its end")
        except (OSError, EOFError) as error:
            log.info("a file was not sent to its end: %s", error)
            self._reset(ErrorCodes.INTERNAL_ERROR)
        finally:
            self._connection.done(self._id)

    def _send_head(self, response: HttpResponse, length: int | None, *, end: bool) -> None:
        self._check()
        fields = [(":status", str(response.status))]
        lower = {name.lower(): clean(value) for name, value in response.headers.items()}
        if response.status in {204, 304} or length is None:
            lower.pop("content-length", None)
        elif self._request.method != "HEAD" or "content-length" not in lower:
            lower["content-length"] = str(length)
        lower["date"] = self._connection.edge.date.now()
        fields += [(name, value) for name, value in lower.items() if name not in CONNECTION_HEADERS]
        self._connection.h2.send_headers(self._id, fields, end_stream=end)
        self._connection.flush()

    async def _send_file(self, response: HttpResponse, body: FileSlice) -> None:
        with body.file or body.path.open("rb") as file:
            self._send_head(response, body.length, end=not body.length or self._request.method == "HEAD")
            if self._request.method == "HEAD":
                return
            file.seek(body.offset)
            left = body.length
            while left:
                data = await asyncio.to_thread(_read, file, min(left, READ_BYTES))
                left -= len(data)
                await self._send(data, end=not left)

    async def _send_events(self, response: HttpResponse, body: EventBody) -> None:
        """Send frames, each once the one before has left, until there are no more or nobody wants them."""
        self._streaming, whole = asyncio.current_task(), True
        try:
            async with aclosing(self._connection.edge.frames(body)) as frames:
                self._send_head(response, None, end=False)
                async for frame in frames:
                    whole = False
                    await self._send(frame, end=False)
                    whole = True
                    if self._connection.is_ending:
                        break
        except asyncio.CancelledError:  # by `end_events`, or `lose`
            log.debug("a stream of events was ended")
        finally:
            self._streaming = None
        self._check()
        if whole:
            self._connection.h2.end_stream(self._id)
            self._connection.flush()
        else:
            self._reset(ErrorCodes.CANCEL)

    async def _send(self, data: bytes, *, end: bool) -> None:
        """Send all of `data` as the client makes room for it. Raises Lost."""
        h2, view = self._connection.h2, memoryview(data)
        while view:
            room = min(await self._room(), PIECE_BYTES, len(view))
            while room:
                size = min(room, h2.max_outbound_frame_size)
                h2.send_data(self._id, view[:size], end_stream=end and size == len(view))
                view, room = view[size:], room - size
            self._connection.flush()
            if view:
                await asyncio.sleep(0)

    async def _room(self) -> int:
        """How many bytes may be sent now; there is at least one. Raises Lost."""
        while True:
            self._check()
            room = self._connection.h2.local_flow_control_window(self._id)
            if room > 0 and self._connection.writable:
                return room
            if self._changed is None:
                self._changed = self._connection.loop.create_future()
            await asyncio.wait([self._changed])  # which outlives whoever waits

    def _check(self) -> None:
        if self._lost or self._connection.is_lost:
            raise Lost

    def _reset(self, code: ErrorCodes) -> None:
        if not self._lost and not self._connection.is_lost:
            self._connection.h2.reset_stream(self._id, code)
            self._connection.flush()
        self.lose()
        self._connection.done(self._id)


def _read(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if not data:
        raise EOFError("the file is shorter than it was")
    return data
