"""Whether a role's trust policy lets a service or a caller assume it.

A trust policy is a policy of the role as a resource, one that must allow. Whether the caller's own policies allow it
too, where they have to, is decided with their other permissions.
"""

from collections.abc import Mapping

from afluente.services.iam.entity import Role, arn
from afluente.services.iam.evaluation.authorization import Access, Standing, decide
from afluente.services.iam.evaluation.pattern import Context
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject

ASSUME = "sts:AssumeRole"
MAY_ASSUME = Policy.read("", '{"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}')


def service_is_trusted(role: Role, service: str, context: Mapping[str, str]) -> bool:
    """Whether `service` (`glue.amazonaws.com`) may assume the role. `context`: condition keys in lower case."""
    return _allows(role, Subject("service", "", service), context)


def caller_is_trusted(role: Role, caller: Subject, context: Context, action: str = ASSUME) -> bool:
    """Whether the trust policy lets `caller` do `action`."""
    return _allows(role, caller, context, action)


def _allows(role: Role, subject: Subject, context: Context, action: str = ASSUME) -> bool:
    access = Access(action, arn(role), role.account, {"aws:securetransport": "true", **context})
    trust = Policy.read("the trust policy", role.trust)
    return decide(Standing(subject, (MAY_ASSUME,)), access, trust, needs_resource_policy=True).allowed
