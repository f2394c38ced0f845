"""Conditional expressions and comparison functions."""

from collections.abc import Callable

from afluente.services.athena.sql.function.entry import Arguments, Entries


def _null_if_any(name: str) -> Callable[[Arguments], str]:
    """Trino's greatest and least are NULL when an argument is; DuckDB's pass over it."""

    def template(args: Arguments) -> str:
        nulls = " OR ".join(f"({{{index}}}) IS NULL" for index in range(len(args)))
        return f"CASE WHEN {nulls} THEN NULL ELSE {name}({{*}}) END"

    return template


FUNCTIONS: Entries = {
    "coalesce": ("coalesce({*})", "common"),
    "nullif": ("nullif({0}, {1})", "=0"),
    "if": ({2: "CASE WHEN {0} THEN {1} END", 3: "CASE WHEN {0} THEN {1} ELSE {2} END"}, "=1"),
    "try": ("try({0})", "=0"),
    "greatest": (_null_if_any("greatest"), "common"),
    "least": (_null_if_any("least"), "common"),
    "current_timezone": ({0: "'UTC'"}, "varchar"),
}
