"""Databases of the catalog: state and rules."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afluente.core.clock import Clock
from afluente.services.glue.catalog import body
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException
from afluente.store.database import Database

IAM_ALLOWED = [
    {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
]  # AWS adds it to every database that says nothing of Lake Formation


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """A database as it lies on disk."""

    id: int
    account: str
    name: str
    created_at_ms: int
    body: bytes

    def describe(self) -> dict[str, Any]:
        """The Database of AWS's answers."""
        return {
            "CreateTableDefaultPermissions": IAM_ALLOWED,
            **body.decode(self.body),
            "Name": self.name,
            "CreateTime": body.whole_seconds(self.created_at_ms),
            "CatalogId": self.account,
        }


class DatabaseStore:
    """The databases of every account and region."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, account: str, region: str, database_input: Mapping[str, Any]) -> None:
        """Raises AlreadyExistsException."""
        with self._database.write() as db:
            try:
                db.execute(
                    "INSERT INTO glue_database (account, region, name, created_at_ms, body) VALUES (?, ?, ?, ?, ?)",
                    (
                        account,
                        region,
                        database_input["Name"].lower(),
                        self._clock.now_ms(),
                        body.encode(database_input),
                    ),
                )
            except sqlite3.IntegrityError:
                raise AlreadyExistsException("Database already exists.") from None

    def find(self, account: str, region: str, name: str) -> DatabaseRow | None:
        """The database, or None."""
        row = (
            self._database.read()
            .execute(
                "SELECT id, account, name, created_at_ms, body FROM glue_database "
                "WHERE account = ? AND region = ? AND name = ?",
                (account, region, name.lower()),
            )
            .fetchone()
        )
        return DatabaseRow(*row) if row else None

    def get(self, account: str, region: str, name: str) -> DatabaseRow:
        """Raises EntityNotFoundException."""
        found = self.find(account, region, name)
        if found is None:
            raise EntityNotFoundException(f"Database {name.lower()} not found.")
        return found

    def page(self, account: str, region: str, after: str, limit: int) -> list[DatabaseRow]:
        """Up to `limit` databases by name, those after `after`."""
        rows = self._database.read().execute(
            "SELECT id, account, name, created_at_ms, body FROM glue_database "
            "WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?",
            (account, region, after, limit),
        )
        return [DatabaseRow(*row) for row in rows]

    def update(self, account: str, region: str, name: str, database_input: Mapping[str, Any]) -> None:
        """Replace the database's input; a new name in it renames the database. Raises what get and create raise."""
        with self._database.write() as db:
            row = self.get(account, region, name)
            try:
                db.execute(
                    "UPDATE glue_database SET name = ?, body = ? WHERE id = ?",
                    (database_input["Name"].lower(), body.encode(database_input), row.id),
                )
            except sqlite3.IntegrityError:
                raise AlreadyExistsException("Database already exists.") from None

    def delete(self, account: str, region: str, name: str) -> DatabaseRow:
        """Remove the database with its tables and their partitions; what it was. Raises EntityNotFoundException."""
        with self._database.write() as db:
            row = self.get(account, region, name)
            db.execute("DELETE FROM glue_database WHERE id = ?", (row.id,))
            return row
