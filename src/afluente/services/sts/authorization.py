"""What each operation of STS takes. Who assumes a role needs its trust policy's consent as well."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, everything

Request = Mapping[str, Any]


def role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role to be assumed."""
    return (request["RoleArn"],)


def federated_user(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The federated user that is to be."""
    return (f"arn:aws:sts::{call.account}:federated-user/{request['Name']}",)


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(role, "sts", "AssumeRole"),
    **each(federated_user, "sts", "GetFederationToken"),
    **each(everything, "sts", "DecodeAuthorizationMessage", "GetAccessKeyInfo"),
    "GetCallerIdentity": (),
    "GetSessionToken": (),
}
