"""Glue's databases, tables, partitions and connections. The properties are spelled as the API's members."""

from typing import Any, ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties, ResourceType
from afluente.services.cloudformation.template.expression import text

MISSING = ("EntityNotFoundException",)


class Database(ResourceType):
    """`AWS::Glue::Database`."""

    type = "AWS::Glue::Database"
    service = "glue"
    properties: ClassVar = {"CatalogId": "CatalogId", "DatabaseInput": "DatabaseInput", "DatabaseName": None}
    required = ("CatalogId", "DatabaseInput")
    read_by = ("GetDatabase", "Name")
    live_in = ()
    live_as: ClassVar = {"DatabaseInput": "Database"}
    unseen = ("CatalogId", "DatabaseName")
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
    live_in = ()
    live_as: ClassVar = {"TableInput": "Table"}
    unseen = ("CatalogId", "DatabaseName", "Name", "OpenTableFormatInput")
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


class Partition(ResourceType):
    """`AWS::Glue::Partition`. Its values tell it from others."""

    type = "AWS::Glue::Partition"
    service = "glue"
    properties: ClassVar = {name: name for name in ("CatalogId", "DatabaseName", "PartitionInput", "TableName")}
    required = ("CatalogId", "DatabaseName", "PartitionInput", "TableName")
    within = ("DatabaseName", "TableName")
    replacing = ("CatalogId", "DatabaseName", "PartitionInput/Values", "TableName")
    live_in = ()
    live_as: ClassVar = {"PartitionInput": "Partition"}
    unseen = ("CatalogId", "DatabaseName", "TableName")
    identifiers = ("DatabaseName", "TableName", "Values")
    is_importable = False

    def physical_id(self, context: Context, properties: Properties) -> str:
        del context
        return "|".join((str(properties["DatabaseName"]), str(properties["TableName"]), *_values(properties)))

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        del physical_id
        return context.find(
            self.service, "GetPartition", MISSING, **_table(properties), PartitionValues=_values(properties)
        )  # fmt: skip

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        context.call(self.service, "CreatePartition", **self.request(context, properties))
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del physical_id, old
        context.call(
            self.service, "UpdatePartition", **_table(new), PartitionValueList=_values(new),
            PartitionInput=new["PartitionInput"],
        )  # fmt: skip

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        context.find(
            self.service, "DeletePartition", MISSING, **_table(properties), PartitionValues=_values(properties)
        )  # fmt: skip


def _table(properties: Properties) -> Properties:
    return {name: properties[name] for name in ("CatalogId", "DatabaseName", "TableName")}


def _values(properties: Properties) -> list[str]:
    values = _input(properties, "PartitionInput").get("Values")
    if not isinstance(values, list):
        raise ValidationError("#/PartitionInput/Values: expected type: JSONArray")
    return [text(value) for value in values]


class Connection(ResourceType):
    """`AWS::Glue::Connection`."""

    type = "AWS::Glue::Connection"
    service = "glue"
    properties: ClassVar = {"CatalogId": "CatalogId", "ConnectionInput": "ConnectionInput"}
    required = ("CatalogId", "ConnectionInput")
    read_by = ("GetConnection", "Name")
    live_in = ()
    live_as: ClassVar = {"ConnectionInput": "Connection"}
    unseen = ("CatalogId",)
    remove_by = ("DeleteConnection", "ConnectionName")
    missing = MISSING
    replacing = ("CatalogId", "ConnectionInput/Name")
    identifiers = ("Name",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        return str(_input(properties, "ConnectionInput").get("Name") or context.name(255))

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        request = self.request(context, properties)
        request["ConnectionInput"] = {**request["ConnectionInput"], "Name": physical_id}
        context.call(self.service, "CreateConnection", **request)
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        wanted = {**_input(new, "ConnectionInput"), "Name": physical_id}
        context.call(self.service, "UpdateConnection", Name=physical_id, ConnectionInput=wanted)


def _input(properties: Properties, member: str) -> dict[str, Any]:
    value = properties[member]
    if not isinstance(value, dict):
        raise ValidationError(f"#/{member}: expected type: JSONObject")
    return value
