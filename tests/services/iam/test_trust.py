import json
from typing import Any

import pytest
from tests.services.iam.document import ACCOUNT, trust

from afluente.services.iam.entity import Role
from afluente.services.iam.evaluation.principal import Subject
from afluente.services.iam.trust import caller_is_trusted, service_is_trusted

JOB = f"arn:aws:iam::{ACCOUNT}:role/path/job"
ROOT = Subject("root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
USER = Subject("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ana")
SESSION = Subject("assumed-role", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/job/run", JOB)
STRANGER = Subject("user", "111111111111", "arn:aws:iam::111111111111:user/eve")
CONTEXT = {"aws:sourceaccount": ACCOUNT, "aws:sourcearn": f"arn:aws:glue:us-east-1:{ACCOUNT}:job/lake"}


def allows(document: str, caller: Subject | str, context: dict[str, str]) -> bool:
    role = Role(account=ACCOUNT, name="r", path="/", id="AROA2", created_at_ms=0, trust=document)
    if isinstance(caller, str):
        return service_is_trusted(role, caller, context)
    return caller_is_trusted(role, caller, context)


def statements(*found: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(found)})


ALLOW: dict[str, Any] = {
    "Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"
}  # fmt: skip


def test_allows_the_service_named_and_no_other() -> None:
    document = trust("glue.amazonaws.com")
    assert allows(document, "glue.amazonaws.com", {})
    assert not allows(document, "firehose.amazonaws.com", {})
    assert not allows(document, ROOT, {})


def test_allows_one_of_several_services() -> None:
    document = trust(Principal={"Service": ["glue.amazonaws.com", "firehose.amazonaws.com"]})
    assert allows(document, "firehose.amazonaws.com", {})


def test_deny_wins_over_allow() -> None:
    document = statements(ALLOW, {**ALLOW, "Effect": "Deny"})
    assert not allows(document, "glue.amazonaws.com", {})


def test_other_actions_do_not_count() -> None:
    assert not allows(trust(Action="sts:TagSession"), "glue.amazonaws.com", {})
    assert allows(trust(Action=["sts:TagSession", "sts:Assume*"]), "glue.amazonaws.com", {})
    assert allows(statements({**ALLOW, "Action": "sts:*"}), "glue.amazonaws.com", {})
    not_action = {key: value for key, value in ALLOW.items() if key != "Action"}
    assert not allows(statements({**not_action, "NotAction": "sts:AssumeRole"}), "glue.amazonaws.com", {})


@pytest.mark.parametrize(
    ("principal", "caller", "expected"),
    [
        ("*", STRANGER, True),
        ({"AWS": "*"}, STRANGER, True),
        ({"AWS": ACCOUNT}, USER, True),
        ({"AWS": ACCOUNT}, STRANGER, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, SESSION, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ROOT, True),
        ({"AWS": USER.arn}, USER, True),
        ({"AWS": USER.arn}, ROOT, False),
        ({"AWS": JOB}, SESSION, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/job"}, SESSION, False),
        ({"AWS": SESSION.arn}, SESSION, True),
    ],
)
def test_principals(principal: Any, caller: Subject, expected: bool) -> None:
    assert allows(trust(Principal=principal), caller, {}) is expected


def test_not_principal_is_everyone_else() -> None:
    document = statements({"Effect": "Deny", "NotPrincipal": {"AWS": [USER.arn, ACCOUNT]}, "Action": "sts:AssumeRole"},
                          {**ALLOW, "Principal": {"AWS": "*"}})  # fmt: skip
    assert allows(document, USER, {})
    assert not allows(document, STRANGER, {})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"AWS:sourceaccount": [ACCOUNT, "1"]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "111111111111"}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": "111111111111"}}, True),
        ({"StringLike": {"aws:SourceAccount": "0000*"}}, True),
        ({"StringLike": {"aws:SourceAccount": "0000"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:glue:*:*:job/*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:glue:us-?ast-1:*:job/lake"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:*:job/lake"}}, False),
        ({"ArnLike": {"aws:SourceArn": "*"}}, False),
        ({"StringEquals": {"sts:ExternalId": "x"}}, False),
        ({"StringEqualsIfExists": {"sts:ExternalId": "x"}}, True),
        ({"StringNotEquals": {"sts:ExternalId": "x"}}, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT, "sts:ExternalId": "x"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/team": "wind"}}, False),
        ({"StringSortOfEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "wind"}}, True),
    ],
)
def test_conditions_of_allow(condition: dict[str, Any], expected: bool) -> None:
    assert allows(trust(Condition=condition), "glue.amazonaws.com", CONTEXT) is expected


@pytest.mark.parametrize(
    ("condition", "denied"),
    [
        ({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"StringSortOfEquals": {"aws:SourceAccount": ACCOUNT}}, True),
    ],
)
def test_conditions_of_deny(condition: dict[str, Any], denied: bool) -> None:
    document = statements(ALLOW, {**ALLOW, "Effect": "Deny", "Condition": condition})
    assert allows(document, "glue.amazonaws.com", CONTEXT) is not denied
