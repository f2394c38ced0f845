"""Athena's own view of the catalog: databases, tables, the one data catalog, engine versions."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.bounded_regex import IGNORE_CASE, BoundedRegex, InvalidRegexError, SlowRegexError
from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import Request, Response
from afluente.services.athena.catalog import NAME, Catalog, Table
from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.error import InvalidRequestException, MetadataException
from afluente.services.athena.execution import ENGINE_VERSION
from afluente.services.athena.listing import sliced

CATALOG = {"Name": "AwsDataCatalog", "Type": "GLUE"}


class MetadataOperations:
    """Operations on `self._engine`."""

    operations: ClassVar[tuple[str, ...]] = (
        "GetDatabase",
        "GetDataCatalog",
        "GetTableMetadata",
        "ListDatabases",
        "ListDataCatalogs",
        "ListEngineVersions",
        "ListTableMetadata",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "ListDatabases": ("AttributesToGet",),
        "ListTableMetadata": ("AttributesToGet",),
    }

    _engine: AthenaEngine

    def list_data_catalogs(self, _: Call, request: Request) -> Response:
        return sliced("DataCatalogsSummary", [{"CatalogName": CATALOG["Name"], "Type": "GLUE"}], request)

    def get_data_catalog(self, call: Call, request: Request) -> Response:
        _check(request["Name"], call)
        return {"DataCatalog": {**CATALOG, "Parameters": {"catalog-id": call.account}}}

    def list_databases(self, call: Call, request: Request) -> Response:
        _check(request["CatalogName"], call)
        found = [_database(one) for one in self._engine.catalog(call).databases()]
        return sliced("DatabaseList", found, request)

    def get_database(self, call: Call, request: Request) -> Response:
        _check(request["CatalogName"], call)
        found = self._engine.catalog(call).database(request["DatabaseName"])
        if found is None:
            raise _metadata(call, f"Database {request['DatabaseName']} not found.")
        return {"Database": _database(found)}

    def list_table_metadata(self, call: Call, request: Request) -> Response:
        _check(request["CatalogName"], call)
        tables = _tables(self._engine.catalog(call), request["DatabaseName"], call)
        try:
            pattern = BoundedRegex(request.get("Expression") or ".*", IGNORE_CASE)
            found = [_table(table) for table in tables if pattern.fullmatch(table.name)]
        except (InvalidRegexError, SlowRegexError) as error:
            raise InvalidRequestException(f"Expression is not valid: {error}") from None
        return sliced("TableMetadataList", found, request)

    def get_table_metadata(self, call: Call, request: Request) -> Response:
        _check(request["CatalogName"], call)
        catalog = self._engine.catalog(call)
        if catalog.database(request["DatabaseName"]) is None:
            raise _metadata(call, f"Database {request['DatabaseName']} not found.")
        table = catalog.table(request["DatabaseName"], request["TableName"])
        if table is None:
            raise _metadata(call, "Entity Not Found")
        return {"TableMetadata": _table(table)}

    def list_engine_versions(self, _: Call, request: Request) -> Response:
        automatic = {**ENGINE_VERSION, "SelectedEngineVersion": "AUTO"}
        return sliced("EngineVersions", [automatic, ENGINE_VERSION], request, 10)


def _check(catalog: str, call: Call) -> None:
    if catalog.lower() not in {NAME, call.account}:
        raise InvalidRequestException(f"DataCatalog {catalog} was not found")


def _metadata(call: Call, message: str) -> MetadataException:
    return MetadataException(
        f"{message} (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; "
        f"Request ID: {call.request_id}; Proxy: null)"
    )


def _tables(catalog: Catalog, database: str, call: Call) -> list[Table]:
    try:
        return list(catalog.tables(database))
    except AwsError as error:
        raise _metadata(call, error.message) from None


def _database(found: dict[str, Any]) -> dict[str, Any]:
    kept = {"Name": found["Name"], "Description": found.get("Description"), "Parameters": found.get("Parameters")}
    return {key: value for key, value in kept.items() if value is not None}


def _table(table: Table) -> dict[str, Any]:
    """The table, its StorageDescriptor flattened into parameters."""
    storage, serde = table.storage, table.storage.get("SerdeInfo") or {}
    parameters = {
        **table.parameters,
        "inputformat": storage.get("InputFormat"),
        "outputformat": storage.get("OutputFormat"),
        "location": storage.get("Location"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{key}": value for key, value in (serde.get("Parameters") or {}).items()},
    }
    found = {
        "Name": table.name,
        "CreateTime": table.raw.get("CreateTime"),
        "LastAccessTime": table.raw.get("LastAccessTime"),
        "TableType": table.raw.get("TableType"),
        "Columns": [_column(column) for column in storage.get("Columns") or ()],
        "PartitionKeys": [_column(column) for column in table.raw.get("PartitionKeys") or ()],
        "Parameters": {key: value for key, value in parameters.items() if value is not None},
    }
    return {key: value for key, value in found.items() if value is not None}


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {key: column[key] for key in ("Name", "Type", "Comment") if key in column}
