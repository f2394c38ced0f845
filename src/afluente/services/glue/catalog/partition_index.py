"""Partition indexes: names for the keys that one filters by. There is nothing to build: every filter reads the keys."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.error import (
    AlreadyExistsException,
    EntityNotFoundException,
    InvalidInputException,
    ResourceNumberLimitExceededException,
)
from afluente.store.database import Database

MOST_INDEXES = 3


class PartitionIndexStore:
    """The partition indexes of every table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, table: TableRow, index: Mapping[str, Any]) -> None:
        """Raises InvalidInputException, AlreadyExistsException, ResourceNumberLimitExceededException."""
        types = dict(table.partition_keys())
        unknown = [name for name in index["Keys"] if name not in types]
        if unknown:
            raise InvalidInputException(f"Partition index key {unknown[0]} is not a partition key of the table.")
        described = [{"Name": name, "Type": types[name]} for name in index["Keys"]]
        with self._database.write() as db:
            if len(self.all(table)) >= MOST_INDEXES:
                raise ResourceNumberLimitExceededException(f"A table can have no more than {MOST_INDEXES} indexes.")
            try:
                db.execute(
                    "INSERT INTO glue_partition_index VALUES (?, ?, ?)",
                    (table.id, index["IndexName"], msgspec.json.encode(described)),
                )
            except sqlite3.IntegrityError:
                raise AlreadyExistsException(f"Index with name {index['IndexName']} already exists.") from None

    def all(self, table: TableRow) -> list[dict[str, Any]]:
        """The PartitionIndexDescriptors of the table, by name."""
        rows = self._database.read().execute(
            "SELECT name, body FROM glue_partition_index WHERE table_id = ? ORDER BY name", (table.id,)
        )
        return [{"IndexName": name, "Keys": msgspec.json.decode(keys), "IndexStatus": "ACTIVE"} for name, keys in rows]

    def delete(self, table: TableRow, name: str) -> None:
        """Raises EntityNotFoundException."""
        with self._database.write() as db:
            gone = db.execute(
                "DELETE FROM glue_partition_index WHERE table_id = ? AND name = ?", (table.id, name)
            ).rowcount
        if not gone:
            raise EntityNotFoundException(f"Index with the given indexName : {name} does not exist")
