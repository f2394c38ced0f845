"""A running Afluente that enforces: clients sign with keys of IAM, and may what their policies say."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from afluente.app import App
from afluente.core.clock import ManualClock, SystemClock
from afluente.core.setting import Settings

ACCOUNT = "000000000000"
ROOT = ("AKIAROOTROOTROOTROOT", "root/secret+of/forty/characters/at+least")

Clients = Callable[..., Any]


class Place:
    """The running Afluente, and whoever is to be there."""

    def __init__(self, app: App, clock: ManualClock) -> None:
        self.app, self.clock = app, clock
        self._made: dict[tuple[Any, ...], Any] = {}

    def client(self, service: str, key: tuple[str, ...] = ROOT, **config: Any) -> Any:
        """A client that signs with `key`: access key id, secret and, of temporary ones, the token."""
        case = (service, key, str(config))
        if case not in self._made:
            key_id, secret, token = (*key, None)[:3]
            self._made[case] = boto3.client(
                service, endpoint_url=self.app.endpoint, region_name="us-east-1", aws_access_key_id=key_id,
                aws_secret_access_key=secret, aws_session_token=token,
                config=Config(retries={"max_attempts": 0}, **config),
            )  # fmt: skip
        return self._made[case]

    def user(self, name: str, *statements: dict[str, Any]) -> tuple[str, str]:
        """A user with these statements; its access key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            self.allow(name, *statements)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def allow(self, name: str, *statements: dict[str, Any]) -> None:
        """What the user may from now on."""
        self.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))


def document(*statements: dict[str, Any]) -> str:
    found = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": found})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    clock = ManualClock(SystemClock().now_ms())
    settings = Settings(
        data=tmp_path / "data", port=0, kinesis_create_delay_ms=0, auth="enforce", root_access_key=ROOT[0],
        root_secret_key=ROOT[1],
    )  # fmt: skip
    app = App(settings, clock)
    app.start()
    yield Place(app, clock)
    app.stop()


Refused = Callable[..., tuple[int, str, str]]


@pytest.fixture
def refused() -> Refused:
    """(status, code, message) of the refusal that a call ends in."""

    def ask(method: Callable[..., Any], **request: Any) -> tuple[int, str, str]:
        with pytest.raises(ClientError) as caught:
            method(**request)
        answer = caught.value.response
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"].get("Message", "")

    return ask
