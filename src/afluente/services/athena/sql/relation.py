"""Columns of relations: what a SELECT gives, what an alias renames, and the tables that are made of the catalog."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlglot import exp

from afluente.services.athena import catalog as glue
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import kind_of
from afluente.services.athena.sql.scope import Columns, Scope, Source
from afluente.services.athena.sql.trino_type import MICROSECONDS, MILLISECONDS, TrinoType, scalar

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


def hide(node: exp.Select, scope: Scope) -> None:
    """Have the stars of a bound SELECT leave out the hidden columns that it has elsewhere, such as `"$path"`."""
    for projection in node.expressions:
        if not projection.is_star:
            continue
        qualified = isinstance(projection, exp.Column)
        found = scope.source(projection.table.lower()) if qualified else None
        sources = [found] if found else [] if qualified else scope.sources
        hidden = {name for one in sources if one.scan for name in one.scan.used if name.startswith("$")}
        if hidden:
            star = projection.this if qualified else projection
            star.set("except_", [exp.to_identifier(name, quoted=True) for name in sorted(hidden)])


def values_columns(node: exp.Values) -> Columns | None:
    """The columns of bound VALUES: as many as its alias names, of the types that all rows share."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    kinds = [shared([kind_of(value) for value in column]) for column in zip(*rows, strict=False)]
    alias = node.args.get("alias")
    names = [name.name.lower() for name in (alias.args.get("columns") or ())] if alias is not None else []
    return dict(zip(names, kinds, strict=False)) if len(names) == len(kinds) else renamed(None, alias)


def check_values(node: exp.Values, sizes: Sequence[int]) -> None:
    """Raises QueryFailure where rows have different sizes, or the alias names another number of columns."""
    other = next((size for size in sizes if size != sizes[0]), None)
    if other is not None:
        raise QueryFailure("TYPE_MISMATCH", f"Values rows have mismatched sizes: {sizes[0]} vs {other}")
    alias = node.args.get("alias")
    names = (alias.args.get("columns") or ()) if alias is not None else ()
    if names and len(names) != sizes[0]:
        message = f"Column alias list has {len(names)} entries but '{node.alias}' has {sizes[0]} columns available"
        raise QueryFailure("MISMATCHED_COLUMN_ALIASES", message)


def united(left: Columns | None, right: Columns | None) -> Columns | None:
    """The columns of a set operation: the names of the left side, the types that both sides share."""
    if left is None or right is None or len(left) != len(right):
        return left
    return {name: shared([first, second]) for (name, first), second in zip(left.items(), right.values(), strict=True)}


def shared(kinds: Sequence[TrinoType | None]) -> TrinoType | None:
    """The type of values that stand under each other; None where the engine has to find it."""
    found: set[TrinoType] = {kind for kind in kinds if kind is not None and kind.name != "unknown"}
    if len(found) == 1:
        return found.pop() if None not in kinds else None
    if None in kinds or len({kind.name for kind in found}) != 1:
        return None
    first = max(found, key=lambda kind: kind.precision)
    return first if (first.is_time and not first.zone) or first.name in {"varchar", "char"} else None


def unnest(node: exp.Unnest) -> Source:
    """The source that UNNEST makes. A row's fields become columns, so without a name each they are the engine's."""
    alias, offset = node.args.get("alias"), node.args.get("offset")
    columns = renamed(None, alias)
    if columns is not None:
        columns = dict(zip_longest(columns, _elements(node.expressions)[: len(columns)]))
    if columns is not None and isinstance(offset, exp.Identifier):
        columns[offset.name.lower()] = scalar("bigint")
    return Source(node.alias.lower(), columns)


def _elements(arguments: Sequence[exp.Expr]) -> list[TrinoType | None]:
    """The types of the columns that arrays and maps side by side give."""
    found: list[TrinoType | None] = []
    for kind in map(kind_of, arguments):
        if kind is None or not kind.fields:
            return found  # how many columns it gives is not known
        inner = kind.fields[0][1]
        kinds = [field for _, field in (inner.fields if kind.name == "array" and inner.name == "row" else kind.fields)]
        found += [None if field.name == "unknown" else field for field in kinds]
    return found


def with_names(scope: Scope, names: list[str]) -> Scope:
    """The scope within a lambda."""
    return Scope([Source("", dict.fromkeys(names))], parent=scope)


def time_literal(node: exp.Expr, now: datetime) -> exp.Expr | None:
    """The constant that CURRENT_TIMESTAMP and its like stand for; None for any other node."""
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(now.date().isoformat()), "DATE")
    found = next((shape for kind, shape in TIMES.items() if isinstance(node, kind)), None)
    if found is None:
        return None
    name, layout, zone = found
    digits = int(node.name or MILLISECONDS)
    if digits > MICROSECONDS:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente keeps times to the microsecond, not to {digits} digits")
    fraction = f".{now.microsecond:06d}"[: digits + 1] if digits else ""
    return exp.cast(exp.Literal.string(f"{now:{layout}}{fraction}{zone}"), f"{name}({digits})")


TIMES: dict[type[exp.Expr], tuple[str, str, str]] = {
    exp.CurrentTimestamp: ("TIMESTAMPTZ", "%Y-%m-%d %H:%M:%S", "+00:00"),
    exp.CurrentTime: ("TIMETZ", "%H:%M:%S", "+00:00"),
    exp.Localtimestamp: ("TIMESTAMP", "%Y-%m-%d %H:%M:%S", ""),
    exp.Localtime: ("TIME", "%H:%M:%S", ""),
}
"""The type, the layout and the zone of the query's time, by how it is asked for."""


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
