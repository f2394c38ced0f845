"""The policy that docs/aws.md gives to whoever deploys is enough for all of it under enforcement, and for no more."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from afluente.app import App
from afluente.cli import main
from afluente.core.clock import SystemClock
from afluente.core.setting import Settings

POLICY = Path(__file__).parents[2] / "docs" / "deployer-policy.json"
ROOT = ("AKIAROOTROOTROOTROOT", "secret")

Client = Callable[[str], Any]


@pytest.fixture
def enforced(settings: Settings) -> Iterator[App]:
    app = App(replace(settings, auth="enforce", root_access_key=ROOT[0], root_secret_key=ROOT[1]), SystemClock())
    app.start()
    yield app
    app.stop()


def clients_with(app: App, key: tuple[str, str]) -> Client:
    session = boto3.Session(*key, region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=app.endpoint)


@pytest.fixture
def deployer(enforced: App, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Clients of a user who has the policy; the commands find its key too."""
    iam = clients_with(enforced, ROOT)("iam")
    iam.create_user(UserName="deployer")
    policy = iam.create_policy(PolicyName="deploy", PolicyDocument=POLICY.read_text())["Policy"]
    iam.attach_user_policy(UserName="deployer", PolicyArn=policy["Arn"])
    made = iam.create_access_key(UserName="deployer")["AccessKey"]
    key = (made["AccessKeyId"], made["SecretAccessKey"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", enforced.endpoint)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key[1])
    monkeypatch.setattr("afluente.deployment.target.Target.poll_s", 0.02)
    return clients_with(enforced, key)


def test_the_documented_policy_is_enough(deployer: Client, capsys: pytest.CaptureFixture[str]) -> None:
    for words, says in (
        (["deploy", "--yes"], "user/deployer"),
        (["deploy", "--yes", "--shards", "2", "--delivery", "0", "--tag", "owner=me"], "changes"),
        (["deploy", "--yes"], "nothing was changed"),
        (["sensors", "--turbines", "1", "--interval", "0.01", "--readings", "20"], "power factor 20"),
        (["status"], "60 records in the last hour"),
        (["destroy", "--yes"], "nothing that is billed is left"),
        (["destroy", "--expired", "--yes"], "nothing was changed"),
    ):
        ended = main.main(words)
        said = capsys.readouterr()
        assert ended == 0, said.out + said.err
        assert says in said.out


def test_what_the_deployer_may_not_look_at_stops_no_removal(
    deployer: Client, enforced: App, capsys: pytest.CaptureFixture[str]
) -> None:
    clients_with(enforced, ROOT)("kinesis").create_stream(StreamName="windfarm-of-others", ShardCount=1)
    assert main.main(["deploy", "--yes"]) == 0
    capsys.readouterr()
    assert main.main(["destroy", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "nothing that is billed is left" in said
    assert "could not be seen" not in said


def test_the_documented_policy_allows_no_more(
    deployer: Client, enforced: App, capsys: pytest.CaptureFixture[str]
) -> None:
    root = clients_with(enforced, ROOT)
    root("s3").create_bucket(Bucket="others")
    root("kinesis").create_stream(StreamName="others", ShardCount=1)
    assert main.main(["deploy", "--yes", "--stack", "other"]) == 1
    assert "docs/aws.md" in capsys.readouterr().err
    for service, operation, request in (
        ("s3", "list_objects_v2", {"Bucket": "others"}),
        ("kinesis", "delete_stream", {"StreamName": "others"}),
        ("iam", "create_user", {"UserName": "eve"}),
        (
            "iam",
            "put_user_policy",
            {"UserName": "deployer", "PolicyName": "more", "PolicyDocument": POLICY.read_text()},
        ),
        (
            "iam",
            "attach_role_policy",
            {"RoleName": "windfarm-x", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        ),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(deployer(service), operation)(**request)


def test_the_documented_policy_fits_where_aws_keeps_it() -> None:
    assert len(json.dumps(json.loads(POLICY.read_text()), separators=(",", ":"))) <= 6144  # a managed policy's limit
