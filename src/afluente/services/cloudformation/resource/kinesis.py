"""Kinesis streams, their consumers and policies.

Each setting of a stream beyond its creation has it UPDATING, so they are made one after the other.
"""

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
)

DEFAULT_RETENTION_HOURS = 24
DEFAULT_RECORD_KIB = 1024


class Stream(ResourceType):
    """`AWS::Kinesis::Stream`."""

    type = "AWS::Kinesis::Stream"
    service = "kinesis"
    properties: ClassVar = {
        "Name": None,
        "ShardCount": "ShardCount",
        "StreamModeDetails": "StreamModeDetails",
        "MaxRecordSizeInKiB": "MaxRecordSizeInKiB",
        "WarmThroughputMiBps": "WarmThroughputMiBps",
        "DesiredShardLevelMetrics": None,
        "RetentionPeriodHours": None,
        "StreamEncryption": None,
        "Tags": None,
    }
    name_property = "Name"
    longest_name = 128
    make_by = ("CreateStream", "StreamName")
    read_by = ("DescribeStreamSummary", "StreamName")
    remove_by = ("DeleteStream", "StreamName")
    missing = ("ResourceNotFoundException",)
    tag_shape = "map"
    tag_by = ("TagResource", "ResourceARN", "Tags")
    untag_by = ("UntagResource", "ResourceARN", "TagKeys")
    tags_by = ("ListTagsForResource", "ResourceARN", "Tags")
    live_in = ("StreamDescriptionSummary",)
    live_as: ClassVar = {"Name": "StreamName", "ShardCount": "OpenShardCount"}
    replacing = ("Name",)
    identifiers = ("Name",)

    def check(self, properties: Properties) -> None:
        super().check(properties)
        metrics = properties.get("DesiredShardLevelMetrics", [])
        if "ALL" in metrics and len(metrics) > 1:
            raise ValidationError("DesiredShardLevelMetrics cannot have ALL with other metric names")

    def request(self, context: Context, properties: Properties) -> Properties:
        request = super().request(context, properties)
        # Unlike CreateStream, CloudFormation makes a provisioned stream of one shard where the template says nothing.
        if not request.keys() & {"ShardCount", "StreamModeDetails"}:
            request["ShardCount"] = 1
        return request

    def is_ready(self, context: Context, physical_id: str, properties: Properties) -> bool:
        found = self.read(context, physical_id, properties)
        if found is None or found["StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE":
            return False
        summary = found["StreamDescriptionSummary"]
        setting = _next_setting(summary, properties)
        if setting is None:
            return True
        operation, members = setting
        named = {"StreamARN": summary["StreamARN"]} if operation in BY_ARN else {"StreamName": physical_id}
        context.call(self.service, operation, **named, **members)
        return False

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        found = self.read(context, physical_id, properties)
        if shown is None or found is None:
            return None
        summary = found["StreamDescriptionSummary"]
        if "WarmThroughputMiBps" in properties and "WarmThroughput" in summary:
            shown["WarmThroughputMiBps"] = summary["WarmThroughput"]["TargetMiBps"]
        if "StreamEncryption" in properties and "KeyId" in summary:
            shown["StreamEncryption"] = {name: summary[name] for name in ("EncryptionType", "KeyId")}
        if "DesiredShardLevelMetrics" in properties:
            present = [metric for level in summary["EnhancedMonitoring"] for metric in level["ShardLevelMetrics"]]
            wanted = properties["DesiredShardLevelMetrics"]
            shown["DesiredShardLevelMetrics"] = wanted if wanted == ["ALL"] and present else present
        return shown

    def tagged_as(self, context: Context, physical_id: str) -> str:
        return self.attributes(context, physical_id, {})["Arn"]

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        context.find(self.service, "DeleteStream", self.missing, StreamName=physical_id, EnforceConsumerDeletion=True)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": f"arn:aws:kinesis:{context.region}:{context.account}:stream/{physical_id}"}


BY_ARN = {"UpdateMaxRecordSize", "UpdateStreamMode"}


def _next_setting(summary: dict[str, Any], properties: Properties) -> tuple[str, Properties] | None:
    """The operation that brings the stream nearer to its properties, and its members; None when it is as it should be.

    A property that the template leaves out means the default of a new stream.
    """
    for setting in (_size, _encryption, _retention, _monitoring):
        found = setting(summary, properties)
        if found is not None:
            return found
    return None


def _size(summary: dict[str, Any], properties: Properties) -> tuple[str, Properties] | None:
    details = properties.get("StreamModeDetails") or {"StreamMode": "PROVISIONED"}
    if summary["StreamModeDetails"]["StreamMode"] != details.get("StreamMode"):
        return "UpdateStreamMode", {"StreamModeDetails": details}
    if details.get("StreamMode") == "PROVISIONED":
        shards = int(properties.get("ShardCount", 1))
        if summary["OpenShardCount"] != shards:
            return "UpdateShardCount", {"TargetShardCount": shards, "ScalingType": "UNIFORM_SCALING"}
    kib = int(properties.get("MaxRecordSizeInKiB", DEFAULT_RECORD_KIB))
    if summary["MaxRecordSizeInKiB"] != kib:
        return "UpdateMaxRecordSize", {"MaxRecordSizeInKiB": kib}
    warm = properties.get("WarmThroughputMiBps")
    if warm is not None and summary.get("WarmThroughput", {}).get("TargetMiBps") != int(warm):
        return "UpdateStreamWarmThroughput", {"WarmThroughputMiBps": warm}
    return None


def _encryption(summary: dict[str, Any], properties: Properties) -> tuple[str, Properties] | None:
    wanted = properties.get("StreamEncryption")
    if wanted and summary.get("KeyId") != wanted.get("KeyId"):
        return "StartStreamEncryption", wanted
    if not wanted and summary.get("EncryptionType", "NONE") != "NONE":
        return "StopStreamEncryption", {"EncryptionType": summary["EncryptionType"], "KeyId": summary["KeyId"]}
    return None


def _retention(summary: dict[str, Any], properties: Properties) -> tuple[str, Properties] | None:
    hours = int(properties.get("RetentionPeriodHours", DEFAULT_RETENTION_HOURS))
    if summary["RetentionPeriodHours"] == hours:
        return None
    direction = "Increase" if summary["RetentionPeriodHours"] < hours else "Decrease"
    return f"{direction}StreamRetentionPeriod", {"RetentionPeriodHours": hours}


def _monitoring(summary: dict[str, Any], properties: Properties) -> tuple[str, Properties] | None:
    wanted = set(properties.get("DesiredShardLevelMetrics", []))
    present = {metric for level in summary["EnhancedMonitoring"] for metric in level["ShardLevelMetrics"]}
    if wanted == {"ALL"}:
        return None if present else ("EnableEnhancedMonitoring", {"ShardLevelMetrics": ["ALL"]})
    if wanted - present:
        return "EnableEnhancedMonitoring", {"ShardLevelMetrics": sorted(wanted)}
    if present - wanted:
        return "DisableEnhancedMonitoring", {"ShardLevelMetrics": sorted(present - wanted)}
    return None


class StreamConsumer(ResourceType):
    """`AWS::Kinesis::StreamConsumer`. Kinesis gives its ARN."""

    type = "AWS::Kinesis::StreamConsumer"
    service = "kinesis"
    properties: ClassVar = {"ConsumerName": "ConsumerName", "StreamARN": "StreamARN", "Tags": None}
    required = ("ConsumerName", "StreamARN")
    missing = ("ResourceNotFoundException",)
    replacing = ("ConsumerName", "StreamARN")
    within = ("StreamARN",)
    tag_shape = "map"
    tag_by = ("TagResource", "ResourceARN", "Tags")
    untag_by = ("UntagResource", "ResourceARN", "TagKeys")
    tags_by = ("ListTagsForResource", "ResourceARN", "Tags")
    live_in = ()
    unseen = ("StreamARN",)
    identifiers = ("ConsumerARN",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        del context, properties
        return ""

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return bool(physical_id) and super().exists(context, physical_id, properties)

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        by = {"ConsumerARN": physical_id} if physical_id else {name: properties[name] for name in self.required}
        found = context.find(self.service, "DescribeStreamConsumer", self.missing, **by)
        return None if found is None else dict(found["ConsumerDescription"])

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        try:
            made = context.call(self.service, "RegisterStreamConsumer", **self.request(context, properties))
        except Rejected:  # it was registered just before a crash, or there is another one of that name
            found = self.read(context, physical_id, properties)
            if found is None or found["ConsumerCreationTimestamp"].timestamp() < context.started_at_ms // 1000:
                raise
            return Made(str(found["ConsumerARN"]))
        return Made(str(made["Consumer"]["ConsumerARN"]))

    def is_ready(self, context: Context, physical_id: str, properties: Properties) -> bool:
        found = self.read(context, physical_id, properties)
        return found is not None and found["ConsumerStatus"] == "ACTIVE"

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        context.find(self.service, "DeregisterStreamConsumer", self.missing, ConsumerARN=physical_id)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        found = self.read(context, physical_id, properties) or {}
        names = ("ConsumerARN", "ConsumerName", "ConsumerStatus")
        shown: dict[str, str] = {name: str(found[name]) for name in names if name in found}
        if "ConsumerCreationTimestamp" in found:
            shown["ConsumerCreationTimestamp"] = str(int(found["ConsumerCreationTimestamp"].timestamp()))
        return {**shown, "StreamARN": str(properties["StreamARN"])}


class ResourcePolicy(ResourceType):
    """`AWS::Kinesis::ResourcePolicy`, of a stream or a consumer: its physical id is their ARN."""

    type = "AWS::Kinesis::ResourcePolicy"
    service = "kinesis"
    properties: ClassVar = {"ResourceArn": None, "ResourcePolicy": None}
    required = ("ResourceArn", "ResourcePolicy")
    missing = ("ResourceNotFoundException",)
    replacing = ("ResourceArn",)
    read_by = ("GetResourcePolicy", "ResourceARN")
    remove_by = ("DeleteResourcePolicy", "ResourceARN")
    live_in = ()
    live_as: ClassVar = {"ResourcePolicy": "Policy"}
    unseen = ("ResourceArn",)
    identifiers = ("ResourceArn",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        del context
        return str(properties["ResourceArn"])

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        found = self.read(context, physical_id, properties)
        return found is not None and found.get("Policy") not in {None, "", "{}"}

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        policy = properties["ResourcePolicy"]
        document = policy if isinstance(policy, str) else json.dumps(policy)
        context.call(self.service, "PutResourcePolicy", ResourceARN=physical_id, Policy=document)
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        self.make(context, physical_id, new)
