"""DDL that changes the catalog: each statement is a few of Glue's operations, done as the caller.

Failures are in Hive's words, as Athena passes them on.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from afluente.core.error import AwsError
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena import hive_statement as hive
from afluente.services.athena import iceberg_statement as iceberg
from afluente.services.athena.catalog import Catalog, Column, Table
from afluente.services.athena.error import HiveFailure, QueryFailure, ddl_failure
from afluente.services.athena.location import Location
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.reader.file import hidden
from afluente.services.athena.show import table_of
from afluente.services.athena.table_format import SERDES

BATCH = 100

WILDCARD = re.compile(r"[*?\[\]{}]")
"""As many partitions as Glue takes at once."""

READ_ONLY_TABLE_MEMBERS = {
    "DatabaseName", "CreateTime", "UpdateTime", "CreatedBy", "IsRegisteredWithLakeFormation", "CatalogId", "VersionId",
    "FederatedTable", "Status", "IsMultiDialectView", "IsMaterializedView",
}  # fmt: skip
"""What GetTable gives and UpdateTable does not take."""


class Ddl:
    """Runs DDL for one caller. `database` is the one of the query's context."""

    def __init__(self, catalog: Catalog, store: ObjectStore, database: str, now_s: int) -> None:
        self._catalog = catalog
        self._store = store
        self._database = database
        self._now_s = now_s

    def run(self, statement: hive.Ddl) -> list[str]:
        """Do what `statement` says; the lines of its result. Raises QueryFailure."""
        return ACTIONS[type(statement)](self, statement) or []

    def create_database(self, statement: hive.CreateDatabase) -> None:
        """CREATE DATABASE."""
        given: dict[str, Any] = {"Name": statement.name}
        if statement.comment:
            given["Description"] = statement.comment
        if statement.location:
            given["LocationUri"] = statement.location
        if statement.properties:
            given["Parameters"] = statement.properties
        try:
            self._catalog.ask("CreateDatabase", DatabaseInput=given)
        except AwsError as error:
            if error.code != "AlreadyExistsException":
                raise
            if not statement.if_not_exists:
                raise ddl_failure(f"Database {statement.name} already exists") from None

    def drop_database(self, statement: hive.DropDatabase) -> None:
        """DROP DATABASE."""
        if self._catalog.database(statement.name) is None:
            if statement.if_exists:
                return
            raise HiveFailure(f"SemanticException [Error 10072]: Database does not exist: {statement.name}")
        if not statement.cascade and next(self._catalog.tables(statement.name), None) is not None:
            message = (
                f"InvalidOperationException(message:Database {statement.name} is not empty. One or more tables exist.)"
            )
            raise ddl_failure(message)
        self._catalog.ask("DeleteDatabase", Name=statement.name)

    def set_database_properties(self, statement: hive.SetDatabaseProperties) -> None:
        """ALTER DATABASE SET DBPROPERTIES."""
        found = self._catalog.database(statement.name)
        if found is None:
            raise HiveFailure(f"SemanticException [Error 10072]: Database does not exist: {statement.name}")
        kept = {key: found[key] for key in ("Description", "LocationUri") if key in found}
        parameters = {**found.get("Parameters", {}), **statement.properties}
        self._catalog.ask(
            "UpdateDatabase",
            Name=statement.name,
            DatabaseInput={"Name": statement.name, **kept, "Parameters": parameters},
        )

    def create_table(self, statement: hive.CreateTable) -> None:
        """CREATE EXTERNAL TABLE."""
        database = statement.name.database or self._database
        if self._catalog.database(database) is None:
            raise HiveFailure(f"SemanticException [Error 10072]: Database does not exist: {database}")
        try:
            self._catalog.ask("CreateTable", DatabaseName=database, TableInput=self._table_input(statement))
        except AwsError as error:
            if error.code != "AlreadyExistsException":
                raise
            if not statement.if_not_exists:
                name = statement.name.table
                message = f"AlreadyExistsException(message:Table {name} already exist)"
                raise ddl_failure(message, category=2, error_type=1006, short=f"Table {name} already exists.") from None

    def _check_folder(self, text: str) -> None:
        """Refuse what is no folder of a bucket: Hive would have to make it one."""
        place = _location(text)
        if not self._store.bucket_exists(place.bucket):
            message = (
                "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket)"
            )
            raise ddl_failure(f"MetaException(message:{message})", category=2, error_type=1306)
        key = place.prefix.rstrip("/")
        is_object = key and not text.endswith("/") and self._has_object(place.bucket, key)
        if is_object or WILDCARD.search(key):
            message = f"MetaException(message:{text} is not a directory or unable to create one)"
            raise ddl_failure(message, category=2, error_type=1109)

    def _has_object(self, bucket: str, key: str) -> bool:
        return next((one.key == key for one in self._store.iter_objects(bucket, key)), False)

    def _table_input(self, statement: hive.CreateTable) -> dict[str, Any]:
        self._check_folder(statement.location)
        _check_serde(statement.serde)
        _check_names(statement)
        properties = {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(self._now_s), **statement.properties}
        if statement.comment:
            properties["comment"] = statement.comment
        return {
            "Name": statement.name.table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": properties,
            "PartitionKeys": [_column(column) for column in statement.partition_keys],
            "StorageDescriptor": {
                "Columns": [_column(column) for column in statement.columns],
                "Location": statement.location,
                "InputFormat": statement.input_format,
                "OutputFormat": statement.output_format,
                "NumberOfBuckets": -1,
                "SerdeInfo": {"SerializationLibrary": statement.serde, "Parameters": statement.serde_properties},
            },
        }

    def drop_table(self, statement: hive.DropTable) -> None:
        """DROP TABLE."""
        database = statement.name.database or self._database
        if self._catalog.table(database, statement.name.table) is None:
            if statement.if_exists:
                return
            raise HiveFailure(f"SemanticException [Error 10001]: Table not found {database}.{statement.name.table}")
        self._catalog.ask("DeleteTable", DatabaseName=database, Name=statement.name.table)

    def drop_view(self, statement: hive.DropView) -> None:
        """DROP VIEW."""
        database = statement.name.database or self._database
        table = self._catalog.table(database, statement.name.table)
        if table is None or not table.is_view:
            if statement.if_exists:
                return
            message = f"View 'awsdatacatalog.{database}.{statement.name.table}' does not exist"
            raise QueryFailure("TABLE_NOT_FOUND", message, (1, 1))
        self._catalog.ask("DeleteTable", DatabaseName=database, Name=table.name)

    # partitions

    def add_partitions(self, statement: hive.AddPartitions) -> None:
        """ALTER TABLE ADD PARTITION."""
        table = self._table(statement.name)
        inputs = [_partition(table, _values(table, spec), location) for spec, location in statement.partitions]
        known = set() if not statement.if_not_exists else self._existing(table)
        wanted = [one for one in inputs if tuple(one["Values"]) not in known]
        for error in self._create_partitions(table, wanted):
            if not statement.if_not_exists and error["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException":
                raise ddl_failure(
                    "AlreadyExistsException(message:Partition already exists.)", category=2, error_type=1006
                )

    def _existing(self, table: Table) -> set[tuple[str, ...]]:
        return {tuple(one["Values"]) for one in self._catalog.partitions(table)}

    def _create_partitions(self, table: Table, inputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for start in range(0, len(inputs), BATCH):
            answer = self._catalog.ask(
                "BatchCreatePartition",
                DatabaseName=table.database,
                TableName=table.name,
                PartitionInputList=inputs[start : start + BATCH],
            )
            yield from answer.get("Errors", ())

    def drop_partitions(self, statement: hive.DropPartitions) -> None:
        """ALTER TABLE DROP PARTITION."""
        table = self._table(statement.name)
        existing = self._existing(table)
        for spec in statement.partitions:
            keys = [key.name for key in table.partition_keys]
            _check_keys(table, spec)
            doomed = [
                values for values in existing if all(values[keys.index(key)] == value for key, value in spec.items())
            ]
            if not doomed and not statement.if_exists:
                shown = ", ".join(f"{key}={value}" for key, value in spec.items())
                raise HiveFailure(f"SemanticException [Error 10006]: Partition not found {shown}")
            for values in doomed:
                self._catalog.ask(
                    "DeletePartition", DatabaseName=table.database, TableName=table.name, PartitionValues=list(values)
                )
            existing -= set(doomed)

    def repair(self, statement: hive.RepairTable) -> list[str]:
        """Add what lies under the table as `key=value/` folders and is not in the catalog."""
        table = self._table(statement.name)
        folders = list(_folders(table, self._store))
        existing = self._existing(table)
        missing = [values for values in folders if tuple(values) not in existing]
        list(self._create_partitions(table, [_partition(table, values, "") for values in missing]))
        if not missing:
            return []
        names = [f"{table.name}:{_path(table, values)}" for values in missing]
        lines = ["Partitions not in metastore:\t" + "\t".join(names)]
        return lines + [f"Repair: Added partition to metastore {name}" for name in names]

    # properties of tables

    def set_location(self, statement: hive.SetLocation) -> None:
        """ALTER TABLE SET LOCATION."""
        table = self._table(statement.name)
        _location(statement.location)
        if statement.partition is None:
            storage = {**table.storage, "Location": statement.location}
            self._update(table, StorageDescriptor=storage)
            return
        values = _values(table, statement.partition)
        found = self._catalog.ask(
            "GetPartition", DatabaseName=table.database, TableName=table.name, PartitionValues=values
        )
        storage = {**found["Partition"].get("StorageDescriptor", {}), "Location": statement.location}
        self._catalog.ask(
            "UpdatePartition",
            DatabaseName=table.database,
            TableName=table.name,
            PartitionValueList=values,
            PartitionInput={"Values": values, "StorageDescriptor": storage},
        )

    def set_properties(self, statement: hive.SetProperties) -> None:
        """ALTER TABLE SET TBLPROPERTIES."""
        table = self._table(statement.name)
        self._update(table, Parameters={**table.parameters, **statement.properties})

    def add_columns(self, statement: hive.AddColumns) -> None:
        """ALTER TABLE ADD COLUMNS."""
        table = self._table(statement.name)
        known = {column.name for column in (*table.columns, *table.partition_keys)}
        for column in statement.columns:
            if column.name in known:
                raise ddl_failure(f"Duplicate column name: {column.name}", category=2, error_type=1006)
        columns = [*(table.storage.get("Columns") or ()), *map(_column, statement.columns)]
        self._update(table, StorageDescriptor={**table.storage, "Columns": columns})

    def replace_columns(self, statement: hive.ReplaceColumns) -> None:
        """ALTER TABLE REPLACE COLUMNS."""
        table = self._table(statement.name)
        self._update(
            table, StorageDescriptor={**table.storage, "Columns": [_column(column) for column in statement.columns]}
        )

    def change_column(self, statement: iceberg.ChangeColumn) -> None:
        """ALTER TABLE CHANGE COLUMN."""
        table = self._table(statement.name)
        columns = list(table.storage.get("Columns") or ())
        names = [column["Name"].lower() for column in columns]
        if statement.old not in names:
            raise ddl_failure(f"Invalid column reference {statement.old}", category=2, error_type=1006)
        column = columns.pop(names.index(statement.old))
        changed = {**column, **_column(statement.column)}
        place = names.index(statement.old)
        if statement.after is not None:
            names.remove(statement.old)
            place = names.index(statement.after) + 1 if statement.after else 0
        columns.insert(place, changed)
        self._update(table, StorageDescriptor={**table.storage, "Columns": columns})

    def rename(self, statement: iceberg.RenameTable) -> None:
        """ALTER TABLE RENAME TO: not for Hive's tables."""
        self._table(statement.name)
        raise ddl_failure("Table cannot be renamed", category=2, error_type=1006)

    def only_for_iceberg(self, statement: iceberg.DropColumn | iceberg.UnsetProperties) -> None:
        """What Hive's tables do not have here."""
        self._table(statement.name)
        raise QueryFailure("NOT_SUPPORTED", f"{statement.subtype} is supported for Iceberg tables only")

    def _update(self, table: Table, **members: Any) -> None:
        kept = {key: value for key, value in table.raw.items() if key not in READ_ONLY_TABLE_MEMBERS}
        self._catalog.ask("UpdateTable", DatabaseName=table.database, TableInput={**kept, **members})

    def _table(self, name: hive.Name) -> Table:
        table = table_of(name, self._catalog, self._database)
        if table.is_iceberg:
            raise QueryFailure("NOT_SUPPORTED", "Query type not supported by Athena Iceberg at this time")
        return table


def _check_serde(library: str) -> None:
    if library not in SERDES:
        raise ddl_failure(f"Cannot validate serde: {library}", category=2, error_type=1006)


def _check_names(statement: hive.CreateTable) -> None:
    """Raises HiveFailure when two columns have one name."""
    columns = [column.name.lower() for column in statement.columns]
    for name in columns:
        if columns.count(name) > 1:
            raise HiveFailure(f"SemanticException [Error 10036]: Duplicate column name: {name}")
    if {key.name.lower() for key in statement.partition_keys} & set(columns):
        raise HiveFailure("SemanticException [Error 10035]: Column repeated in partitioning columns")


def _location(text: str) -> Location:
    try:
        return Location.parse(text)
    except ValueError:
        message = f"MetaException(message:{text} is not a valid S3 location)"
        raise ddl_failure(message, category=2, error_type=1109) from None


def _column(column: hive.ColumnDefinition) -> dict[str, Any]:
    found: dict[str, Any] = {"Name": column.name, "Type": column.type}
    if column.comment:
        found["Comment"] = column.comment
    return found


def _check_keys(table: Table, spec: hive.Spec) -> None:
    unknown = set(spec) - {key.name for key in table.partition_keys}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise HiveFailure(
            f"SemanticException Partition spec {{{names}}} contains non-partition columns", error_type=1003
        )


def _values(table: Table, spec: hive.Spec) -> list[str]:
    """A whole partition's values, in the order of the keys."""
    _check_keys(table, spec)
    missing = [key.name for key in table.partition_keys if key.name not in spec]
    if missing or not table.partition_keys:
        count = len(table.partition_keys)
        message = f"SemanticException partition spec {spec} doesn't contain all ({count}) partition columns"
        raise HiveFailure(message, error_type=1003)
    return [spec[key.name] for key in table.partition_keys]


def _path(table: Table, values: list[str]) -> str:
    return "/".join(
        f"{key.name}={quote(value, safe=' -_.~')}" for key, value in zip(table.partition_keys, values, strict=True)
    )


def _partition(table: Table, values: list[str], location: str) -> dict[str, Any]:
    """Glue's PartitionInput; without a location of its own it lies in its `key=value/` folder."""
    if not location:
        location = f"{_location(table.storage.get('Location', ''))}{_path(table, values)}"
    _location(location)
    return {"Values": values, "StorageDescriptor": {**table.storage, "Location": location}}


def _folders(table: Table, store: ObjectStore) -> Iterator[list[str]]:
    """The values of every `key=value/` folder that holds an object, for all of the table's keys."""
    place = _location(table.storage.get("Location", ""))
    if not store.bucket_exists(place.bucket):
        return
    seen: set[tuple[str, ...]] = set()
    for found in store.iter_objects(place.bucket, place.prefix):
        parts = found.key[len(place.prefix) :].split("/")[:-1]
        values = _folder_values(parts, table.partition_keys)
        if values is not None and tuple(values) not in seen and not hidden("/".join(parts)):
            seen.add(tuple(values))
            yield values


def _folder_values(parts: list[str], keys: tuple[Column, ...]) -> list[str] | None:
    if not keys or len(parts) < len(keys):
        return None
    pairs = [part.partition("=") for part in parts[: len(keys)]]
    if any(name != key.name or not mark or not value for (name, mark, value), key in zip(pairs, keys, strict=True)):
        return None
    values = [unquote(value) for _, _, value in pairs]
    return values if all(_fits(value, key) for value, key in zip(values, keys, strict=True)) else None


def _fits(value: str, key: Column) -> bool:
    """Whether a folder's value can be of the key's type: numbers must be numbers."""
    kind = parse_hive_type(key.hive_type).name
    return (
        kind not in {"tinyint", "smallint", "int", "bigint"}
        or value.lstrip("-").isdecimal()
        or value.startswith("__HIVE")
    )


ACTIONS: dict[type[hive.Ddl], Callable[[Ddl, Any], list[str] | None]] = {
    hive.CreateDatabase: Ddl.create_database,
    hive.DropDatabase: Ddl.drop_database,
    hive.SetDatabaseProperties: Ddl.set_database_properties,
    hive.CreateTable: Ddl.create_table,
    hive.DropTable: Ddl.drop_table,
    hive.DropView: Ddl.drop_view,
    hive.AddPartitions: Ddl.add_partitions,
    hive.DropPartitions: Ddl.drop_partitions,
    hive.RepairTable: Ddl.repair,
    hive.SetLocation: Ddl.set_location,
    hive.SetProperties: Ddl.set_properties,
    hive.AddColumns: Ddl.add_columns,
    hive.ReplaceColumns: Ddl.replace_columns,
    iceberg.ChangeColumn: Ddl.change_column,
    iceberg.RenameTable: Ddl.rename,
    iceberg.DropColumn: Ddl.only_for_iceberg,
    iceberg.UnsetProperties: Ddl.only_for_iceberg,
}
"""What runs each statement."""
