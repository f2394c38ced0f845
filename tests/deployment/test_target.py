"""Where a deployment goes, and what is said when it cannot."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from afluente.app import App
from afluente.cli import main
from afluente.cli.lake_option import DEFAULT_SCHEDULE
from afluente.deployment import lifetime
from afluente.deployment.endpoint import is_loopback
from afluente.deployment.error import DeploymentError, told_kindly
from afluente.deployment.stack import Stack
from afluente.deployment.target import connect

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_without_credentials_it_says_how_to_get_some(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("deploy", "status", "destroy", "sensors"):
        assert main.main([command, "--region", "us-east-1"]) == 1
        said = capsys.readouterr().err
        assert "aws sso login" in said
        assert len(said.splitlines()) == 1


def test_an_endpoint_where_nobody_listens_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert main.main(["status", "--endpoint-url", f"http://127.0.0.1:{port}"]) == 1
    assert "afluente serve" in capsys.readouterr().err


@pytest.mark.parametrize(
    "endpoint", ["127.0.0.1:4566", "localhost", "http://", "http://h:99999", "ftp://h", "http://h:0"]
)
def test_what_is_no_endpoint_is_told_how_one_looks(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["status", "--endpoint-url", endpoint]) == 1
    assert "such as http://127.0.0.1:4566" in capsys.readouterr().err


def test_tls_to_an_afluente_that_speaks_none_is_explained(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["status", "--endpoint-url", app.endpoint.replace("http:", "https:")]) == 1
    assert "not https://" in capsys.readouterr().err


def test_aws_without_a_region_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with pytest.raises(DeploymentError, match="--region"):
        connect(None, None, None, {})


def test_aws_out_of_reach_is_not_taken_for_an_afluente() -> None:
    with pytest.raises(DeploymentError, match="region's right name"), told_kindly():
        raise EndpointConnectionError(endpoint_url="https://sts.us-esat-1.amazonaws.com/")


def test_an_endpoint_of_the_aws_configuration_is_not_taken_for_aws(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = us-east-1\nendpoint_url = {app.endpoint}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    target = connect(None, None, None, {})
    assert (target.endpoint, target.is_local) == (app.endpoint, True)
    assert app.endpoint in str(target)


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(DeploymentError, match="nobody"):
        connect("nobody", "us-east-1", None, {})


@pytest.mark.parametrize(
    ("code", "says"),
    [("ExpiredToken", "sign in again"), ("InvalidClientTokenId", "--profile"), ("AccessDenied", "docs/aws.md")],
)
def test_what_aws_refuses_is_explained(code: str, says: str) -> None:
    with pytest.raises(DeploymentError, match=says), told_kindly():
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("http://[::1]:1", True),
        ("https://kinesis.sa-east-1.amazonaws.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://10.0.0.1", False),
    ],
)
def test_only_this_machine_is_local(endpoint: str, local: bool) -> None:
    assert is_loopback(endpoint) == local


@pytest.mark.parametrize(
    ("text", "length"), [("90m", timedelta(minutes=90)), ("8h", timedelta(hours=8)), ("7d", timedelta(7))]
)
def test_a_time_to_live(text: str, length: timedelta) -> None:
    assert lifetime.length(text) == length


@pytest.mark.parametrize("text", ["", "8", "h", "0h", "-1h", "1.5h", "8 h", "1w", "999999d"])
def test_what_is_no_time_to_live(text: str) -> None:
    with pytest.raises(ValueError, match="length of time"):
        lifetime.length(text)


@pytest.mark.parametrize(("tag", "expired"), [(-1, True), (0, True), (1, False)])
def test_expiry_is_told_by_the_tag(tag: int, expired: bool) -> None:
    value = lifetime.tag_value(NOW + timedelta(seconds=tag))
    stack = Stack("s", "id", "CREATE_COMPLETE", NOW, {}, {lifetime.TAG: value}, {})
    assert lifetime.is_expired(stack, NOW) == expired


@pytest.mark.parametrize("value", ["", "soon", "2020-01-01"])
def test_a_tag_that_cannot_be_read_expires_nothing(value: str) -> None:
    stack = Stack("s", "id", "CREATE_COMPLETE", NOW, {}, {lifetime.TAG: value}, {})
    assert not lifetime.is_expired(stack, NOW)


def test_the_bills_schedule_is_the_templates() -> None:
    from windfarm.deployment import TEMPLATE

    assert f"Default: {DEFAULT_SCHEDULE}\n" in TEMPLATE.read_text()
