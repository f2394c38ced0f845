"""CloudWatch's alarms. The properties are spelled as the API's members."""

from typing import ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.resource.resource_type import Context, Properties, ResourceType


class Alarm(ResourceType):
    """`AWS::CloudWatch::Alarm`."""

    type = "AWS::CloudWatch::Alarm"
    service = "cloudwatch"
    properties: ClassVar = {
        "AlarmName": None,
        "Tags": None,
        **{
            name: name
            for name in (
                "ActionsEnabled", "AlarmActions", "AlarmDescription", "ComparisonOperator", "DatapointsToAlarm",
                "Dimensions", "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "ExtendedStatistic",
                "InsufficientDataActions", "MetricName", "Metrics", "Namespace", "OKActions", "Period", "Statistic",
                "Threshold", "ThresholdMetricId", "TreatMissingData", "Unit",
            )
        },
    }  # fmt: skip
    required = ("ComparisonOperator", "EvaluationPeriods")
    name_property = "AlarmName"
    make_by = ("PutMetricAlarm", "AlarmName")
    tag_shape = "list"
    tag_by = ("TagResource", "ResourceARN", "Tags")
    untag_by = ("UntagResource", "ResourceARN", "TagKeys")
    tags_by = ("ListTagsForResource", "ResourceARN", "Tags")
    live_in = ()
    replacing = ("AlarmName",)
    identifiers = ("AlarmName",)

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        del properties
        found = context.call(self.service, "DescribeAlarms", AlarmNames=[physical_id])
        return next(iter(found.get("MetricAlarms", [])), None)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        self.make(context, physical_id, new)

    def tagged_as(self, context: Context, physical_id: str) -> str:
        return self.attributes(context, physical_id, {})["Arn"]

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        context.find(self.service, "DeleteAlarms", ("ResourceNotFound",), AlarmNames=[physical_id])

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": f"arn:aws:cloudwatch:{context.region}:{context.account}:alarm:{physical_id}"}
