"""The fixture of docs/ci.md, beyond what the page's own example shows."""

import json
import os
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from afluente.pytest_plugin import Afluente, afluente, afluente_settings

__all__ = ["afluente", "afluente_settings"]  # fixtures of this module by their import


def test_it_is_empty_and_hides_the_developers_accounts(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    running: Afluente = request.getfixturevalue("afluente")
    assert "AWS_PROFILE" not in os.environ
    assert boto3.client("sts").get_caller_identity()["Account"] == "000000000000"
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert running.client("s3") is running.client("s3")


def test_waiting_in_vain_ends(request: pytest.FixtureRequest) -> None:
    running: Afluente = request.getfixturevalue("afluente")
    with pytest.raises(TimeoutError):
        running.until(lambda: False, patience_s=0.01)


class TestEnforcing:
    @pytest.fixture
    def afluente_settings(self) -> dict[str, Any]:
        return {"auth": "enforce"}

    def test_policies_decide(self, request: pytest.FixtureRequest) -> None:
        running: Afluente = request.getfixturevalue("afluente")
        iam = running.client("iam")
        iam.create_user(UserName="sensor")
        key = iam.create_access_key(UserName="sensor")["AccessKey"]
        kinesis = boto3.client(
            "kinesis", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        )
        with pytest.raises(ClientError, match="not authorized"):
            kinesis.list_streams()
        statement = {"Effect": "Allow", "Action": "kinesis:ListStreams", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="sensor", PolicyName="list", PolicyDocument=document)
        assert kinesis.list_streams()["StreamNames"] == []
