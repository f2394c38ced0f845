"""The table's columns as a schema of checked types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.firehose.conversion.failure import SchemaFailure

MOST_DECIMAL_DIGITS = 38
LONGEST = {"char": 255, "varchar": 65_535}
DEEPEST = 32


@dataclass(frozen=True)
class Column:
    """A column of the file, named as in the catalog."""

    name: str
    kind: HiveType


@dataclass(frozen=True)
class Schema:
    """The columns of the file."""

    columns: tuple[Column, ...]

    def arrow(self) -> Any:
        """As a pyarrow.Schema."""
        import pyarrow as pa  # noqa: PLC0415  # heavy, and only those who convert need it

        from afluente.core.arrow_type import arrow_type  # noqa: PLC0415  # the same

        return pa.schema([(column.name, arrow_type(column.kind)) for column in self.columns])


def schema_of(columns: Sequence[tuple[str, str]], serde: str, *, takes_binary: bool) -> Schema:
    """The schema of a table's columns (name, Hive type). Raises SchemaFailure."""
    if not columns:
        raise SchemaFailure("The schema is invalid. The specified table has no columns.")
    found = tuple(Column(name, _checked(name, text, serde, takes_binary=takes_binary)) for name, text in columns)
    names = [column.name.lower() for column in found]
    for name in names:
        if names.count(name) > 1:
            raise SchemaFailure(f"The schema is invalid. The column {name} is there more than once.")
    return Schema(found)


def _checked(name: str, text: str, serde: str, *, takes_binary: bool) -> HiveType:
    try:
        kind = parse_hive_type(text)
        _check(kind, 0, takes_binary=takes_binary)
    except ValueError as error:
        raise SchemaFailure(
            "The schema is invalid. One or more columns have types that are not supported by "
            f"{serde}. Column {name}: {error}"
        ) from None
    return kind


def _check(kind: HiveType, depth: int, *, takes_binary: bool) -> None:
    if depth > DEEPEST:
        raise ValueError(f"types are nested more than {DEEPEST} deep")
    if kind.name == "binary" and not takes_binary:
        raise ValueError("binary is not supported")
    if kind.name == "map" and kind.fields[0][1].fields:
        raise ValueError(f"{kind.fields[0][1]} cannot be a map's key")
    if kind.name in LONGEST and not (len(kind.arguments) == 1 and 1 <= kind.arguments[0] <= LONGEST[kind.name]):
        raise ValueError(f"{kind}: the length must be between 1 and {LONGEST[kind.name]}")
    if kind.name == "decimal":
        precision, scale = kind.decimal_size
        if not (len(kind.arguments) <= 2 and 1 <= precision <= MOST_DECIMAL_DIGITS and scale <= precision):
            raise ValueError(f"{kind}: the precision must be between 1 and {MOST_DECIMAL_DIGITS}, the scale within it")
    names = [name.lower() for name, _ in kind.fields]
    if len(set(names)) < len(names):
        raise ValueError(f"{kind} has a field more than once")
    for _, inner in kind.fields:
        _check(inner, depth + 1, takes_binary=takes_binary)
