"""EventBridge's rules with their targets, and event buses."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import (
    Context,
    Made,
    Properties,
    ResourceType,
    merged_tags,
    tag_list,
)

MISSING = ("ResourceNotFoundException",)
PLAIN = ("Description", "RoleArn", "ScheduleExpression", "State")


class Rule(ResourceType):
    """`AWS::Events::Rule`. One of another bus is called by the bus, too: `bus|name`."""

    type = "AWS::Events::Rule"
    service = "events"
    properties: ClassVar = {
        **dict.fromkeys((*PLAIN, "EventBusName", "EventPattern", "Name", "Targets", "Tags")),
    }
    name_property = "Name"
    longest_name = 64
    missing = MISSING
    replacing = ("EventBusName", "Name")
    live_in = ()
    unseen = ("EventBusName", "Targets", "Tags")
    identifiers = ("Arn",)

    def check(self, properties: Properties) -> None:
        super().check(properties)
        if "EventPattern" not in properties and "ScheduleExpression" not in properties:
            raise ValidationError("Parameter(s) EventPattern or ScheduleExpression must be specified.")

    def physical_id(self, context: Context, properties: Properties) -> str:
        name = super().physical_id(context, properties)
        bus = _bus(properties)
        return name if bus == "default" else f"{bus}|{name}"

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        del properties
        return context.find(self.service, "DescribeRule", self.missing, **_named(physical_id))

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        tags = tag_list(merged_tags(context, properties))
        context.call(
            self.service, "PutRule", **_named(physical_id), **_given(properties), **({"Tags": tags} if tags else {})
        )
        return Made(physical_id)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        if properties.get("Targets"):
            context.call(self.service, "PutTargets", **_ruled(physical_id), Targets=properties["Targets"])

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        context.call(self.service, "PutRule", **_named(physical_id), **_given(new))
        wanted = {target.get("Id") for target in new.get("Targets", [])}
        self._remove_targets(context, physical_id, lambda name: name not in wanted)
        self.configure(context, physical_id, new)
        arn = self.attributes(context, physical_id, new)["Arn"]
        before, after = merged_tags(context, old), merged_tags(context, new)
        if after:
            context.call(self.service, "TagResource", ResourceARN=arn, Tags=tag_list(after))
        if gone := sorted(before.keys() - after.keys()):
            context.call(self.service, "UntagResource", ResourceARN=arn, TagKeys=gone)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        self._remove_targets(context, physical_id, lambda _: True)
        context.find(self.service, "DeleteRule", self.missing, **_named(physical_id))

    def _remove_targets(self, context: Context, physical_id: str, is_gone: Any) -> None:
        found = context.find(self.service, "ListTargetsByRule", self.missing, **_ruled(physical_id))
        gone = [target["Id"] for target in (found or {}).get("Targets", []) if is_gone(target["Id"])]
        if gone:
            context.call(self.service, "RemoveTargets", **_ruled(physical_id), Ids=gone)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, {name: properties[name] for name in properties if name != "Tags"})
        if shown is not None and "EventPattern" in shown:
            shown["EventPattern"] = json.loads(shown["EventPattern"])
        return shown

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        named = physical_id.replace("|", "/")
        return {"Arn": f"arn:aws:events:{context.region}:{context.account}:rule/{named}"}


class EventBus(ResourceType):
    """`AWS::Events::EventBus`."""

    type = "AWS::Events::EventBus"
    service = "events"
    properties: ClassVar = {"Description": "Description", "Name": None, "Tags": None}
    required = ("Name",)
    name_property = "Name"
    make_by = ("CreateEventBus", "Name")
    read_by = ("DescribeEventBus", "Name")
    remove_by = ("DeleteEventBus", "Name")
    missing = MISSING
    tag_shape = "list"
    tag_by = ("TagResource", "ResourceARN", "Tags")
    untag_by = ("UntagResource", "ResourceARN", "TagKeys")
    tags_by = ("ListTagsForResource", "ResourceARN", "Tags")
    live_in = ()
    replacing = ("Name",)
    fixed = ("Description",)
    identifiers = ("Name",)

    def tagged_as(self, context: Context, physical_id: str) -> str:
        return self.attributes(context, physical_id, {})["Arn"]

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        arn = f"arn:aws:events:{context.region}:{context.account}:event-bus/{physical_id}"
        return {"Arn": arn, "Name": physical_id}


def _bus(properties: Mapping[str, Any]) -> str:
    """The name of the rule's bus, which may be given by its ARN."""
    return str(properties.get("EventBusName", "default")).rpartition(":event-bus/")[2]


def _named(physical_id: str) -> dict[str, str]:
    bus, _, name = physical_id.rpartition("|")
    return {"Name": name} | ({"EventBusName": bus} if bus else {})


def _ruled(physical_id: str) -> dict[str, str]:
    """The same where the operation calls it Rule."""
    named = _named(physical_id)
    return {"Rule": named.pop("Name"), **named}


def _given(properties: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: properties[name] for name in PLAIN if name in properties}
    pattern = properties.get("EventPattern")
    if pattern is not None:
        found["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
    return found
