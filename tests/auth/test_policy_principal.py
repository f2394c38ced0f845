"""Policies of resources name users and roles by their unique ids: none lets in who takes the name of one gone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.auth.conftest import ACCOUNT, Place, Refused

READER = f"arn:aws:iam::{ACCOUNT}:user/reader"
Get = Callable[[Place], str]
Use = Callable[[Place, tuple[str, ...]], object]


def policy(principal: Any, action: str, resource: str, version: str = "2012-10-17") -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return json.dumps({"Version": version, "Statement": [statement]})


def put_bucket(place: Place, name: Any) -> None:
    place.client("s3").put_bucket_policy(
        Bucket="lake", Policy=policy({"AWS": name}, "s3:ListBucket", "arn:aws:s3:::lake")
    )


def put_stream(place: Place, name: Any) -> None:
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    place.client("kinesis").put_resource_policy(
        ResourceARN=arn, Policy=policy({"AWS": name}, "kinesis:ListShards", arn)
    )


def put_queue(place: Place, name: Any) -> None:
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    place.client("sqs").set_queue_attributes(
        QueueUrl=queue(place), Attributes={"Policy": policy({"AWS": name}, "sqs:SendMessage", arn)}
    )


def queue(place: Place) -> str:
    return str(place.client("sqs").get_queue_url(QueueName="q")["QueueUrl"])


CASES: dict[str, tuple[Callable[[Place, Any], None], Get, Use, str]] = {
    "bucket": (
        put_bucket,
        lambda place: place.client("s3").get_bucket_policy(Bucket="lake")["Policy"],
        lambda place, key: place.client("s3", key).list_objects_v2(Bucket="lake"),
        "MalformedPolicy",
    ),
    "stream": (
        put_stream,
        lambda place: place.client("kinesis").get_resource_policy(
            ResourceARN=f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s")["Policy"],
        lambda place, key: place.client("kinesis", key).list_shards(StreamName="s"),
        "InvalidArgumentException",
    ),
    "queue": (
        put_queue,
        lambda place: place.client("sqs").get_queue_attributes(
            QueueUrl=queue(place), AttributeNames=["Policy"])["Attributes"]["Policy"],
        lambda place, key: place.client("sqs", key).send_message(QueueUrl=queue(place), MessageBody="x"),
        "InvalidAttributeValue",
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _resources(place: Place) -> None:
    place.client("s3").create_bucket(Bucket="lake")
    place.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    place.client("sqs").create_queue(QueueName="q")


def named(document: str) -> Any:
    return json.loads(document)["Statement"][0]["Principal"]["AWS"]


def remove(place: Place, name: str, key: tuple[str, str]) -> None:
    iam = place.client("iam")
    iam.delete_access_key(UserName=name, AccessKeyId=key[0])
    iam.delete_user(UserName=name)


@pytest.mark.parametrize("kind", CASES)
def test_one_who_takes_the_name_is_not_let_in(place: Place, refused: Refused, kind: str) -> None:
    put, get, use, _ = CASES[kind]
    key = place.user("reader")
    user_id = place.client("iam").get_user(UserName="reader")["User"]["UserId"]
    put(place, READER)
    assert named(get(place)) == READER
    use(place, key)
    remove(place, "reader", key)
    assert named(get(place)) == user_id
    again = place.user("reader")
    assert "AccessDenied" in refused(use, place=place, key=again)[1]
    assert named(get(place)) == user_id
    put(place, READER)
    use(place, again)


@pytest.mark.parametrize("kind", CASES)
def test_one_who_is_renamed_stays_in(place: Place, kind: str) -> None:
    put, get, use, _ = CASES[kind]
    key = place.user("reader")
    put(place, READER)
    place.client("iam").update_user(UserName="reader", NewUserName="lector", NewPath="/farm/")
    assert named(get(place)) == f"arn:aws:iam::{ACCOUNT}:user/farm/lector"
    use(place, key)


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize(
    "name", [READER, f"arn:aws:iam::{ACCOUNT}:role/r", "AIDAAAAAAAAAAAAAAAAAA", f"arn:aws:iam::{ACCOUNT}:group/g", "x"]
)
def test_names_of_nobody_are_refused(place: Place, refused: Refused, kind: str, name: str) -> None:
    put, _, _, code = CASES[kind]
    assert refused(put, place=place, name=name)[:2] == (400, code)


def test_accounts_and_sessions_are_kept_as_they_are(place: Place) -> None:
    put, get, _, _ = CASES["bucket"]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"
    for name in ("111122223333", f"arn:aws:iam::{ACCOUNT}:root", [session, "111122223333"]):
        put(place, name)
        assert named(get(place)) == name


def test_roles_are_named_by_id_too(place: Place, refused: Refused) -> None:
    iam = place.client("iam")
    trust = policy({"AWS": ACCOUNT}, "sts:AssumeRole", "*").replace(', "Resource": "*"', "")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]
    put, get, use, _ = CASES["bucket"]
    put(place, [role["Arn"], "111122223333"])
    issued = place.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="one")["Credentials"]
    use(place, (issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]))
    iam.delete_role(RoleName="r")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
    assert named(get(place)) == [role["RoleId"], "111122223333"]
    issued = place.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="one")["Credentials"]
    key = issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
    assert refused(use, place=place, key=key)[1] == "AccessDenied"
