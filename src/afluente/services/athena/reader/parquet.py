"""Parquet: columns by name, whatever their case; one that a file lacks is NULL.

A file whose column is of another kind than the table's fails the query, as in Athena; widths may differ.
"""

from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.athena.catalog import Column
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.reader.relation import PATH, Relation, Request, bounded, hive_type
from afluente.services.athena.sql.quote import identifier, literal

INTEGERS = {"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"}
TEXTS = {"varchar", "blob", "enum"}
TIMES = {"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"}

ACCEPTED = {
    "tinyint": INTEGERS, "smallint": INTEGERS, "int": INTEGERS, "bigint": INTEGERS,
    "float": {"float"}, "double": {"float", "double"}, "decimal": {"decimal", *INTEGERS}, "boolean": {"boolean"},
    "string": TEXTS | {"uuid"}, "varchar": TEXTS, "char": TEXTS, "binary": TEXTS, "date": {"date"}, "timestamp": TIMES,
    "array": {"list"}, "map": {"map"}, "struct": {"struct"},
}  # fmt: skip

PHYSICAL = {
    "bigint": "INT64", "double": "DOUBLE", "float": "FLOAT", "boolean": "BOOLEAN", "varchar": "BINARY",
    "blob": "BINARY", "date": "INT32", **dict.fromkeys(TIMES, "INT64"), "decimal": "FIXED_LEN_BYTE_ARRAY",
    "list": "group", "map": "group", "struct": "group",
}  # fmt: skip


def read(request: Request) -> Relation:
    """The relation of a Parquet table."""
    wanted = [(column, hive_type(column)) for column in request.columns]
    schema = ", ".join(_by_name(column.name, kind) for column, kind in wanted)
    options = [f"schema = map {{{schema}}}"] if wanted else []
    if request.with_path:
        options.append("filename = true")
    columns = [f"{bounded(identifier(column.name), kind)} AS {identifier(column.name)}" for column, kind in wanted]
    columns = columns or ['1 AS "$row"']
    if request.with_path:
        columns.append(f"filename AS {PATH}")
    sql = f"SELECT {', '.join(columns)} FROM read_parquet({', '.join([request.paths, *options])})"
    first = request.files[0]
    return Relation(sql, (lambda connection: _check(connection, first, wanted),) if wanted else ())


def _by_name(name: str, kind: HiveType) -> str:
    """An entry of the reader's schema: found by name, NULL where a file lacks it."""
    return f"{literal(name)}: {{'name': {literal(name)}, 'type': {literal(kind.duckdb())}, 'default_value': NULL}}"


def _check(connection: Any, file: DataFile, wanted: list[tuple[Column, HiveType]]) -> None:
    """Refuse a table whose columns are of other kinds than the first file's. Raises QueryFailure."""
    found = connection.sql(f"SELECT * FROM read_parquet({literal(file.path)})")
    kinds = {name.lower(): kind for name, kind in zip(found.columns, found.types, strict=True)}
    for column, kind in wanted:
        there = kinds.get(column.name)
        if there is not None and there.id not in ACCEPTED[kind.name]:
            physical = PHYSICAL.get(there.id, "INT32" if there.id in INTEGERS else str(there))
            message = (
                f"Field {column.name}'s type {physical} in parquet file {file.uri} is incompatible with type "
                f"{column.type} defined in table schema"
            )
            raise QueryFailure("HIVE_BAD_DATA", message)
