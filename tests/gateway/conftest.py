"""A gateway in this process with small providers of its own, and a plain socket to it."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.provider import Provider
from afluente.core.setting import Settings
from afluente.gateway.dispatcher import Callers
from afluente.gateway.server import Gateway

Identify = Callable[[str, str | None], Principal | None]


def authorization(service: str, region: str = "us-east-1", key: str = "AKIAEXAMPLE") -> str:
    return (
        f"AWS4-HMAC-SHA256 Credential={key}/20261124/{region}/{service}/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0123"
    )


def http(method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    fields = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def rpc(operation: str, body: bytes = b"{}", **headers: str) -> bytes:
    """A signed JSON request to Kinesis."""
    return http(
        "POST",
        "/",
        {
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": authorization("kinesis"),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        body,
    )


class Answer:
    """A response as it came over the wire."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A plain socket to a gateway."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.open()

    def open(self) -> None:
        """Connect, anew after `close`."""
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> "Wire":
        self.socket.sendall(data)
        return self

    def answer(self, *, to_head: bool = False) -> Answer:
        """The next response. Raises EOFError when the connection is closed instead."""
        answer = self.head()
        if not to_head:
            answer.body = self._file.read(int(answer.headers.get("content-length", 0)))
        return answer

    def chunk(self) -> bytes:
        """The next chunk of a response's body; b"" is the last. Raises EOFError as `answer` does."""
        line = self._file.readline()
        if not line:
            raise EOFError
        return self._file.read(int(line, 16) + 2)[:-2]

    def head(self) -> Answer:
        """The next response without its body. Raises EOFError as `answer` does."""
        line = self._file.readline()
        if not line:
            raise EOFError
        status = int(line.split()[1])
        headers = {}
        while (field := self._file.readline().decode("latin-1").strip()) != "":
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        return Answer(status, headers, b"")

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        return self._file.read()

    def is_closed(self) -> bool:
        return self._file.read(1) == b""

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class Served:
    """A running gateway."""

    def __init__(self, gateway: Gateway, port: int, clock: ManualClock, data: Path) -> None:
        self.gateway = gateway
        self.port = port
        self.clock = clock
        self.data = data
        self._wires: list[Wire] = []

    def wire(self) -> Wire:
        self._wires.append(Wire(self.port))
        return self._wires[-1]

    def ask(self, data: bytes, *, to_head: bool = False) -> Answer:
        """The response to one request, on a connection of its own."""
        return self.wire().send(data).answer(to_head=to_head)

    def spooled(self) -> list[Path]:
        folder = self.data / "tmp"
        return list(folder.iterdir()) if folder.exists() else []

    def stop(self) -> None:
        for wire in self._wires:
            wire.close()
        self.gateway.stop()


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a gateway: `serve(provider, ...)`; ended with the test."""
    running: list[Served] = []

    def start(
        *providers: Provider, hot: Mapping[str, Any] | None = None, identify: Identify | None = None, **settings: Any
    ) -> Served:
        clock = ManualClock()
        gateway = Gateway(
            {provider.service: provider for provider in providers},
            {(target, "application/x-amz-json-1.1"): handler for target, handler in (hot or {}).items()},
            Callers(identify),
            lambda: {"status": "running", "services": []},
            Settings(data=tmp_path, port=0, **settings),
            clock,
        )
        running.append(Served(gateway, gateway.start(), clock, tmp_path))
        return running[-1]

    yield start
    for served in running:
        served.stop()


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """HTTP/2 clients, closed with the test: `connect(port, ...)`."""
    from tests.gateway.http2_client import Http2Client

    clients: list[Http2Client] = []

    def start(port: int, **options: Any) -> Http2Client:
        clients.append(Http2Client(port, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


class Kinesis(Provider):
    """Answers with what it was called with."""

    service = "kinesis"
    operations: ClassVar[tuple[str, ...]] = ("CreateStream", "DeleteStream", "ListStreams", "ListShards", "PutRecord")
    unsupported: ClassVar = {"CreateStream": ("WarmThroughputMiBps", "StreamModeDetails.StreamMode=ON_DEMAND")}

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.requests: list[dict[str, Any]] = []

    def create_stream(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return self._take(call, request, {})

    def delete_stream(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("a fault of the provider")

    def list_shards(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return self._take(call, request, {"Shards": []})

    async def list_streams(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return self._take(call, request, {"StreamNames": [call.region], "HasMoreStreams": False})

    async def put_record(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return self._take(call, request, {"ShardId": request["PartitionKey"], "SequenceNumber": "1"})

    def _take(self, call: Call, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(call)
        self.requests.append(request)
        return response


@pytest.fixture
def kinesis() -> Kinesis:
    return Kinesis()
