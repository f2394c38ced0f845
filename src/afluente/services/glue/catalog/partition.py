"""Partitions of the catalog's tables: state and rules.

A table may have very many: they lie in rows of their own, and are found by the range of their joined values.
"""

import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.clock import Clock
from afluente.services.glue.catalog import body, partition_key
from afluente.services.glue.catalog.expression import Expression
from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from afluente.store.database import Database

FETCHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PartitionRow:
    """A partition as it lies on disk."""

    key: str
    created_at_ms: int
    body: bytes

    def describe(self, table: TableRow) -> dict[str, Any]:
        """The Partition of AWS's answers."""
        return {
            **body.decode(self.body),
            "Values": partition_key.split(self.key),
            "DatabaseName": table.database,
            "TableName": table.name,
            "CreationTime": body.whole_seconds(self.created_at_ms),
            "CatalogId": table.account,
        }

    def input(self) -> dict[str, Any]:
        """The PartitionInput it was made from, with the defaults of its storage descriptor."""
        return body.decode(self.body)


@dataclass(frozen=True, slots=True)
class Segment:
    """One of `total` parts of a table's partitions, which readers may take side by side."""

    number: int
    total: int

    def holds(self, key: str) -> bool:
        """Is the partition with this key in the segment?"""
        return zlib.crc32(key.encode()) % self.total == self.number


class PartitionStore:
    """The partitions of every table. Several calls inside one `Database.write()` commit as one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, table: TableRow, partition_input: Mapping[str, Any]) -> None:
        """Raises AlreadyExistsException, and InvalidInputException when the number of values is wrong."""
        key = checked_key(table, partition_input.get("Values", []))
        with self._database.write() as db:
            try:
                db.execute(
                    "INSERT INTO glue_partition (table_id, key, created_at_ms, body) VALUES (?, ?, ?, ?)",
                    (table.id, key, self._clock.now_ms(), body.encode(partition_input)),
                )
            except sqlite3.IntegrityError:
                raise AlreadyExistsException("Partition already exists.") from None

    def find(self, table: TableRow, values: Sequence[str]) -> PartitionRow | None:
        """The partition with these values, or None. Raises InvalidInputException."""
        row = (
            self._database.read()
            .execute(
                "SELECT key, created_at_ms, body FROM glue_partition WHERE table_id = ? AND key = ?",
                (table.id, checked_key(table, values)),
            )
            .fetchone()
        )
        return PartitionRow(*row) if row else None

    def update(
        self,
        table: TableRow,
        values: Sequence[str],
        partition_input: Mapping[str, Any],
        *,
        missing: str = "Partition not found.",
    ) -> None:
        """Replace the partition's input; other values in it move the partition.

        Raises EntityNotFoundException (`missing` is its text), AlreadyExistsException, InvalidInputException.
        """
        old_key = checked_key(table, values)
        new_key = checked_key(table, partition_input.get("Values") or values)
        with self._database.write() as db:
            try:
                changed = db.execute(
                    "UPDATE glue_partition SET key = ?, body = ? WHERE table_id = ? AND key = ?",
                    (new_key, body.encode(partition_input), table.id, old_key),
                ).rowcount
            except sqlite3.IntegrityError:
                raise AlreadyExistsException("Partition already exists.") from None
        if not changed:
            raise EntityNotFoundException(missing)

    def delete(self, table: TableRow, values: Sequence[str], *, missing: str = "Partition not found.") -> None:
        """Raises EntityNotFoundException (`missing` is its text), InvalidInputException."""
        key = checked_key(table, values)
        with self._database.write() as db:
            gone = db.execute("DELETE FROM glue_partition WHERE table_id = ? AND key = ?", (table.id, key)).rowcount
        if not gone:
            raise EntityNotFoundException(missing)

    def delete_all(self, table: TableRow) -> None:
        """Remove every partition of the table."""
        with self._database.write() as db:
            db.execute("DELETE FROM glue_partition WHERE table_id = ?", (table.id,))

    def select(
        self,
        table: TableRow,
        expression: Expression | None = None,
        *,
        segment: Segment | None = None,
        after: str = "",
        limit: int = -1,
    ) -> list[PartitionRow]:
        """Up to `limit` (-1: all) partitions that `expression` means, by key, those after the key `after`."""
        low, high = partition_key.bounds(expression.equal if expression else (), len(table.partition_keys()))
        where = "WHERE table_id = ? AND key > ? AND key >= ? AND key < ? ORDER BY key"
        bound = (table.id, after, low, high)
        if expression is None and segment is None:
            rows = self._database.read().execute(
                f"SELECT key, created_at_ms, body FROM glue_partition {where} LIMIT ?", (*bound, limit)
            )
            return [PartitionRow(*row) for row in rows]
        # the keys alone are read from the index, without touching the rows
        keys = self._database.read().execute(f"SELECT id, key FROM glue_partition {where}", bound)
        wanted = _wanted(expression, segment)
        found: list[int] = []
        for row_id, key in keys:
            if len(found) == limit:
                break
            if wanted(key):
                found.append(row_id)
        return self._fetch(found)

    def _fetch(self, ids: Sequence[int]) -> list[PartitionRow]:
        rows: list[PartitionRow] = []
        for start in range(0, len(ids), FETCHED_AT_ONCE):
            some = ids[start : start + FETCHED_AT_ONCE]
            marks = ", ".join("?" * len(some))
            cursor = self._database.read().execute(
                f"SELECT key, created_at_ms, body FROM glue_partition WHERE id IN ({marks}) ORDER BY key", some
            )
            rows.extend(PartitionRow(*row) for row in cursor)
        return rows


def checked_key(table: TableRow, values: Sequence[str]) -> str:
    """The key of `values`. Raises InvalidInputException when there are not as many as the table's partition keys."""
    if not values or len(values) != len(table.partition_keys()):
        raise InvalidInputException("The number of partition keys do not match the number of partition values")
    return partition_key.join(values)


def _wanted(expression: Expression | None, segment: Segment | None) -> Callable[[str], bool]:
    def wanted(key: str) -> bool:
        if segment is not None and not segment.holds(key):
            return False
        return expression is None or bool(expression.matches(partition_key.split(key)))

    return wanted
