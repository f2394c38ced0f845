"""DDL of Iceberg tables: create, alter, drop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError, ValidationError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.table import Table

from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena import hive_statement as hive
from afluente.services.athena import iceberg_statement as iceberg
from afluente.services.athena.catalog import Catalog
from afluente.services.athena.catalog import Table as CatalogTable
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.iceberg.column import iceberg_type, partition_spec, schema_of
from afluente.services.athena.iceberg.lake import Lake
from afluente.services.athena.location import Location
from afluente.services.athena.port import ObjectStore

WRITTEN = {
    # Athena's name: (Iceberg's name, value to value)
    "format": "write.format.default",
    "write_compression": "write.parquet.compression-codec",
    "compression_level": "write.parquet.compression-level",
    "write_target_data_file_size_bytes": "write.target-file-size-bytes",
    "vacuum_min_snapshots_to_keep": "history.expire.min-snapshots-to-keep",
    "vacuum_max_snapshot_age_seconds": "history.expire.max-snapshot-age-seconds",
    "optimize_rewrite_min_data_file_size_bytes": "optimize.min-file-size-bytes",
    "optimize_rewrite_max_data_file_size_bytes": "optimize.max-file-size-bytes",
    "optimize_rewrite_data_file_threshold": "optimize.data-file-threshold",
    "optimize_rewrite_delete_file_threshold": "optimize.delete-file-threshold",
}
"""The table properties that Athena takes for Iceberg tables, and the names under which they are kept."""

IGNORED_AT_CREATION = frozenset({"table_type"})


def properties_of(given: dict[str, str]) -> dict[str, str]:
    """Athena's properties as Iceberg's. Raises QueryFailure for one that Athena does not take."""
    found = {}
    for name, value in given.items():
        if name in IGNORED_AT_CREATION:
            continue
        if name not in WRITTEN:
            raise QueryFailure("NOT_SUPPORTED", f"Unsupported table property key: {name}")
        if name == "format" and value.upper() != "PARQUET":
            raise QueryFailure("NOT_SUPPORTED", f"Afluente writes Iceberg tables as Parquet only, not {value}")
        found[WRITTEN[name]] = value.lower()
    return found


class IcebergDdl:
    """Runs DDL of Iceberg tables for one caller; what is being written lies in `folder`."""

    def __init__(self, catalog: Catalog, store: ObjectStore, database: str, folder: Path) -> None:
        self._catalog = catalog
        self._store = store
        self._database = database
        self._lake = Lake(catalog, store, folder)

    def concerns(self, name: hive.Name) -> bool:
        """Whether `name` is an Iceberg table."""
        table = self._catalog.table(name.database or self._database, name.table)
        return table is not None and table.is_iceberg

    def run(self, statement: hive.Ddl) -> None:
        """Do what `statement` says. Raises QueryFailure."""
        action = ACTIONS.get(type(statement))
        if action is None:
            raise QueryFailure("NOT_SUPPORTED", "Query type not supported by Athena Iceberg at this time")
        try:
            action(self, statement)
        except CommitFailedException as error:
            raise QueryFailure("ICEBERG_COMMIT_ERROR", str(error)) from None
        except (ValidationError, ValueError) as error:
            raise QueryFailure("NOT_SUPPORTED", str(error)) from None

    def create(self, statement: iceberg.CreateIcebergTable) -> None:
        """CREATE TABLE."""
        schema = schema_of([(column.name, column.type, column.comment) for column in statement.columns])
        spec = partition_spec(statement.partitions, schema) if statement.partitions else UNPARTITIONED_PARTITION_SPEC
        properties = properties_of(statement.properties)
        if statement.comment:
            properties["comment"] = statement.comment
        identifier = (statement.name.database or self._database, statement.name.table)
        if self._catalog.database(identifier[0]) is None:
            raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{identifier[0]}' does not exist")
        try:
            self._lake.create_table(identifier, schema, statement.location.rstrip("/"), spec, properties=properties)
        except TableAlreadyExistsError:
            if not statement.if_not_exists:
                message = f"Table '{'.'.join(identifier)}' already exists"
                raise QueryFailure("TABLE_ALREADY_EXISTS", message) from None

    def drop(self, statement: hive.DropTable) -> None:
        """DROP TABLE: the table and its data."""
        table = self._found(statement.name)
        location = self._lake.load_table((table.database, table.name)).location()
        self._catalog.ask("DeleteTable", DatabaseName=table.database, Name=table.name)
        place = Location.parse(location)
        for item in list(self._store.iter_objects(place.bucket, place.prefix)):
            self._store.delete_object(place.bucket, item.key)

    def add_columns(self, statement: hive.AddColumns) -> None:
        """ALTER TABLE ADD COLUMNS."""
        with self._table(statement.name).update_schema() as update:
            for column in statement.columns:
                kind = iceberg_type(parse_hive_type(column.type), iter(range(1_000_000, 2_000_000)))
                update.add_column(column.name, kind, column.comment or None)

    def drop_column(self, statement: iceberg.DropColumn) -> None:
        """ALTER TABLE DROP COLUMN."""
        with self._table(statement.name).update_schema() as update:
            update.delete_column(statement.column)

    def change_column(self, statement: iceberg.ChangeColumn) -> None:
        """ALTER TABLE CHANGE COLUMN: its name, type, comment and place."""
        kind: Any = iceberg_type(parse_hive_type(statement.column.type), iter(range(1_000_000, 2_000_000)))
        with self._table(statement.name).update_schema() as update:
            update.update_column(statement.old, kind, doc=statement.column.comment or None)
            if statement.after == "":
                update.move_first(statement.old)
            elif statement.after is not None:
                update.move_after(statement.old, statement.after)
            if statement.column.name != statement.old:
                update.rename_column(statement.old, statement.column.name)

    def set_properties(self, statement: hive.SetProperties) -> None:
        """ALTER TABLE SET TBLPROPERTIES."""
        with self._table(statement.name).transaction() as transaction:
            transaction.set_properties(properties_of(statement.properties))

    def unset_properties(self, statement: iceberg.UnsetProperties) -> None:
        """ALTER TABLE UNSET TBLPROPERTIES."""
        with self._table(statement.name).transaction() as transaction:
            transaction.remove_properties(*(WRITTEN.get(key, key) for key in statement.keys))

    def rename(self, statement: iceberg.RenameTable) -> None:
        """ALTER TABLE RENAME TO."""
        table = self._found(statement.name)
        new = (statement.new.database or table.database, statement.new.table)
        self._lake.rename_table((table.database, table.name), new)

    def _found(self, name: hive.Name) -> CatalogTable:
        table = self._catalog.table(name.database or self._database, name.table)
        if table is None:
            raise QueryFailure("TABLE_NOT_FOUND", f"Table '{name.database or self._database}.{name.table}' not found")
        return table

    def _table(self, name: hive.Name) -> Table:
        found = self._found(name)
        return self._lake.load_table((found.database, found.name))


ACTIONS: dict[type[hive.Ddl], Callable[[IcebergDdl, Any], None]] = {
    iceberg.CreateIcebergTable: IcebergDdl.create,
    hive.DropTable: IcebergDdl.drop,
    hive.AddColumns: IcebergDdl.add_columns,
    iceberg.DropColumn: IcebergDdl.drop_column,
    iceberg.ChangeColumn: IcebergDdl.change_column,
    hive.SetProperties: IcebergDdl.set_properties,
    iceberg.UnsetProperties: IcebergDdl.unset_properties,
    iceberg.RenameTable: IcebergDdl.rename,
}
