"""Statistics of columns, of tables and of partitions, as engines write them and plan by them."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from afluente.core.clock import utc
from afluente.services.glue.catalog import partition_key
from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.error import EntityNotFoundException
from afluente.store.database import Database

WHERE = "WHERE table_id = ? AND partition = ? AND name = ?"


class ColumnStatistics:
    """Statistics by table, partition and column; no values stand for the table as a whole.

    They go with their table and with their partition.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(self, table: TableRow, values: Sequence[str], statistics: Mapping[str, Any]) -> None:
        """Keep one column's statistics, over what was there. Raises EntityNotFoundException for no such column."""
        name = statistics["ColumnName"]
        if name not in _columns(table):
            raise EntityNotFoundException(f"Column {name} not found in table {table.name}")
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO glue_column_statistics VALUES (?, ?, ?, ?)",
                (*_key(table, values, name), msgspec.json.encode(_plain(statistics))),
            )

    def get(self, table: TableRow, values: Sequence[str], name: str) -> dict[str, Any]:
        """One column's statistics. Raises EntityNotFoundException."""
        sql = f"SELECT body FROM glue_column_statistics {WHERE}"
        row = self._database.read().execute(sql, _key(table, values, name)).fetchone()
        if row is None:
            raise _missing(table, name)
        restored: dict[str, Any] = _restored(msgspec.json.decode(row[0]))
        return restored

    def delete(self, table: TableRow, values: Sequence[str], name: str) -> None:
        """Forget one column's statistics. Raises EntityNotFoundException."""
        with self._database.write() as db:
            gone = db.execute(f"DELETE FROM glue_column_statistics {WHERE}", _key(table, values, name)).rowcount
        if not gone:
            raise _missing(table, name)


def _key(table: TableRow, values: Sequence[str], name: str) -> tuple[int, str, str]:
    return table.id, partition_key.join(values), name


def _missing(table: TableRow, name: str) -> EntityNotFoundException:
    return EntityNotFoundException(f"Column statistics not found for column {name} in table {table.name}")


def _columns(table: TableRow) -> set[str]:
    described = table.describe()
    columns = described.get("StorageDescriptor", {}).get("Columns", [])
    return {column["Name"] for column in (*columns, *described.get("PartitionKeys", []))}


def _plain(value: Any) -> Any:
    """What JSON can hold: times and bytes as marked objects."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return {"$ms": round(value.timestamp() * 1000)}
    return {"$bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ms" in value:
        return utc(value["$ms"])
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    return {name: _restored(item) for name, item in value.items()}
