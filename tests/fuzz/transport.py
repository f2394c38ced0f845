"""Raw HTTP/1.1: bytes out, responses in. A connection is kept while both sides keep it."""

import http.client
import socket
import time
from dataclasses import dataclass

ANSWER_S = 20
"""An answer that takes longer is a hang: the machine may be busy, but not so busy."""


class Hang(Exception):
    """No answer came in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. `status` 0: the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_s: float


class Line:
    """A connection to the server at `port`, made anew when it is gone."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, written: bytes, method: str) -> Answer:
        """The answer to a well-framed request. Raises Hang."""
        was_open = self._socket is not None
        started = time.perf_counter()
        try:
            answer = self._ask(written, method, started)
        except (http.client.HTTPException, ConnectionError):
            answer = Answer(0, {}, b"", 0)
        if answer.status == 0:
            self.close()
            if was_open:  # the server may have closed it just when this was sent
                return self.ask(written, method)
        return answer

    def _ask(self, written: bytes, method: str, started: float) -> Answer:
        line = self._socket = self._socket or connected(self._port)
        try:
            line.sendall(written)
            response = http.client.HTTPResponse(line, method=method)
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            endless = "eventstream" in headers.get("content-type", "")
            body = b"" if endless else response.read()
        except TimeoutError:
            self.close()
            raise Hang(f"no answer within {ANSWER_S} s") from None
        if response.will_close or endless:
            self.close()
        return Answer(response.status, headers, body, time.perf_counter() - started)

    def break_in(self, pieces: list[bytes]) -> list[Answer]:
        """What a connection of its own answers to `pieces`, with nothing more to come. Raises Hang."""
        started = time.perf_counter()
        received = b""
        with connected(self._port) as line:
            try:
                for piece in pieces:
                    line.sendall(piece)
                line.shutdown(socket.SHUT_WR)
                while data := line.recv(1 << 16):
                    received += data
            except TimeoutError:
                raise Hang(f"neither answered nor closed within {ANSWER_S} s") from None
            except OSError:  # reset: it was refused before all was sent
                pass
        took_s = time.perf_counter() - started
        return [
            Answer(int(part[3:6]), {}, b"", took_s)
            for part in received.split(b"HTTP/1")[1:]
            if part[:1] == b"." and part[3:6].isdigit()
        ]

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def connected(port: int) -> socket.socket:
    """A connection to the server, which gives up waiting after ANSWER_S."""
    line = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line
