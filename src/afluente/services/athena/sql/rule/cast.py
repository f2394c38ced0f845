"""Casts, and the names of types."""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import is_a, is_lenient, kind_of
from afluente.services.athena.sql.function.sketch import HYPERLOGLOG, SKETCHES, refuse_to_show
from afluente.services.athena.sql.infer import cast_type
from afluente.services.athena.sql.quote import identifier
from afluente.services.athena.sql.rule.arithmetic import FLOATS
from afluente.services.athena.sql.trino_type import MICROSECONDS, MOMENT
from afluente.services.athena.sql.value import moment_text, time_text, timestamp_text
from afluente.services.athena.sql.zone import digits_of, local, zone_of

TEXTS = ("varchar", "char")

TYPES = {
    "BOOLEAN": "BOOLEAN", "TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INT": "INTEGER", "BIGINT": "BIGINT",
    "FLOAT": "FLOAT", "DOUBLE": "DOUBLE", "VARCHAR": "VARCHAR", "CHAR": "VARCHAR", "TEXT": "VARCHAR",
    "VARBINARY": "BLOB", "DATE": "DATE", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMPTZ",
    "TIMETZ": "TIMETZ", "JSON": "JSON", "UUID": "UUID",
}  # fmt: skip


def cast(generator: Any, node: exp.Cast) -> str:
    """CAST and TRY_CAST."""
    value, target = str(generator.sql(node.this)), node.to
    if is_a(node.this, *SKETCHES):
        return _sketch(node, value)
    if target.is_type(*exp.DataType.TEXT_TYPES):
        return _to_text(node, value)
    if target.this in OWN_WAYS:
        return OWN_WAYS[target.this](node, value)
    if target.this in exp.DataType.INTEGER_TYPES and is_a(node.this, *FLOATS):
        value = f"round({value})"  # Trino rounds halves away from zero, DuckDB to even
    return _plain(node, _time(node, value))


def _plain(node: exp.Cast, value: str) -> str:
    return _strict(node, value, _rounded(node, f"{_function(node)}({value} AS {type_text(node.to)})"))


def _sketch(node: exp.Cast, value: str) -> str:
    kind = kind_of(node.this)
    if kind is not None and (node.to.this != exp.DType.HLLSKETCH or kind.name != HYPERLOGLOG):
        refuse_to_show(kind)
    return value


def _to_row(node: exp.Cast, value: str) -> str:
    return _row_of_json(value, node.to, _function(node)) if is_a(node.this, "json") else _plain(node, value)


def _to_bytes(node: exp.Cast, value: str) -> str:
    return f"encode({value})" if is_a(node.this, *TEXTS) else _plain(node, value)


def _row_of_json(value: str, target: exp.DataType, cast_word: str) -> str:
    """A JSON array gives a row's fields by place, an object by name."""
    fields = []
    for place, field in enumerate(target.expressions):
        kind = type_text(field.args["kind"] if isinstance(field, exp.ColumnDef) else field)
        name = identifier(field.name if isinstance(field, exp.ColumnDef) else f"field{place}")
        part = f"json_extract{'_string' if kind == 'VARCHAR' else ''}({value}, '$[{place}]')"
        fields.append(f"{name} := {cast_word}({part} AS {kind})")
    by_place = f"struct_pack({', '.join(fields)})"
    by_name = f"{cast_word}({value} AS {type_text(target)})"
    return f"CASE WHEN json_type({value}) = 'ARRAY' THEN {by_place} ELSE {by_name} END"


def _function(node: exp.Cast) -> str:
    return "TRY_CAST" if isinstance(node, exp.TryCast) or is_lenient(node) else "CAST"


def _time(node: exp.Cast, value: str) -> str:
    """A moment's date and time are those in its zone; an offset stands right behind the time, for DuckDB."""
    name = node.to.this
    if name == exp.DType.TIMESTAMPTZ and isinstance(node.this, exp.Literal):
        return re.sub(r"\s+(?=[+-]\d\d(?::?\d\d)?'$)", "", value)
    if is_a(node.this, MOMENT) and name in {exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIME}:
        return local(value, zone_of(node.this) or "UTC")
    return value


def _rounded(node: exp.Cast, text: str) -> str:
    """A cast to fewer digits after the second than there may be rounds; DuckDB has no such types."""
    target = cast_type(node.to)
    if target is None or target.name not in {"timestamp", MOMENT} or target.precision >= MICROSECONDS:
        return text
    return (
        text
        if most_digits(node.this) <= target.precision
        else f"athena_rounded({text}, {10 ** (6 - target.precision)})"
    )


