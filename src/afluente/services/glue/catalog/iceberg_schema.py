"""Columns in Hive's words and in Iceberg's, one from the other.

Iceberg's words: "Schemas" in appendix C of its specification, https://iceberg.apache.org/spec/#schemas
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.glue.error import InvalidInputException

Field = dict[str, Any]
"""A field as Iceberg's metadata has it: `id`, `name`, `required`, `type`, perhaps `doc`."""

ICEBERG = {
    "tinyint": "int", "smallint": "int", "int": "int", "bigint": "long", "float": "float", "double": "double",
    "boolean": "boolean", "string": "string", "varchar": "string", "char": "string", "binary": "binary",
    "date": "date", "timestamp": "timestamp",
}  # fmt: skip
HIVE = {
    "boolean": "boolean", "int": "int", "long": "bigint", "float": "float", "double": "double", "date": "date",
    "time": "string", "timestamp": "timestamp", "timestamptz": "timestamp", "string": "string", "uuid": "string",
    "binary": "binary",
}  # fmt: skip
DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")
FIXED = re.compile(r"fixed\[\s*\d+\s*\]")


def fields_of(columns: Sequence[Mapping[str, str]]) -> list[Field]:
    """The fields of Glue's columns, numbered from 1, nested ones after all others. Raises InvalidInputException."""
    ids = itertools.count(len(columns) + 1)
    return [_field(number, column, ids) for number, column in enumerate(columns, 1)]


def columns_of(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Glue's columns of Iceberg's fields, as pyiceberg writes them. Raises InvalidInputException."""
    return [
        {
            "Name": field["name"],
            "Type": hive_type(field["type"]),
            **({"Comment": field["doc"]} if field.get("doc") else {}),
            "Parameters": {
                "iceberg.field.id": str(field["id"]),
                "iceberg.field.optional": str(not field["required"]).lower(),
                "iceberg.field.current": "true",
            },
        }
        for field in fields
    ]


def ids_of(kind: Any) -> Iterator[int]:
    """The ids of everything that is nested in a type. Raises KeyError, ValueError where there is none."""
    if isinstance(kind, dict):
        for name in ("element", "key", "value"):
            if name in kind:
                yield int(kind[f"{name}-id"])
                yield from ids_of(kind[name])
        for field in kind.get("fields", ()):
            yield int(field["id"])
            yield from ids_of(field["type"])


def hive_type(kind: Any) -> str:
    """The Hive type of an Iceberg type. Raises InvalidInputException."""
    try:
        return _hive_type(kind)
    except (KeyError, TypeError, RecursionError):
        raise InvalidInputException(f"{str(kind)[:100]} is no type of Iceberg's.") from None


def _hive_type(kind: Any) -> str:
    if isinstance(kind, str):
        if decimal := DECIMAL.fullmatch(kind):
            return f"decimal({decimal[1]},{decimal[2]})"
        return "binary" if FIXED.fullmatch(kind) else HIVE[kind]
    if kind["type"] == "list":
        return f"array<{_hive_type(kind['element'])}>"
    if kind["type"] == "map":
        return f"map<{_hive_type(kind['key'])},{_hive_type(kind['value'])}>"
    if kind["type"] == "struct":
        fields = (f"{field['name']}:{_hive_type(field['type'])}" for field in kind["fields"])
        return f"struct<{','.join(fields)}>"
    raise KeyError(kind["type"])


def _field(number: int, column: Mapping[str, str], ids: Iterator[int]) -> Field:
    try:
        kind = _iceberg_type(parse_hive_type(column.get("Type") or "string"), ids)
    except (ValueError, KeyError):
        raise InvalidInputException(
            f"The type {column.get('Type')} of {column['Name']} is none of Iceberg's."
        ) from None
    comment = {"doc": column["Comment"]} if column.get("Comment") else {}
    return {"id": number, "name": column["Name"], "required": False, "type": kind, **comment}


def _iceberg_type(kind: HiveType, ids: Iterator[int]) -> Any:
    """A Hive type in Iceberg's words, its fields with ids of their own. Raises KeyError."""
    if kind.name == "decimal":
        precision, scale = kind.decimal_size
        return f"decimal({precision}, {scale})"
    if kind.name == "struct":
        named = [(next(ids), name, inner) for name, inner in kind.fields]
        fields = [
            {"id": one, "name": name, "required": False, "type": _iceberg_type(inner, ids)}
            for one, name, inner in named
        ]
        return {"type": "struct", "fields": fields}
    if kind.name == "array":
        element = next(ids)
        inner = _iceberg_type(kind.fields[0][1], ids)
        return {"type": "list", "element-id": element, "element-required": False, "element": inner}
    if kind.name == "map":
        key, value = next(ids), next(ids)
        types = {"key": _iceberg_type(kind.fields[0][1], ids), "value": _iceberg_type(kind.fields[1][1], ids)}
        return {"type": "map", "key-id": key, "value-id": value, "value-required": False, **types}
    return ICEBERG[kind.name]
