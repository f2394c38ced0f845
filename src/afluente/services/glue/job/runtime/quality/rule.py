"""What each rule of DQDL measures: aggregates over the frame, what to make of them, and which single rows meet it.

The frame is `q` in every aggregate, so that all rules are measured by one query.
https://docs.aws.amazon.com/glue/latest/dg/dqdl-rule-types.html
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime.connection import Schema, identifier
from afluente.services.glue.job.runtime.quality import condition
from afluente.services.glue.job.runtime.quality.condition import NUMBERS
from afluente.services.glue.job.runtime.quality.ruleset import Expression, Rule, Value

ALL = Expression("=", (Value("number", "1"),))
UNMET = "Value: {} does not meet the constraint requirement!"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule is met, why it is not, and what was measured."""

    passed: bool
    reason: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


Judge = Callable[[Sequence[Any]], Verdict]


@dataclass(frozen=True, slots=True)
class Measure:
    """`aggregates` in SQL, `judge` of their values, and the SQL that a row meets the rule, if single rows do."""

    aggregates: Sequence[str]
    judge: Judge
    row: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The frame: its columns, the other sources by alias as queries, and the time of the run."""

    columns: Schema
    others: Mapping[str, str]
    now_ms: int

    def column(self, name: str) -> tuple[str, HiveType]:
        """(SQL, type). Raises ValueError when there is no such column."""
        for known, kind in self.columns:
            if known.lower() == name.lower():
                return identifier(known), kind
        raise ValueError(f"Column {name} does not exist in the dataset.")

    def other(self, alias: str) -> str:
        """The query of another source. Raises ValueError when there is none of that alias."""
        if alias not in self.others:
            raise ValueError(f"There is no additional data source {alias}.")
        return self.others[alias]


def measure(rule: Rule, context: Context) -> Measure:
    """How to measure a rule. Raises ValueError when it does not fit the frame, NotImplementedError by its name."""
    if rule.kind not in RULES:
        raise NotImplementedError(f"the data quality rule {rule.kind} is not supported")
    return RULES[rule.kind](rule, context)


def _judged(name: str, value: float, expression: Expression) -> Verdict:
    passed = condition.holds(expression, value)
    return Verdict(passed, "" if passed else UNMET.format(value), {name: value})


def _expression(rule: Rule) -> Expression:
    if rule.expression is None:
        raise ValueError(f"{rule.kind} needs an expression.")
    return rule.expression


def _parameters(rule: Rule, number: int) -> Sequence[str]:
    if len(rule.parameters) < number:
        raise ValueError(f"{rule.kind} needs {number} parameter{'s' if number > 1 else ''} in double quotes.")
    return rule.parameters


def _numeric(rule: Rule, context: Context, name: str) -> str:
    column, kind = context.column(name)
    if kind.name not in NUMBERS:
        raise ValueError(f"{rule.kind} needs a column of numbers; {name} is of the type {kind}.")
    return column


# ---- the dataset ----------------------------------------------------------------------------------------------------


def _row_count(rule: Rule, context: Context) -> Measure:
    expression = _expression(rule)
    return Measure(["count(*)"], lambda found: _judged("Dataset.*.RowCount", float(found[0]), expression))


def _column_count(rule: Rule, context: Context) -> Measure:
    verdict = _judged("Dataset.*.ColumnCount", float(len(context.columns)), _expression(rule))
    return Measure([], lambda _: verdict)


def _column_exists(rule: Rule, context: Context) -> Measure:
    (name,) = _parameters(rule, 1)[:1]
    known = any(column.lower() == name.lower() for column, _ in context.columns)
    return Measure([], lambda _: Verdict(known, "" if known else f"Column {name} does not exist in the dataset."))


def _column_names(rule: Rule, context: Context) -> Measure:
    pattern = _parameters(rule, 1)[0]
    wrong = [name for name, _ in context.columns if not re.fullmatch(pattern, name)]
    ratio = 1 - len(wrong) / len(context.columns) if context.columns else 1.0
    reason = f"Columns that do not match the pattern: {','.join(wrong)}" if wrong else ""
    verdict = Verdict(not wrong, reason, {"Dataset.*.ColumnNamesPatternMatchRatio": ratio})
    return Measure([], lambda _: verdict)


def _row_count_match(rule: Rule, context: Context) -> Measure:
    alias = _parameters(rule, 1)[0]
    expression = rule.expression or ALL

    def judge(found: Sequence[Any]) -> Verdict:
        ratio = found[0] / found[1] if found[1] else float(found[0] == 0)
        return _judged(f"Dataset.{alias}.RowCountMatch", ratio, expression)

    return Measure(["count(*)", f"(SELECT count(*) FROM ({context.other(alias)}))"], judge)


# ---- complete and unique --------------------------------------------------------------------------------------------


def _completeness(rule: Rule, context: Context) -> Measure:
    name = _parameters(rule, 1)[0]
    column, _ = context.column(name)
    expression = ALL if rule.kind == "IsComplete" else _expression(rule)

    def judge(found: Sequence[Any]) -> Verdict:
        present, rows = found
        return _judged(f"Column.{name}.Completeness", present / rows if rows else 1.0, expression)

    return Measure([f"count({column})", "count(*)"], judge, f"({column} IS NOT NULL)")


def _uniqueness(rule: Rule, context: Context) -> Measure:
    names = _parameters(rule, 1)
    columns = [context.column(name)[0] for name in names]
    expression = ALL if rule.kind in {"IsUnique", "IsPrimaryKey"} else _expression(rule)
    keys = ", ".join(columns)
    present = " OR ".join(f"{column} IS NOT NULL" for column in columns)
    complete = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    groups = f"SELECT count(*) AS n FROM q WHERE {present} GROUP BY {keys}"
    of = f"Column.{names[0]}" if len(names) == 1 else f"Multicolumn.{','.join(names)}"

    def judge(found: Sequence[Any]) -> Verdict:
        once, groups_found, rows, incomplete = found
        of_all = groups_found if rule.kind == "UniqueValueRatio" else rows
        metric = "UniqueValueRatio" if rule.kind == "UniqueValueRatio" else "Uniqueness"
        verdict = _judged(f"{of}.{metric}", once / of_all if of_all else 1.0, expression)
        if rule.kind == "IsPrimaryKey" and incomplete:
            return Verdict(False, UNMET.format("NULL"), verdict.metrics)
        return verdict

    aggregates = [
        f"(SELECT count(*) FROM ({groups}) WHERE n = 1)",
        f"(SELECT count(*) FROM ({groups}))",
        f"count_if({present})",
        f"count_if(NOT ({complete}))",
    ]
    row = f"(count(*) OVER (PARTITION BY {keys}) = 1)"
    return Measure(aggregates, judge, f"({complete} AND {row})" if rule.kind == "IsPrimaryKey" else row)


def _distinct_values(rule: Rule, context: Context) -> Measure:
    name = _parameters(rule, 1)[0]
    column, _ = context.column(name)
    expression = _expression(rule)
    metric = f"Column.{name}.DistinctValuesCount"
    return Measure([f"count(DISTINCT {column})"], lambda found: _judged(metric, float(found[0]), expression))


# ---- statistics -----------------------------------------------------------------------------------------------------

STATISTICS = {"Mean": "avg({})", "Sum": "sum({})", "StandardDeviation": "stddev_pop({})", "Entropy": "entropy({})"}


def _statistic(rule: Rule, context: Context) -> Measure:
    name = _parameters(rule, 1)[0]
    column = context.column(name)[0] if rule.kind == "Entropy" else _numeric(rule, context, name)
    expression = _expression(rule)
    factor = math.log(2) if rule.kind == "Entropy" else 1.0  # DuckDB counts in bits, Glue in nats
    return Measure(
        [STATISTICS[rule.kind].format(column)],
        lambda found: _statistic_judged(f"Column.{name}.{rule.kind}", found[0], factor, expression),
    )


def _statistic_judged(metric: str, value: Any, factor: float, expression: Expression) -> Verdict:
    if value is None:
        return Verdict(False, "The column has no values.")
    return _judged(metric, float(value) * factor, expression)


def _correlation(rule: Rule, context: Context) -> Measure:
    first, second = _parameters(rule, 2)[:2]
    one, two = (_numeric(rule, context, name) for name in (first, second))
    metric = f"Multicolumn.{first},{second}.ColumnCorrelation"
    expression = _expression(rule)
    return Measure([f"corr({one}, {two})"], lambda found: _statistic_judged(metric, found[0], 1.0, expression))


# ---- values ---------------------------------------------------------------------------------------------------------


def _compliance(rule: Rule, metric: str, met: str, is_null: str = "false") -> Measure:
    """The share of the rows that meet a condition: all of them must, or as many as the threshold says."""

    def judge(found: Sequence[Any]) -> Verdict:
        right, rows, nulls = found
        ratio = right / rows if rows else 1.0
        verdict = _judged(metric, ratio, rule.threshold or ALL)
        if not verdict.passed and nulls and rule.threshold is None:
            return Verdict(False, UNMET.format("NULL"), verdict.metrics)
        return verdict

    return Measure([f"count_if({met})", "count(*)", f"count_if({is_null} AND NOT {met})"], judge, met)


def _column_values(rule: Rule, context: Context) -> Measure:
    name = _parameters(rule, 1)[0]
    column, kind = context.column(name)
    met = condition.of_values(column, kind, _expression(rule), context.now_ms)
    return _compliance(rule, f"Column.{name}.ColumnValues.Compliance", met, f"{column} IS NULL")


def _column_length(rule: Rule, context: Context) -> Measure:
    """Null has the length 0: https://docs.aws.amazon.com/glue/latest/dg/dqdl-rule-types-ColumnLength.html"""
    name = _parameters(rule, 1)[0]
    column, _ = context.column(name)
    length = f"length(coalesce(CAST({column} AS VARCHAR), ''))"
    met = condition.of_values(length, HiveType("bigint"), _expression(rule), context.now_ms)
    return _compliance(rule, f"Column.{name}.ColumnLength.Compliance", met)


