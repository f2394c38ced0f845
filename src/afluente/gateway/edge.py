"""What a connection, of whichever version of HTTP, needs of the server behind it; and the server of a connection."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, Protocol

from afluente.gateway.head import DateHeader
from afluente.gateway.spool import Receiver
from afluente.wire.message import EventBody, HttpRequest, HttpResponse


def peer_of(transport: asyncio.BaseTransport) -> str:
    """The client's address; empty when it has none."""
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) and name else ""


class Peer(Protocol):
    """A connection to a client."""

    def finish(self) -> None:
        """Close after the requests that have come, now when there are none. A stream of events ends where it is."""

    def abort(self) -> None:
        """Close at once."""

    def look(self) -> None:
        """Called from time to time: close if the client has kept the server waiting for too long."""


class Edge(Protocol):
    """What a connection needs of the server behind it."""

    date: DateHeader

    def receiver(self, request: HttpRequest, pause: Callable[[], None], resume: Callable[[], None]) -> Receiver:
        """Where the body of `request`, whose head is complete, goes."""

    def hot(self, request: HttpRequest, body: bytes) -> "HotAnswer | None":
        """A handler for the hot path, if the request is on it."""

    def answer(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """The response, whatever happens."""

    def frames(self, body: EventBody) -> AsyncGenerator[bytes, None]:
        """The frames of a streaming answer; to be closed by who asks."""

    def refuse(self, request: HttpRequest, error: BaseException) -> HttpResponse:
        """The response to a request whose body did not arrive as it should."""

    def opened(self, connection: Peer) -> None:
        """A client has come."""

    def closed(self, connection: Peer) -> None:
        """A client has gone."""


class HotAnswer(Protocol):
    """A request on the hot path: its handler, running, and what makes a response of the result."""

    coroutine: Coroutine[Any, Any, bytes | None]

    def response(self, body: bytes, date: str, connection: str) -> bytes:
        """The whole response in HTTP/1.1; `connection` is a header line, or empty."""

    def plain(self, body: bytes) -> HttpResponse:
        """The same response for another version of HTTP."""

    def failure(self, error: BaseException) -> HttpResponse:
        """The response to a handler that raised."""
