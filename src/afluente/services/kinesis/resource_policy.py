"""The resource policies of streams and consumers: kept as AWS gives it back, checked for its form. IAM evaluates it."""

from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec

from afluente.core.policy_principal import PolicyPrincipals
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import InvalidArgumentException, ResourceNotFoundException
from afluente.services.kinesis.registration import Registration
from afluente.services.kinesis.resource import ConsumerName
from afluente.services.kinesis.stream import Key

NONE = "{}"
"""What AWS gives for a resource without policy."""

MAX_BYTES = 20 << 10

Json = dict[str, Any]


class ResourcePolicies:
    """The policies of the streams under `control`, and of their consumers."""

    def __init__(self, control: Control, registration: Registration) -> None:
        self._control = control
        self._registration = registration

    def put(self, resource: Key | ConsumerName, text: str, principals: PolicyPrincipals) -> None:
        """Attach a policy in place of the one there is. Raises InvalidArgumentException, ResourceNotFoundException."""
        policy = _normal(_parse(text))
        try:
            policy = principals.kept(policy)
        except LookupError as error:
            _refuse(f"Invalid principal in policy: {error.args[0]}")
        with self._control.lock:
            self._set(resource, policy)

    def get(self, resource: Key | ConsumerName) -> str | None:
        """The policy, if there is one. Raises ResourceNotFoundException when there is no such resource."""
        if isinstance(resource, ConsumerName):
            return self._registration.find(*resource)[1].policy
        return self._control.find(resource).stream.policy

    def delete(self, resource: Key | ConsumerName, arn: str) -> None:
        """Remove the policy. Raises ResourceNotFoundException when there is none."""
        with self._control.lock:
            if self.get(resource) is None:
                raise ResourceNotFoundException(f"No resource policy found for resource ARN {arn}.")
            self._set(resource, None)

    def _set(self, resource: Key | ConsumerName, policy: str | None) -> None:
        if isinstance(resource, ConsumerName):
            _, consumer = self._registration.find(*resource)
            self._registration.put(resource.stream, msgspec.structs.replace(consumer, policy=policy))
        else:
            self._control.put(msgspec.structs.replace(self._control.active(resource), policy=policy))


def _parse(text: str) -> Json:
    try:
        policy = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        _refuse("This policy contains invalid Json")
    if not isinstance(policy, dict):
        _refuse("This policy contains invalid Json")
    return policy


def _normal(policy: Json) -> str:
    """The policy as AWS was seen to give it back: without white space, and without lists of one action or resource."""
    statements = policy.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        _refuse("Missing required field Statement")
    normal = msgspec.json.encode({**policy, "Statement": [_statement(each) for each in statements]}).decode()
    if len(normal) > MAX_BYTES:
        _refuse(f"The policy is larger than {MAX_BYTES} bytes")
    return normal


def _statement(statement: object) -> Json:
    if not isinstance(statement, dict):
        _refuse("Each statement must be an object")
    if statement.get("Effect") not in {"Allow", "Deny"}:
        _refuse("Effect must be Allow or Deny")
    if not statement.keys() & {"Principal", "NotPrincipal"}:
        _refuse("Missing required field Principal")
    for members in ({"Action", "NotAction"}, {"Resource", "NotResource"}):
        if not statement.keys() & members:
            _refuse(f"Missing required field {min(members)}")
    return {name: _scalar(name, value) for name, value in statement.items()}


def _scalar(name: str, value: object) -> object:
    if name in {"Principal", "NotPrincipal"} and isinstance(value, Mapping):
        return {kind: _single(each) for kind, each in value.items()}
    return _single(value) if name in {"Action", "NotAction", "Resource", "NotResource"} else value


def _single(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _refuse(reason: str) -> NoReturn:
    raise InvalidArgumentException(f"Policy validation error: {reason}")
