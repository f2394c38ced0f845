"""The Glue Data Catalog as a caller sees it, through Glue's own operations.

Answers None for what is not there; every other refusal of Glue's passes through as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import Invoke
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.iceberg.moment import moments
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.sql.trino_type import MICROSECONDS, MILLISECONDS, MOMENT, TrinoType, of_hive

NAME = "awsdatacatalog"
NOT_FOUND = "EntityNotFoundException"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `hive_type` is the catalog's text."""

    name: str
    hive_type: str
    digits: int = MILLISECONDS
    """Of its timestamps, after the second."""
    is_moment: bool = False
    """Whether it is a timestamp with a time zone, for which Hive has no word."""

    @property
    def type(self) -> TrinoType:
        """Raises QueryFailure for a text that is no type: Glue takes any."""
        if self.is_moment:
            return TrinoType(MOMENT, self.digits)
        try:
            return of_hive(self.hive_type, self.digits)
        except ValueError as error:
            raise QueryFailure("HIVE_METASTORE_ERROR", f"Column {self.name}: {error}") from None


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of the catalog, as a query needs it. `raw` is Glue's own structure."""

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    raw: dict[str, Any] = field(repr=False)

    @property
    def storage(self) -> dict[str, Any]:
        """The StorageDescriptor."""
        found: dict[str, Any] = self.raw.get("StorageDescriptor") or {}
        return found

    @property
    def parameters(self) -> dict[str, str]:
        found: dict[str, str] = self.raw.get("Parameters") or {}
        return found

    @property
    def is_view(self) -> bool:
        return self.raw.get("TableType") == "VIRTUAL_VIEW"

    @property
    def is_iceberg(self) -> bool:
        return is_iceberg(self.raw)


def is_iceberg(raw: dict[str, Any]) -> bool:
    """Whether Glue's structure is that of an Iceberg table."""
    return str((raw.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def table_of(raw: dict[str, Any]) -> Table:
    """The table that Glue's structure describes; names folded to lower case, as Trino does."""
    storage = raw.get("StorageDescriptor") or {}
    digits = MICROSECONDS if is_iceberg(raw) else MILLISECONDS
    return Table(
        raw["DatabaseName"],
        raw["Name"],
        _columns(storage.get("Columns") or (), digits),
        _columns(raw.get("PartitionKeys") or (), digits),
        raw,
    )


def _has_timestamps(table: Table) -> bool:
    return any(column.hive_type == "timestamp" for column in table.columns)


def _columns(raw: Any, digits: int) -> tuple[Column, ...]:
    return tuple(Column(column["Name"].lower(), column.get("Type") or "string", digits) for column in raw)


class Catalog:
    """The catalog of `call`'s account and region, with `call`'s permissions.

    store: where the metadata of Iceberg tables lies, for who wants to know their columns' types.
    """

    def __init__(self, invoke: Invoke, call: Call, store: ObjectStore | None = None) -> None:
        self._invoke = invoke
        self._call = call
        self._store = store

    def ask(self, operation: str, **members: Any) -> dict[str, Any]:
        """One of Glue's operations, as the caller."""
        return self._invoke(self._call, "glue", operation, members)

    def _find(self, operation: str, member: str, **members: Any) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.ask(operation, **members)[member]
        except AwsError as error:
            if error.code == NOT_FOUND:
                return None
            raise
        return found

    def database(self, name: str) -> dict[str, Any] | None:
        """Glue's structure of a database."""
        return self._find("GetDatabase", "Database", Name=name)

    def table(self, database: str, name: str) -> Table | None:
        """A table or view."""
        raw = self._find("GetTable", "Table", DatabaseName=database, Name=name)
        return None if raw is None else self._table(raw)

    def _table(self, raw: dict[str, Any]) -> Table:
        table = table_of(raw)
        location = table.parameters.get("metadata_location")
        if self._store is None or not location or not table.is_iceberg or not _has_timestamps(table):
            return table
        found = moments(location, self._store)
        return replace(table, columns=tuple(replace(one, is_moment=one.name in found) for one in table.columns))

    def databases(self) -> Iterator[dict[str, Any]]:
        """Every database, in the catalog's order."""
        yield from self._pages("GetDatabases", "DatabaseList")

    def tables(self, database: str) -> Iterator[Table]:
        """Every table and view of a database."""
        for raw in self._pages("GetTables", "TableList", DatabaseName=database):
            yield self._table(raw)

    def partitions(self, table: Table, expression: str = "") -> Iterator[dict[str, Any]]:
        """The partitions of a table, those alone that Glue finds to satisfy `expression`; without their columns."""
        members: dict[str, Any] = {"DatabaseName": table.database, "TableName": table.name}
        if expression:
            members["Expression"] = expression
        yield from self._pages("GetPartitions", "Partitions", **members, ExcludeColumnSchema=True, MaxResults=1000)

    def _pages(self, operation: str, member: str, **members: Any) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            page = self.ask(operation, **members, **({"NextToken": token} if token else {}))
            yield from page.get(member, ())
            token = page.get("NextToken")
            if not token:
                return
