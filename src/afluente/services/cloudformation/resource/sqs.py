"""SQS queues and their policies. A queue's physical id is its URL."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.services.cloudformation.drift_difference import differences
from afluente.services.cloudformation.resource.resource_type import (
    Context,
    Made,
    Properties,
    ResourceType,
    merged_tags,
)

MISSING = ("QueueDoesNotExist",)
DOCUMENTS = ("RedriveAllowPolicy", "RedrivePolicy")
DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
"""What a property means that the template does not have any more."""


class Queue(ResourceType):
    """`AWS::SQS::Queue`."""

    type = "AWS::SQS::Queue"
    service = "sqs"
    properties: ClassVar = {**dict.fromkeys((*DEFAULTS, "FifoQueue", "QueueName", "Tags"))}
    name_property = "QueueName"
    longest_name = 80
    missing = MISSING
    remove_by = ("DeleteQueue", "QueueUrl")
    tag_shape = "map"
    tag_by = ("TagQueue", "QueueUrl", "Tags")
    untag_by = ("UntagQueue", "QueueUrl", "TagKeys")
    tags_by = ("ListQueueTags", "QueueUrl", "Tags")
    live_in = ("Attributes",)
    replacing = ("FifoQueue", "QueueName")
    identifiers = ("QueueUrl",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        endpoint = context.caller.call(context.clock.now_ms()).endpoint
        return f"{endpoint}/{context.account}/{self._name(context, properties)}"

    def _name(self, context: Context, properties: Properties) -> str:
        if "QueueName" in properties:
            return str(properties["QueueName"])
        end = ".fifo" if _text(properties.get("FifoQueue")) == "true" else ""
        return context.name(self.longest_name - len(end)) + end

    def read(self, context: Context, physical_id: str, properties: Properties) -> dict[str, Any] | None:
        del properties
        return context.find(
            self.service, "GetQueueAttributes", self.missing, QueueUrl=physical_id, AttributeNames=["All"]
        )

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        attributes = {name: _text(value) for name, value in properties.items() if name not in {"QueueName", "Tags"}}
        if attributes.get("FifoQueue") == "false":
            del attributes["FifoQueue"]  # SQS takes true only
        name = physical_id.rpartition("/")[2]
        context.call(
            self.service, "CreateQueue", QueueName=name, Attributes=attributes, tags=merged_tags(context, properties)
        )
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        changed = [name for name in self.changed(old, new) if name in DEFAULTS]
        if changed:
            values = {name: _text(new[name]) if name in new else DEFAULTS[name] for name in changed}
            context.call(self.service, "SetQueueAttributes", QueueUrl=physical_id, Attributes=values)
        self.retag(context, physical_id, old, new)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        if shown is None:
            return None
        if "QueueName" in properties:
            shown["QueueName"] = physical_id.rpartition("/")[2]
        return {name: json.loads(value) if name in DOCUMENTS else value for name, value in shown.items()}

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        name = physical_id.rpartition("/")[2]
        return {
            "Arn": f"arn:aws:sqs:{context.region}:{context.account}:{name}",
            "QueueName": name,
            "QueueUrl": physical_id,
        }


class QueuePolicy(ResourceType):
    """`AWS::SQS::QueuePolicy`: the policy of each of its queues."""

    type = "AWS::SQS::QueuePolicy"
    service = "sqs"
    properties: ClassVar = {"PolicyDocument": None, "Queues": None}
    required = ("PolicyDocument", "Queues")
    missing = MISSING
    identifiers = ("Id",)
    is_importable = False
    live_in = ()

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        """A policy of its own it is not, so that none can be in the way."""
        del context, physical_id, properties
        return False

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        document = properties["PolicyDocument"]
        policy = document if isinstance(document, str) else json.dumps(document)
        for queue in properties["Queues"]:
            context.call(self.service, "SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": policy})
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        gone = [queue for queue in old["Queues"] if queue not in new["Queues"]]
        self.remove(context, physical_id, {"Queues": gone})
        self.make(context, physical_id, new)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        del physical_id
        policies = {queue: self._policy(context, queue) for queue in properties["Queues"]}
        present = [policy for policy in policies.values() if policy]
        if not present:
            return None
        changed = [policy for policy in present if any(differences(properties["PolicyDocument"], policy))]
        queues = [queue for queue, policy in policies.items() if policy]
        return {"PolicyDocument": (changed or present)[0], "Queues": queues}

    def _policy(self, context: Context, queue: str) -> str:
        found = context.find(
            self.service, "GetQueueAttributes", self.missing, QueueUrl=queue, AttributeNames=["Policy"]
        )
        return str((found or {}).get("Attributes", {}).get("Policy", ""))

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        for queue in properties["Queues"]:
            context.find(self.service, "SetQueueAttributes", self.missing, QueueUrl=queue, Attributes={"Policy": ""})


def _text(value: Any) -> str:
    """An attribute's value as SQS takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, Mapping) else str(value)
