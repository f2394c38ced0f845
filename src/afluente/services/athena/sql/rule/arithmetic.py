"""Numbers, operators, and times that are added."""

import re
from typing import Any

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import is_a, is_lenient, kind_of
from afluente.services.athena.sql.parse import Call
from afluente.services.athena.sql.quote import literal

FLOATS = ("float", "double")
INTERVALS = ("interval day to second", "interval year to month")
CLOCK = ("day", "hour", "minute", "second")

SPANS = {
    (first, last): CLOCK[start : end + 1]
    for start, first in enumerate(CLOCK)
    for end, last in enumerate(CLOCK)
    if start < end
} | {("year", "month"): ("year", "month")}
"""The units of `INTERVAL '1 12' DAY TO HOUR`, by the first and the last."""


def number(generator: Any, node: exp.Literal) -> str:
    """A number with a point is a double in Athena, not a decimal."""
    text = str(node.this)
    if not node.is_string and "." in text and "e" not in text.lower():
        return f"{text}e0"
    return str(generator.literal_sql(node))


def division(generator: Any, node: exp.Div) -> str:
    """By zero, a double gives Infinity and an integer an error; decimals keep the larger scale."""
    left, right = generator.sql(node.left), generator.sql(node.right)
    if is_a(node.left, *FLOATS) or is_a(node.right, *FLOATS):
        return f'"/"({left}, {right})'  # the function, unlike the operator, gives Infinity by zero, as Trino does
    kinds = kind_of(node.left), kind_of(node.right)
    if all(kind is not None and kind.name == "decimal" for kind in kinds):
        scale = max(kind.scale for kind in kinds if kind)
        return f"CAST({left} / {right} AS DECIMAL(38, {scale}))"
    return f"({left} / {right})"


def equality(generator: Any, node: exp.Binary) -> str:
    """NaN equals nothing, itself included, which DuckDB sees otherwise: looked after where a query asks for it.

    That is in comparisons with `nan()`, and of a column with itself; elsewhere it would cost every comparison.
    """
    left, right = generator.sql(node.left), generator.sql(node.right)
    sign = "=" if isinstance(node, exp.EQ) else "<>"
    text = f"{left} {sign} {right}"
    if not (left == right and is_a(node.left, *FLOATS)) and not any(map(_is_nan, (node.left, node.right))):
        return text
    if sign == "=":
        return f"({text} AND NOT isnan(CAST({left} AS DOUBLE)))"
    return f"({text} OR isnan(CAST({left} AS DOUBLE)) OR isnan(CAST({right} AS DOUBLE)))"


def _is_nan(node: exp.Expr) -> bool:
    return isinstance(node, Call) and node.this == "nan"


def modulo(generator: Any, node: exp.Mod) -> str:
    """The remainder; by zero an error, which DuckDB's NULL is not."""
    left, right = generator.sql(node.left), generator.sql(node.right)
    if isinstance(node.right, exp.Literal) and node.right.name != "0":
        return f"({left} % {right})"
    if is_lenient(node):
        return f"({left} % nullif({right}, 0))"
    return f"CASE WHEN {right} = 0 THEN error('Division by zero') ELSE ({left} % {right}) END"


def concatenation(generator: Any, node: exp.DPipe) -> str:
    """Texts, arrays, or an array and an element."""
    left, right = generator.sql(node.left), generator.sql(node.right)
    arrays = is_a(node.left, "array"), is_a(node.right, "array")
    if arrays == (True, False) and kind_of(node.right) is not None:
        return f"list_append({left}, {right})"
    if arrays == (False, True) and kind_of(node.left) is not None:
        return f"list_prepend({left}, {right})"
    if isinstance(node.right, exp.Null) or isinstance(node.left, exp.Null):
        return "CAST(NULL AS VARCHAR)"
    return f"({left} || {right})"


def sum_of(generator: Any, node: exp.Binary) -> str:
    """A date and an interval make a date, two dates an interval; DuckDB makes a timestamp, and a number, of them."""
    sign = "+" if isinstance(node, exp.Add) else "-"
    left, right = generator.sql(node.left), generator.sql(node.right)
    if is_a(node.right, *INTERVALS) and not is_a(node.left, *INTERVALS):
        return f"cast_to_type({left} {sign} {right}, {left})"
    if is_a(node.left, "date") and is_a(node.right, "date"):
        return f"to_days(CAST({left} - {right} AS INTEGER))"
    return f"{left} {sign} {right}"


def interval(generator: Any, node: exp.Interval) -> str:
    """`INTERVAL '1 12' DAY TO HOUR` has no counterpart in DuckDB but a text of values and units."""
    unit = node.args.get("unit")
    if not isinstance(unit, exp.IntervalSpan):
        return str(generator.interval_sql(node))
    text, units = node.this.name, SPANS.get((str(unit.this).lower(), str(unit.expression).lower()), ())
    values = re.findall(r"\d+(?:\.\d+)?", text)
    if len(values) != len(units):
        raise QueryFailure("INVALID_LITERAL", f"'{text}' is not a valid INTERVAL literal")
    sign = "-" if text.strip().startswith("-") else ""
    return "INTERVAL " + literal(" ".join(f"{sign}{value} {name}s" for value, name in zip(values, units, strict=True)))


def at_time_zone(generator: Any, node: exp.AtTimeZone) -> str:
    """The same moment; its type says the zone. A time without a zone is taken as UTC, which is the session's."""
    return f"CAST({generator.sql(node.this)} AS TIMESTAMPTZ)"


def bracket(generator: Any, node: exp.Bracket) -> str:
    """A subscript that is not there is an error; DuckDB gives NULL."""
    plain, inner = str(generator.bracket_sql(node)), str(generator.sql(node.this))
    if is_lenient(node) or len(node.expressions) != 1 or not plain.startswith(f"{inner}[") or not plain.endswith("]"):
        return plain
    index = plain[len(inner) + 1 : -1]
    if is_a(node.this, "array"):
        return f"athena_subscript({inner}, {index})"
    return f"athena_value_of({inner}, {index})" if is_a(node.this, "map") else plain
