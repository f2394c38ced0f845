"""Whether a role's trust policy lets a caller assume it.

An explicit Deny wins, then one Allow is enough. Conditions are evaluated with AWS's operators for the keys that are
known when a role is assumed; a statement with another operator or key grants nothing, and as a Deny it holds.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from afluente.core.call import Principal
from afluente.services.iam.policy_document import Statement, statements, texts

CONTEXT_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "sts:externalid"})

Context = Mapping[str, str]
"""Condition keys, lower case, to their value; a key that is absent has none in this request."""


def allows(document: str, caller: Principal | str, context: Context, action: str = "sts:AssumeRole") -> bool:
    """Whether `caller` (a service principal such as `glue.amazonaws.com`, or who signed) may assume the role."""
    allowed = False
    for statement in statements(document):
        if not _names_action(statement, action) or not _names_caller(statement, caller):
            continue
        holds = _holds(statement.get("Condition", {}), context)
        if statement["Effect"] == "Deny":
            if holds is not False:
                return False
        elif holds:
            allowed = True
    return allowed


def _names_action(statement: Statement, action: str) -> bool:
    patterns = texts(statement.get("Action", statement.get("NotAction")))
    named = any(_like(pattern.lower(), action.lower()) for pattern in patterns)
    return named if "Action" in statement else not named


def _names_caller(statement: Statement, caller: Principal | str) -> bool:
    if "Principal" in statement:
        return _is_among(statement["Principal"], caller)
    return not _is_among(statement["NotPrincipal"], caller)


def _is_among(principal: Any, caller: Principal | str) -> bool:
    if principal == "*":
        return True
    if isinstance(caller, str):
        return caller in texts(principal.get("Service", []))
    return any(_is_caller(name, caller) for name in texts(principal.get("AWS", [])))


def _is_caller(name: str, caller: Principal) -> bool:
    """An account stands for everyone in it; a role for each of its sessions."""
    if name in ("*", caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn):
        return True
    if caller.kind != "assumed-role":
        return False
    role_name = caller.arn.split("/")[1]  # a session's ARN leaves out the role's path
    return bool(re.fullmatch(rf"arn:aws:iam::{caller.account}:role/(.*/)?{re.escape(role_name)}", name))


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool | None:
    """True or False; None when it has an operator or a key that is not known here."""
    results = [
        _compare(operator, key.lower(), values if isinstance(values, list) else [values], context)
        for operator, keys in condition.items()
        for key, values in keys.items()
    ]
    if False in results:
        return False
    return None if None in results else True


def _compare(operator: str, key: str, values: list[Any], context: Context) -> bool | None:
    name, suffix = (operator[:-8], True) if operator.endswith("IfExists") else (operator, False)
    if key not in CONTEXT_KEYS or name not in _OPERATORS:
        return None
    match, negated = _OPERATORS[name]
    if key not in context:
        return suffix or negated
    return any(match(str(value), context[key]) for value in values) is not negated


@lru_cache(1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text), re.DOTALL)


def _like(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def _equals(wanted: str, text: str) -> bool:
    return wanted == text


def _equals_ignoring_case(wanted: str, text: str) -> bool:
    return wanted.lower() == text.lower()


def _arn_like(pattern: str, text: str) -> bool:
    """Each of an ARN's six parts by itself, so that `*` does not cross a colon; ArnEquals does the same on AWS."""
    wanted, given = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == len(given) == 6 and all(map(_like, wanted, given))


_OPERATORS = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringEqualsIgnoreCase": (_equals_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_equals_ignoring_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnLike": (_arn_like, False),
    "ArnNotLike": (_arn_like, True),
}
