"""Whether the columns that a transformation names are there: Spark says so at once, and not when rows are asked for."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from sqlglot import exp

from afluente.services.glue.job.runtime.spark.error import AnalysisException

MOST_SUGGESTED = 5
HIDDEN = "*"


def unresolved(name: str, known: Iterable[str]) -> AnalysisException:
    """Spark's error for a column that is not among the `known`."""
    alike = sorted(known, key=lambda each: -SequenceMatcher(None, each.lower(), name.lower()).ratio())[:MOST_SUGGESTED]
    shown = f" Did you mean one of the following? [{', '.join(f'`{each}`' for each in alike)}]." if alike else ""
    kind = "WITH_SUGGESTION" if alike else "WITHOUT_SUGGESTION"
    return AnalysisException(
        f"[UNRESOLVED_COLUMN.{kind}] A column or function parameter with name `{name}` cannot be resolved.{shown}"
    )


def check(columns: Iterable[Any], known: list[str], hidden: Any = None) -> None:
    """Raises AnalysisException for a name in `columns` (names and Columns) that is neither known nor `hidden`'s.

    hidden: makes the names of earlier DataFrames that conditions and orders may look back to; asked only if need be.
    """
    lower = {name.lower() for name in known}
    for name in _named(columns):
        if name.lower() not in lower and (hidden is None or name.lower() not in hidden()):
            raise unresolved(name, known)


def check_join(columns: Iterable[str], known: list[str], side: str) -> None:
    """Raises AnalysisException for a column to join by that one side of the join does not have."""
    for name in _unknown(columns, known):
        listed = ", ".join(f"`{each}`" for each in sorted(known))
        raise AnalysisException(
            f"[UNRESOLVED_USING_COLUMN_FOR_JOIN] USING column `{name}` cannot be resolved on the {side} side of the "
            f"join. The {side}-side columns: [{listed}]."
        )


def check_subset(columns: Iterable[str], known: list[str]) -> None:
    """Raises AnalysisException for a column to tell rows apart by that there is not."""
    for name in _unknown(columns, known):
        raise AnalysisException(f'Cannot resolve column name "{name}" among ({", ".join(known)}).')


def _unknown(columns: Iterable[str], known: list[str]) -> list[str]:
    lower = {name.lower() for name in known}
    return [name for name in columns if name.lower() not in lower]


def hidden_names(select: exp.Select) -> set[str]:
    """The names that the parts of a query give to columns."""
    return {name.lower() for cte in select.ctes for name in cte.this.named_selects}


def _named(columns: Iterable[Any]) -> Iterable[str]:
    for column in columns:
        if isinstance(column, list | tuple):
            yield from _named(column)
        elif isinstance(column, str):
            yield from [] if HIDDEN in column else [_first(column)]
        elif hasattr(column, "expression"):
            yield from _in_expression(column.expression)


def _first(name: str) -> str:
    return name.strip("`") if name.startswith("`") else name.partition(".")[0]


def _in_expression(expression: Any) -> Iterable[str]:
    for found in expression.find_all(exp.Column):
        is_plain = not found.table and isinstance(found.this, exp.Identifier)
        if is_plain and not _is_parameter(found):
            yield found.name


def _is_parameter(column: exp.Column) -> bool:
    """Is it an argument of a lambda around it?"""
    above = column.find_ancestor(exp.Lambda)
    while above is not None:
        if any(each.name == column.name for each in above.expressions):
            return True
        above = above.find_ancestor(exp.Lambda)
    return False
