"""Bucket policies: whether a document is one, and whether it makes the bucket public.

What a policy lets whom do is decided by IAM, which asks for it through `S3Engine.resource_policy`.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from afluente.services.s3.error import MalformedPolicy, PolicyTooLarge
from afluente.services.s3.policy_action import applies

MOST_BYTES = 20_480

_NARROWING = {
    "aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount",
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:userid",
    "aws:sourceorgid", "aws:sourceorgpaths", "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
}  # fmt: skip
"""Condition keys with fixed values that keep a statement for everybody from being public."""


def check(text: str, bucket: str) -> None:
    """Raises MalformedPolicy, PolicyTooLarge."""
    document = _document(text)
    if len(json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()) > MOST_BYTES:
        raise PolicyTooLarge(f"Normalized policy document exceeds the maximum allowed size of {MOST_BYTES} bytes.")
    for statement in _statements(document):
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise MalformedPolicy(f"Invalid effect: {statement.get('Effect', '')}")
        for name in ("Principal", "Action", "Resource"):
            if name not in statement and f"Not{name}" not in statement:
                raise MalformedPolicy(f"Missing required field {name}")
        for resource in _list(statement.get("Resource", statement.get("NotResource"))):
            if not _is_of(resource, bucket):
                raise MalformedPolicy("Policy has invalid resource")
        _check_actions(statement.get("Action", statement.get("NotAction")))
        if "Action" in statement and "Resource" in statement:
            _check_reach(_list(statement["Action"]), _list(statement["Resource"]), bucket)
        _check_principal(statement.get("Principal", statement.get("NotPrincipal")))
        _check_condition(statement.get("Condition", {}))


@lru_cache(1024)
def restricted(text: str, account: str) -> str:
    """The policy under RestrictPublicBuckets: a public one counts for the bucket's account and for services only."""
    if not is_public(text):
        return text
    document = json.loads(text)
    others = {"StringNotEquals": {"aws:PrincipalAccount": account}, "Bool": {"aws:PrincipalIsAWSService": "false"}}
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": others}
    return json.dumps({**document, "Statement": [*_statements(document), denied]})


def is_public(text: str) -> bool:
    """Whether the policy allows something to everybody."""
    return any(
        statement["Effect"] == "Allow" and _is_everybody(statement.get("Principal")) and not _is_narrow(statement)
        for statement in _statements(json.loads(text))
    )


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        raise MalformedPolicy("The policy must contain a valid version string")
    return document


def _statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Statement" not in document:
        raise MalformedPolicy("Missing required field Statement")
    statements = _list(document["Statement"])
    if not statements:
        raise MalformedPolicy("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if not isinstance(statement, dict):
            raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
        yield statement


def _check_actions(actions: object) -> None:
    for action in _list(actions):
        if not isinstance(action, str) or not (action == "*" or action.lower().startswith("s3:")):
            raise MalformedPolicy("Policy has invalid action")


def _check_reach(actions: list[str], resources: list[str], bucket: str) -> None:
    """Whether everything that is allowed or denied can be done to something that is named."""
    arn = f"arn:aws:s3:::{bucket}"
    to_bucket = any(resource in {arn, f"{arn}*"} for resource in resources)
    to_objects = any(resource != arn for resource in resources)
    if not all(applies(action, to_bucket=to_bucket, to_objects=to_objects) for action in actions):
        raise MalformedPolicy("Action does not apply to any resource(s) in statement")


def _check_principal(principal: object) -> None:
    if principal == "*":
        return
    kinds = principal if isinstance(principal, dict) else {}
    names = [name for value in kinds.values() for name in _list(value)]
    known = kinds.keys() <= {"AWS", "Service", "Federated", "CanonicalUser"}
    if not names or not known or not all(isinstance(name, str) for name in names):
        raise MalformedPolicy("Invalid principal in policy")


def _check_condition(condition: object) -> None:
    if not isinstance(condition, dict) or not all(isinstance(keys, dict) for keys in condition.values()):
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
    for keys in condition.values():
        for value in keys.values():
            if not all(isinstance(item, str | int | float) for item in _list(value)):
                raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")


def _is_of(resource: object, bucket: str) -> bool:
    arn = f"arn:aws:s3:::{bucket}"
    return isinstance(resource, str) and (resource == arn or resource.startswith(f"{arn}/") or resource == f"{arn}*")


def _is_everybody(principal: object) -> bool:
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    return "*" in _list(principal)


def _is_narrow(statement: dict[str, Any]) -> bool:
    conditions = statement.get("Condition")
    operators = conditions.values() if isinstance(conditions, dict) else ()
    return any(key.lower() in _NARROWING for operator in operators if isinstance(operator, dict) for key in operator)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
