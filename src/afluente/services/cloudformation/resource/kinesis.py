"""Kinesis streams. Each setting beyond the creation has the stream UPDATING, so they are made one after the other."""

from typing import Any, ClassVar

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import Context, Properties, ResourceType

DEFAULT_RETENTION_HOURS = 24


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
        setting = _next_setting(found["StreamDescriptionSummary"], properties)
        if setting is None:
            return True
        operation, members = setting
        context.call(self.service, operation, StreamName=physical_id, **members)
        return False

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        context.find(self.service, "DeleteStream", self.missing, StreamName=physical_id, EnforceConsumerDeletion=True)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": f"arn:aws:kinesis:{context.region}:{context.account}:stream/{physical_id}"}


def _next_setting(summary: dict[str, Any], properties: Properties) -> tuple[str, Properties] | None:
    """The operation that brings the stream nearer to its properties, and its members; None when it is as it should be.

    Only creations come here: a retention period is never decreased, and nothing is turned off.
    """
    encryption = properties.get("StreamEncryption")
    if encryption and summary.get("KeyId") != encryption.get("KeyId"):
        return "StartStreamEncryption", encryption
    hours = int(properties.get("RetentionPeriodHours", DEFAULT_RETENTION_HOURS))
    if summary["RetentionPeriodHours"] != hours:
        return "IncreaseStreamRetentionPeriod", {"RetentionPeriodHours": hours}
    wanted = set(properties.get("DesiredShardLevelMetrics", []))
    present = {metric for level in summary["EnhancedMonitoring"] for metric in level["ShardLevelMetrics"]}
    if wanted - present and not (wanted == {"ALL"} and present):
        return "EnableEnhancedMonitoring", {"ShardLevelMetrics": sorted(wanted)}
    return None
