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
    replacing = ("CatalogId", "DatabaseInput/Name", "DatabaseName")
    identifiers = ("DatabaseName",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        given = _input(properties, "DatabaseInput").get("Name") or properties.get("DatabaseName")
        return str(given).lower() if given else context.name(255, lower=True)

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        request = self.request(context, properties)
        request["DatabaseInput"] = {**request["DatabaseInput"], "Name": physical_id}
        context.call(self.service, "CreateDatabase", **request)
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        wanted = {**_input(new, "DatabaseInput"), "Name": physical_id}
        context.call(self.service, "UpdateDatabase", Name=physical_id, DatabaseInput=wanted)


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
    within = ("DatabaseName",)
    replacing = ("CatalogId", "DatabaseName", "Name", "OpenTableFormatInput", "TableInput/Name")
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

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        wanted = {**_input(new, "TableInput"), "Name": physical_id}
        context.call(self.service, "UpdateTable", DatabaseName=new["DatabaseName"], TableInput=wanted)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        database = properties["DatabaseName"]
        context.find(self.service, "DeleteTable", MISSING, DatabaseName=database, Name=physical_id)


class GlueType(ResourceType):
    """What Glue's types with tags have in common."""

    service = "glue"
    missing = MISSING
    tag_shape = "map"
    tag_by = ("TagResource", "ResourceArn", "TagsToAdd")
    untag_by = ("UntagResource", "ResourceArn", "TagsToRemove")
    name_property = "Name"
    replacing: ClassVar[tuple[str, ...]] = ("Name",)
    identifiers = ("Name",)

    def tagged_as(self, context: Context, physical_id: str) -> str:
        noun = self.type.rpartition("::")[2].lower()
        return f"arn:aws:glue:{context.region}:{context.account}:{noun}/{physical_id}"


class Crawler(GlueType):
    """`AWS::Glue::Crawler`. Making it does not start it."""

    type = "AWS::Glue::Crawler"
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
    make_by = ("CreateCrawler", "Name")
    read_by = ("GetCrawler", "Name")

    def request(self, context: Context, properties: Properties) -> Properties:
        schedule = properties.get("Schedule", {})
        if not isinstance(schedule, dict) or not schedule.keys() <= {"ScheduleExpression"}:
            raise ValidationError("#/Schedule: expected an object with ScheduleExpression")
        request = super().request(context, properties)
        return request | ({"Schedule": schedule["ScheduleExpression"]} if schedule else {})

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        request = self.request(context, new)
        request.pop("Tags", None)
        unset = {name: value for name, value in UNSET_OF_CRAWLERS.items() if name in old and name not in new}
        context.call(self.service, "UpdateCrawler", **(unset | request | {"Name": physical_id}))

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


UNSET_OF_CRAWLERS: Properties = {
    "Classifiers": [],
    "Configuration": "",
    "Description": "",
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "Schedule": "",
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "TablePrefix": "",
}
"""What a crawler's members are that a template has no longer: UpdateCrawler leaves what it is not given."""
NOT_RUNNING = ("CrawlerNotRunningException", "CrawlerStoppingException")
RUNNING = ("CrawlerRunningException",)


class Job(GlueType):
    """`AWS::Glue::Job`."""

    type = "AWS::Glue::Job"
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
    make_by = ("CreateJob", "Name")
    read_by = ("GetJob", "JobName")
    remove_by = ("DeleteJob", "JobName")

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        wanted = self.request(context, new)
        wanted.pop("Tags", None)
        context.call(self.service, "UpdateJob", JobName=physical_id, JobUpdate=wanted)


class Trigger(GlueType):
    """`AWS::Glue::Trigger`."""

    type = "AWS::Glue::Trigger"
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
    make_by = ("CreateTrigger", "Name")
    read_by = ("GetTrigger", "Name")
    remove_by = ("DeleteTrigger", "Name")
    replacing = ("Name", "Type", "WorkflowName")

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        names = ("Actions", "Description", "EventBatchingCondition", "Predicate", "Schedule")
        wanted = {name: new[name] for name in names if name in new}
        if "Description" in old and "Description" not in new:
            wanted["Description"] = ""
        context.call(self.service, "UpdateTrigger", Name=physical_id, TriggerUpdate=wanted)
        if "StartOnCreation" in self.changed(old, new) and new["Type"] in {"CONDITIONAL", "SCHEDULED"}:
            started = str(new.get("StartOnCreation", False)).lower() == "true"
            context.call(self.service, "StartTrigger" if started else "StopTrigger", Name=physical_id)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)


def _input(properties: Properties, member: str) -> dict[str, Any]:
    value = properties[member]
    if not isinstance(value, dict):
        raise ValidationError(f"#/{member}: expected type: JSONObject")
    return value
