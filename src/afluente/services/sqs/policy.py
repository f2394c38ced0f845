"""Queue policies: whether a text is one, and the statements that AddPermission and RemovePermission write.

What a policy lets whom do is decided by IAM, which asks for it through `SqsEngine.resource_policy`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from afluente.services.sqs.error import InvalidAttributeValue, bad_value

Json = dict[str, Any]

VERSIONS = ("2008-10-17", "2012-10-17")
KINDS = {"AWS", "Service", "Federated", "CanonicalUser"}


def check(text: str) -> None:
    """Raises InvalidAttributeValue for what is no policy. What it allows or denies may be nobody and nothing."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        document = None
    if not isinstance(document, dict) or document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise InvalidAttributeValue("Invalid value for the parameter Policy.")
    statements = _list(document.get("Statement", []))
    if not statements or not all(isinstance(each, dict) and _is_statement(each) for each in statements):
        raise InvalidAttributeValue("Invalid value for the parameter Policy.")


def _is_statement(statement: Json) -> bool:
    if statement.get("Effect") not in ("Allow", "Deny") or not isinstance(statement.get("Sid", ""), str):
        return False
    for name in ("Action", "Resource"):
        listed = statement.get(name, statement.get(f"Not{name}"))
        if not _is_texts(listed):
            return False
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, dict) or not all(isinstance(keys, dict) for keys in conditions.values()):
        return False
    values = [item for keys in conditions.values() for value in keys.values() for item in _list(value)]
    return all(isinstance(item, str | int | float) for item in values) and _is_principal(
        statement.get("Principal", statement.get("NotPrincipal"))
    )


def _is_principal(principal: object) -> bool:
    if principal == "*":
        return True
    return (
        isinstance(principal, dict)
        and bool(principal)
        and principal.keys() <= KINDS
        and all(_is_texts(value) for value in principal.values())
    )


def _is_texts(value: object) -> bool:
    listed = _list(value)
    return bool(listed) and all(isinstance(item, str) and item for item in listed)


def with_permission(text: str, arn: str, label: str, accounts: Sequence[str], actions: Sequence[str]) -> str:
    """The policy `text`, which may be none, with a statement that lets accounts do actions."""
    policy: Json = msgspec.json.decode(text) if text else {"Version": VERSIONS[0], "Id": f"{arn}/{label}"}
    statements = _list(policy.get("Statement", []))
    if any(statement.get("Sid") == label for statement in statements):
        raise bad_value(label, "Label", "Already exists.")
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _single([f"arn:aws:iam::{account}:root" for account in accounts])},
        "Action": _single([f"SQS:{action}" for action in actions]),
        "Resource": arn,
    }
    return msgspec.json.encode({**policy, "Statement": [*statements, statement]}).decode()


def without_permission(text: str, label: str) -> str:
    """The policy without the statement of that label; empty when none is left."""
    policy: Json = msgspec.json.decode(text) if text else {}
    statements = _list(policy.get("Statement", []))
    left = [statement for statement in statements if statement.get("Sid") != label]
    if len(left) == len(statements):
        raise bad_value(label, "Label", "can't find label.")
    return msgspec.json.encode({**policy, "Statement": left}).decode() if left else ""


def _single(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
