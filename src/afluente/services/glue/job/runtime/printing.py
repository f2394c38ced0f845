"""Frames as people read them in a run's log."""

from collections.abc import Iterable

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.connection import Schema

WORDS = {"bigint": "long", "smallint": "short", "tinyint": "byte"}


def print_schema(columns: Schema) -> None:
    """A tree of names and types, as Glue prints it."""
    print("root")
    for line in _lines(columns, "|"):
        print(line)


def _lines(fields: Iterable[tuple[str, HiveType]], above: str) -> Iterable[str]:
    for name, kind in fields:
        yield f"{above}-- {name}: {word(kind)}"
        yield from _lines(kind.fields, f"{above}    |")


def word(kind: HiveType) -> str:
    """A type in Glue's words."""
    if kind.fields:
        return kind.name
    return WORDS.get(kind.name, str(kind))


def print_rows(query: str, columns: Schema, number: int) -> None:
    """Rows, one JSON object each."""
    if not columns:
        return
    for (row,) in sql.rows(f"SELECT to_json(r) FROM (SELECT * FROM ({query}) LIMIT {int(number)}) AS r"):
        print(row)
