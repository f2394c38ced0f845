"""Columns of relations: what a SELECT gives, what an alias renames, and the tables that are made of the catalog."""

from datetime import datetime
from typing import Any

from sqlglot import exp

from afluente.services.athena import catalog as glue
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import kind_of
from afluente.services.athena.sql.scope import Columns, Scope, Source

METADATA_TABLES = ("files", "snapshots", "history", "manifests", "partitions", "refs")
"""What an Iceberg table tells of itself, as `"t$snapshots"`."""


def renamed(columns: Columns | None, alias: exp.Expr | None) -> Columns | None:
    """`columns` under the names that `AS t(a, b)` gives."""
    names = [name.name.lower() for name in (alias.args.get("columns") or ())] if alias is not None else []
    if not names:
        return columns
    if columns is None:
        return dict.fromkeys(names)
    return dict(zip(names, columns.values(), strict=False))


def output_columns(node: exp.Select, scope: Scope) -> Columns | None:
    """The columns of a bound SELECT; None when a star reaches a source whose columns only the engine knows."""
    columns: Columns = {}
    for projection in node.expressions:
        if not projection.is_star:
            columns[projection.alias_or_name.lower()] = kind_of(projection.unalias())
            continue
        sources = scope.sources
        if isinstance(projection, exp.Column):
            found = scope.source(projection.table.lower())
            sources = [found] if found else []
        for source in sources:
            if source.columns is None:
                return None
            columns.update({name: kind for name, kind in source.columns.items() if not name.startswith("$")})
    return columns


def values_columns(node: exp.Values) -> Columns | None:
    """The columns of VALUES: as many as its alias names."""
    return renamed(None, node.args.get("alias"))


def unnest(node: exp.Unnest) -> Source:
    """The source that UNNEST makes. A row's fields become columns, so without a name each they are the engine's."""
    alias = node.args.get("alias")
    columns = renamed(None, alias)
    offset = node.args.get("offset")
    if columns is not None and isinstance(offset, exp.Identifier):
        columns[offset.name.lower()] = None
    return Source(node.alias.lower(), columns)


def with_names(scope: Scope, names: list[str]) -> Scope:
    """The scope within a lambda."""
    return Scope([Source("", dict.fromkeys(names))], parent=scope)


def time_literal(node: exp.Expr, now: datetime) -> exp.Expr | None:
    """The constant that CURRENT_TIMESTAMP and its like stand for; None for any other node."""
    if isinstance(node, exp.CurrentTimestamp):
        return exp.cast(exp.Literal.string(now.isoformat(sep=" ", timespec="milliseconds")), "TIMESTAMPTZ")
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(now.date().isoformat()), "DATE")
    if isinstance(node, exp.CurrentTime):
        return exp.cast(exp.Literal.string(f"{now:%H:%M:%S}.{now.microsecond // 1000:03d}+00:00"), "TIMETZ")
    if isinstance(node, (exp.Localtimestamp, exp.Localtime)):
        kind = "TIMESTAMP" if isinstance(node, exp.Localtimestamp) else "TIME"
        text = now.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
        return exp.cast(exp.Literal.string(text if kind == "TIMESTAMP" else text[11:]), kind)
    return None


def rows(names: list[str], values: list[tuple[Any, ...]]) -> exp.Select:
    """A query that gives `values`, as texts."""
    select = exp.select(*(exp.alias_(exp.column(name), name, quoted=True) for name in names))
    if not values:
        empty = [exp.alias_(exp.cast(exp.Null(), "VARCHAR"), name, quoted=True) for name in names]
        return exp.select(*empty).where(exp.false())
    tuples = [exp.Tuple(expressions=[_text(value) for value in row]) for row in values]
    alias = exp.TableAlias(this=exp.to_identifier("v"), columns=[exp.to_identifier(name) for name in names])
    return select.from_(exp.Values(expressions=tuples, alias=alias))


def _text(value: Any) -> exp.Expr:
    return exp.null() if value is None else exp.Literal.string(str(value))


def information_schema(catalog: glue.Catalog, name: str) -> exp.Select:
    """`information_schema.tables` and its like, read from the catalog."""
    if name == "schemata":
        return rows(["catalog_name", "schema_name"], [(glue.NAME, one["Name"]) for one in catalog.databases()])
    tables = [table for one in catalog.databases() for table in catalog.tables(one["Name"])]
    if name == "tables":
        return rows(
            ["table_catalog", "table_schema", "table_name", "table_type"],
            [(glue.NAME, table.database, table.name, "VIEW" if table.is_view else "BASE TABLE") for table in tables],
        )
    if name == "columns":
        return rows(
            [
                "table_catalog",
                "table_schema",
                "table_name",
                "column_name",
                "ordinal_position",
                "column_default",
                "is_nullable",
                "data_type",
            ],
            [
                (glue.NAME, table.database, table.name, column.name, place, None, "YES", str(column.type))
                for table in tables
                for place, column in enumerate((*table.columns, *table.partition_keys), 1)
            ],
        )
    raise QueryFailure("TABLE_NOT_FOUND", f"Table '{glue.NAME}.information_schema.{name}' does not exist")


def partitions_table(catalog: glue.Catalog, table: glue.Table) -> exp.Select:
    """`"t$partitions"`: one row for each partition."""
    names = [key.name for key in table.partition_keys]
    if not names:
        message = f"Table '{glue.NAME}.{table.database}.{table.name}$partitions' does not exist"
        raise QueryFailure("TABLE_NOT_FOUND", message)
    return rows(names, [tuple(partition["Values"]) for partition in catalog.partitions(table)])
