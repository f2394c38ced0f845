"""Paths to fields, as DynamicFrame transforms spell them: `a.b`, names with dots in backticks."""

import re
from collections.abc import Sequence

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime.connection import Schema, identifier

_PART = re.compile(r"`([^`]*)`|([^.`]+)")

Path = tuple[str, ...]


def parse(text: str) -> Path:
    """The names on the way to a field."""
    return tuple(quoted or plain for quoted, plain in _PART.findall(text))


def parse_column(text: str, schema: Schema) -> Path:
    """As `parse`, except that a column whose very name has dots is found too."""
    if any(name.lower() == text.lower() for name, _ in schema):
        return (text,)
    return parse(text)


def find(path: Path, schema: Schema) -> tuple[Path, HiveType] | None:
    """The path in the schema's own spelling, and the field's type; None when there is no such field."""
    fields: Sequence[tuple[str, HiveType]] = schema
    found: list[str] = []
    kind = HiveType("struct")
    for part in path:
        match = next(((name, each) for name, each in fields if name.lower() == part.lower()), None)
        if match is None:
            return None
        name, kind = match
        found.append(name)
        fields = kind.fields if kind.name == "struct" else ()
    return tuple(found), kind


def sql(path: Path) -> str:
    """The SQL of the field."""
    return ".".join(identifier(part) for part in path) if len(path) == 1 else _nested(path)


def _nested(path: Path) -> str:
    text = identifier(path[0])
    for part in path[1:]:
        text = f"({text}).{identifier(part)}"
    return text
