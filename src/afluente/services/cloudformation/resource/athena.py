"""Athena's work groups and named queries."""

from typing import Any, ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties, ResourceType

MISSING = ("ResourceNotFoundException", "InvalidRequestException")
"""Athena says InvalidRequestException for a work group or a query that is not there."""


class WorkGroup(ResourceType):
    """`AWS::Athena::WorkGroup`."""

    type = "AWS::Athena::WorkGroup"
    service = "athena"
    properties: ClassVar = {
        "Description": "Description",
        "Name": None,
        "RecursiveDeleteOption": None,
        "State": None,
        "Tags": None,
        "WorkGroupConfiguration": "Configuration",
    }
    required = ("Name",)
    name_property = "Name"
    make_by = ("CreateWorkGroup", "Name")
    read_by = ("GetWorkGroup", "WorkGroup")
    missing = MISSING
    tag_shape = "list"
    tag_by = ("TagResource", "ResourceARN", "Tags")
    untag_by = ("UntagResource", "ResourceARN", "TagKeys")
    tags_by = ("ListTagsForResource", "ResourceARN", "Tags")
    live_in = ("WorkGroup",)
    unseen = ("RecursiveDeleteOption",)
    replacing = ("Name",)
    identifiers = ("Name",)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        if "State" in properties:
            context.call(self.service, "UpdateWorkGroup", WorkGroup=physical_id, State=properties["State"])

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        context.call(
            self.service, "UpdateWorkGroup", WorkGroup=physical_id, State=new.get("State", "ENABLED"),
            Description=new.get("Description", ""), ConfigurationUpdates=_updates(new.get(CONFIGURATION) or {}),
        )  # fmt: skip

    def tagged_as(self, context: Context, physical_id: str) -> str:
        return f"arn:aws:athena:{context.region}:{context.account}:workgroup/{physical_id}"

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        if not self.exists(context, physical_id, properties):
            return
        recursive = properties.get("RecursiveDeleteOption", False)
        context.call(self.service, "DeleteWorkGroup", WorkGroup=physical_id, RecursiveDeleteOption=recursive)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        found = self.read(context, physical_id, properties)
        if found is None:
            return {}
        group = found["WorkGroup"]
        engine = group.get("Configuration", {}).get("EngineVersion", {}).get("EffectiveEngineVersion")
        attributes = {"CreationTime": str(int(group["CreationTime"].timestamp()))}
        if engine is not None:
            attributes["WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion"] = engine
        return attributes


class NamedQuery(ResourceType):
    """`AWS::Athena::NamedQuery`. Athena gives the id; the token sees to it that there is one query only."""

    type = "AWS::Athena::NamedQuery"
    service = "athena"
    properties: ClassVar = {
        "Database": "Database",
        "Description": "Description",
        "Name": "Name",
        "QueryString": "QueryString",
        "WorkGroup": "WorkGroup",
    }
    required = ("Database", "QueryString")
    replacing = ("Database", "Description", "Name", "QueryString", "WorkGroup")
    missing = MISSING
    live_in = ("NamedQuery",)
    identifiers = ("NamedQueryId",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        del context, properties
        return ""

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        del context, physical_id, properties
        return False

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        del physical_id
        request = {"Name": context.name(128)} | self.request(context, properties)
        made = context.call(self.service, "CreateNamedQuery", ClientRequestToken=context.token, **request)
        return Made(str(made["NamedQueryId"]))

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        del properties
        return context.find(self.service, "GetNamedQuery", MISSING, NamedQueryId=physical_id)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        if self.read(context, physical_id, properties) is not None:
            context.call(self.service, "DeleteNamedQuery", NamedQueryId=physical_id)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del context, properties
        return {"NamedQueryId": physical_id}


class PreparedStatement(ResourceType):
    """`AWS::Athena::PreparedStatement`."""

    type = "AWS::Athena::PreparedStatement"
    service = "athena"
    properties: ClassVar = {
        "Description": "Description",
        "QueryStatement": "QueryStatement",
        "StatementName": None,
        "WorkGroup": "WorkGroup",
    }
    required = ("QueryStatement", "StatementName", "WorkGroup")
    name_property = "StatementName"
    make_by = ("CreatePreparedStatement", "StatementName")
    missing = MISSING
    replacing = ("StatementName", "WorkGroup")
    within = ("WorkGroup",)
    live_in = ("PreparedStatement",)
    live_as: ClassVar = {"WorkGroup": "WorkGroupName"}
    identifiers = ("StatementName", "WorkGroup")

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        group = properties["WorkGroup"]
        return context.find(
            self.service, "GetPreparedStatement", MISSING, StatementName=physical_id, WorkGroup=group
        )  # fmt: skip

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        wanted = {name: new[name] for name in ("Description", "QueryStatement", "WorkGroup") if name in new}
        context.call(self.service, "UpdatePreparedStatement", StatementName=physical_id, **wanted)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        group = properties["WorkGroup"]
        context.find(
            self.service, "DeletePreparedStatement", MISSING, StatementName=physical_id, WorkGroup=group
        )  # fmt: skip


CONFIGURATION = "WorkGroupConfiguration"


def _updates(configuration: Any) -> Properties:
    """A configuration as UpdateWorkGroup takes it: what the template leaves out is as in a new work group."""
    if not isinstance(configuration, dict):
        raise ValidationError(f"#/{CONFIGURATION}: expected type: JSONObject")
    updates: Properties = {"EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": True}
    updates |= {name: value for name, value in configuration.items() if name != "ResultConfiguration"}
    if "BytesScannedCutoffPerQuery" not in configuration:
        updates["RemoveBytesScannedCutoffPerQuery"] = True
    results = dict(configuration.get("ResultConfiguration") or {})
    removed = [name for name in ("OutputLocation", "EncryptionConfiguration") if name not in results]
    updates["ResultConfigurationUpdates"] = results | {f"Remove{name}": True for name in removed}
    return updates
