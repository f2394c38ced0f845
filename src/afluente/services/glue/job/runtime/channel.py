"""The line to the server: one JSON message each way, one at a time."""

import json
import os
import signal
import socket
import threading
from typing import Any


class ServerError(Exception):
    """The server's refusal of what a script asked for, by AWS's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} (Error Code: {self.code})"


class Channel:
    """Requests over the socket with file descriptor `number`."""

    def __init__(self, number: int) -> None:
        self._stream = socket.socket(fileno=number).makefile("rwb")
        self._lock = threading.Lock()

    def ask(self, op: str, **members: Any) -> Any:
        """The server's answer. Raises ServerError."""
        with self._lock:
            self._stream.write(json.dumps({"op": op, **members}).encode() + b"\n")
            self._stream.flush()
            reply = json.loads(self._stream.readline())
        if error := reply.get("error"):
            raise ServerError(error["code"], error["message"])
        return reply["result"]


def die_with_server(lifeline: int) -> None:
    """End this process, and what it started, as soon as the server's end of the pipe `lifeline` is gone."""

    def watch() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()
