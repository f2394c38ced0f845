"""docs/operations.md is so: a backup restores, a folder moves, the unit starts what there is, the proxy works."""

import configparser
import functools
import re
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from afluente.app import App
from afluente.cli import main
from afluente.core.setting import Settings

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
LIVE, BACKUP = "/var/lib/afluente", "/backup/afluente"
VANISHED = 24
"""What rsync says when files went while it read: the page says that it may."""
ROOT = ("AKIAROOTROOTROOTROOT", "secret")


def block(language: str, place: int = 0) -> str:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return found[place]


def client(endpoint: str, service: str, **more: Any) -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=ROOT[0],
        aws_secret_access_key=ROOT[1], config=Config(retries={"max_attempts": 0}), **more,
    )  # fmt: skip


class Service:
    """What systemd would start and stop."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.start()

    def start(self) -> None:
        self.app = App(Settings(data=self.data, port=0, kinesis_create_delay_ms=0))
        self.app.start()

    def stop(self) -> None:
        self.app.stop()

    def carry_out(self, script: str, backup: Path) -> None:
        """Each line of the page's script, on these folders."""
        for line in script.splitlines():
            words = shlex.split(line.replace(LIVE, str(self.data)).replace(BACKUP, str(backup)), comments=True)
            if words[0] == "systemctl":
                getattr(self, words[1])()
            else:
                done = subprocess.run(words, check=False)
                assert done.returncode in {0, VANISHED}, words


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "live")
    yield service
    service.stop()


def contents(endpoint: str) -> tuple[set[bytes], dict[str, bytes]]:
    """The records of the stream and the objects of the bucket."""
    kinesis, s3 = client(endpoint, "kinesis"), client(endpoint, "s3")
    iterator = kinesis.get_shard_iterator(
        StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records: set[bytes] = set()
    while found := (answer := kinesis.get_records(ShardIterator=iterator))["Records"]:
        records |= {record["Data"] for record in found}
        iterator = answer["NextShardIterator"]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="raw").get("Contents", [])]
    return records, {key: s3.get_object(Bucket="raw", Key=key)["Body"].read() for key in keys}


@pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")
def test_a_backup_of_a_busy_folder_restores_and_moves(service: Service, tmp_path: Path) -> None:
    client(service.app.endpoint, "kinesis").create_stream(StreamName="s", ShardCount=1)
    client(service.app.endpoint, "s3").create_bucket(Bucket="raw")
    (tmp_path / "backup").mkdir()
    stopping, sent = threading.Event(), list[int]()

    def send() -> None:
        n = 0
        clients = functools.cache(client)
        while not stopping.is_set():
            try:
                endpoint = service.app.endpoint
                clients(endpoint, "kinesis").put_record(StreamName="s", Data=b"%d" % n, PartitionKey="p")
                clients(endpoint, "s3").put_object(Bucket="raw", Key=f"k/{n}", Body=b"%d" % n)
                sent.append(n)
            except Exception:  # it is down for a moment
                time.sleep(0.01)
            n += 1

    sensor = threading.Thread(target=send)
    sensor.start()
    try:
        while len(sent) < 20:
            time.sleep(0.01)
        service.carry_out(block("sh"), tmp_path / "backup")
        acknowledged = set(sent)
    finally:
        stopping.set()
        sensor.join()
    before = contents(service.app.endpoint)
    assert {int(record) for record in before[0]} >= acknowledged
    service.carry_out(block("sh", 1), tmp_path / "backup")
    restored = contents(service.app.endpoint)
    assert 20 <= len(restored[0]) <= len(before[0])
    assert restored[0] <= before[0]
    assert {key: before[1].get(key) for key in restored[1]} == restored[1]

    service.stop()
    service.data = service.data.rename(tmp_path / "elsewhere")
    service.start()
    assert contents(service.app.endpoint) == restored


def test_the_unit_starts_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    unit = configparser.ConfigParser(delimiters="=", strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block("ini"))
    command, *words = shlex.split(unit["Service"]["ExecStart"])
    assert command.endswith("/afluente")
    with pytest.raises(SystemExit):
        main.main([words[0], "--help"])
    options = capsys.readouterr().out
    assert [word for word in words if word.startswith("--") and word not in options] == []
    Settings.load(dict([unit["Service"]["Environment"].split("=", 1)]))


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The endpoint of the page's proxy before an Afluente that enforces, and the certificate to trust."""
    nginx, openssl = (
        shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"),
        shutil.which("openssl"),
    )
    if nginx is None or openssl is None:
        pytest.skip("nginx or openssl is not installed")
    app = App(Settings(data=tmp_path / "d", port=0, auth="enforce", root_access_key=ROOT[0], root_secret_key=ROOT[1]))
    app.start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = block("nginx").replace("http://127.0.0.1:4566", app.endpoint).replace("443", f"127.0.0.1:{port}")
    server = re.sub(r"(ssl_certificate) +\S+;", f"\\1 {certificate};", server)
    server = re.sub(r"(ssl_certificate_key) +\S+;", f"\\1 {key};", server)
    temporary = "".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; events {{}} http {{ access_log off; {temporary} {server} }}"
    )
    process = subprocess.Popen(
        [nginx, "-p", tmp_path, "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not _listens(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"https://localhost:{port}", certificate
    finally:
        process.terminate()
        process.wait()
        app.stop()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_the_proxy_lets_signed_requests_through(proxied: tuple[str, Path], tmp_path: Path) -> None:
    endpoint, certificate = proxied
    s3, kinesis = (client(endpoint, service, verify=str(certificate)) for service in ("s3", "kinesis"))
    s3.create_bucket(Bucket="raw")
    (tmp_path / "big").write_bytes(b"x" * (9 << 20))
    s3.upload_file(str(tmp_path / "big"), "raw", "a b/é+&?")
    assert s3.get_object(Bucket="raw", Key="a b/é+&?")["ContentLength"] == 9 << 20
    assert kinesis.list_streams()["StreamNames"] == []
