"""What Spark calls a column that the script gave no name to: its expression, as `upper(a)` or `(n + 1)`."""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

GIVEN_NAME = re.compile(r"(\w+?)__(\w*)__", re.ASCII)
"""What sqlframe calls the result of a function that the script gave no name to."""

FUNCTIONS = {"count_distinct": "count", "countdistinct": "count", "sum_distinct": "sum", "sumdistinct": "sum"}
UPPER = {
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "cot", "csc", "degrees", "exp",
    "expm1", "hypot", "log10", "log1p", "log2", "pow", "power", "radians", "sec", "signum", "sin", "sinh",
    "sqrt", "tan", "tanh",
}  # fmt: skip
"""Spark writes these names in capitals, as they are written in Java's Math."""
ALIASES = {
    "mean": "avg", "dateadd": "date_add", "curdate": "current_date", "now": "current_timestamp", "negate": "negative",
    "approx_percentile": "percentile_approx", "current_schema": "current_database", "ceil": "CEIL",
    "ceiling": "CEIL", "floor": "FLOOR", "e": "E", "pi": "PI", "variance": "var_samp",
}  # fmt: skip
FIRST_ALONE = {"first", "last", "first_value", "last_value", "any_value"}
CALLED: dict[str, str] = {}
"""What the script calls its own functions, by the names that DuckDB knows them under."""
WHOLE_DOUBLE = "e0"
"""What makes a number a double in SQL; the names of columns do without."""
OPERATORS = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.EQ: "=", exp.GT: ">", exp.GTE: ">=",
    exp.LT: "<", exp.LTE: "<=", exp.And: "AND", exp.Or: "OR", exp.NullSafeEQ: "<=>",
}  # fmt: skip


def spark_name(column: Any) -> str | None:
    """The name for a sqlframe Column, if the script gave it none and it is no plain column."""
    found = column.expression
    match = GIVEN_NAME.fullmatch(found.alias) if isinstance(found, exp.Alias) else None
    if isinstance(found, exp.Alias | exp.Aliases) and match is None:
        return None
    inner = found.unalias()
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "window":
        return "window"
    if isinstance(inner, exp.Column | exp.Star | exp.Cast | exp.Dot | exp.Identifier) or found.find(exp.Star):
        return "count(1)" if match and match[1] == "count" else None
    if inner.find(exp.Explode | exp.Posexplode | exp.Unnest):
        return None
    if match is not None and match[1] not in {"expr", "lit"} and not isinstance(inner, exp.Anonymous | exp.Case):
        function = match[1]
        function = FUNCTIONS.get(function, ALIASES.get(function, function))
        return f"{function}({_argument(inner) or match[2]})"
    return written(inner)


def written(found: Any) -> str:
    """An expression as Spark writes it in names."""
    if type(found) in OPERATORS:
        return f"({written(found.this)} {OPERATORS[type(found)]} {written(found.expression)})"
    for kind, write in WRITTEN:
        if isinstance(found, kind):
            return write(found)
    plain = found.transform(lambda node: exp.column(node.this.copy()) if isinstance(node, exp.Column) else node)
    return str(plain.sql(dialect="spark", normalize_functions="lower"))


def _listed(found: list[Any]) -> str:
    return ", ".join(map(written, found))


def _literal(found: Any) -> str:
    return str(found.this) if found.is_string else str(found.this).removesuffix(WHOLE_DOUBLE)


def _case(found: Any) -> str:
    cases = "".join(f" WHEN {written(each.this)} THEN {written(each.args['true'])}" for each in found.args["ifs"])
    default = found.args.get("default")
    return f"CASE{cases}{f' ELSE {written(default)}' if default is not None else ''} END"


def _between(found: Any) -> str:
    value, low, high = (written(found.args[name]) for name in ("this", "low", "high"))
    return f"(({value} >= {low}) AND ({value} <= {high}))"


def _minus(found: Any) -> str:
    inner = written(found.this)
    return f"-{inner}" if isinstance(found.this.unnest(), exp.Literal) else f"(- {inner})"


def _call(found: exp.Anonymous) -> str:
    name = found.name.lower()
    if found.name in CALLED:
        return f"{CALLED[found.name]}({', '.join(map(written, found.expressions))})"
    arguments = found.expressions[:1] if name in FIRST_ALONE else found.expressions
    name = ALIASES.get(name, name.upper() if name in UPPER else name)
    return f"{name}({', '.join(map(written, arguments))})"


def _argument(aggregate: exp.Expression) -> str:
    """What a function of sqlframe's is called with."""
    inner = aggregate.this if isinstance(aggregate, exp.Func) else None
    if isinstance(inner, exp.Distinct):
        return "DISTINCT " + ", ".join(written(each) for each in inner.expressions)
    values = [aggregate.args.get(name) for name in aggregate.arg_types]
    given = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return _listed([each for each in given if isinstance(each, exp.Expression) and not isinstance(each, exp.Var)])


WRITTEN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (exp.Paren, lambda found: written(found.this)),
    (exp.Literal, _literal),
    (exp.Column, lambda found: str(found.name)),
    (exp.Anonymous, _call),
    (exp.CurrentDate, lambda _: "current_date()"),
    (exp.CurrentTimestamp, lambda _: "current_timestamp()"),
    (exp.Array, lambda found: f"array({_listed(found.expressions)})"),
    (exp.Bracket, lambda found: f"{written(found.this)}[{_listed(found.expressions)}]"),
    (exp.Case, _case),
    (exp.Neg, _minus),
    (exp.Not, lambda found: f"(NOT {written(found.this)})"),
    (exp.In, lambda found: f"({written(found.this)} IN ({_listed(found.expressions)}))"),
    (exp.Between, _between),
    (exp.Is, lambda found: f"({written(found.this)} IS {written(found.expression)})"),
    (exp.Null, lambda _: "NULL"),
    (exp.Cast, lambda found: f"CAST({written(found.this)} AS {found.to.sql(dialect='spark')})"),
)
