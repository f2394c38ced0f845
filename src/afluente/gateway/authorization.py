"""Whether the caller may do what it asks for: the permissions that an operation takes, asked one by one."""

import ipaddress
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol

from afluente.core.call import Call, Principal
from afluente.core.error import AccessDeniedException
from afluente.core.provider import Provider, Request
from afluente.gateway import refusal
from afluente.wire.message import HttpRequest

Value = str | tuple[str, ...]


class Authority(Protocol):
    """Who may do what."""

    def check(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, Value] | None = None
    ) -> None:
        """Raise AccessDeniedException, in AWS's words, unless the principal may do this."""

    def observe(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, Value] | None = None
    ) -> None:
        """Note that the principal does this, which nobody decides about."""


class Gate:
    """Lets callers through to their operations. In open mode only those are asked who are held to their policies.

    records: what the others do is noted.
    """

    def __init__(
        self, providers: Mapping[str, Provider], authority: Authority | None, *, enforces: bool, records: bool
    ) -> None:
        self._providers = providers
        self._authority = authority
        self._enforces = enforces
        self._records = records

    def check(self, call: Call, request: Request) -> None:
        """Raise AccessDenied, or what the call's service calls it, unless the caller may do all that this takes."""
        if self._authority is None or not (self._enforces or self._records or call.principal.held):
            return
        if call.service == "iam" and self._enforces and _is_bare_session(call.principal):
            raise refusal.unknown_key("iam", call.principal.access_key_id)
        provider = self._providers[call.service]
        for permission in provider.permissions[call.operation]:
            resources = permission.resources(provider, call, request)
            given = permission.conditions(provider, call, request) if resources else {}
            for resource in resources:
                self._check_one(call, permission.action, resource, {**_context(call), **dict(_tags(request)), **given})

    def check_action(self, call: Call, action: str, resource: str, conditions: Mapping[str, str] | None = None) -> None:
        """The same for one action and one resource. `conditions`: condition keys that the request gives."""
        if self._authority is not None and (self._enforces or self._records or call.principal.held):
            self._check_one(call, action, resource, {**_context(call), **(conditions or {})})

    def _check_one(self, call: Call, action: str, resource: str, context: Mapping[str, Value]) -> None:
        assert self._authority is not None  # noqa: S101  # its callers have looked
        if not (self._enforces or call.principal.held):
            self._authority.observe(call.principal, action, resource, context)
            return
        try:
            self._authority.check(call.principal, action, resource, context)
        except AccessDeniedException as error:
            message = "Access Denied" if call.principal.kind == "anonymous" else error.message
            refused = refusal.denied(call.service, action, message)
            refused.headers.update(error.headers)
            raise refused from None


def _is_bare_session(principal: Principal) -> bool:
    """GetSessionToken's and GetFederationToken's credentials do not open IAM, but for those made with MFA."""
    return principal.kind != "assumed-role" and principal.access_key_id.startswith("ASIA") and not principal.mfa


def connection_conditions(request: HttpRequest) -> dict[str, str]:
    """The condition keys that a request's connection gives. What does not leave the machine is as good as encrypted."""
    found = {"aws:securetransport": "true" if is_local(request.peer) else "false"}
    if request.peer:
        found["aws:sourceip"] = request.peer
    for header, key in (("user-agent", "aws:useragent"), ("referer", "aws:referer")):
        if header in request.headers:
            found[key] = request.headers[header]
    return found


def _context(call: Call) -> dict[str, Value]:
    context: dict[str, Value] = {
        "aws:securetransport": "true",
        **(call.conditions or {}),
        "aws:requestedregion": call.region,
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "true" if call.via else "false",
    }
    if call.via:
        context |= {
            "aws:calledvia": call.via, "aws:calledviafirst": call.via[0], "aws:calledvialast": call.via[-1],
        }  # fmt: skip
    return context


def _tags(request: Request) -> Iterator[tuple[str, Value]]:
    """aws:RequestTag and aws:TagKeys, from whatever form the service gives tags and their keys."""
    tags: dict[str, str] = {}
    for name in ("Tags", "tags", "TagsToAdd"):
        tags.update(_pairs(request.get(name)))
    keys = [key for name in ("TagKeys", "tagKeys", "TagsToRemove") for key in _texts(request.get(name))]
    for key, value in tags.items():
        yield f"aws:requesttag/{key.lower()}", value
    if tags or keys:
        yield "aws:tagkeys", (*tags, *keys)


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from ((str(key), str(text)) for key, text in value.items())
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping) and "Key" in item:
                yield str(item["Key"]), str(item.get("Value") or "")


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


@lru_cache(1024)
def is_local(peer: str) -> bool:
    """Whether a client's address is this machine's."""
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return not peer  # made in this process
