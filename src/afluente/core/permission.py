"""Which IAM actions an operation takes, and on which resources: data that each service keeps beside its operations.

Sources: the Service Authorization Reference, https://docs.aws.amazon.com/service-authorization/latest/reference/, and,
where it leaves the form of a resource open, what AWS's refusals name.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from afluente.core.call import Call

Resources = Callable[[Any, Call, Mapping[str, Any]], Iterable[str]]
"""(provider, call, request) -> the ARNs that the action is done to. May look up what the request names by other means.

A request that names nothing that exists gives what its ARN would be, or nothing at all: then its own error follows.
"""

Conditions = Callable[[Any, Call, Mapping[str, Any]], Mapping[str, str | tuple[str, ...]]]
"""(provider, call, request) -> condition keys, in lower case, that this request gives.

Raises AwsError, which is then the answer, for what cannot be a condition, such as a wrong code of an MFA device.
"""


def no_conditions(provider: Any, call: Call, request: Mapping[str, Any]) -> Mapping[str, str]:  # noqa: ARG001
    """Nothing of its own."""
    return {}


class Permission(NamedTuple):
    """One action, such as `s3:GetObject`."""

    action: str
    resources: Resources
    conditions: Conditions = no_conditions


Permissions = Mapping[str, tuple[Permission, ...]]
"""By operation; an empty tuple is an operation that everybody may call."""


def each(resources: Resources, service: str, *operations: str) -> dict[str, tuple[Permission, ...]]:
    """Operations whose one action is called like them."""
    return {name: (Permission(f"{service}:{name}", resources),) for name in operations}


def everything(provider: Any, call: Call, request: Mapping[str, Any]) -> Iterable[str]:  # noqa: ARG001
    """Actions that know no resources."""
    return ("*",)


def pass_role(service: str, roles: Resources) -> Permission:
    """`iam:PassRole` for the roles that a request hands to `service` (`glue.amazonaws.com`)."""
    return Permission("iam:PassRole", roles, lambda *_: {"iam:passedtoservice": service})


def local(service: str, call: Call, resource: str) -> str:
    """The ARN of a resource in the caller's account and region."""
    return f"arn:aws:{service}:{call.region}:{call.account}:{resource}"
