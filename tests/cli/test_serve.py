"""`afluente serve` as a process: its start, its refusals, its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from afluente.app import App
from afluente.core.setting import Settings

COMMAND = [sys.executable, "-m", "afluente.cli.main", "serve"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A serving process on `tmp_path/data`, and its endpoint."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--data", str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    endpoint = process.stdout.readline().rsplit(" ", 1)[1].strip()
    yield process, endpoint
    process.kill()
    process.communicate()


def refused(*arguments: str) -> str:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_health_answers_once_it_serves(server: tuple[subprocess.Popen[str], str]) -> None:
    with urllib.request.urlopen(f"{server[1]}/_afluente/health") as answer:
        health = json.load(answer)
    assert health["status"] == "running"
    assert {"kinesis", "firehose", "s3", "glue", "athena", "iam", "sts", "cloudformation"} <= set(health["services"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_with_0(server: tuple[subprocess.Popen[str], str], number: signal.Signals) -> None:
    process, _ = server
    process.send_signal(number)
    assert process.wait(30) == 0


def test_busy_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        assert port in refused("--port", port, "--data", str(tmp_path / "data"))


def test_locked_folder_is_one_clear_sentence(server: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    assert "in use" in refused("--port", "0", "--data", str(tmp_path / "data"))


def test_foreign_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert "not an Afluente data folder" in refused("--port", "0", "--data", str(tmp_path))


def test_a_folder_whose_disk_is_in_no_order_is_one_clear_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    App(Settings(data=data)).stop()
    (data / "meta.db").write_bytes(b"torn" * 1000)
    said = refused("--port", "0", "--data", str(data))
    assert "file is not a database" in said
    assert "MB are free there" in said


def test_the_address_of_ipv6_is_a_url_that_clients_take(tmp_path: Path) -> None:
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    app = App(Settings(data=tmp_path / "data", host="::1", port=0))
    app.start()
    try:
        assert app.endpoint.startswith("http://[::1]:")
        with urllib.request.urlopen(f"{app.endpoint}/_afluente/health") as answer:
            assert answer.status == 200
    finally:
        app.stop()


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_enforcing_it_listens_beyond_loopback_and_shows_the_key_of_root_once(tmp_path: Path) -> None:
    keys: list[str] = []
    for _ in range(2):
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--host", "0.0.0.0", "--auth", "enforce", "--data", str(tmp_path / "data")],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        endpoint = process.stdout.readline().rsplit(" ", 1)[1].strip().replace("0.0.0.0", "127.0.0.1")
        if not keys:
            lines = [process.stdout.readline() for _ in range(6)]
            keys = [line.partition("=")[2].strip() for line in lines if line.startswith("    AWS_")]
        caller = [
            boto3.client(
                "sts", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=keys[0],
                aws_secret_access_key=secret,
            )
            for secret in (keys[1], "guessed")
        ]  # fmt: skip
        assert caller[0].get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            caller[1].get_caller_identity()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        assert "SECRET" not in said
