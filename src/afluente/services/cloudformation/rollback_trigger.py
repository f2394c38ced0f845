"""Rollback triggers: alarms that, in ALARM while an operation goes on or is watched afterwards, have it rolled back.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.provider import Invoke
from afluente.services.cloudformation.error import ValidationError

ALARM = "AWS::CloudWatch::Alarm"


class Triggers(msgspec.Struct, frozen=True):
    """A stack's rollback configuration. `minutes`: how long the alarms are watched when all resources are there."""

    arns: tuple[str, ...] = ()
    minutes: int | None = None


def triggers_of(configuration: Mapping[str, Any]) -> Triggers:
    """A request's RollbackConfiguration. Raises ValidationError."""
    found = configuration.get("RollbackTriggers", [])
    for trigger in found:
        if trigger["Type"] != ALARM:
            raise ValidationError("Rollback Trigger Type not supported")
        if not _name_of(trigger["Arn"]):
            raise ValidationError("RelativeId of a Rollback Trigger's ARN is incorrect")
    return Triggers(tuple(trigger["Arn"] for trigger in found), configuration.get("MonitoringTimeInMinutes"))


def shown(triggers: Triggers) -> dict[str, Any]:
    """A RollbackConfiguration."""
    answer: dict[str, Any] = {}
    if triggers.arns:
        answer["RollbackTriggers"] = [{"Arn": arn, "Type": ALARM} for arn in triggers.arns]
    if triggers.minutes is not None:
        answer["MonitoringTimeInMinutes"] = triggers.minutes
    return answer


def alarmed(triggers: Triggers, caller: Any, invoke: Invoke, clock: Clock) -> str | None:
    """Why what goes on is to be rolled back, if it is."""
    for arn in triggers.arns:
        try:
            request = {"AlarmNames": [_name_of(arn)]}
            found = invoke(caller.call(clock.now_ms()), "cloudwatch", "DescribeAlarms", request).get("MetricAlarms", [])
        except AwsError as error:
            return f"Rollback trigger {arn} could not be read: {error.message}. "
        if not found:
            return f"Rollback trigger {arn} does not exist. "
        if found[0]["StateValue"] == "ALARM":
            return f"Rollback trigger {arn} is in the ALARM state. "
    return None


def _name_of(arn: str) -> str:
    parts = arn.split(":", 6)
    return parts[6] if len(parts) == 7 and parts[2] == "cloudwatch" and parts[5] == "alarm" else ""
