"""Expressions of DQDL as conditions: on a number that was measured, and on a column's values as SQL.

Nulls: https://docs.aws.amazon.com/glue/latest/dg/dqdl-rule-types-ColumnValues.html
"""

import operator
from collections.abc import Callable, Mapping

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime.connection import text
from afluente.services.glue.job.runtime.quality.ruleset import Expression, Value

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
NUMBERS = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"}
TIMES = {"date", "timestamp"}


def holds(expression: Expression, measured: float) -> bool:
    """Does a number meet the expression? `between` leaves its ends out, as in DQDL."""
    if any(value.kind not in {"number", "seconds"} for value in expression.values):
        raise ValueError(f"{expression.values[0].text!r} is not a number")
    numbers = [value.number for value in expression.values]
    if expression.operator == "between":
        met = numbers[0] < measured < numbers[1]
    elif expression.operator == "in":
        met = measured in numbers
    elif expression.operator == "matches":
        raise ValueError("a number cannot match a pattern")
    else:
        met = COMPARISONS[expression.operator](measured, numbers[0])
    return met != expression.negated


def of_values(column: str, kind: HiveType, expression: Expression, now_ms: int) -> str:
    """SQL, true or false, that a value of `column` meets the expression. Null meets none but the negated ones."""
    negated = expression.negated or expression.operator == "!="
    met = _met(column, kind, expression, now_ms)
    met = f"NOT ({met})" if negated else met
    if any(value == Value("word", "NULL") for value in expression.values):
        return met
    return f"coalesce({met}, {str(negated).lower()})"


def _met(column: str, kind: HiveType, expression: Expression, now_ms: int) -> str:
    values = expression.values
    if expression.operator == "matches":
        return f"regexp_full_match(CAST({column} AS VARCHAR), {text(values[0].text)})"
    if expression.operator == "between":
        low, high = (_constant(value, kind, now_ms) for value in values)
        return f"({_comparable(column, kind)} > {low} AND {_comparable(column, kind)} < {high})"
    if expression.operator in {"in", "=", "!="}:
        return "(" + " OR ".join(_equal(column, kind, value, now_ms) for value in values) + ")"
    return f"{_comparable(column, kind)} {expression.operator} {_constant(values[0], kind, now_ms)}"


def _equal(column: str, kind: HiveType, value: Value, now_ms: int) -> str:
    if value.kind == "word":
        words = {
            "NULL": f"{column} IS NULL",
            "EMPTY": f"coalesce(CAST({column} AS VARCHAR) = '', false)",
            "WHITESPACES_ONLY": f"coalesce(regexp_full_match(CAST({column} AS VARCHAR), '\\s+'), false)",
        }
        return words[value.text]
    return f"({_comparable(column, kind)} = {_constant(value, kind, now_ms)})"


def _comparable(column: str, kind: HiveType) -> str:
    return column if kind.name in NUMBERS | TIMES else f"CAST({column} AS VARCHAR)"


def _constant(value: Value, kind: HiveType, now_ms: int) -> str:
    if value.kind == "now":
        if kind.name not in TIMES:
            raise ValueError("now() is compared with dates and timestamps only")
        return f"make_timestamp({round(now_ms * 1000 + value.number * 1_000_000)})"
    if kind.name in NUMBERS:
        return f"CAST({text(value.text)} AS DOUBLE)"
    return f"CAST({text(value.text)} AS TIMESTAMP)" if kind.name in TIMES else text(value.text)
