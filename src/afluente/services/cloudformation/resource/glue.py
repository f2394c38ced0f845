"""Glue's databases, tables, crawlers, jobs and triggers. The properties are spelled as the API's members."""

from typing import Any, ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties, ResourceType

MISSING = ("EntityNotFoundException",)


class Database(ResourceType):
    """`AWS::Glue::Database`."""

    type = "AWS::Glue::Database"
    service = "glue"
    properties: ClassVar = {"CatalogId": "CatalogId", "DatabaseInput": "DatabaseInput", "DatabaseName": None}
    required = ("CatalogId", "DatabaseInput")
    read_by = ("GetDatabase", "Name")
    remove_by = ("DeleteDatabase", "Name")
    missing = MISSING
    identifiers = ("DatabaseName",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        given = _input(properties, "DatabaseInput").get("Name") or properties.get("DatabaseName")
        return str(given).lower() if given else context.name(255, lower=True)

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        request = self.request(context, properties)
        request["DatabaseInput"] = {**request["DatabaseInput"], "Name": physical_id}
        context.call(self.service, "CreateDatabase", **request)
        return Made(physical_id)


class Table(ResourceType):
    """`AWS::Glue::Table`."""

    type = "AWS::Glue::Table"
    service = "glue"
    properties: ClassVar = {
        "CatalogId": "CatalogId",
        "DatabaseName": "DatabaseName",
        "Name": None,
        "OpenTableFormatInput": "OpenTableFormatInput",
        "TableInput": "TableInput",
    }
    required = ("CatalogId", "DatabaseName", "TableInput")
    missing = MISSING
    identifiers = ("DatabaseName", "TableName")

    def physical_id(self, context: Context, properties: Properties) -> str:
        given = _input(properties, "TableInput").get("Name") or properties.get("Name")
        return str(given).lower() if given else context.name(255, lower=True)

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        database = properties["DatabaseName"]
        return context.find(self.service, "GetTable", MISSING, DatabaseName=database, Name=physical_id)

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        request = self.request(context, properties)
        request["TableInput"] = {**request["TableInput"], "Name": physical_id}
        context.call(self.service, "CreateTable", **request)
        return Made(physical_id)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        database = properties["DatabaseName"]
        context.find(self.service, "DeleteTable", MISSING, DatabaseName=database, Name=physical_id)


class Crawler(ResourceType):
    """`AWS::Glue::Crawler`. Making it does not start it."""

    type = "AWS::Glue::Crawler"
    service = "glue"
    properties: ClassVar = {
        "Name": None,
        "Schedule": None,
        "Tags": None,
        **{
            name: name
            for name in (
                "Classifiers", "Configuration", "CrawlerSecurityConfiguration", "DatabaseName", "Description",
                "LakeFormationConfiguration", "RecrawlPolicy", "Role", "SchemaChangePolicy", "TablePrefix", "Targets",
            )
        },
    }  # fmt: skip
    required = ("Role", "Targets")
    name_property = "Name"
    make_by = ("CreateCrawler", "Name")
    read_by = ("GetCrawler", "Name")
    missing = MISSING
    tag_shape = "map"
    identifiers = ("Name",)

    def request(self, context: Context, properties: Properties) -> Properties:
        schedule = properties.get("Schedule", {})
        if not isinstance(schedule, dict) or not schedule.keys() <= {"ScheduleExpression"}:
            raise ValidationError("#/Schedule: expected an object with ScheduleExpression")
        request = super().request(context, properties)
        return request | ({"Schedule": schedule["ScheduleExpression"]} if schedule else {})

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        found = self.read(context, physical_id, properties)
        if found is None:
            return
        if found["Crawler"]["State"] == "RUNNING":
            context.find(self.service, "StopCrawler", (*MISSING, *NOT_RUNNING), Name=physical_id)
        if found["Crawler"]["State"] == "READY":
            context.find(self.service, "DeleteCrawler", (*MISSING, *RUNNING), Name=physical_id)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        """A crawler that runs is stopped first, and removed when it has stopped."""
        self.remove(context, physical_id, properties)
        return not self.exists(context, physical_id, properties)


NOT_RUNNING = ("CrawlerNotRunningException", "CrawlerStoppingException")
RUNNING = ("CrawlerRunningException",)


class Job(ResourceType):
    """`AWS::Glue::Job`."""

    type = "AWS::Glue::Job"
    service = "glue"
    properties: ClassVar = {
        "Name": None,
        "Tags": None,
        **{
            name: name
            for name in (
                "AllocatedCapacity", "Command", "Connections", "DefaultArguments", "Description", "ExecutionClass",
                "ExecutionProperty", "GlueVersion", "JobMode", "JobRunQueuingEnabled", "LogUri", "MaintenanceWindow",
                "MaxCapacity", "MaxRetries", "NonOverridableArguments", "NotificationProperty", "NumberOfWorkers",
                "Role", "SecurityConfiguration", "SourceControlDetails", "Timeout", "WorkerType",
            )
        },
    }  # fmt: skip
    required = ("Command", "Role")
    name_property = "Name"
    make_by = ("CreateJob", "Name")
    read_by = ("GetJob", "JobName")
    remove_by = ("DeleteJob", "JobName")
    missing = MISSING
    tag_shape = "map"
    identifiers = ("Name",)


class Trigger(ResourceType):
    """`AWS::Glue::Trigger`."""

    type = "AWS::Glue::Trigger"
    service = "glue"
    properties: ClassVar = {
        "Name": None,
        "Tags": None,
        **{
            name: name
            for name in (
                "Actions", "Description", "EventBatchingCondition", "Predicate", "Schedule", "StartOnCreation",
                "Type", "WorkflowName",
            )
        },
    }  # fmt: skip
    required = ("Actions", "Type")
    name_property = "Name"
    make_by = ("CreateTrigger", "Name")
    read_by = ("GetTrigger", "Name")
    remove_by = ("DeleteTrigger", "Name")
    missing = MISSING
    tag_shape = "map"
    identifiers = ("Name",)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)


def _input(properties: Properties, member: str) -> dict[str, Any]:
    value = properties[member]
    if not isinstance(value, dict):
        raise ValidationError(f"#/{member}: expected type: JSONObject")
    return value
