"""Athena's work groups and named queries."""

from typing import ClassVar

from afluente.core.provider import Response
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
    identifiers = ("Name",)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        if "State" in properties:
            context.call(self.service, "UpdateWorkGroup", WorkGroup=physical_id, State=properties["State"])

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
    missing = MISSING
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
