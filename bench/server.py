"""A running Afluente in a process of its own, and a server that answers at once, for comparison."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config


@contextmanager
def afluente(data: Path, **settings: object) -> Iterator["Server"]:
    """`afluente serve` on a free port."""
    command = [sys.executable, "-m", "afluente.cli.main", "serve", "--port", "0", "--data", str(data)]
    environment = {f"AFLUENTE_{name.upper()}": str(value) for name, value in settings.items()}
    server = Server(command, environment, "serves the AWS APIs at ")
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def answering_at_once(answer: bytes) -> Iterator["Server"]:
    """A server that answers every request with the same JSON bytes and does nothing else."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(answer)
        server = Server([sys.executable, "-m", "bench.null_server"], {"NULL_ANSWER": file.name}, "null server at ")
    try:
        yield server
    finally:
        server.stop()


class Server:
    """A server process that says where it listens; `started_s` is how long it took to say so."""

    def __init__(self, command: list[str], environment: dict[str, str], greeting: str) -> None:
        begin = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
        assert self.process.stdout is not None
        line = next(line for line in self.process.stdout if greeting in line)
        self.endpoint = line.split(greeting)[1].strip()
        self.host, self.port = "127.0.0.1", int(self.endpoint.rsplit(":", 1)[1])
        self.started_s = time.perf_counter() - begin

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
            config=Config(retries={"max_attempts": 0}),
        )

    @cached_property
    def athena(self) -> Any:
        return self.client("athena")

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    def healthy(self) -> bool:
        with urllib.request.urlopen(f"{self.endpoint}/_afluente/health") as answer:
            return bool(answer.status == 200)

    @property
    def memory_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
