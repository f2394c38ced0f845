"""The Data Catalog as one thing: what provider, crawlers and jobs read and change it through."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.services.glue.catalog.column_statistic import ColumnStatistics
from afluente.services.glue.catalog.database import DatabaseStore
from afluente.services.glue.catalog.partition import PartitionStore, checked_key
from afluente.services.glue.catalog.partition_index import PartitionIndexStore
from afluente.services.glue.catalog.schema import STEPS
from afluente.services.glue.catalog.table import TableRow, TableStore
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException
from afluente.services.glue.tag import Tags
from afluente.store.database import Database
from afluente.store.document import Documents

Entry = TypeVar("Entry")


class CatalogEngine:
    """The catalogs of every account and region, in `database`.

    Whoever changes several things that belong together does it inside one `database.write()`.
    """

    def __init__(self, database: Database, tags: Tags, clock: Clock) -> None:
        database.migrate("glue_catalog", STEPS)
        self._database = database
        self._tags = tags
        self.databases = DatabaseStore(database, clock)
        self.tables = TableStore(database, self.databases, clock)
        self.partitions = PartitionStore(database, clock)
        self.indexes = PartitionIndexStore(database)
        self.statistics = ColumnStatistics(database)
        self.functions = Documents(database, "glue_user_function")
        self.connections = Documents(database, "glue_connection")
        tags.register("database", self._has_database)
        tags.register("connection", self._has_connection)

    def create_database(
        self, account: str, region: str, database_input: Mapping[str, Any], tags: Mapping[str, str]
    ) -> None:
        """A database and its tags. Raises AlreadyExistsException."""
        with self._database.write():
            self.databases.create(account, region, database_input)
            self._tags.add(account, region, f"database/{database_input['Name'].lower()}", tags)

    def delete_database(self, account: str, region: str, name: str) -> None:
        """Remove a database, all that is in it, and its tags. Raises EntityNotFoundException."""
        with self._database.write():
            self.databases.delete(account, region, name)
            self.functions.delete_under((account, region, name.lower()))
            self._tags.forget(account, region, f"database/{name.lower()}")

    def create_connection(
        self, key: tuple[str, str, str], given: Mapping[str, Any], tags: Mapping[str, str], now_ms: int
    ) -> None:
        """A connection, by (account, region, name), and its tags. Raises AlreadyExistsException."""
        account, region, name = key
        with self._database.write():
            if self.connections.get(key) is not None:
                raise AlreadyExistsException("Connection already exists.")
            self.connections.put(key, {"input": dict(given), "created_at_ms": now_ms, "updated_at_ms": now_ms})
            self._tags.add(account, region, f"connection/{name}", tags)

    def delete_connection(self, key: tuple[str, str, str]) -> bool:
        """Remove a connection and its tags; whether there was one."""
        account, region, name = key
        with self._database.write():
            self._tags.forget(account, region, f"connection/{name}")
            return self.connections.delete(key)

    def create_table(
        self,
        account: str,
        region: str,
        database_name: str,
        table_input: Mapping[str, Any],
        created_by: str,
        *,
        indexes: Sequence[Mapping[str, Any]] = (),
    ) -> TableRow:
        """A table and its partition indexes. Raises EntityNotFoundException, AlreadyExistsException ..."""
        with self._database.write():
            table = self.tables.create(account, region, database_name, table_input, created_by)
            for index in indexes:
                self.indexes.create(table, index)
            return table

    def delete_tables(self, account: str, region: str, database_name: str, names: Sequence[str]) -> list[str]:
        """Remove the tables `names`; the names of those that were not there."""
        missing = []
        with self._database.write():
            self.databases.get(account, region, database_name)
            for name in names:
                try:
                    self.tables.delete(account, region, database_name, name)
                except EntityNotFoundException:
                    missing.append(name)
        return missing

    def delete_versions(self, table: TableRow, version_ids: Sequence[str]) -> list[tuple[str, AwsError]]:
        """Remove versions of `table`; (version, error) of those that could not be."""
        with self._database.write():
            return _each(version_ids, lambda version_id: self.tables.delete_version(table, version_id))

    def create_partitions(
        self, table: TableRow, inputs: Sequence[Mapping[str, Any]]
    ) -> list[tuple[list[str], AwsError]]:
        """All partitions in one commit; (values, error) of those that were there already.

        Raises InvalidInputException, and creates none, when one of them has a wrong number of values.
        """
        for partition_input in inputs:
            checked_key(table, partition_input.get("Values", []))
        by_values = [(partition_input.get("Values", []), partition_input) for partition_input in inputs]
        with self._database.write():
            failed = _each(by_values, lambda entry: self.partitions.create(table, entry[1]))
        return [(entry[0], error) for entry, error in failed]

    def update_partitions(
        self, table: TableRow, entries: Sequence[Mapping[str, Any]]
    ) -> list[tuple[list[str], AwsError]]:
        """Each entry's PartitionInput in place of the partition PartitionValueList; (values, error) of the failed."""

        def update(entry: Mapping[str, Any]) -> None:
            values = entry["PartitionValueList"]
            missing = f"Partition [{', '.join(values)}] not found"
            self.partitions.update(table, values, entry["PartitionInput"], missing=missing)

        with self._database.write():
            failed = _each(entries, update)
        return [(entry["PartitionValueList"], error) for entry, error in failed]

    def delete_partitions(self, table: TableRow, values: Sequence[Sequence[str]]) -> list[tuple[list[str], AwsError]]:
        """Remove partitions in one commit; (values, error) of those that could not be."""
        with self._database.write():
            failed = _each(values, lambda one: self.partitions.delete(table, one, missing="Partition not found"))
        return [(list(one), error) for one, error in failed]

    def _has_connection(self, account: str, region: str, name: str) -> bool:
        return self.connections.get((account, region, name)) is not None

    def _has_database(self, account: str, region: str, name: str) -> bool:
        return self.databases.find(account, region, name) is not None


def _each(entries: Sequence[Entry], do: Callable[[Entry], None]) -> list[tuple[Entry, AwsError]]:
    failed = []
    for entry in entries:
        try:
            do(entry)
        except AwsError as error:
            failed.append((entry, error))
    return failed
