"""What each operation of STS takes. Who assumes a role needs its trust policy's consent as well."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, Resources, each, everything

Request = Mapping[str, Any]
KEYS = {
    "ExternalId": "sts:externalid",
    "RoleSessionName": "sts:rolesessionname",
    "SourceIdentity": "sts:sourceidentity",
}


def role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role to be assumed."""
    return (request["RoleArn"],)


def federated_user(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The federated user that is to be."""
    return (f"arn:aws:sts::{call.account}:federated-user/{request['Name']}",)


def having(member: str, resources: Resources) -> Resources:
    """The same resources, if the request has the member."""
    return lambda provider, call, request: resources(provider, call, request) if request.get(member) else ()


def conditions(provider: Any, call: Call, request: Request) -> dict[str, str | tuple[str, ...]]:
    """STS's own condition keys, and the session's tags."""
    found: dict[str, str | tuple[str, ...]] = {key: request[name] for name, key in KEYS.items() if name in request}
    if request.get("TransitiveTagKeys"):
        found["sts:transitivetagkeys"] = tuple(request["TransitiveTagKeys"])
    if provider.has_code(call, request):
        found |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    tags = request.get("Tags", ())
    found.update({f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags})
    if tags:
        found["aws:tagkeys"] = tuple(tag["Key"] for tag in tags)
    return found


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    "AssumeRole": (
        Permission("sts:AssumeRole", role, conditions),
        Permission("sts:TagSession", having("Tags", role), conditions),
        Permission("sts:SetSourceIdentity", having("SourceIdentity", role), conditions),
    ),
    "GetFederationToken": (
        Permission("sts:GetFederationToken", federated_user, conditions),
        Permission("sts:TagSession", having("Tags", federated_user), conditions),
    ),
    **each(everything, "sts", "DecodeAuthorizationMessage", "GetAccessKeyInfo"),
    "GetCallerIdentity": (),
    "GetSessionToken": (),
}
