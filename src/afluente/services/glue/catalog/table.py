"""Tables of the catalog and their versions: state and rules."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from afluente.core.clock import Clock
from afluente.services.glue.catalog import body
from afluente.services.glue.catalog.database import DatabaseStore
from afluente.services.glue.error import (
    AlreadyExistsException,
    ConcurrentModificationException,
    EntityNotFoundException,
    InvalidInputException,
)
from afluente.store.database import Database

COLUMNS = (
    "t.id, d.account, d.name, t.name, t.version, t.created_at_ms, t.updated_at_ms, t.created_by, t.body "
    "FROM glue_table t JOIN glue_database d ON d.id = t.database_id"
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table, or one version of it, as it lies on disk."""

    id: int
    account: str
    database: str
    name: str
    version: int
    created_at_ms: int
    updated_at_ms: int
    created_by: str
    body: bytes

    def describe(self) -> dict[str, Any]:
        """The Table of AWS's answers."""
        return {
            "Retention": 0,
            "PartitionKeys": [],
            **self.input(),
            "Name": self.name,
            "DatabaseName": self.database,
            "CreateTime": body.whole_seconds(self.created_at_ms),
            "UpdateTime": body.whole_seconds(self.updated_at_ms),
            "CreatedBy": self.created_by,
            "IsRegisteredWithLakeFormation": False,
            "CatalogId": self.account,
            "VersionId": str(self.version),
            "IsMultiDialectView": False,
            "IsMaterializedView": False,
        }

    def input(self) -> dict[str, Any]:
        """The TableInput it was made from, with the defaults of its storage descriptor."""
        return body.decode(self.body)

    def partition_keys(self) -> tuple[tuple[str, str], ...]:
        """(name, Hive type) of each partition key; a key without a type is a string."""
        return _partition_keys(self.body)


@lru_cache(256)  # asked once per partition of a batch
def _partition_keys(stored: bytes) -> tuple[tuple[str, str], ...]:
    keys = body.decode(stored).get("PartitionKeys", [])
    return tuple((key["Name"], key.get("Type") or "string") for key in keys)


