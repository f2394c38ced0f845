"""A load generator that is not the bottleneck: requests signed beforehand, replayed over plain sockets."""

import json
import socket
import threading
import time
from base64 import b64encode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

RECORDS = 500


def reading(number: int) -> bytes:
    """A reading of about 105 bytes."""
    return json.dumps(
        {
            "idtemp": number % 1000,
            "data": 22.75,
            "type": "temperature",
            "timestamp": f"2026-11-24T01:00:00.{number:06d}Z",
        }
    ).encode()


def put_records(stream: str, batch: int) -> bytes:
    """The body of a PutRecords of 500 readings."""
    records = [
        {"Data": b64encode(reading(batch * RECORDS + n)).decode(), "PartitionKey": f"{n % 100:02d}-{batch}"}
        for n in range(RECORDS)
    ]
    return json.dumps({"StreamName": stream, "Records": records}).encode()


def request(host: str, port: int, target: str, body: bytes) -> bytes:
    """The bytes of one signed JSON request."""
    signed = AWSRequest(
        "POST",
        f"http://{host}:{port}/",
        data=body,
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target},
    )
    SigV4Auth(Credentials("bench", "bench"), "kinesis", "us-east-1").add_auth(signed)
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
    return f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def replay(host: str, port: int, requests: list[bytes], connections: int, seconds: float) -> tuple[int, float]:
    """Send `requests` over and over on each connection for `seconds`; requests answered, and the time it took."""
    counts = [0] * connections
    end = time.perf_counter() + seconds

    def send(worker: int) -> None:
        with socket.create_connection((host, port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.perf_counter() < end:
                connection.sendall(requests[(worker + counts[worker]) % len(requests)])
                status, _ = _receive(connection)
                assert status == b"200", status
                counts[worker] += 1

    begin = time.perf_counter()
    threads = [threading.Thread(target=send, args=(worker,)) for worker in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts), time.perf_counter() - begin


def fetch(host: str, port: int, message: bytes) -> bytes:
    """The body of the answer to one request."""
    with socket.create_connection((host, port)) as connection:
        connection.sendall(message)
        return _receive(connection)[1]


def _receive(connection: socket.socket) -> tuple[bytes, bytes]:
    """Status and body of an answer."""
    data = connection.recv(262_144)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += connection.recv(262_144)
    head = data[:end].lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    parts, missing = [data[end + 4 :]], end + 4 + length - len(data)
    while missing > 0:
        parts.append(connection.recv(262_144))
        missing -= len(parts[-1])
    return head.split(b" ")[1], b"".join(parts)
