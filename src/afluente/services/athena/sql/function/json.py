"""JSON functions. JSON is text in canonical form: no spaces, the keys of an object sorted, as Trino has it."""

import re

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import INVALID, Arguments, Entries, quoted, text_of

PATH = re.compile(r"(?:(?:lax|strict)\s+)?(\$.*)", re.DOTALL)


def _path(args: Arguments, function: str) -> str:
    """A JSON path literal; Trino's `$["a b"]` is DuckDB's `$."a b"`."""
    path = text_of(args[1], function)
    match = PATH.fullmatch(path)
    if match is None:
        raise QueryFailure(INVALID, f"Invalid JSON path: '{path}'")
    return quoted(re.sub(r"""\[\s*(["'])(.*?)\1\s*\]""", r'."\2"', match[1]))


def _extract(args: Arguments) -> str:
    return f"CASE WHEN json_valid({{0}}) THEN json_extract({{0}}, {_path(args, 'json_extract')}) END"


def _scalar(args: Arguments, function: str) -> str:
    path = _path(args, function)
    nested = f"json_type({{0}}, {path}) IN ('OBJECT', 'ARRAY')"
    return f"CASE WHEN json_valid({{0}}) AND NOT {nested} THEN json_extract_string({{0}}, {path}) END"


def _size(args: Arguments) -> str:
    path = _path(args, "json_size")
    return (
        f"CASE json_type({{0}}, {path}) WHEN 'OBJECT' THEN len(json_keys({{0}}, {path})) "
        f"WHEN 'ARRAY' THEN CAST(json_array_length({{0}}, {path}) AS BIGINT) WHEN NULL THEN NULL ELSE 0 END"
    )


FUNCTIONS: Entries = {
    "json_extract": (_extract, "json"),
    "json_extract_scalar": (lambda args: _scalar(args, "json_extract_scalar"), "varchar"),
    "json_parse": ("CAST(athena_json({0}) AS JSON)", "json"),
    "json_format": ("CAST({0} AS VARCHAR)", "varchar"),
    "is_json_scalar": ("json_type({0}) NOT IN ('OBJECT', 'ARRAY')", "boolean"),
    "json_array_length": (
        "CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END",
        "bigint",
    ),
    "json_array_contains": ("json_contains({0}, to_json({1}))", "boolean"),
    "json_array_get": (
        "json_extract({0}, '$[' || CASE WHEN ({1}) < 0 THEN '#' ELSE '' END || ({1}) || ']')",
        "json",
    ),
    "json_size": (_size, "bigint"),
}