class TableStore:
    """The tables of every database, and their versions."""

    def __init__(self, database: Database, databases: DatabaseStore, clock: Clock) -> None:
        self._database = database
        self._databases = databases
        self._clock = clock

    def create(
        self, account: str, region: str, database_name: str, table_input: Mapping[str, Any], created_by: str
    ) -> TableRow:
        """Raises EntityNotFoundException, AlreadyExistsException."""
        now_ms = self._clock.now_ms()
        with self._database.write() as db:
            database_id = self._databases.get(account, region, database_name).id
            try:
                db.execute(
                    "INSERT INTO glue_table (database_id, name, version, created_at_ms, updated_at_ms, created_by, "
                    "body) VALUES (?, ?, 0, ?, ?, ?, ?)",
                    (database_id, table_input["Name"].lower(), now_ms, now_ms, created_by, body.encode(table_input)),
                )
            except sqlite3.IntegrityError:
                raise AlreadyExistsException("Table already exists.") from None
            return self.get(account, region, database_name, table_input["Name"])

    def find(self, account: str, region: str, database_name: str, name: str) -> TableRow | None:
        """The table, or None. Raises EntityNotFoundException when there is no such database."""
        database_id = self._databases.get(account, region, database_name).id
        row = (
            self._database.read()
            .execute(f"SELECT {COLUMNS} WHERE t.database_id = ? AND t.name = ?", (database_id, name.lower()))
            .fetchone()
        )
        return TableRow(*row) if row else None

    def get(
        self, account: str, region: str, database_name: str, name: str, *, missing: str = "Table {} not found."
    ) -> TableRow:
        """Raises EntityNotFoundException; `missing` is its text."""
        found = self.find(account, region, database_name, name)
        if found is None:
            raise EntityNotFoundException(missing.format(name.lower()))
        return found

    def iterate(self, account: str, region: str, database_name: str, after: str = "") -> Iterator[TableRow]:
        """The database's tables by name, those after `after`."""
        database_id = self._databases.get(account, region, database_name).id
        while True:
            rows = (
                self._database.read()
                .execute(
                    f"SELECT {COLUMNS} WHERE t.database_id = ? AND t.name > ? ORDER BY t.name LIMIT 100",
                    (database_id, after),
                )
                .fetchall()
            )
            for row in rows:
                yield TableRow(*row)
            if len(rows) < 100:
                return
            after = rows[-1][3]

    def update(
        self,
        account: str,
        region: str,
        database_name: str,
        table_input: Mapping[str, Any],
        *,
        expected_version: str | None = None,
        archive: bool = True,
    ) -> TableRow:
        """Replace the table's input by `table_input`, and keep the old one as a version if `archive`.

        Raises EntityNotFoundException, and ConcurrentModificationException when the table's version is not
        `expected_version`.
        """
        with self._database.write() as db:
            row = self.get(account, region, database_name, table_input["Name"])
            if expected_version is not None and expected_version != str(row.version):
                raise ConcurrentModificationException("Update table failed due to concurrent modifications.")
            if archive:
                db.execute(
                    "INSERT INTO glue_table_version VALUES (?, ?, ?, ?)",
                    (row.id, row.version, row.updated_at_ms, row.body),
                )
            db.execute(
                "UPDATE glue_table SET version = version + 1, updated_at_ms = ?, body = ? WHERE id = ?",
                (self._clock.now_ms(), body.encode(table_input), row.id),
            )
            return self.get(account, region, database_name, table_input["Name"])

    def delete(self, account: str, region: str, database_name: str, name: str) -> TableRow:
        """Remove the table with its versions and partitions; what it was. Raises EntityNotFoundException."""
        with self._database.write() as db:
            row = self.get(account, region, database_name, name)
            db.execute("DELETE FROM glue_table WHERE id = ?", (row.id,))
            return row

    def versions(self, table: TableRow, before: int, limit: int) -> list[TableRow]:
        """Up to `limit` versions of `table`, newest first, those older than version `before`."""
        rows = self._database.read().execute(
            "SELECT version, updated_at_ms, body FROM glue_table_version WHERE table_id = ? AND version < ? "
            "ORDER BY version DESC LIMIT ?",
            (table.id, before, limit),
        )
        current = [table] if table.version < before else []
        return (current + [_version(table, *row) for row in rows])[:limit]

    def version(self, table: TableRow, version_id: str | None) -> TableRow:
        """The version `version_id` of `table`, the latest if None. Raises EntityNotFoundException."""
        number = table.version if version_id is None else _number(version_id)
        found = self.versions(table, number + 1, 1)
        if not found or found[0].version != number:
            raise EntityNotFoundException("Version not found.")
        return found[0]

    def delete_version(self, table: TableRow, version_id: str) -> None:
        """Raises InvalidInputException for the latest, EntityNotFoundException."""
        if version_id == str(table.version):
            raise InvalidInputException("VersionId cannot be equal to the latest.")
        with self._database.write() as db:
            gone = db.execute(
                "DELETE FROM glue_table_version WHERE table_id = ? AND version = ?", (table.id, _number(version_id))
            ).rowcount
        if not gone:
            raise EntityNotFoundException("Version not found.")


def _version(table: TableRow, version: int, updated_at_ms: int, stored: bytes) -> TableRow:
    return TableRow(
        table.id, table.account, table.database, table.name, version,
        table.created_at_ms, updated_at_ms, table.created_by, stored,
    )  # fmt: skip


def _number(version_id: str) -> int:
    if not version_id.isascii() or not version_id.isdigit() or len(version_id) > 18:
        raise InvalidInputException(f"Version id {version_id} is not valid.")
    return int(version_id)
