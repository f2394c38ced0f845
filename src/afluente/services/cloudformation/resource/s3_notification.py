"""The NotificationConfiguration of a bucket in a template, which has one event each and names of its own."""

from collections.abc import Mapping
from typing import Any

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError

KINDS = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}
"""A template's member to S3's, and what they call the destination."""


def to_request(value: Any) -> Response:
    """The member of PutBucketNotificationConfiguration."""
    given = _known(value, (*KINDS, "EventBridgeConfiguration"))
    request: dict[str, Any] = {
        theirs: [_one(each, ours, member) for each in given[kind]]
        for kind, (theirs, ours, member) in KINDS.items()
        if given.get(kind)
    }
    bridge = _known(given.get("EventBridgeConfiguration", {}), ("EventBridgeEnabled",))
    if "EventBridgeConfiguration" in given and str(bridge.get("EventBridgeEnabled", True)).lower() == "true":
        request["EventBridgeConfiguration"] = {}
    return request


def as_declared(answer: Any) -> Response:
    """What GetBucketNotificationConfiguration tells, as a template has it: one event each."""
    found: dict[str, Any] = {
        kind: [
            {"Event": event, ours: each[member], **_filter(each)} for each in answer[theirs] for event in each["Events"]
        ]
        for kind, (theirs, ours, member) in KINDS.items()
        if theirs in answer
    }
    if "EventBridgeConfiguration" in answer:
        found["EventBridgeConfiguration"] = {"EventBridgeEnabled": True}
    return found


def _filter(told: Mapping[str, Any]) -> Response:
    rules = told.get("Filter", {}).get("Key", {}).get("FilterRules")
    lowered = [{**rule, "Name": rule["Name"].lower()} for rule in rules or ()]
    return {"Filter": {"S3Key": {"Rules": lowered}}} if lowered else {}


def _one(value: Any, destination: str, member: str) -> Response:
    given = _known(value, ("Event", "Filter", destination))
    for name in ("Event", destination):
        if name not in given:
            raise ValidationError(f"Property validation failure: [The property {{/{name}}} is required]")
    found = {member: given[destination], "Events": [given["Event"]]}
    if "Filter" in given:
        key = _known(_known(given["Filter"], ("S3Key",)).get("S3Key", {}), ("Rules",))
        found["Filter"] = {"Key": {"FilterRules": key.get("Rules", [])}}
    return found


def _known(value: Any, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValidationError(f"expected type: JSONObject, found: {value!r}")
    for name in value:
        if name not in names:
            raise ValidationError(f"Encountered unsupported property {name}")
    return value
