"""The first bytes of a connection, which say what version of HTTP its client speaks.

HTTP/2 without TLS begins with a preface of its own ("prior knowledge", https://www.rfc-editor.org/rfc/rfc9113#section-3.3);
everything else is HTTP/1.1. The doorway then hands the connection over and has no part in it any more.
"""

import asyncio
from typing import cast

from afluente.gateway.connection import Connection
from afluente.gateway.edge import Edge
from afluente.gateway.patience import Patience

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Doorway(asyncio.Protocol):
    """The protocol of a connection that has not said anything yet."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._transport: asyncio.Transport | None = None
        self._first = b""
        self._patience = Patience()

    def finish(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def look(self) -> None:
        if self._patience.is_over(waits=True, progress=None):
            self.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._edge.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # how it ended makes no difference
        self._transport = None
        self._edge.closed(self)

    def data_received(self, data: bytes) -> None:
        first = self._first = self._first + data
        if len(first) < len(PREFACE) and PREFACE.startswith(first):
            return
        protocol = _multiplexed(self._edge) if first.startswith(PREFACE) else Connection(self._edge)
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            self._edge.closed(self)
            protocol.data_received(first)


def _multiplexed(edge: Edge) -> asyncio.Protocol:
    from afluente.gateway.http2 import Http2Connection  # noqa: PLC0415  # few clients speak it; the start need not wait

    return Http2Connection(edge)
