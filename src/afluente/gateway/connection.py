"""One client's connection: HTTP/1.1 in and out, one request answered after the other.

What a request means is the dispatcher's; here are framing, order, backpressure and the end.
"""

import asyncio
import logging
from collections import deque
from contextlib import aclosing
from functools import lru_cache
from typing import cast

import httptools

from afluente.gateway import file_sender
from afluente.gateway.edge import Edge, peer_of
from afluente.gateway.head import head
from afluente.gateway.hot import Stepper
from afluente.gateway.patience import MOVE_BYTES, Patience
from afluente.gateway.spool import MemoryReceiver, Receiver, TooLarge
from afluente.wire.message import EventBody, HttpRequest, HttpResponse

MAX_HEAD_BYTES = 64 * 1024
MAX_WAITING = 16
"""Requests of one client that wait for their turn; with more, reading pauses."""

HEAD_TOO_LARGE = (431, "RequestHeaderSectionTooLarge", "Your request header section is too large.")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

log = logging.getLogger(__name__)


class Exchange:
    """One request on its way: its head, its body's receiver, and whether the connection outlives it."""

    __slots__ = ("expects", "keep_alive", "receiver", "refusal", "request")

    def __init__(self, request: HttpRequest, *, keep_alive: bool) -> None:
        self.request = request
        self.keep_alive = keep_alive
        self.receiver: Receiver = MemoryReceiver(0)
        self.refusal: HttpResponse | None = None
        self.expects = False

    def refuse(self, status: int, code: str, message: str) -> None:
        """Answer with an error whatever the request is, and close."""
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        self.refusal = HttpResponse(status, {"Content-Type": "application/xml"}, body)
        self.keep_alive = False


