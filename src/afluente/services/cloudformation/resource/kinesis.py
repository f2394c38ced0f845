"""Kinesis streams."""

from typing import ClassVar

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

    def is_ready(self, context: Context, physical_id: str, properties: Properties) -> bool:
        found = self.read(context, physical_id, properties)
        return found is not None and found["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        if "StreamEncryption" in properties:
            context.call(
                self.service, "StartStreamEncryption", StreamName=physical_id, **properties["StreamEncryption"]
            )
        hours = int(properties.get("RetentionPeriodHours", DEFAULT_RETENTION_HOURS))
        found = context.call(self.service, "DescribeStreamSummary", StreamName=physical_id)
        if found["StreamDescriptionSummary"]["RetentionPeriodHours"] != hours:
            context.call(
                self.service, "IncreaseStreamRetentionPeriod", StreamName=physical_id, RetentionPeriodHours=hours
            )

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        context.find(self.service, "DeleteStream", self.missing, StreamName=physical_id, EnforceConsumerDeletion=True)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": f"arn:aws:kinesis:{context.region}:{context.account}:stream/{physical_id}"}
