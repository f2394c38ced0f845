"""CREATE TABLE AS with table_type ICEBERG: the table and its first snapshot, in one commit."""

from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import TableAlreadyExistsError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.iceberg.column import partition_spec, schema_of_result
from afluente.services.athena.iceberg.lake import Lake
from afluente.services.athena.iceberg.rows import rows_of
from afluente.services.athena.iceberg.table_change import WRITTEN, properties_of
from afluente.services.athena.query import Ready, check_columns, run
from afluente.services.athena.statement import CreateTableAs
from afluente.services.athena.writer.statement import CLEAN, Writer, Written

OWN = frozenset({"table_type", "is_external", "location", "partitioning"})


def create_table_as(writer: Writer, statement: CreateTableAs) -> Written:
    """Run the statement. Raises QueryFailure."""
    given = statement.properties
    _check(given)
    name = (statement.name.database or writer.database, statement.name.table)
    if writer.catalog.database(name[0]) is None:
        raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{name[0]}' does not exist", (1, 1))
    if writer.catalog.table(*name) is not None:
        if statement.if_not_exists:
            return Written()
        message = f"Destination table 'awsdatacatalog.{'.'.join(name)}' already exists"
        raise QueryFailure("TABLE_ALREADY_EXISTS", message, (1, 1))

    def action(ready: Ready) -> tuple[Schema, pa.Table, int]:
        check_columns(ready.columns)
        schema = _schema(ready, writer.default_location())
        return schema, rows_of(ready, schema, empty=not statement.with_data), ready.bytes_of()

    query = writer.translated(statement.select)
    schema, rows, scanned = run(query, writer.catalog, writer.store, writer.session, action)
    _create(writer, name, schema, rows, given)
    return Written(rows.num_rows, [], scanned)


def _check(given: dict[str, Any]) -> None:
    if str(given.get("is_external", "")).lower() != "false":
        raise QueryFailure("NOT_SUPPORTED", "Iceberg tables need the property is_external = false")
    if not given.get("location"):
        raise QueryFailure("NOT_SUPPORTED", "Iceberg tables need the property location")
    for name in given:
        if name not in OWN and name not in WRITTEN:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have the table property '{name}'")


def _schema(ready: Ready, location: str) -> Schema:
    try:
        return schema_of_result([(column.name.lower(), column.type) for column in ready.columns])
    except ValueError as error:
        raise QueryFailure("NOT_SUPPORTED", f"{error}{CLEAN.format(location)}") from None


def _create(writer: Writer, name: tuple[str, str], schema: Schema, rows: pa.Table, given: dict[str, Any]) -> None:
    partitioning = given.get("partitioning", [])
    texts = [partitioning] if isinstance(partitioning, str) else partitioning
    spec = partition_spec(texts, schema) if texts else UNPARTITIONED_PARTITION_SPEC
    properties = properties_of({key: str(value) for key, value in given.items() if key not in OWN})
    lake = Lake(writer.catalog, writer.store, writer.session.folder)
    location = str(given["location"]).rstrip("/")
    try:
        with lake.create_table_transaction(name, schema, location, spec, properties=properties) as transaction:
            if rows.num_rows:
                transaction.append(rows)
    except TableAlreadyExistsError as error:
        raise QueryFailure("TABLE_ALREADY_EXISTS", str(error), (1, 1)) from None