class Connection(asyncio.Protocol):
    """The protocol of one connection. Its `on_` methods are httptools' callbacks."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head_bytes = 0  # received since the last complete head: bounds one that never ends
        self._field_bytes = 0
        self._in_head = True
        self._arriving: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._current: Exchange | None = None
        self._holds: set[str] = set()
        self._drained: asyncio.Future[None] | None = None
        self._streaming: asyncio.Task[None] | None = None
        self._advancing = False
        self._ending = False
        self._received = 0
        self._begun = 0
        self._sending: asyncio.Task[None] | None = None  # of a file, which has a way of its own to the socket
        self._sent = 0
        self._patience = Patience()

    def finish(self) -> None:
        self._end()
        if self._current is None and not self._waiting:
            self._close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def look(self) -> None:
        if self._transport is None:
            return
        answering = self._current is not None or bool(self._waiting)
        unsent = self._transport.get_write_buffer_size()
        progress = (self._begun, self._received // MOVE_BYTES, unsent, self._sent)
        stalled = self._drained is not None or self._sending is not None
        if self._patience.is_over(waits=stalled or not answering, progress=progress):
            self.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._peer = peer_of(transport)
        self._transport.set_write_buffer_limits(high=0)  # writing is paused whenever anything is left in the buffer
        self._edge.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # how it ended makes no difference
        self._transport = None
        if self._arriving is not None:
            self._arriving.receiver.discard()
        for exchange in self._waiting:
            exchange.receiver.discard()
        self._waiting.clear()
        if self._drained is not None:
            self._drained.set_exception(ConnectionResetError("the client went away"))
            self._drained.exception()  # nobody may be waiting
            self._drained = None
        for task in (self._streaming, self._sending):
            if task is not None:
                task.cancel()
        self._edge.closed(self)

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._drained is not None:
            self._drained.set_result(None)
            self._drained = None
        self._next()

    def data_received(self, data: bytes) -> None:
        if self._ending:
            return
        self._received += len(data)
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data, upgrade)
        except httptools.HttpParserCallbackError:
            log.exception("a fault of the gateway's own while reading a request")
            self._refuse(500, "InternalError", "We encountered an internal error. Please try again.")
        except httptools.HttpParserError:
            self._refuse(400, "BadRequest", "An error occurred when parsing the HTTP request.")
        if self._in_head and self._head_bytes > 2 * MAX_HEAD_BYTES:
            self._refuse(*HEAD_TOO_LARGE)

    def eof_received(self) -> bool:
        self._end()
        return self._current is not None or bool(self._waiting)  # half closed: the answers are still wanted

    # What httptools calls

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._field_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer of HTTP's own chunking, which no AWS protocol uses
        self._field_bytes += len(name) + len(value)
        key, text = _header_name(name), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]},{text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        path, _, query = self._url.decode("latin-1").partition("?")
        if not path.startswith("/"):  # the form for proxies: http://host/path
            path = "/" + path.partition("://")[2].partition("/")[2]
        request = HttpRequest(self._parser.get_method().decode(), path, query, self._headers, peer=self._peer)
        # who asks for more in HTTP/1.0 waits for the end of the connection, unless it is told otherwise
        keep_alive = self._parser.should_keep_alive() and self._parser.get_http_version() == "1.1"
        exchange = Exchange(request, keep_alive=keep_alive)
        exchange.receiver = self._edge.receiver(request, self._hold_for_body, self._release_for_body)
        exchange.expects = self._headers.get("expect", "").lower() == "100-continue"
        self._arriving = exchange
        self._in_head = False
        if self._field_bytes > MAX_HEAD_BYTES:
            exchange.refuse(*HEAD_TOO_LARGE)
        if self._parser.should_upgrade() and (request.method == "CONNECT" or _has_body(request)):
            exchange.refuse(400, "BadRequest", "Afluente speaks HTTP/1.1 only; send the request without Upgrade.")
        self._head_bytes, self._field_bytes, self._url, self._headers = 0, 0, b"", {}
        self._next()

    def on_body(self, data: bytes) -> None:
        if self._arriving is not None:
            self._arriving.receiver.feed(data)

    def on_message_complete(self) -> None:
        exchange, self._arriving = self._arriving, None
        self._in_head = True
        if exchange is None:
            return
        if self._ending:
            exchange.receiver.discard()
            return
        self._waiting.append(exchange)
        if len(self._waiting) > MAX_WAITING:
            self._hold("waiting")
        self._next()

    # One request after the other

    def _next(self) -> None:
        """Begin what can begin. A loop, because an answer that is ready at once leads back here."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._current is None and self._drained is None and self._transport is not None and self._waiting:
                self._begin(self._waiting.popleft())
        finally:
            self._advancing = False
        if self._current is None and self._arriving is not None and self._arriving.expects and not self._waiting:
            self._arriving.expects = False
            self._write(CONTINUE)

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        self._begun += 1
        self._release("waiting")
        if exchange.refusal is not None:
            self._respond(exchange.refusal)
        elif not self._start_hot(exchange):
            asyncio.get_running_loop().create_task(self._answer(exchange))

    def _start_hot(self, exchange: Exchange) -> bool:
        if not isinstance(exchange.receiver, MemoryReceiver):
            return False
        try:
            body = exchange.receiver.content()
        except TooLarge:
            return False
        hot = self._edge.hot(exchange.request, body)
        if hot is None:
            return False

        def done(result: bytes | None, error: BaseException | None) -> None:
            if error is not None:
                self._respond(hot.failure(error))
            elif result is None:
                asyncio.get_running_loop().create_task(self._answer(exchange))
            else:
                connection = "" if exchange.keep_alive and not self._ending else "Connection: close\r\n"
                self._write(hot.response(result, self._edge.date.now(), connection))
                self._answered(exchange)

        Stepper(hot.coroutine, done, asyncio.get_running_loop()).step()
        return True

    async def _answer(self, exchange: Exchange) -> None:
        request = exchange.request
        headers = dict(request.headers)
        request.headers = headers
        try:
            request.body = await exchange.receiver.finish(headers)
        except TooLarge:
            exchange.keep_alive = False
            self._respond(HttpResponse(413))
        except Exception as error:  # the edge tells AWS's errors from faults, and logs those
            exchange.receiver.discard()
            self._respond(self._edge.refuse(request, error))
        else:
            await self._send(exchange, await self._edge.answer(request))

    async def _send(self, exchange: Exchange, response: HttpResponse) -> None:
        if isinstance(response.body, bytes):
            self._respond(response)
            return
        if isinstance(response.body, EventBody):
            await self._stream(exchange, response, response.body)
            return
        start = self._head(response, response.body.length, exchange)
        try:
            with response.body.file or response.body.path.open("rb") as file:
                transport = await self._empty_transport()
                self._sending = asyncio.current_task()
                await file_sender.send(
                    transport, start, file, offset=response.body.offset, length=response.body.length, sent=self._note
                )
        except (OSError, EOFError) as error:
            log.info("a file was not sent to its end: %s", error)
            self.abort()
        except asyncio.CancelledError:  # its connection is closed
            log.info("a file was not sent to its end: the client did not take it")
        else:
            self._sending = None
            self._answered(exchange)

    def _note(self, sent: int) -> None:
        """So many bytes of a file have been taken."""
        self._sent += sent

    async def _stream(self, exchange: Exchange, response: HttpResponse, body: EventBody) -> None:
        """Send frames, each once the one before has left, until there are no more or nobody wants them."""
        chunked = self._parser.get_http_version() == "1.1"
        if chunked:
            response.headers["Transfer-Encoding"] = "chunked"
        else:
            exchange.keep_alive = False
        self._write(self._head(response, None, exchange))
        self._streaming = asyncio.current_task()
        try:
            async with aclosing(self._edge.frames(body)) as frames:
                async for frame in frames:
                    self._write(b"%x\r\n%b\r\n" % (len(frame), frame) if chunked else frame)
                    await self._empty_transport()
                    if self._ending:
                        break
        except ConnectionResetError:
            return
        except asyncio.CancelledError:  # by `_end`, or because the client is gone: what was written are whole frames
            log.debug("a stream of events was ended")
        finally:
            self._streaming = None
        if chunked:
            self._write(LAST_CHUNK)
        self._answered(exchange)

    async def _empty_transport(self) -> asyncio.Transport:
        """The transport, once nothing is left in its buffer. Raises ConnectionResetError."""
        while self._transport is not None and self._transport.get_write_buffer_size():
            if self._drained is None:
                await asyncio.sleep(0)
            else:
                await asyncio.wait([self._drained])  # which outlives whoever waits
        if self._transport is None:
            raise ConnectionResetError("the client went away")
        return self._transport

    def _respond(self, response: HttpResponse) -> None:
        exchange = self._current
        if exchange is None or not isinstance(response.body, bytes):
            raise RuntimeError("no request waits for this response")
        self._write(self._head(response, len(response.body), exchange) + response.body)
        self._answered(exchange)

    def _head(self, response: HttpResponse, length: int | None, exchange: Exchange) -> bytes:
        headers = {name: value for name, value in response.headers.items() if name.lower() != "content-length"}
        if exchange.request.method == "HEAD" and length is not None:
            length = int(next((v for n, v in response.headers.items() if n.lower() == "content-length"), length))
        if response.status not in {204, 304} and length is not None:
            headers["Content-Length"] = str(length)
        headers["Date"] = self._edge.date.now()
        if not exchange.keep_alive or self._ending:
            headers["Connection"] = "close"
        return head(response.status, headers)

    def _answered(self, exchange: Exchange) -> None:
        self._current = None
        if not exchange.keep_alive or (self._ending and not self._waiting):
            self._close()
        else:
            self._next()

    # Refusing and holding back

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer broken HTTP, after the requests before it, and close."""
        exchange = Exchange(HttpRequest("GET", "/", "", {}), keep_alive=False)
        exchange.refuse(status, code, message)
        if self._arriving is not None:
            self._arriving.receiver.discard()
            self._arriving = None
        self._ending = True
        self._waiting.append(exchange)
        self._next()

    def _go_on_without_upgrade(self, data: bytes, upgrade: Exception) -> None:
        self._parser = httptools.HttpRequestParser(self)
        rest = data[upgrade.args[0] :]
        if rest:
            self.data_received(rest)

    def _hold_for_body(self) -> None:
        self._hold("body")

    def _release_for_body(self) -> None:
        self._release("body")

    def _hold(self, reason: str) -> None:
        if not self._holds and self._transport is not None:
            self._transport.pause_reading()
        self._holds.add(reason)

    def _release(self, reason: str) -> None:
        if reason in self._holds:
            self._holds.discard(reason)
            if not self._holds and self._transport is not None:
                self._transport.resume_reading()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _end(self) -> None:
        """Take no more requests."""
        self._ending = True
        if self._streaming is not None:
            self._streaming.cancel()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@lru_cache(maxsize=512)
def _header_name(name: bytes) -> str:
    """As headers are asked for; clients send the same few over and over."""
    return name.decode("latin-1").lower()


def _has_body(request: HttpRequest) -> bool:
    """The parser takes a message that wants to upgrade for one without a body, so this must not be lost on us."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
