"""The server that answers at once: HTTP/1.1, one fixed answer, nothing else. Run as a process of its own."""

import asyncio
import os
from pathlib import Path

import httptools
import uvloop

ANSWER = Path(os.environ["NULL_ANSWER"]).read_bytes()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nx-amzn-RequestId: 0\r\n"
RESPONSE = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


class Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(RESPONSE)  # type: ignore[attr-defined]


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(f"null server at http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main())
