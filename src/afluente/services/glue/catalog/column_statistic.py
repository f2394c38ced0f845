"""Statistics of columns, of tables and of partitions, as engines write them and plan by them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from afluente.services.glue.catalog import partition_key
from afluente.services.glue.catalog.json_value import plain, restored
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
                (*_key(table, values, name), msgspec.json.encode(plain(statistics))),
            )

    def get(self, table: TableRow, values: Sequence[str], name: str) -> dict[str, Any]:
        """One column's statistics. Raises EntityNotFoundException."""
        sql = f"SELECT body FROM glue_column_statistics {WHERE}"
        row = self._database.read().execute(sql, _key(table, values, name)).fetchone()
        if row is None:
            raise _missing(table, name)
        found: dict[str, Any] = restored(msgspec.json.decode(row[0]))
        return found

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
