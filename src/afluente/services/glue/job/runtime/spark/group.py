"""Groups of rows, whose aggregates are named as Spark names them: `sum(n)`, `count(DISTINCT n)`."""

import re
from typing import Any

from sqlframe.duckdb.group import DuckDBGroupedData
from sqlglot import exp

GIVEN_NAME = re.compile(r"(\w+?)__(\w*)__", re.ASCII)
"""What sqlframe calls an aggregate that the script gave no name to."""

FUNCTIONS = {"count_distinct": "count", "countdistinct": "count", "sum_distinct": "sum", "sumdistinct": "sum"}


class GroupedData(DuckDBGroupedData):  # type: ignore[misc]  # sqlframe has no types
    """The groups."""

    def agg(self, *exprs: Any) -> Any:
        """One row per group, with these aggregates."""
        if len(exprs) == 1 and isinstance(exprs[0], dict):
            return super().agg(*exprs)
        names = [spark_name(each) for each in exprs]
        named = [each.alias(f"`{name}`") if name else each for each, name in zip(exprs, names, strict=True)]
        frame = super().agg(*named)
        frame.display_name_mapping |= {
            each.alias_or_name: name for each, name in zip(named, names, strict=True) if name and name != name.lower()
        }
        return frame


def spark_name(column: Any) -> str | None:
    """What Spark calls the column, if the script gave it no name."""
    found = column.expression
    match = GIVEN_NAME.fullmatch(found.alias) if isinstance(found, exp.Alias) else None
    if match is None:
        return None
    if found.find(exp.Star):
        return "count(1)"
    function = "skewness" if found.find(exp.Skewness) else match[1]
    return f"{FUNCTIONS.get(function, function)}({_argument(found.this) or match[2]})"


def _argument(aggregate: exp.Expression) -> str:
    """What is aggregated, as Spark writes it."""
    inner = aggregate.this if isinstance(aggregate, exp.AggFunc) else None
    if isinstance(inner, exp.Distinct):
        return "DISTINCT " + ", ".join(each.sql(dialect="spark") for each in inner.expressions)
    return inner.sql(dialect="spark", normalize_functions="lower") if isinstance(inner, exp.Expression) else ""
