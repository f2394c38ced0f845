"""Wait conditions: resources that are complete when they were told so, at the URL of a handle or by SignalResource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.nothing import Nothing
from afluente.services.cloudformation.resource.resource_type import Context, Properties
from afluente.services.cloudformation.signal import MAX_TIMEOUT_S, Awaited, Handle, Signal, duration_s, handle_of
from afluente.services.cloudformation.template.expression import text

DEFAULT_TIMEOUT_S = 300
"""Of a CreationPolicy."""


class WaitConditionHandle(Nothing):
    """`AWS::CloudFormation::WaitConditionHandle`. Its physical id is its URL."""

    type = "AWS::CloudFormation::WaitConditionHandle"
    properties: ClassVar = {}

    def physical_id(self, context: Context, properties: Properties) -> str:
        del properties
        secret = hashlib.sha256(f"signal/{context.token}".encode()).hexdigest()
        return context.caller.endpoint + Handle(context.stack_key, context.logical_id, secret).path


class WaitCondition(Nothing):
    """`AWS::CloudFormation::WaitCondition`."""

    type = "AWS::CloudFormation::WaitCondition"
    properties: ClassVar = {"Count": None, "Handle": None, "Timeout": None}
    has_creation_policy = True

    def check_update(self, old: Properties, new: Properties) -> None:
        if self.changed(old, new):
            raise ValidationError(f"Update to resource type {self.type} is not supported.")

    def awaited(self, context: Context, properties: Properties, creation_policy: Any) -> Awaited:
        if creation_policy is not None:
            return _by_policy(context, creation_policy)
        for name in ("Handle", "Timeout"):
            if name not in properties:
                raise ValidationError(f"Property validation failure: [The property {{/{name}}} is required]")
        handle = handle_of(text(properties["Handle"]))
        if handle is None:
            raise ValidationError("The Handle of a wait condition is the Ref of a wait condition handle.")
        count, timeout_s = _number("Count", properties.get("Count", 1)), _number("Timeout", properties["Timeout"])
        return Awaited(handle.stack, handle.logical_id, count, _checked(timeout_s), by_api=False)

    def signalled(self, signals: list[Signal]) -> Mapping[str, str]:
        return {"Data": json.dumps({signal.unique_id: signal.data for signal in signals}, separators=(",", ":"))}


def _by_policy(context: Context, policy: Any) -> Awaited:
    wanted = policy.get("ResourceSignal", {}) if isinstance(policy, dict) else None
    if not isinstance(wanted, dict) or set(policy) - {"ResourceSignal"} or set(wanted) - {"Count", "Timeout"}:
        raise ValidationError("A CreationPolicy has a ResourceSignal, with Count and Timeout.")
    given = wanted.get("Timeout")
    timeout_s = DEFAULT_TIMEOUT_S if given is None else duration_s(text(given))
    if timeout_s is None:
        raise ValidationError(f"CreationPolicy: the Timeout {given} is no ISO 8601 duration such as PT15M.")
    count = _number("Count", wanted.get("Count", 1))
    return Awaited(context.stack_key, context.logical_id, count, _checked(timeout_s), by_api=True)


def _number(name: str, value: Any) -> int:
    try:
        return int(text(value))
    except ValueError:
        raise ValidationError(f"#/{name}: expected type: Integer, found: {text(value)}") from None


def _checked(timeout_s: int) -> int:
    if timeout_s > MAX_TIMEOUT_S:
        raise ValidationError(f"A wait condition waits for {MAX_TIMEOUT_S} seconds at most.")
    return timeout_s
