"""The Hive types that a crawler infers, and what comes of two of them in one column."""

from collections.abc import Iterable, Mapping
from functools import reduce

from afluente.core.hive_type import HiveType

VOID = HiveType("void")
"""Nothing but nulls so far; no type of Hive's, and shown as string in the end."""
BOOLEAN = HiveType("boolean")
INT = HiveType("int")
BIGINT = HiveType("bigint")
DOUBLE = HiveType("double")
STRING = HiveType("string")

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
"""Each holds those before it, as far as Hive widens them."""

Columns = tuple[tuple[str, HiveType], ...]


def merge(one: HiveType, other: HiveType) -> HiveType:
    """The type that takes the values of both; a string takes everything."""
    if one == other or VOID in {one, other}:
        return other if one is VOID else one
    if one.name in NUMBERS and other.name in NUMBERS:
        return max(one, other, key=lambda kind: NUMBERS.index(kind.name))
    if one.name == other.name == "struct":
        return HiveType("struct", (), merge_fields([one.fields, other.fields]))
    if one.name == other.name and one.fields:  # two arrays, two maps
        pairs = zip(one.fields, other.fields, strict=True)
        return HiveType(one.name, (), tuple((name, merge(left, right)) for (name, left), (_, right) in pairs))
    if one.name == other.name == "decimal" and len(one.arguments) == len(other.arguments) == 2:
        return _wider_decimal(one, other)
    return STRING


def _wider_decimal(one: HiveType, other: HiveType) -> HiveType:
    scale = max(one.arguments[1], other.arguments[1])
    whole = max(kind.arguments[0] - kind.arguments[1] for kind in (one, other))
    return HiveType("decimal", (min(38, whole + scale), scale))


def merge_fields(lists: Iterable[Columns]) -> Columns:
    """The union of several lists of columns, in the order of first appearance."""
    merged: dict[str, HiveType] = {}
    for columns in lists:
        for name, kind in columns:
            merged[name] = merge(merged.get(name, VOID), kind)
    return tuple(merged.items())


def extended(known: HiveType, found: HiveType) -> HiveType:
    """`known` with the nested fields that only `found` has; nothing that it has is changed."""
    if known.name != found.name or not known.fields:
        return known
    if known.name == "struct":
        theirs = {name.lower(): kind for name, kind in found.fields}
        mine = {name.lower() for name, _ in known.fields}
        kept = [(name, extended(kind, theirs.get(name.lower(), kind))) for name, kind in known.fields]
        added = [(name, kind) for name, kind in found.fields if name.lower() not in mine]
        return HiveType("struct", (), (*kept, *added))
    pairs = zip(known.fields, found.fields, strict=True)
    return HiveType(known.name, (), tuple((name, extended(mine, theirs)) for (name, mine), (_, theirs) in pairs))


def settled(kind: HiveType) -> HiveType:
    """The type to write down: what held only nulls, or nothing at all, is a string."""
    if kind is VOID or (kind.name == "struct" and not kind.fields):
        return STRING
    if kind.fields:
        return HiveType(kind.name, (), tuple((name, settled(inner)) for name, inner in kind.fields))
    return kind


PLAIN: Mapping[type, HiveType] = {str: STRING, type(None): VOID, bool: BOOLEAN, float: DOUBLE}


def of_value(value: object) -> HiveType:
    """The type of a value that JSON can hold."""
    plain = PLAIN.get(type(value))
    if plain is not None:
        return plain
    if isinstance(value, int):
        return INT if -(2**31) <= value < 2**31 else BIGINT if -(2**63) <= value < 2**63 else DOUBLE
    if isinstance(value, dict):
        return HiveType("struct", (), tuple((name, of_value(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return HiveType("array", (), (("element", reduce(merge, map(of_value, value), VOID)),))
    raise TypeError(f"{type(value).__name__} is no type of JSON's")
