"""S3: put and get of 1 MiB and 64 MiB."""

import base64
import hashlib
import os
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figure import Figure, median_seconds
from bench.server import Server, afluente


def figures(folder: Path) -> Iterator[Figure]:
    """Puts against write + fsync + checksums; gets against sendfile to a plain socket."""
    with afluente(folder / "objects") as server:
        server.client("s3").create_bucket(Bucket="bench")
        for mib, times in ((1, 20), (64, 3)):
            body = os.urandom(mib << 20)
            raw = folder / "raw-object"
            limit = median_seconds(lambda body=body, raw=raw: _write(raw, body), times)  # type: ignore[misc]
            ours = median_seconds(lambda body=body: _put(server, body), times)  # type: ignore[misc]
            yield Figure(f"S3 put {mib} MiB", mib / ours, "MiB/s", ">= 0.6", mib / limit, "write, fsync, MD5, CRC32")
            with _sending(raw) as address:
                limit = median_seconds(lambda address=address: _receive(address), times)  # type: ignore[misc]
            ours = median_seconds(lambda: _get(server), times)
            yield Figure(f"S3 get {mib} MiB", mib / ours, "MiB/s", ">= 0.6", mib / limit, "sendfile over a new socket")


def _write(path: Path, body: bytes) -> None:
    hashlib.md5(body).digest()
    zlib.crc32(body)
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _sending(path: Path) -> Iterator[tuple[str, int]]:
    """A thread that sends the file to whoever connects; its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, path.open("rb") as file:
                connection.sendfile(file)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def _receive(address: tuple[str, int]) -> None:
    buffer = bytearray(1 << 20)
    with socket.create_connection(address) as connection:
        while connection.recv_into(buffer):
            pass


AUTHORIZATION = (
    "Authorization: AWS4-HMAC-SHA256 Credential=bench/20261124/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=" + "0" * 64
)


def _put(server: Server, body: bytes) -> None:
    """As an SDK sends it, CRC32 included; the client's own signing and parsing are left out of the time."""
    checksum = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(
            _head(
                server,
                "PUT",
                "x-amz-content-sha256: UNSIGNED-PAYLOAD",
                f"x-amz-checksum-crc32: {checksum}",
                f"Content-Length: {len(body)}",
            )
        )
        connection.sendall(body)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def _get(server: Server) -> None:
    buffer = bytearray(1 << 20)
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(_head(server, "GET"))
        count = connection.recv_into(buffer)
        head, _, body = bytes(buffer[:count]).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        rest = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) - len(body)
        while rest:
            rest -= connection.recv_into(buffer)


def _head(server: Server, method: str, *headers: str) -> bytes:
    lines = (f"{method} /bench/object HTTP/1.1", f"Host: {server.host}:{server.port}", AUTHORIZATION, *headers)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()
