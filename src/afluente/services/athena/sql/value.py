"""Values as Athena writes them into results: DuckDB expressions that make a text of a value, by its type.

Formats are those observed in Athena's results: doubles as Java prints them, timestamps with three digits, arrays
`[1, 2]`, maps `{a=3}` with keys ascending, rows `{n=1, s=x}`, texts in containers unquoted.
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.sql.trino_type import MICROSECONDS, MILLISECONDS, MOMENT, TrinoType
from afluente.services.athena.sql.zone import local

AS_THEY_ARE = {"varchar", "uuid"}

UNKNOWN = TrinoType("unknown", MILLISECONDS)

TIMESTAMPS = ("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns")

MACROS = {
    "float": "athena_double",
    "double": "athena_double",
    "timestamp with time zone": "athena_timestamptz",
    **dict.fromkeys(TIMESTAMPS, "athena_timestamp"),
    "time": "athena_time",
    "time with time zone": "athena_timetz",
    "time_tz": "athena_timetz",
    "blob": "athena_bytes",
    "interval": "athena_interval",
}
"""The sandbox's macros that make texts of values, by DuckDB's name of the type."""


def text_of(value: str, kind: Any, declared: TrinoType | None = None) -> str:
    """An expression that is `value`, of DuckDB type `kind`, as Athena's text; NULL stays NULL.

    declared: the type by the query's own words, which knows a moment's zone and the digits of a time.
    """
    return _text(value, kind, declared or UNKNOWN, 0)


def moment_text(value: str, zone: str, digits: int = MILLISECONDS) -> str:
    """An expression for the text of the moment `value`, in its zone."""
    return f"({timestamp_text(local(value, zone), digits)} || {literal(' ' + zone)})"


def timestamp_text(value: str, digits: int) -> str:
    """An expression for the text of a timestamp with so many digits after the second."""
    named = {MILLISECONDS: "athena_timestamp", MICROSECONDS: "athena_timestamp_micros"}.get(digits)
    return f"{named}({value})" if named else f"athena_timestamp_digits({value}, {_with_point(digits)})"


def time_text(value: str, digits: int) -> str:
    """An expression for the text of a time of day."""
    return f"athena_time({value})" if digits == MILLISECONDS else f"athena_time_digits({value}, {_with_point(digits)})"


def _with_point(digits: int) -> int:
    return digits + 1 if digits else 0


def _text(value: str, kind: Any, declared: TrinoType, depth: int) -> str:
    container = {"list": _list, "array": _list, "map": _map, "struct": _row, "tuple": _row}.get(kind.id)
    return container(value, kind, declared, depth) if container else _scalar(value, kind.id, declared)


def _scalar(value: str, name: str, declared: TrinoType) -> str:
    digits = max(declared.precision, MILLISECONDS)  # a result shows three at least
    if name == MOMENT and (declared.zone or digits > MILLISECONDS):
        return moment_text(value, declared.zone or "UTC", digits)
    if declared.name == "timestamp" and name in TIMESTAMPS:
        return timestamp_text(value, digits)
    if declared.name == name == "time":
        return time_text(value, digits)
    if name in MACROS:
        return f"{MACROS[name]}({value})"
    return value if name in AS_THEY_ARE else f"CAST({value} AS VARCHAR)"


def _list(value: str, kind: Any, declared: TrinoType, depth: int) -> str:
    item = f"_v{depth}"
    (inner,) = _within(declared, 1)
    element = f"coalesce({_text(item, _children(kind)[0][1], inner, depth + 1)}, 'null')"
    return f"'[' || array_to_string(list_transform({value}, lambda {item}: {element}), ', ') || ']'"


def _map(value: str, kind: Any, declared: TrinoType, depth: int) -> str:
    item = f"_v{depth}"
    (_, key), (_, inner) = _children(kind)
    keys, values = _within(declared, 2)
    shown = f"coalesce({_text(f'{item}.value', inner, values, depth + 1)}, 'null')"
    pair = f"{_text(f'{item}.key', key, keys, depth + 1)} || '=' || {shown}"
    entries = f"list_sort(map_entries({value}))"
    return f"'{{' || array_to_string(list_transform({entries}, lambda {item}: {pair}), ', ') || '}}'"


def _row(value: str, kind: Any, declared: TrinoType, depth: int) -> str:
    parts = []
    children = _children(kind)
    for index, ((name, inner), said) in enumerate(zip(children, _within(declared, len(children)), strict=True)):
        shown = name.lower() or f"field{index}"
        part = f"struct_extract({value}, {literal(name) if name and kind.id == 'struct' else index + 1})"
        parts.append(f"{literal(shown + '=')} || coalesce({_text(part, inner, said, depth + 1)}, 'null')")
    body = " || ', ' || ".join(parts)
    return f"CASE WHEN {value} IS NOT NULL THEN '{{' || {body} || '}}' END"


def _within(declared: TrinoType, count: int) -> Iterator[TrinoType]:
    """What is declared of a container's parts."""
    fields = declared.fields if len(declared.fields) == count else ()
    return (kind for _, kind in fields) if fields else repeat(UNKNOWN, count)


def _children(kind: Any) -> list[tuple[str, Any]]:
    return [(name, child) for name, child in kind.children if not isinstance(child, int)]


def stored(value: str, kind: Any) -> str:
    """An expression of the type in which a value is kept in a table: 128-bit integers narrowed, times in UTC."""
    if kind.id in {"hugeint", "uhugeint", "ubigint", "uinteger"}:
        return f"CAST({value} AS BIGINT)"
    return value


__all__ = ["identifier", "stored", "text_of"]
