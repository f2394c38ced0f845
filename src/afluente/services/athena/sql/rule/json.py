"""`json_value`, `json_query`, `json_exists`, `json_object` and `json_array`."""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from afluente.services.athena.sql.json_call import JsonCall
from afluente.services.athena.sql.quote import literal
from afluente.services.athena.sql.rule.cast import json_text, type_text

FAILED = "_j = ['!']"
MEMBERS = re.compile(r"\s*lax\s+\$((?:\.[A-Za-z_]\w*)+)\s*")
PLAIN = "('VARCHAR', 'BIGINT', 'UBIGINT', 'BOOLEAN')"
"""DuckDB's names of scalars whose text is theirs in the document."""

EMPTY = "path found no items"
SEVERAL = "path found several items, or none that is scalar"


def json_call(generator: Any, node: JsonCall) -> str:
    """A call."""
    return CALLS[str(node.this)](generator, node)


def _items(generator: Any, node: JsonCall, body: str) -> str:
    """`body` over `_j`, the JSON texts that the path finds."""
    document, path = generator.sql(node.expressions[0]), generator.sql(node.args["path"])
    return f"list_transform([athena_json_items(CAST({document} AS VARCHAR), {path})], lambda _j: {body})[1]"


def _behaviour(generator: Any, given: Any, name: str, reason: str, default: str = "NULL") -> str:
    if isinstance(given, exp.Expr):
        return str(generator.sql(given))
    if given == "ERROR":
        return f"error('{name}: cannot convert the result of the JSON path: {reason}')"
    return {"EMPTY ARRAY": "'[]'", "EMPTY OBJECT": "'{}'", "UNKNOWN": "NULL", None: default}.get(given, str(given))


def _value(generator: Any, node: JsonCall) -> str:
    target = node.args.get("returning")
    kind = type_text(target) if target is not None else "VARCHAR"
    empty, error = (
        _behaviour(generator, node.args.get(name), "JSON_VALUE_RESULT_ERROR", reason)
        for name, reason in (("on_empty", EMPTY), ("on_error", SEVERAL))
    )
    found = "athena_json_scalar(_j[1])"
    cast = found if kind == "VARCHAR" else f"TRY_CAST({found} AS {kind})"
    if kind != "VARCHAR" and error != "NULL":
        cast = f"CASE WHEN {cast} IS NULL THEN {error} ELSE {cast} END"
    body = (
        f"CASE WHEN _j IS NULL THEN NULL WHEN {FAILED} OR len(_j) > 1 OR left(_j[1], 1) IN ('[', '{{') THEN {error} "
        f"WHEN len(_j) = 0 THEN {empty} WHEN _j[1] <> 'null' THEN {cast} END"
    )
    careful = _items(generator, node, body)
    plain = MEMBERS.fullmatch(node.args["path"].name)
    if plain is None or kind != "VARCHAR":
        return f"CAST({careful} AS {kind})"
    document, path = f"CAST({generator.sql(node.expressions[0])} AS VARCHAR)", literal(f"${plain[1]}")
    fast = f"json_valid({document}) AND json_type({document}, {path}) IN {PLAIN}"  # in DuckDB's own C++
    return f"CASE WHEN {fast} THEN json_extract_string({document}, {path}) ELSE {careful} END"


def _query(generator: Any, node: JsonCall) -> str:
    empty, error = (
        _behaviour(generator, node.args.get(name), "JSON_OUTPUT_CONVERSION_ERROR", reason)
        for name, reason in (("on_empty", EMPTY), ("on_error", SEVERAL))
    )
    one = "_j[1]"
    if node.args.get("quotes") == "OMIT":
        one = "athena_json_scalar(_j[1])"
    wrapped = "'[' || array_to_string(_j, ',') || ']'"
    several = {
        "UNCONDITIONAL": f"ELSE {wrapped}",
        "CONDITIONAL": f"WHEN len(_j) = 1 AND left(_j[1], 1) IN ('[', '{{') THEN _j[1] ELSE {wrapped}",
        None: f"WHEN len(_j) > 1 THEN {error} ELSE {one}",
    }[node.args.get("wrapper")]
    body = f"CASE WHEN _j IS NULL THEN NULL WHEN {FAILED} THEN {error} WHEN len(_j) = 0 THEN {empty} {several} END"
    return f"CAST({_items(generator, node, body)} AS VARCHAR)"


def _exists(generator: Any, node: JsonCall) -> str:
    error = _behaviour(generator, node.args.get("on_error"), "PATH_EVALUATION_ERROR", "it fails", "false")
    return _items(generator, node, f"CASE WHEN {FAILED} THEN {error} ELSE len(_j) > 0 END")


def _texts(generator: Any, node: JsonCall, values: list[exp.Expr]) -> list[str]:
    """Each value as a JSON text; NULL as NULL, or as `null`."""
    found = []
    for value, raw in zip(values, node.args["raw"], strict=True):
        sql = str(generator.sql(value))
        text = f"CAST({sql if raw else json_text(value, sql)} AS VARCHAR)"
        found.append(f"coalesce({text}, 'null')" if node.args["nulls"] == "NULL" else text)
    return found


def _joined(parts: list[str], marks: str) -> str:
    inside = f"array_to_string(list_filter([{', '.join(parts)}], lambda _p: _p IS NOT NULL), ',')" if parts else "''"
    return f"({literal(marks[0])} || {inside} || {literal(marks[1])})"


def _object(generator: Any, node: JsonCall) -> str:
    keys, values = node.expressions[::2], node.expressions[1::2]
    names = [f"CAST(to_json(CAST({generator.sql(key)} AS VARCHAR)) AS VARCHAR)" for key in keys]
    texts = _texts(generator, node, values)
    return _joined([f"{name} || ':' || {text}" for name, text in zip(names, texts, strict=True)], "{}")


def _array(generator: Any, node: JsonCall) -> str:
    return _joined(_texts(generator, node, node.expressions), "[]")


CALLS: dict[str, Callable[[Any, JsonCall], str]] = {
    "json_value": _value,
    "json_query": _query,
    "json_exists": _exists,
    "json_object": _object,
    "json_array": _array,
}
