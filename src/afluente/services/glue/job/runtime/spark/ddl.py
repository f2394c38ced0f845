"""Columns in words, as Spark reads them: `a INT, b ARRAY<STRING> NOT NULL`."""

from afluente.core.hive_type import HiveType, parse

Columns = tuple[tuple[str, HiveType], ...]


def columns_of(text: str) -> Columns:
    """The columns of a text, with or without colons between names and types. Raises ValueError."""
    return parse(f"struct<{_with_colons(text)}>").fields


def _with_colons(text: str) -> str:
    depth, parts, start = 0, [], 0
    for position, letter in enumerate(text + ","):
        depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            name, _, kind = text[start:position].strip().partition(" ")
            parts.append(f"{name.rstrip(':')}:{kind.lower().removesuffix(' not null')}")
            start = position + 1
    return ",".join(parts)
