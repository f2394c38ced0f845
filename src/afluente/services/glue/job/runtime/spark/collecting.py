"""Rows as Spark gives them to Python: structs are Rows, maps dicts, times without a zone, decimals decimals."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.spark.row import named


def rows(query: str, names: Sequence[str]) -> list[Any]:
    """The rows of a query, under these names."""
    found = sql.relation(query)
    kinds = [sql.hive_type(kind) for kind in found.types]
    zoned = [str(kind).endswith("WITH TIME ZONE") for kind in found.types]
    if any(zoned):
        columns = ", ".join(
            f"CAST({sql.identifier(name)} AS TIMESTAMP) AS {sql.identifier(name)}" if is_zoned else sql.identifier(name)
            for name, is_zoned in zip(found.columns, zoned, strict=True)
        )
        found = sql.relation(f"SELECT {columns} FROM ({query})")
    made = [_converter(kind) for kind in kinds]
    return [
        named(list(names), [value if convert is None or value is None else convert(value)
                     for value, convert in zip(each, made, strict=True)])
        for each in found.fetchall()
    ]  # fmt: skip


def _converter(kind: HiveType) -> Callable[[Any], Any] | None:
    """What makes Spark's value of DuckDB's; None where they are the same."""
    if kind.name == "struct":
        return _struct(kind)
    if kind.name == "map":
        key, value = (_converter(each) or _same for _, each in kind.fields)
        return lambda given: {key(k): v if v is None else value(v) for k, v in given.items()}
    if kind.name == "array":
        element = _converter(kind.fields[0][1])
        return element and (lambda given: [each if each is None else element(each) for each in given])
    if kind.name == "binary":
        return bytearray
    return (lambda given: str(given) if isinstance(given, UUID) else given) if kind.name == "string" else None


def _struct(kind: HiveType) -> Callable[[Any], Any]:
    names = [name for name, _ in kind.fields]
    converters = [_converter(each) or _same for _, each in kind.fields]

    def made(given: Any) -> Any:
        values = given.values() if isinstance(given, dict) else given
        return named(
            list(names), [v if v is None else convert(v) for v, convert in zip(values, converters, strict=True)]
        )

    return made


def _same(value: Any) -> Any:
    return value
