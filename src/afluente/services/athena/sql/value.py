"""Values as Athena writes them into results: DuckDB expressions that make a text of a value, by its type.

Formats are those observed in Athena's results: doubles as Java prints them, timestamps with three digits, arrays
`[1, 2]`, maps `{a=3}` with keys ascending, rows `{n=1, s=x}`, texts in containers unquoted.
"""

from typing import Any

from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.sql.trino_type import TrinoType
from afluente.services.athena.sql.zone import local

AS_THEY_ARE = {"varchar", "uuid"}

MACROS = {
    "float": "athena_double",
    "double": "athena_double",
    "timestamp with time zone": "athena_timestamptz",
    **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"), "athena_timestamp"),
    "time": "athena_time",
    "time with time zone": "athena_timetz",
    "time_tz": "athena_timetz",
    "blob": "athena_bytes",
    "interval": "athena_interval",
}
"""The sandbox's macros that make texts of values, by DuckDB's name of the type."""


def text_of(value: str, kind: Any, declared: TrinoType | None = None) -> str:
    """An expression that is `value`, of DuckDB type `kind`, as Athena's text; NULL stays NULL.

    declared: the type by the query's own words, which knows a moment's zone.
    """
    if declared is not None and declared.zone:
        return moment_text(value, declared.zone)
    return _text(value, kind, 0)


def moment_text(value: str, zone: str) -> str:
    """An expression for the text of the moment `value`, in its zone."""
    return f"(athena_timestamp({local(value, zone)}) || {literal(' ' + zone)})"


def _text(value: str, kind: Any, depth: int) -> str:
    container = {"list": _list, "array": _list, "map": _map, "struct": _row, "tuple": _row}.get(kind.id)
    return container(value, kind, depth) if container else _scalar(value, kind.id)


def _scalar(value: str, name: str) -> str:
    if name in MACROS:
        return f"{MACROS[name]}({value})"
    return value if name in AS_THEY_ARE else f"CAST({value} AS VARCHAR)"


def _list(value: str, kind: Any, depth: int) -> str:
    item = f"_v{depth}"
    element = f"coalesce({_text(item, _children(kind)[0][1], depth + 1)}, 'null')"
    return f"'[' || array_to_string(list_transform({value}, lambda {item}: {element}), ', ') || ']'"


def _map(value: str, kind: Any, depth: int) -> str:
    item = f"_v{depth}"
    (_, key), (_, inner) = _children(kind)
    pair = (
        f"{_text(f'{item}.key', key, depth + 1)} || '=' || coalesce({_text(f'{item}.value', inner, depth + 1)}, 'null')"
    )
    entries = f"list_sort(map_entries({value}))"
    return f"'{{' || array_to_string(list_transform({entries}, lambda {item}: {pair}), ', ') || '}}'"


def _row(value: str, kind: Any, depth: int) -> str:
    parts = []
    for index, (name, inner) in enumerate(_children(kind)):
        shown = name.lower() or f"field{index}"
        part = f"struct_extract({value}, {literal(name) if name and kind.id == 'struct' else index + 1})"
        parts.append(f"{literal(shown + '=')} || coalesce({_text(part, inner, depth + 1)}, 'null')")
    body = " || ', ' || ".join(parts)
    return f"CASE WHEN {value} IS NOT NULL THEN '{{' || {body} || '}}' END"


def _children(kind: Any) -> list[tuple[str, Any]]:
    return [(name, child) for name, child in kind.children if not isinstance(child, int)]


def stored(value: str, kind: Any) -> str:
    """An expression of the type in which a value is kept in a table: 128-bit integers narrowed, times in UTC."""
    if kind.id in {"hugeint", "uhugeint", "ubigint", "uinteger"}:
        return f"CAST({value} AS BIGINT)"
    return value


__all__ = ["identifier", "stored", "text_of"]
