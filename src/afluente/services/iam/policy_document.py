"""The grammar of policy documents, with AWS's texts. What a document means is decided in `evaluation/`.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Callable
from typing import Any

from afluente.services.iam.error import LimitExceeded, MalformedPolicyDocument
from afluente.services.iam.evaluation.condition import Condition, InvalidCondition

TRUST_POLICY_BYTES = 2048
"""The default quota, "Role trust policy length", without white space."""

TRUST_ACTIONS = frozenset(
    f"sts:{name}"
    for name in (
        "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "SetContext", "SetSourceIdentity",
        "TagSession",
    )
)  # fmt: skip

Statement = dict[str, Any]
STATEMENT_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Condition"}
RESOURCE_MEMBERS = {"Resource", "NotResource"}
PRINCIPAL_MEMBERS = {"Principal", "NotPrincipal"}
SYNTAX = "Syntax errors in policy."


def size(document: str) -> int:
    """What quotas count: the document without white space."""
    return len(re.sub(r"\s", "", document))


def statements(document: str) -> list[Statement]:
    """The statements of a document that was checked before."""
    found = json.loads(document)["Statement"]
    return [found] if isinstance(found, dict) else list(found)


def texts(value: Any) -> list[str]:
    """A member that may be one text or a list of them."""
    return [value] if isinstance(value, str) else list(value)


def with_principal(document: str, old: str, new: str) -> str:
    """The document with `new` wherever it names the principal `old`; the very same when it does not."""
    if old not in document:
        return document
    policy = json.loads(document)
    found = policy["Statement"]
    for statement in [found] if isinstance(found, dict) else found:
        for member in PRINCIPAL_MEMBERS & statement.keys():
            named = statement[member]
            if isinstance(named, dict) and old in texts(named.get("AWS", [])):
                renamed = [new if name == old else name for name in texts(named["AWS"])]
                named["AWS"] = renamed[0] if isinstance(named["AWS"], str) else renamed
    changed = json.dumps(policy)
    return document if json.loads(document) == policy else changed


def check_identity_policy(document: str) -> None:
    """Raises MalformedPolicyDocument unless the document may hang on a user, a group or a role."""
    for statement in _parse(document, SYNTAX):
        if PRINCIPAL_MEMBERS & statement.keys():
            raise MalformedPolicyDocument("Policy document should not specify a principal.")
        _check_members(statement, STATEMENT_MEMBERS | RESOURCE_MEMBERS)
        _check_actions(statement)
        _check_resources(statement)


def check_trust_policy(document: str, exists: Callable[[str], bool]) -> None:
    """Raises MalformedPolicyDocument unless the document may say who assumes a role.

    exists: whether there is such a user or role, by ARN.
    """
    if size(document) > TRUST_POLICY_BYTES:
        raise LimitExceeded(f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_BYTES}")
    for statement in _parse(document, "This policy contains invalid Json"):
        for name in sorted(RESOURCE_MEMBERS & statement.keys()):
            raise MalformedPolicyDocument(f"Has prohibited field {name}")
        _check_members(statement, STATEMENT_MEMBERS | PRINCIPAL_MEMBERS)
        _check_actions(statement)
        if not set(texts(statement.get("Action", statement.get("NotAction")))) <= TRUST_ACTIONS:
            raise MalformedPolicyDocument("AssumeRole policy may only specify STS AssumeRole actions.")
        if len(PRINCIPAL_MEMBERS & statement.keys()) != 1:
            raise MalformedPolicyDocument("Missing required field Principal")
        _check_principal(statement.get("Principal", statement.get("NotPrincipal")), exists)


def _parse(document: str, not_json: str) -> list[Statement]:
    try:
        policy = json.loads(document)
    except (ValueError, RecursionError):
        raise MalformedPolicyDocument(not_json) from None
    if not isinstance(policy, dict) or not policy.keys() <= {"Version", "Id", "Statement"}:
        raise MalformedPolicyDocument(SYNTAX)
    if policy.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        raise MalformedPolicyDocument(SYNTAX)
    found = policy.get("Statement")
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not found or not all(isinstance(statement, dict) for statement in found):
        raise MalformedPolicyDocument(SYNTAX)
    sids = [statement["Sid"] for statement in found if "Sid" in statement]
    if not all(isinstance(sid, str) and re.fullmatch("[A-Za-z0-9]*", sid) for sid in sids):
        raise MalformedPolicyDocument("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies "
                                      "the regular expression [0-9A-Za-z]*")  # fmt: skip
    if len({sid for sid in sids if sid}) < len([sid for sid in sids if sid]):
        raise MalformedPolicyDocument("Statement IDs (SID) in a single policy must be unique.")
    return found


def _check_members(statement: Statement, known: set[str]) -> None:
    if not statement.keys() <= known or statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicyDocument(SYNTAX)
    condition = statement.get("Condition", {})
    if not isinstance(condition, dict) or not all(isinstance(keys, dict) for keys in condition.values()):
        raise MalformedPolicyDocument(SYNTAX)
    for keys in condition.values():
        for values in keys.values():
            listed = values if isinstance(values, list) else [values]
            if not all(isinstance(value, str | int | float | bool) for value in listed):
                raise MalformedPolicyDocument(SYNTAX)
    try:
        compiled = Condition(condition, variables=True)
    except InvalidCondition:
        raise MalformedPolicyDocument(SYNTAX) from None
    if any(comparison.compares_arns and not all(map(_may_be_arn, comparison.values)) for comparison in
           compiled.comparisons):  # fmt: skip
        raise MalformedPolicyDocument(SYNTAX)


def _may_be_arn(text: str) -> bool:
    return text == "*" or text.startswith("${") or (text.startswith("arn:") and text.count(":") >= 5)


def _check_actions(statement: Statement) -> None:
    if len({"Action", "NotAction"} & statement.keys()) != 1:
        raise MalformedPolicyDocument(SYNTAX if "Action" in statement else "Policy statement must contain actions.")
    actions = _listed(statement.get("Action", statement.get("NotAction")))
    if not actions:
        raise MalformedPolicyDocument("Policy statement must contain actions.")
    for action in actions:
        if action == "*":
            continue
        vendor, colon, name = action.partition(":")
        if not colon or not name:
            raise MalformedPolicyDocument("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        if not re.fullmatch("[A-Za-z0-9-]+", vendor):
            raise MalformedPolicyDocument(f"Vendor {vendor} is not valid")


def _check_resources(statement: Statement) -> None:
    if len(RESOURCE_MEMBERS & statement.keys()) != 1:
        raise MalformedPolicyDocument(SYNTAX if "Resource" in statement else "Policy statement must contain resources.")
    resources = _listed(statement.get("Resource", statement.get("NotResource")))
    if not resources:
        raise MalformedPolicyDocument("Policy statement must contain resources.")
    for resource in resources:
        if resource != "*" and (not resource.startswith("arn:") or resource.count(":") < 5):
            raise MalformedPolicyDocument(f'Resource {resource} must be in ARN format or "*".')


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise MalformedPolicyDocument(SYNTAX)


def _check_principal(principal: Any, exists: Callable[[str], bool]) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal.keys() <= {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise MalformedPolicyDocument(SYNTAX)
    for kind, value in principal.items():
        for name in _listed(value):
            if kind == "AWS" and not _is_aws_principal(name, exists):
                raise MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{name}"')
            if kind == "Service" and not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", name):
                raise MalformedPolicyDocument(f'Invalid principal in policy: "SERVICE":"{name}"')


def _is_aws_principal(name: str, exists: Callable[[str], bool]) -> bool:
    if name == "*" or re.fullmatch(r"\d{12}|arn:aws:iam::\d{12}:root", name):
        return True
    if re.fullmatch(r"arn:aws:sts::\d{12}:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+", name):
        return True
    return bool(re.fullmatch(r"arn:aws:iam::\d{12}:(role|user)/[\x21-\x7e]+", name)) and exists(name)
