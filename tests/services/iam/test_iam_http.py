"""IAM and STS as boto3 sees them."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.services.iam.document import READ, trust

from afluente.app import App

Clients = Callable[..., Any]


def test_a_role_goes_round_through_boto3(client: Clients) -> None:
    iam = client("iam")
    iam.create_role(RoleName="glue", AssumeRolePolicyDocument=trust())
    iam.put_role_policy(RoleName="glue", PolicyName="read", PolicyDocument=READ)
    iam.attach_role_policy(RoleName="glue", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole")
    assert iam.get_role(RoleName="glue")["Role"]["AssumeRolePolicyDocument"] == json.loads(trust())
    assert iam.get_role_policy(RoleName="glue", PolicyName="read")["PolicyDocument"] == json.loads(READ)
    iam.get_waiter("role_exists").wait(RoleName="glue")
    names = [role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    assert names == ["glue"]


def test_errors_have_codes_of_aws(client: Clients) -> None:
    with pytest.raises(ClientError) as caught:
        client("iam").get_user(UserName="ghost")
    assert caught.value.response["Error"]["Code"] == "NoSuchEntity"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_caller_identity_of_root_user_and_session(client: Clients, app: App) -> None:
    def whoami(**keys: str) -> Any:
        sts = boto3.client("sts", endpoint_url=app.endpoint, region_name="us-east-1", **keys)
        return sts.get_caller_identity()

    root = whoami(aws_access_key_id="MEU ACESSO", aws_secret_access_key="x")
    assert root["Arn"] == "arn:aws:iam::000000000000:root"
    iam = client("iam")
    iam.create_user(UserName="ana")
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    user = whoami(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert user["Arn"] == "arn:aws:iam::000000000000:user/ana"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Principal={"AWS": user["Arn"]}))
    sts = boto3.client(
        "sts", endpoint_url=app.endpoint, region_name="us-east-1", aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )  # fmt: skip
    assumed = sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="run")
    given = assumed["Credentials"]
    session = whoami(
        aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )  # fmt: skip
    assert session["Arn"] == assumed["AssumedRoleUser"]["Arn"]
    assert session["UserId"] == assumed["AssumedRoleUser"]["AssumedRoleId"]


def test_an_inactive_key_is_nobody_rather_than_root(client: Clients) -> None:
    iam = client("iam")
    iam.create_user(UserName="ana")
    key = iam.create_access_key(UserName="ana")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="ana", AccessKeyId=key, Status="Inactive")
    with pytest.raises(ClientError, match="The security token included in the request is invalid") as caught:
        client("sts", access_key=key).get_caller_identity()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500
    with pytest.raises(ClientError):
        client("kinesis", access_key=key).list_streams()


@pytest.mark.parametrize(
    ("operation", "request_", "member"),
    [
        ("create_user", {"UserName": "a b"}, "userName"),
        ("get_user", {"UserName": "ä"}, "userName"),
        ("create_role", {"RoleName": "a/b", "AssumeRolePolicyDocument": trust()}, "roleName"),
        ("put_role_policy", {"RoleName": "r", "PolicyName": "p!", "PolicyDocument": READ}, "policyName"),
        ("update_user", {"UserName": "u", "NewUserName": "a:b"}, "newUserName"),
        ("create_instance_profile", {"InstanceProfileName": "*"}, "instanceProfileName"),
    ],
)
def test_names_with_other_characters(client: Clients, operation: str, request_: dict[str, str], member: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client("iam"), operation)(**request_)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["Error"]["Message"] == (
        f"The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the "
        "following: +=,.@_-"
    )
