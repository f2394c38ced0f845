"""Kinesis streams. Each setting beyond the creation has the stream UPDATING, so they are made one after the other."""

from typing import Any, ClassVar

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import Context, Properties, ResourceType

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
