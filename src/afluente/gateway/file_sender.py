"""A file's bytes from the page cache to a socket, without passing through this process.

uvloop has no sendfile of its own, so the socket is used and waited for under a second descriptor, which the event loop
does not know as the connection's. Nothing may be left in the transport's buffer.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import BinaryIO

CHUNK_BYTES = 1 << 20


async def send(
    transport: asyncio.Transport, start: bytes, file: BinaryIO, *, offset: int, length: int, sent: Callable[[int], None]
) -> None:
    """Send `start` and then `length` bytes of `file`; `sent` is told how many, as they are taken.

    Raises OSError when the client goes away, EOFError when the file is shorter than that.
    """
    if not hasattr(os, "sendfile"):
        file.seek(offset)
        transport.write(start + file.read(length))
        return
    connection: socket.socket = transport.get_extra_info("socket")
    with socket.socket(fileno=os.dup(connection.fileno())) as twin:
        await _send_start(twin, start)
        await _send_file(twin, file.fileno(), offset, length, sent)


async def _send_start(twin: socket.socket, start: bytes) -> None:
    more = getattr(socket, "MSG_MORE", 0)  # Linux: in one packet with what follows
    while start:
        try:
            start = start[twin.send(start, more) :]
        except BlockingIOError:
            await _writable(twin)


async def _send_file(twin: socket.socket, file: int, offset: int, length: int, told: Callable[[int], None]) -> None:
    while length:
        try:
            sent = os.sendfile(twin.fileno(), file, offset, min(length, CHUNK_BYTES))
        except BlockingIOError:
            await _writable(twin)
            continue
        if sent == 0:
            raise EOFError(f"{length} bytes are missing")
        told(sent)
        offset, length = offset + sent, length - sent
        if length:
            await asyncio.sleep(0)  # others get their turn


async def _writable(twin: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(twin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(twin.fileno())