def most_digits(node: exp.Expr) -> int:
    """How many digits after the second a value has at most, as far as its type or its text says."""
    kind = kind_of(node)
    if isinstance(node, exp.Literal):
        fraction = re.search(r":\d\d\.(\d+)", node.name)
        return len(fraction[1]) if fraction else 0
    if kind is None or kind.name in TEXTS:
        return MICROSECONDS
    return kind.precision if kind.is_time else 0


def _strict(node: exp.Cast, value: str, text: str) -> str:
    """Refuse what DuckDB would take for a number or a truth value, and Trino does not."""
    name = node.to.this
    if not is_a(node.this, *TEXTS) or not (name in exp.DataType.INTEGER_TYPES or name == exp.DType.BOOLEAN):
        return text
    fits = f"athena_whole({value})"
    shown = "INT" if name == exp.DType.INT else type_text(node.to)
    if name == exp.DType.BOOLEAN:
        text, fits = f"athena_boolean({value})", f"athena_boolean({value}) IS NOT NULL"
    if isinstance(node, exp.TryCast) or is_lenient(node):
        return f"CASE WHEN {fits} THEN {text} END"
    refusal = f"error('INVALID_CAST_ARGUMENT: Cannot cast ' || chr(39) || {value} || chr(39) || ' to {shown}')"
    return f"CASE WHEN {fits} OR {value} IS NULL THEN {text} ELSE {refusal} END"


def json_text(node: exp.Expr, value: str) -> str:
    """`node`, whose SQL is `value`, as JSON."""
    if is_a(node, "json"):
        return value
    if is_a(node, *TEXTS) or isinstance(node, exp.Null):
        return f"to_json({value})"
    return f"CAST(athena_json(CAST(to_json({value}) AS VARCHAR)) AS JSON)"


def _to_text(node: exp.Cast, value: str) -> str:
    if is_a(node.this, *FLOATS):
        value = f"athena_double({value})"
    elif is_a(node.this, "timestamp"):
        value = timestamp_text(value, digits_of(node.this))
    elif is_a(node.this, "time"):
        value = time_text(value, digits_of(node.this))
    elif is_a(node.this, MOMENT):
        value = moment_text(value, zone_of(node.this) or "UTC", digits_of(node.this))
    elif is_a(node.this, "json"):
        value = f"json_extract_string({value}, '$')"
    text = f"{_function(node)}({value} AS VARCHAR)"
    length = next((param.name for param in node.to.expressions), None)
    if length is None:
        return text
    if node.to.this in {exp.DType.CHAR, exp.DType.NCHAR}:
        return f"rpad(left({text}, {length}), {length}, ' ')"
    return f"left({text}, {length})"


OWN_WAYS: dict[Any, Callable[[exp.Cast, str], str]] = {
    exp.DType.JSON: lambda node, value: json_text(node.this, value),
    exp.DType.IPADDRESS: lambda _, value: f"athena_ip_address({value})",
    exp.DType.VARBINARY: _to_bytes,
    exp.DType.STRUCT: _to_row,
}
"""Types that are cast to in a way of their own."""


def parse_json(generator: Any, node: exp.ParseJSON) -> str:
    """`JSON '...'`."""
    return f"CAST(athena_json({generator.sql(node.this)}) AS JSON)"


def type_text(kind: exp.DataType) -> str:
    """A type that stands in a CAST, in DuckDB's words. Raises QueryFailure for one that Trino does not have."""
    name = kind.this.value if hasattr(kind.this, "value") else str(kind.this)
    if name in {"ARRAY", "LIST"}:
        return f"{type_text(kind.expressions[0])}[]"
    if name == "MAP":
        return f"MAP({type_text(kind.expressions[0])}, {type_text(kind.expressions[1])})"
    if name == "STRUCT":
        return f"STRUCT({', '.join(_field(field, index) for index, field in enumerate(kind.expressions))})"
    if name == "DECIMAL":
        sizes = [param.name for param in kind.expressions] or ["38", "0"]
        return f"DECIMAL({sizes[0]}, {sizes[1] if len(sizes) > 1 else '0'})"
    if name.startswith("TIME") and any(int(param.name) > MICROSECONDS for param in kind.expressions):
        raise QueryFailure(
            "NOT_SUPPORTED", f"Afluente keeps times to the microsecond: {kind.sql(dialect='trino').lower()}"
        )
    if name not in TYPES:
        raise QueryFailure("TYPE_MISMATCH", f"Unknown type: {kind.sql(dialect='trino').lower()}")
    return TYPES[name]


def _field(field: exp.Expr, index: int) -> str:
    if isinstance(field, exp.ColumnDef):
        return f"{identifier(field.name)} {type_text(field.args['kind'])}"
    if not isinstance(field, exp.DataType):
        raise QueryFailure("TYPE_MISMATCH", "Unknown type in row")
    return f'"field{index}" {type_text(field)}'