def _data_freshness(rule: Rule, context: Context) -> Measure:
    name = _parameters(rule, 1)[0]
    column, _ = context.column(name)
    age = f"({context.now_ms / 1000!r} - epoch(TRY_CAST({column} AS TIMESTAMP)))"
    met = condition.of_values(age, HiveType("double"), _expression(rule), context.now_ms)
    return _compliance(rule, f"Column.{name}.DataFreshness.Compliance", met, f"{column} IS NULL")


DATA_TYPES = {
    "BOOLEAN": "BOOLEAN", "DATE": "DATE", "TIMESTAMP": "TIMESTAMP", "INTEGER": "INTEGER", "INT": "INTEGER",
    "LONG": "BIGINT", "DOUBLE": "DOUBLE", "FLOAT": "FLOAT", "STRING": "VARCHAR",
}  # fmt: skip


def _column_data_type(rule: Rule, context: Context) -> Measure:
    name = _parameters(rule, 1)[0]
    column, _ = context.column(name)
    expression = _expression(rule)
    wanted = expression.values[0].text.upper()
    if expression.operator != "=" or wanted not in DATA_TYPES:
        raise NotImplementedError(f"ColumnDataType of {wanted!r} is not supported; {', '.join(DATA_TYPES)} are")
    met = f"({column} IS NULL OR TRY_CAST({column} AS {DATA_TYPES[wanted]}) IS NOT NULL)"
    return _compliance(rule, f"Column.{name}.ColumnDataType.Compliance", met)


