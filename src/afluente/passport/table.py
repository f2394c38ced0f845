"""Tables of the catalog: which lie over an object, which could have a record's row, and how a record is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from afluente.passport import value


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the Glue catalog. columns, keys: (name, Hive type), the latter of its partitions."""

    database: str
    name: str
    location: str
    columns: Sequence[tuple[str, str]]
    keys: Sequence[tuple[str, str]]
    is_parquet: bool
    created_at: datetime | None

    @property
    def full_name(self) -> str:
        """As database.table."""
        return f"{self.database}.{self.name}"

    @property
    def sql(self) -> str:
        """As it stands in a query."""
        return f"{quoted(self.database)}.{quoted(self.name)}"

    @property
    def root(self) -> str:
        """Its location, with one slash at the end."""
        return self.location.rstrip("/") + "/"

    def is_over(self, url: str) -> bool:
        """Whether an object, s3://bucket/key, lies in its folder."""
        return bool(self.location) and url.startswith(self.root)

    def may_have(self, fields: Mapping[str, Any]) -> bool:
        """Whether it has columns for most of a record's fields: jobs drop and rename some."""
        named = {name.lower() for name, _ in (*self.columns, *self.keys)}
        known = sum(name.lower() in named for name in fields)
        return bool(fields) and known * 2 > len(fields)

    def values_of(self, url: str) -> list[str] | None:
        """The values of its partition keys that an object's folders say; None when they say none."""
        parts = url[len(self.root) :].split("/")[:-1]
        if len(parts) < len(self.keys):
            return None
        return [unquote(part.partition("=")[2] or part) for part in parts[: len(self.keys)]]


def every(glue: Any) -> list[Table]:
    """Every table of the catalog that lies in S3."""
    found = []
    for page in glue.get_paginator("get_databases").paginate():
        for database in page["DatabaseList"]:
            for tables in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"]):
                found += [_table(table) for table in tables["TableList"]]
    return [table for table in found if table.location.startswith("s3")]


def over(tables: Sequence[Table], url: str) -> list[Table]:
    """Those over an object, the closest first."""
    return sorted((table for table in tables if table.is_over(url)), key=lambda table: -len(table.location))


def condition(table: Table, fields: Mapping[str, Any]) -> str | None:
    """What the row of a record with these fields fulfils; None when none of them is one of its columns."""
    by_name = {name.lower(): item for name, item in fields.items()}
    terms = [
        term
        for name, kind in (*table.columns, *table.keys)
        if name.lower() in by_name and (term := value.term(quoted(name), kind, by_name[name.lower()]))
    ]
    return " AND ".join(terms) or None


def row_query(table: Table, where: str, limit: int = 20) -> str:
    """The query for rows and the files that they are in."""
    return f'SELECT "$path", * FROM {table.sql} WHERE {where} LIMIT {limit}'


def quoted(name: str) -> str:
    """An identifier as it stands in a query."""
    return '"' + name.replace('"', '""') + '"'


def same(table: Table, row: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Whether a row, as Python or as text values, says what the record says, in every column that both have."""
    by_name = {name.lower(): item for name, item in fields.items()}
    compared = [
        value.same(kind, row[name], by_name[name.lower()])
        for name, kind in (*table.columns, *table.keys)
        if name.lower() in by_name and name in row
    ]
    return bool(compared) and all(compared)


def _table(told: Mapping[str, Any]) -> Table:
    storage = told.get("StorageDescriptor", {})
    created = told.get("CreateTime")
    return Table(
        database=told["DatabaseName"],
        name=told["Name"],
        location=storage.get("Location", "").replace("s3a://", "s3://").replace("s3n://", "s3://"),
        columns=list(_typed(storage.get("Columns", ()))),
        keys=list(_typed(told.get("PartitionKeys", ()))),
        is_parquet="parquet" in str(storage.get("InputFormat", "")).lower()
        or "parquet" in str(told.get("Parameters", {}).get("classification", "")).lower(),
        created_at=created.astimezone(UTC) if created else None,
    )


def _typed(columns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    return ((column["Name"], column.get("Type", "string").lower()) for column in columns)
