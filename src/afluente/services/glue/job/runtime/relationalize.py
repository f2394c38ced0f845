"""Nested frames as tables: structs become columns with dots in their names, arrays become tables of their own.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-dynamic-frame.html#aws-glue-api-crawler-pyspark-extensions-dynamic-frame-relationalize
"""

from collections.abc import Iterator

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import path as paths
from afluente.services.glue.job.runtime.connection import Schema, identifier
from afluente.services.glue.job.runtime.path import Path

ID = "__array_id"


def relationalize(query: str, schema: Schema, root: str) -> dict[str, str]:
    """The tables by name, as queries: `root`, and `root_<path>` of each array, whose rows have `id` and `index`.

    Where an array was, the outer table has the `id` of its rows in the array's table.
    """
    return dict(_tables(query, schema, root, root))


def _tables(query: str, schema: Schema, root: str, name: str) -> Iterator[tuple[str, str]]:
    found = list(leaves(schema, ()))
    if not any(kind.name == "array" for _, kind in found):
        columns = [f"{paths.sql(path)} AS {identifier('.'.join(path))}" for path, _ in found]
        yield name, f"SELECT {', '.join(columns)} FROM ({query})" if columns else query
        return
    numbered = f"SELECT * FROM {sql.table(f'SELECT row_number() OVER () AS {ID}, * FROM ({query})')}"
    yield name, f"SELECT {', '.join(_outer(path, kind) for path, kind in found)} FROM ({numbered})"
    for path, kind in found:
        if kind.name == "array":
            column = ".".join(path)
            below = _elements(numbered, path, f"{column}.val")
            ((_, element),) = kind.fields
            inner = (("id", HiveType("bigint")), ("index", HiveType("int")), (f"{column}.val", element))
            yield from _tables(below, inner, root, f"{root}_{column}")


def leaves(fields: Schema, above: Path) -> Iterator[tuple[Path, HiveType]]:
    """The path and type of every field that is no struct."""
    for name, kind in fields:
        if kind.name == "struct":
            yield from leaves(kind.fields, (*above, name))
        elif kind.name == "map":
            raise NotImplementedError(f"relationalize: the map {'.'.join((*above, name))!r} is not supported")
        else:
            yield (*above, name), kind


def _outer(path: Path, kind: HiveType) -> str:
    value = f"CASE WHEN {paths.sql(path)} IS NOT NULL THEN {ID} END" if kind.name == "array" else paths.sql(path)
    return f"{value} AS {identifier('.'.join(path))}"


def _elements(numbered: str, path: Path, column: str) -> str:
    array = paths.sql(path)
    each = f"SELECT {ID}, unnest({array}) AS v, generate_subscripts({array}, 1) AS i FROM ({numbered})"
    return f'SELECT {ID} AS id, CAST(i - 1 AS INTEGER) AS "index", v AS {identifier(column)} FROM ({each})'
