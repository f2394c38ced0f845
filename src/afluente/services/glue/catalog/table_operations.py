"""The operations on tables and their versions."""

import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.iceberg_table import new_table
from afluente.services.glue.catalog.name_pattern import matcher
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.catalog.port import Check, Objects
from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.error import AlreadyExistsException, InvalidInputException

PAGE = 100
NEWEST = 2**62

UNSUPPORTED_INPUT = ("TableInput.TargetTable", "TableInput.FederatedTable", "TableInput.ViewDefinition")


class TableOperations:
    """CreateTable to BatchDeleteTableVersion."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchDeleteTable", "BatchDeleteTableVersion", "CreateTable", "DeleteTable", "DeleteTableVersion", "GetTable",
        "GetTableVersion", "GetTableVersions", "GetTables", "UpdateTable",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateTable": (
            *UNSUPPORTED_INPUT, "TransactionId",
            "OpenTableFormatInput.IcebergInput.CreateIcebergTableInput.Schema.Fields.*.InitialDefault",
            "OpenTableFormatInput.IcebergInput.CreateIcebergTableInput.Schema.Fields.*.WriteDefault",
        ),
        "UpdateTable": (
            *UNSUPPORTED_INPUT, "UpdateOpenTableFormatInput", "TransactionId", "ViewUpdateAction", "Force", "Name",
        ),
        "GetTable": ("TransactionId", "QueryAsOfTime", "AuditContext", "IncludeStatusDetails"),
        "GetTables": (
            "TransactionId", "QueryAsOfTime", "AuditContext", "IncludeStatusDetails", "ResourceShareType",
        ),
        "GetTableVersion": ("AuditContext",),
        "GetTableVersions": ("AuditContext",),
        "DeleteTable": ("TransactionId",),
        "BatchDeleteTable": ("TransactionId",),
    }  # fmt: skip

    _catalog: CatalogEngine
    _objects: Objects
    _check_object: Check

    def create_table(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        iceberg_input = request.get("OpenTableFormatInput", {}).get("IcebergInput")
        table_input = request.get("TableInput")
        if table_input is None and iceberg_input is not None and "Name" in request:
            table_input = {"Name": request["Name"]}
        if table_input is None:
            raise InvalidInputException("TableInput cannot be null")
        if request.get("Name", table_input["Name"]).lower() != table_input["Name"].lower():
            raise InvalidInputException("Name and TableInput.Name must be the same.")
        if iceberg_input is not None:
            table_input = self._begin_iceberg(call, request["DatabaseName"], table_input, iceberg_input)
        self._catalog.create_table(
            call.account, call.region, request["DatabaseName"], table_input, call.principal.arn,
            indexes=request.get("PartitionIndexes", []),
        )  # fmt: skip
        return {}

    def _begin_iceberg(
        self, call: Call, database: str, table_input: Mapping[str, Any], iceberg_input: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Write the first metadata of an Iceberg table, unless there is such a table; its TableInput."""
        self._catalog.databases.get(call.account, call.region, database)
        if self._catalog.tables.find(call.account, call.region, database, table_input["Name"]) is not None:
            raise AlreadyExistsException("Table already exists.")
        new = new_table(table_input, iceberg_input, call.arrived_at_ms)
        self._check_object(call, "s3:PutObject", f"arn:aws:s3:::{new.bucket}/{new.key}")
        try:
            self._objects.put_object(new.bucket, new.key, new.metadata)
        except AwsError as error:
            raise InvalidInputException(f"The metadata of the table cannot be written: {error.message}") from None
        return new.table_input

    def get_table(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        table = self._catalog.tables.get(
            call.account, call.region, request["DatabaseName"], request["Name"], missing="Entity Not Found"
        )
        return {"Table": _attributes(table.describe(), request.get("AttributesToGet"))}

    def get_tables(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        limit = request.get("MaxResults", PAGE)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        matches = matcher(request.get("Expression") or ".*")
        tables = self._catalog.tables.iterate(call.account, call.region, request["DatabaseName"], after)
        found = list(itertools.islice((table for table in tables if matches(table.name)), limit + 1))
        shown = [_attributes(table.describe(), request.get("AttributesToGet")) for table in found[:limit]]
        response: Response = {"TableList": shown}
        if len(found) > limit:
            response["NextToken"] = page_token.encode(found[limit - 1].name, call.arrived_at_ms)
        return response

    def update_table(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        if "TableInput" not in request:
            raise InvalidInputException("TableInput cannot be null")
        self._catalog.tables.update(
            call.account, call.region, request["DatabaseName"], request["TableInput"],
            expected_version=request.get("VersionId"), archive=not request.get("SkipArchive", False),
        )  # fmt: skip
        return {}

    def delete_table(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        self._catalog.tables.delete(call.account, call.region, request["DatabaseName"], request["Name"])
        return {}

    def batch_delete_table(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        missing = self._catalog.delete_tables(
            call.account, call.region, request["DatabaseName"], request["TablesToDelete"]
        )
        detail = {"ErrorCode": "EntityNotFoundException"}
        return {
            "Errors": [
                {"TableName": name, "ErrorDetail": {**detail, "ErrorMessage": f"Table {name} not found"}}
                for name in missing
            ]
        }

    def get_table_version(self, call: Call, request: Request) -> Response:
        version = self._catalog.tables.version(self._table(call, request), request.get("VersionId"))
        return {"TableVersion": _version(version)}

    def get_table_versions(self, call: Call, request: Request) -> Response:
        limit = request.get("MaxResults", PAGE)
        last = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        before = int(last) if last.isdecimal() else NEWEST
        versions = self._catalog.tables.versions(self._table(call, request), before, limit + 1)
        response: Response = {"TableVersions": [_version(version) for version in versions[:limit]]}
        if len(versions) > limit:
            response["NextToken"] = page_token.encode(str(versions[limit - 1].version), call.arrived_at_ms)
        return response

    def delete_table_version(self, call: Call, request: Request) -> Response:
        self._catalog.tables.delete_version(self._table(call, request), request["VersionId"])
        return {}

    def batch_delete_table_version(self, call: Call, request: Request) -> Response:
        table = self._table(call, request)
        failed = self._catalog.delete_versions(table, request["VersionIds"])
        return {"Errors": [_version_error(table, version_id, error) for version_id, error in failed]}

    def _table(self, call: Call, request: Request) -> TableRow:
        check_catalog(call, request)
        return self._catalog.tables.get(call.account, call.region, request["DatabaseName"], request["TableName"])


def _attributes(table: dict[str, Any], names: list[str] | None) -> dict[str, Any]:
    if names is None or "DEFAULT" in names:
        return table
    if "LATEST_ICEBERG_METADATA" in names:
        raise Unsupported("AttributesToGet: LATEST_ICEBERG_METADATA is not supported")
    wanted = {"Name", "DatabaseName"} | ({"TableType"} if "TABLE_TYPE" in names else set())
    return {name: value for name, value in table.items() if name in wanted}


def _version(table: TableRow) -> dict[str, Any]:
    return {"Table": table.describe(), "VersionId": str(table.version)}


def _version_error(table: TableRow, version_id: str, error: AwsError) -> dict[str, Any]:
    return {
        "TableName": table.name,
        "VersionId": version_id,
        "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": error.message},
    }
