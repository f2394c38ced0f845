"""Stacks within stacks, made, updated and removed by CloudFormation's own operations.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

import hashlib
import json
from typing import Any, ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import (
    Context,
    Made,
    Properties,
    Rejected,
    ResourceType,
    merged_tags,
    tag_list,
)
from afluente.services.cloudformation.template.expression import text

ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE"
READY = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
NOTHING_TO_DO = "No updates are to be performed."


class NestedStack(ResourceType):
    """`AWS::CloudFormation::Stack`. Its physical id is its ARN, its attributes are its outputs."""

    type = "AWS::CloudFormation::Stack"
    service = "cloudformation"
    properties: ClassVar = {
        "Parameters": None,
        "Tags": None,
        "TemplateURL": "TemplateURL",
        "TimeoutInMinutes": "TimeoutInMinutes",
    }
    required = ("TemplateURL",)
    read_by = ("DescribeStacks", "StackName")
    identifiers = ("StackId",)
    is_importable = False
    live_in = ()
    unseen = ("TemplateURL",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        del context, properties
        return ""

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        """What is asked for again after a crash is found by its token."""
        del context, physical_id, properties
        return False

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        del physical_id
        request = self.request(context, properties) | self._common(context, properties)
        made = context.call(self.service, "CreateStack", StackName=context.name(128), **request)
        return Made(str(made["StackId"]))

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        if _newest_token(context, physical_id) == _token(context, new):
            return  # it was asked for just before a crash
        request = {"TemplateURL": new["TemplateURL"], **self._common(context, new)}
        try:
            context.call(self.service, "UpdateStack", StackName=physical_id, **request)
        except Rejected as rejected:
            if rejected.error.message != NOTHING_TO_DO:
                raise

    @staticmethod
    def _common(context: Context, properties: Properties) -> Properties:
        given = properties.get("Parameters", {})
        if not isinstance(given, dict):
            raise ValidationError("#/Parameters: expected type: JSONObject")
        return {
            "Capabilities": list(context.capabilities),
            "ClientRequestToken": _token(context, properties),
            "Parameters": [{"ParameterKey": key, "ParameterValue": _value(value)} for key, value in given.items()],
            "Tags": tag_list(merged_tags(context, properties)),
        }

    def is_ready(self, context: Context, physical_id: str, properties: Properties) -> bool:
        stack = self._stack(context, physical_id, properties)
        status = stack["StackStatus"]
        if status.endswith("_IN_PROGRESS"):
            return False
        if status in READY:
            return True
        if status == ROLLED_BACK and _newest_token(context, physical_id) != _token(context, properties):
            return True  # it was rolled back before, and there was nothing to do now
        verb = "created" if "UPDATE" not in status else f"updated. Currently in {status}"
        reason = f"{verb}: " if "UPDATE" not in status else f"{verb} with reason: "
        raise ValidationError(f"Embedded stack {physical_id} was not successfully {reason}{_why(context, physical_id)}")

    def _stack(self, context: Context, physical_id: str, properties: Properties) -> Response:
        found = self.read(context, physical_id, properties)
        if found is None:
            raise ValidationError(f"Stack with id {physical_id} does not exist")
        return dict(found["Stacks"][0])

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        stack = self._stack(context, physical_id, properties)
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        given = {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}
        return {"Parameters": given, "Tags": stack["Tags"], "TimeoutInMinutes": stack.get("TimeoutInMinutes")}

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        context.call(self.service, "DeleteStack", StackName=physical_id)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        status = self._stack(context, physical_id, properties)["StackStatus"]
        if status == "DELETE_FAILED":
            raise ValidationError(f"Embedded stack {physical_id} was not successfully deleted: "
                                  f"{_why(context, physical_id)}")  # fmt: skip
        return bool(status == "DELETE_COMPLETE")

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        outputs = self._stack(context, physical_id, properties).get("Outputs", [])
        return {f"Outputs.{output['OutputKey']}": output["OutputValue"] for output in outputs}


def _value(value: Any) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


def _token(context: Context, properties: Properties) -> str:
    """The same for every attempt, within one operation, to have the stack so."""
    asked = json.dumps([context.operation_id, context.token, properties], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def _events(context: Context, physical_id: str) -> list[Response]:
    found = context.call("cloudformation", "DescribeStackEvents", StackName=physical_id)["StackEvents"]
    return [event for event in found if event["PhysicalResourceId"] == physical_id]


def _newest_token(context: Context, physical_id: str) -> str | None:
    """That of the request which the stack did last."""
    events = _events(context, physical_id)
    return events[0].get("ClientRequestToken") if events else None


def _why(context: Context, physical_id: str) -> str:
    """What the stack said when it failed."""
    for event in _events(context, physical_id):
        if "failed to" in event.get("ResourceStatusReason", ""):
            return str(event["ResourceStatusReason"])
    return "it failed"
