"""CloudWatch log groups and log streams."""

from typing import ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.resource.resource_type import (
    Context,
    Properties,
    ResourceType,
    merged_tags,
)

MISSING = ("ResourceNotFoundException",)


class LogGroup(ResourceType):
    """`AWS::Logs::LogGroup`."""

    type = "AWS::Logs::LogGroup"
    service = "logs"
    properties: ClassVar = {
        "DeletionProtectionEnabled": "deletionProtectionEnabled",
        "KmsKeyId": "kmsKeyId",
        "LogGroupClass": "logGroupClass",
        "LogGroupName": None,
        "RetentionInDays": None,
        "Tags": None,
    }
    name_property = "LogGroupName"
    longest_name = 512
    make_by = ("CreateLogGroup", "logGroupName")
    remove_by = ("DeleteLogGroup", "logGroupName")
    missing = MISSING
    tag_by = ("TagLogGroup", "logGroupName", "tags")
    untag_by = ("UntagLogGroup", "logGroupName", "tags")
    tags_by = ("ListTagsLogGroup", "logGroupName", "tags")
    live_in = ()
    live_as: ClassVar = {"LogGroupName": "logGroupName", "RetentionInDays": "retentionInDays"}
    replacing = ("LogGroupName",)
    fixed = ("DeletionProtectionEnabled", "KmsKeyId", "LogGroupClass")
    identifiers = ("LogGroupName",)

    def request(self, context: Context, properties: Properties) -> Properties:
        tags = merged_tags(context, properties)
        return super().request(context, properties) | ({"tags": tags} if tags else {})

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        del properties
        found = context.call(self.service, "DescribeLogGroups", logGroupNamePrefix=physical_id)["logGroups"]
        return next((group for group in found if group["logGroupName"] == physical_id), None)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        if "RetentionInDays" in properties:
            days = properties["RetentionInDays"]
            context.call(self.service, "PutRetentionPolicy", logGroupName=physical_id, retentionInDays=days)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        if "RetentionInDays" in new:
            self.configure(context, physical_id, new)
        elif "RetentionInDays" in old:
            context.call(self.service, "DeleteRetentionPolicy", logGroupName=physical_id)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": f"arn:aws:logs:{context.region}:{context.account}:log-group:{physical_id}:*"}


class LogStream(ResourceType):
    """`AWS::Logs::LogStream`."""

    type = "AWS::Logs::LogStream"
    service = "logs"
    properties: ClassVar = {"LogGroupName": "logGroupName", "LogStreamName": None}
    required = ("LogGroupName",)
    name_property = "LogStreamName"
    longest_name = 512
    make_by = ("CreateLogStream", "logStreamName")
    missing = MISSING
    replacing = ("LogGroupName", "LogStreamName")
    within = ("LogGroupName",)
    live_in = ()
    live_as: ClassVar = {"LogStreamName": "logStreamName"}
    unseen = ("LogGroupName",)
    identifiers = ("LogGroupName", "LogStreamName")

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        group = properties["LogGroupName"]
        found = context.find(
            self.service, "DescribeLogStreams", MISSING, logGroupName=group, logStreamNamePrefix=physical_id
        )
        streams = [] if found is None else found["logStreams"]
        return next((stream for stream in streams if stream["logStreamName"] == physical_id), None)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        group = properties["LogGroupName"]
        context.find(self.service, "DeleteLogStream", MISSING, logGroupName=group, logStreamName=physical_id)
