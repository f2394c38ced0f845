"""A ruleset evaluated over a frame: one query for all that can be measured together, then a verdict on each rule."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import data_frame
from afluente.services.glue.job.runtime.connection import Schema
from afluente.services.glue.job.runtime.quality import condition
from afluente.services.glue.job.runtime.quality.dynamic import Term, value
from afluente.services.glue.job.runtime.quality.rule import ALL, UNMET, Context, Measure, Verdict, measure
from afluente.services.glue.job.runtime.quality.ruleset import AnyRule, Composite, Rule, Value
from afluente.services.glue.job.runtime.spark_sql import to_duckdb

BY_ROW = {"ColumnValues", "ColumnLength", "ColumnDataType", "DataFreshness", "CustomSql"}
"""Rules that measure no one number of which there is a history here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule, the verdict on it, and the SQL that a row meets it, if single rows do."""

    rule: AnyRule
    verdict: Verdict
    row: str | None


class Evaluation:
    """Evaluates rules over the rows of `query`; `others` are further sources by alias.

    `by_row`: rules that are joined by `and` or `or` are met when each row meets them, as far as rows can tell.
    """

    def __init__(
        self,
        query: str,
        columns: Schema,
        others: Mapping[str, str],
        now_ms: int,
        *,
        by_row: bool = False,
        history: Callable[[str], Sequence[float]] = lambda _: (),
    ) -> None:
        self._query = query
        self._history = history
        self._by_row = by_row
        self._context = Context(columns, others, now_ms)

    def outcomes(self, rules: Sequence[AnyRule]) -> list[Outcome]:
        """The outcome of each rule, in order. Raises NotImplementedError that names a rule there is not."""
        found = self._measured(list(_single(rules)))
        return [self._outcome(rule, found) for rule in rules]

    def _measured(self, rules: Sequence[Rule]) -> dict[Rule, Outcome]:
        """Every single rule; those with the same `where` share a query."""
        outcomes: dict[Rule, Outcome] = {}
        measures: dict[str, list[tuple[Rule, Measure]]] = {}
        for rule in dict.fromkeys(rules):
            try:
                if rule.kind == "CustomSql" and not _looks_back(rule):
                    outcomes[rule] = self._custom_sql(rule)
                else:
                    measures.setdefault(rule.where, []).append((rule, measure(_static(rule), self._context)))
            except ValueError as error:
                outcomes[rule] = Outcome(rule, Verdict(False, str(error)), None)
        for where, pairs in measures.items():
            outcomes |= self._judged(where, pairs)
        return outcomes

    def _judged(self, where: str, pairs: Sequence[tuple[Rule, Measure]]) -> dict[Rule, Outcome]:
        narrowed = f" WHERE {to_duckdb(where)}" if where else ""
        aggregates = [each for _, measured in pairs for each in measured.aggregates]
        query = f"WITH q AS (SELECT * FROM ({self._query}){narrowed}) SELECT {', '.join(aggregates)} FROM q"
        values = iter(sql.rows(query)[0] if aggregates else ())
        outcomes = {}
        for rule, measured in pairs:
            own = [next(values) for _ in measured.aggregates]
            row = f"((NOT coalesce({to_duckdb(where)}, false)) OR {measured.row})" if where else measured.row
            verdict = self._dynamic(rule, measured, own) if _looks_back(rule) else _verdict(measured, own)
            outcomes[rule] = Outcome(rule, verdict, row if measured.row else None)
        return outcomes

    def _dynamic(self, rule: Rule, measured: Measure, own: Sequence[object]) -> Verdict:
        """The verdict on a rule whose expression looks at what was measured before of the same."""
        (metric,) = _verdict(measured, own).metrics or ("",)
        history = self._history(metric)
        try:
            return _verdict(measure(_resolved(rule, lambda term: value(term, history)), self._context), own)
        except ValueError as error:
            return Verdict(False, str(error))

    def _custom_sql(self, rule: Rule) -> Outcome:
        """A query in Spark SQL over `primary` and the other sources: a number, or the rows that are right."""
        if not rule.parameters:
            raise ValueError("CustomSql needs a query in double quotes.")
        for alias, query in {"primary": self._query, **self._context.others}.items():
            data_frame.of_query(query).createOrReplaceTempView(alias)
        found, _ = data_frame.query_of(data_frame.session().sql(rule.parameters[0].replace(" primary", " `primary`")))
        if rule.expression is not None:
            rows = sql.rows(found)
            if len(rows) != 1 or len(rows[0]) != 1 or rows[0][0] is None:
                return Outcome(rule, Verdict(False, "CustomSql must give one number."), None)
            return Outcome(rule, _number(float(rows[0][0]), rule), None)
        right, total = sql.rows(f"SELECT (SELECT count(*) FROM ({found})), count(*) FROM ({self._query})")[0]
        ratio = right / total if total else 1.0
        passed = condition.holds(rule.threshold or ALL, ratio)
        reason = "" if passed else UNMET.format(ratio)
        return Outcome(rule, Verdict(passed, reason, {"Dataset.*.CustomSQL.Compliance": ratio}), None)

    def _outcome(self, rule: AnyRule, found: Mapping[Rule, Outcome]) -> Outcome:
        if isinstance(rule, Rule):
            return found[rule]
        parts = [self._outcome(each, found) for each in rule.rules]
        reasons = [each.verdict.reason for each in parts if each.verdict.reason]
        metrics = {name: value for each in parts for name, value in each.verdict.metrics.items()}
        rows = [each.row for each in parts]
        row = f" {rule.word.upper()} ".join(f"({each})" for each in rows) if all(rows) else None
        if self._by_row and row is not None:
            passed = self._all_rows_meet(row)
            reasons = reasons or ["There are rows that do not meet the rule."]
        else:
            passed = (all if rule.word == "and" else any)(each.verdict.passed for each in parts)
        return Outcome(rule, Verdict(passed, "" if passed else " ".join(reasons), metrics), row)

    def _all_rows_meet(self, row: str) -> bool:
        ((failing,),) = sql.rows(f"SELECT count_if(NOT met) FROM (SELECT ({row}) AS met FROM ({self._query}) AS q)")
        return int(failing) == 0


def _looks_back(rule: Rule) -> bool:
    return rule.expression is not None and any(each.term is not None for each in rule.expression.values)


def _static(rule: Rule) -> Rule:
    """The rule with numbers for what looks at earlier runs: what it measures is the same."""
    if not _looks_back(rule):
        return rule
    if rule.kind in BY_ROW:
        raise NotImplementedError(f"the data quality rule {rule.kind} with last(...) is not supported")
    return _resolved(rule, lambda _: 0.0)


def _resolved(rule: Rule, number: Callable[[Term], float]) -> Rule:
    assert rule.expression is not None  # noqa: S101  # only such rules look back
    values = tuple(
        each if each.term is None else Value("number", repr(number(each.term))) for each in rule.expression.values
    )
    return replace(rule, expression=replace(rule.expression, values=values))


def _verdict(measured: Measure, values: Sequence[object]) -> Verdict:
    try:
        return measured.judge(values)
    except ValueError as error:
        return Verdict(False, str(error))


def _number(value: float, rule: Rule) -> Verdict:
    assert rule.expression is not None  # noqa: S101  # the caller has looked
    passed = condition.holds(rule.expression, value)
    return Verdict(passed, "" if passed else UNMET.format(value), {"Dataset.*.CustomSQL": value})


def _single(rules: Iterable[AnyRule]) -> Iterable[Rule]:
    for rule in rules:
        if isinstance(rule, Composite):
            yield from _single(rule.rules)
        else:
            yield rule