def _referential_integrity(rule: Rule, context: Context) -> Measure:
    names, reference = _parameters(rule, 2)[:2]
    alias, _, there = reference.partition(".")
    own = [context.column(name.strip())[0] for name in names.split(",")]
    other = [identifier(name.strip()) for name in there.strip("{}").split(",")]
    if len(own) != len(other):
        raise ValueError("ReferentialIntegrity needs as many columns on either side.")
    equal = " AND ".join(f"q.{a} = r.{b}" for a, b in zip(own, other, strict=True))
    met = f"EXISTS (SELECT 1 FROM ({context.other(alias)}) AS r WHERE {equal})"
    counted = f"(SELECT count(*) FROM q WHERE {met})"
    expression = rule.expression or ALL
    metric = f"Column.{names}.ReferentialIntegrity"

    def judge(found: Sequence[Any]) -> Verdict:
        return _judged(metric, found[0] / found[1] if found[1] else 1.0, expression)

    return Measure([counted, "count(*)"], judge, met)


RULES: Mapping[str, Callable[[Rule, Context], Measure]] = {
    "ColumnCorrelation": _correlation,
    "ColumnCount": _column_count,
    "ColumnDataType": _column_data_type,
    "ColumnExists": _column_exists,
    "ColumnLength": _column_length,
    "ColumnNamesMatchPattern": _column_names,
    "ColumnValues": _column_values,
    "Completeness": _completeness,
    "DataFreshness": _data_freshness,
    "DistinctValuesCount": _distinct_values,
    "Entropy": _statistic,
    "IsComplete": _completeness,
    "IsPrimaryKey": _uniqueness,
    "IsUnique": _uniqueness,
    "Mean": _statistic,
    "ReferentialIntegrity": _referential_integrity,
    "RowCount": _row_count,
    "RowCountMatch": _row_count_match,
    "StandardDeviation": _statistic,
    "Sum": _statistic,
    "Uniqueness": _uniqueness,
    "UniqueValueRatio": _uniqueness,
}
