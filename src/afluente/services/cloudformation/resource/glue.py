"""Glue's crawlers, classifiers, jobs, triggers, workflows and rulesets, spelled as the API's members."""

from typing import ClassVar

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties, ResourceType

MISSING = ("EntityNotFoundException",)


class GlueType(ResourceType):
    """What Glue's types with tags have in common."""

    service = "glue"
    missing = MISSING
    tag_shape = "map"
    tag_by = ("TagResource", "ResourceArn", "TagsToAdd")
    untag_by = ("UntagResource", "ResourceArn", "TagsToRemove")
    tags_by = ("GetTags", "ResourceArn", "Tags")
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
    live_in = ("Crawler",)

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

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        if shown is None:
            return None
        schedule = shown.get("Schedule", {})
        if schedule:
            shown["Schedule"] = {"ScheduleExpression": schedule["ScheduleExpression"]}
        if str(properties["Role"]).endswith(f"/{shown['Role']}"):
            shown["Role"] = properties["Role"]  # Glue tells a role by its name alone
        return shown

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
    live_in = ("Job",)
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
    live_in = ("Trigger",)
    unseen = ("StartOnCreation",)
    remove_by = ("DeleteTrigger", "Name")
    replacing = ("Name", "Type", "WorkflowName")

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        names = ("Actions", "Description", "EventBatchingCondition", "Predicate", "Schedule")
        wanted = {name: new[name] for name in names if name in new}
        if "Description" in old and "Description" not in new:
            wanted["Description"] = ""
        context.call(self.service, "UpdateTrigger", Name=physical_id, TriggerUpdate=wanted)
        if "StartOnCreation" in self.changed(old, new) and new["Type"] in {"CONDITIONAL", "EVENT", "SCHEDULED"}:
            started = str(new.get("StartOnCreation", False)).lower() == "true"
            context.call(self.service, "StartTrigger" if started else "StopTrigger", Name=physical_id)

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)


class Workflow(GlueType):
    """`AWS::Glue::Workflow`."""

    type = "AWS::Glue::Workflow"
    properties: ClassVar = {
        "DefaultRunProperties": "DefaultRunProperties",
        "Description": "Description",
        "MaxConcurrentRuns": "MaxConcurrentRuns",
        "Name": None,
        "Tags": None,
    }
    make_by = ("CreateWorkflow", "Name")
    read_by = ("GetWorkflow", "Name")
    live_in = ("Workflow",)
    remove_by = ("DeleteWorkflow", "Name")

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        wanted = self.request(context, new)
        wanted.pop("Tags", None)
        context.call(self.service, "UpdateWorkflow", **wanted, Name=physical_id)


class Classifier(ResourceType):
    """`AWS::Glue::Classifier`: exactly one of its properties, which has the name."""

    type = "AWS::Glue::Classifier"
    service = "glue"
    missing = MISSING
    properties: ClassVar = {
        name: name for name in ("CsvClassifier", "GrokClassifier", "JsonClassifier", "XMLClassifier")
    }
    replacing = tuple(f"{name}/Name" for name in properties)
    read_by = ("GetClassifier", "Name")
    live_in = ("Classifier",)
    remove_by = ("DeleteClassifier", "Name")
    identifiers = ("Name",)

    def check(self, properties: Properties) -> None:
        super().check(properties)
        if len(properties) != 1 or not isinstance(next(iter(properties.values())), dict):
            raise ValidationError(f"#: exactly one of {', '.join(self.properties)} is required, as an object")

    def is_replaced(self, old: Properties, new: Properties) -> bool:
        return old.keys() != new.keys() or super().is_replaced(old, new)

    def physical_id(self, context: Context, properties: Properties) -> str:
        (given,) = properties.values()
        return str(given.get("Name") or context.name(255))

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        context.call(self.service, "CreateClassifier", **_named(physical_id, properties))
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        wanted = _named(physical_id, new)
        for kind, given in wanted.items():
            if kind == "GrokClassifier" and "CustomPatterns" in old.get(kind, {}):
                given.setdefault("CustomPatterns", "")
        context.call(self.service, "UpdateClassifier", **wanted)


def _named(physical_id: str, properties: Properties) -> Properties:
    return {kind: {**given, "Name": physical_id} for kind, given in properties.items()}


class DataQualityRuleset(GlueType):
    """`AWS::Glue::DataQualityRuleset`."""

    type = "AWS::Glue::DataQualityRuleset"
    properties: ClassVar = {
        "Description": "Description",
        "Name": None,
        "Ruleset": "Ruleset",
        "Tags": None,
        "TargetTable": "TargetTable",
    }
    required = ("Ruleset",)
    fixed = ("TargetTable",)
    make_by = ("CreateDataQualityRuleset", "Name")
    read_by = ("GetDataQualityRuleset", "Name")
    live_in = ()
    remove_by = ("DeleteDataQualityRuleset", "Name")

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        wanted = {"Description": new.get("Description", ""), "Ruleset": new["Ruleset"]}
        context.call(self.service, "UpdateDataQualityRuleset", Name=physical_id, **wanted)

    def tagged_as(self, context: Context, physical_id: str) -> str:
        return f"arn:aws:glue:{context.region}:{context.account}:dataQualityRuleset/{physical_id}"
