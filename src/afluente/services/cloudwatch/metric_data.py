"""GetMetricData: its queries, what they give, and in what pages."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from afluente.core.clock import utc
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.metric import StatisticSet
from afluente.services.cloudwatch.datum import Dimensions, named
from afluente.services.cloudwatch.error import ValidationError
from afluente.services.cloudwatch.statistic import Statistic, statistic_of
from afluente.services.cloudwatch.window import PERIOD_FAULT, is_period

MAX_QUERIES = 500
MAX_DATAPOINTS = 100_800
ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Query:
    """One MetricDataQuery with a MetricStat, checked."""

    id: str
    namespace: str
    name: str
    dimensions: Dimensions
    period_s: int
    stat: str
    statistic: Statistic
    unit: str
    label: str | None
    returns: bool

    @staticmethod
    def of(given: Mapping[str, Any], path: str) -> "Query":
        """The query that `path` leads to. Raises ValidationError, NotImplemented."""
        if not ID.fullmatch(given["Id"]):
            raise ValidationError(
                f"The value {given['Id']} for parameter {path}.Id is not matching the expected pattern "
                "^[a-z][a-zA-Z0-9_]*$."
            )
        stat = given.get("MetricStat")
        if stat is None:
            raise ValidationError(
                f"At least one of the parameters {path}.MetricStat or {path}.Expression must be specified."
            )
        if "Period" in given:
            raise ValidationError(
                f"The parameters {path}.Period and {path}.MetricStat are mutually exclusive and you have specified "
                "both."
            )
        return Query(
            id=given["Id"],
            **_metric_stat(stat, f"{path}.MetricStat"),
            label=_static(given.get("Label")),
            returns=given.get("ReturnData", True),
        )


def _metric_stat(stat: Mapping[str, Any], path: str) -> dict[str, Any]:
    metric = stat["Metric"]
    for member in ("Namespace", "MetricName"):
        if member not in metric:
            raise ValidationError(f"The parameter {path}.Metric.{member} is required.")
    if not is_period(stat["Period"]):
        raise ValidationError(f"The parameter {path}.Period {PERIOD_FAULT}")
    statistic = statistic_of(stat["Stat"])
    if statistic is None:
        raise ValidationError(f"The value {stat['Stat']} for parameter {path}.Stat is not supported.")
    return {
        "namespace": metric["Namespace"],
        "name": metric["MetricName"],
        "dimensions": named(metric.get("Dimensions", ()), f"{path}.Metric.Dimensions"),
        "period_s": stat["Period"],
        "stat": stat["Stat"],
        "statistic": statistic,
        "unit": stat.get("Unit", ""),
    }


def _static(label: str | None) -> str | None:
    if label is not None and "${" in label:
        raise Unsupported("Afluente does not support dynamic labels (${...}) in GetMetricData.")
    return label


def queries_of(given: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> list[Query]:
    """The checked queries of a request. Raises ValidationError, NotImplemented."""
    if not given:
        raise ValidationError("The parameter MetricDataQueries is required.")
    if len(given) > MAX_QUERIES:
        raise ValidationError(f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
    if start >= end:
        raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
    queries = [Query.of(each, f"MetricDataQueries.member.{number}") for number, each in enumerate(given, 1)]
    if len({query.id for query in queries}) < len(queries):
        raise ValidationError("The values for parameter id in MetricDataQueries are not unique.")
    return queries


def labels(queries: Sequence[Query]) -> dict[str, str]:
    """The label of each query by its id: the metric's name, and what tells it from others on the same metric.

    As AWS was seen to do it: the statistic if theirs differ, then the period if theirs differ.
    """
    by_name = defaultdict[str, list[Query]](list)
    for query in queries:
        if query.label is None:
            by_name[query.name].append(query)
    found = {query.id: query.label for query in queries if query.label is not None}
    for name, group in by_name.items():
        stats, periods = {query.stat for query in group}, {query.period_s for query in group}
        for query in group:
            parts = [name, *([query.stat] if len(stats) > 1 else []), *([str(query.period_s)] * (len(periods) > 1))]
            found[query.id] = " ".join(parts)
    return found


class Series(NamedTuple):
    """What a query gives: (start, value) by time, and the units that were found."""

    values: list[tuple[int, float]]
    units: list[str]


def series(query: Query, found: Mapping[tuple[int, str], StatisticSet]) -> Series:
    """The series of the query. Of several units in one period the first by name counts."""
    values: dict[int, float] = {}
    for (start_s, _), statistics in found.items():
        value = query.statistic(statistics)
        if value is not None:
            values.setdefault(start_s, value)
    return Series(list(values.items()), sorted({unit for _, unit in found}))


class Page:
    """A page of results: up to `limit` datapoints in all, after the first `skip`."""

    def __init__(self, skip: int, limit: int, *, ascending: bool) -> None:
        self._skip = skip
        self._room = limit
        self._ascending = ascending
        self.results: list[dict[str, Any]] = []
        self.is_last = True

    def add(self, query: Query, label: str, found: Series) -> None:
        """What of the series falls on this page."""
        values = found.values if self._ascending else found.values[::-1]
        left = values[self._skip :]
        self._skip -= len(values) - len(left)
        mine, rest = left[: self._room], left[self._room :]
        self._room -= len(mine)
        self.is_last = self.is_last and not rest
        result: dict[str, Any] = {
            "Id": query.id,
            "Label": label,
            "Timestamps": [utc(start_s * 1000) for start_s, _ in mine],
            "Values": [value for _, value in mine],
            "StatusCode": "PartialData" if rest else "Complete",
        }
        if len(found.units) > 1:
            value = f"Multiple units returned: '[{', '.join(found.units)}]'"
            result["Messages"] = [{"Code": "MultipleUnits", "Value": value}]
        self.results.append(result)
