"""Stack policies: what updates may do to a stack's resources. Once there is one, what it does not allow is denied.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from afluente.services.cloudformation.error import ValidationError

ACTIONS = ("Update:*", "Update:Delete", "Update:Modify", "Update:Replace")
PREFIX = "LogicalResourceId/"
INVALID = "Error validating stack policy: Invalid stack policy"


def check_policy(text: str) -> str:
    """The policy, if it is one. Raises ValidationError."""
    try:
        policy = json.loads(text)
    except ValueError:
        raise ValidationError(INVALID) from None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if not isinstance(statements, list) or not all(map(_is_statement, statements)):
        raise ValidationError(INVALID)
    return text


def _is_statement(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        return False
    members = {"Action", "Condition", "Effect", "NotAction", "NotResource", "Principal", "Resource", "Sid"}
    one_each = all((name in statement) != (f"Not{name}" in statement) for name in ("Action", "Resource"))
    actions = _texts(statement.get("Action", statement.get("NotAction", [])))
    return (
        one_each
        and statement.keys() <= members
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and all(action in ACTIONS for action in actions)
        and _is_condition(statement.get("Condition", {}))
    )


def _is_condition(condition: Any) -> bool:
    return isinstance(condition, dict) and all(
        operator in ("StringEquals", "StringLike") and isinstance(keys, dict) and keys.keys() <= {"ResourceType"}
        for operator, keys in condition.items()
    )


def denial(policy: str | None, action: str, logical_id: str, kind: str) -> str | None:
    """Why the policy does not let an update do that to a resource, if it does not. `action`: such as `Modify`."""
    if policy is None:
        return None
    allowed = False
    for number, statement in enumerate(json.loads(policy)["Statement"], 1):
        if not _applies(statement, f"Update:{action}", f"{PREFIX}{logical_id}", kind):
            continue
        if statement["Effect"] == "Deny":
            said = f"Statement [#{number}] does not allow [Update:{action}] for resource [{PREFIX}{logical_id}];"
            return f"Action denied by stack policy: {said}"
        allowed = True
    if allowed:
        return None
    return f"Action not allowed by stack policy: [Update:{action}] for resource [{PREFIX}{logical_id}];"


def _applies(statement: Mapping[str, Any], action: str, resource: str, kind: str) -> bool:
    return (
        _named(statement, "Action", action)
        and _named(statement, "Resource", resource)
        and all(
            any(_like(pattern, kind) if operator == "StringLike" else pattern == kind for pattern in _texts(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for wanted in keys.values()
        )
    )


def _named(statement: Mapping[str, Any], member: str, value: str) -> bool:
    if member in statement:
        return any(_like(pattern, value) for pattern in _texts(statement[member]))
    return not any(_like(pattern, value) for pattern in _texts(statement[f"Not{member}"]))


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _like(pattern: str, value: str) -> bool:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), value) is not None
