"""The data of PutMetricData: what AWS takes and what it refuses, and the statistics that it means.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from afluente.core.metric import StatisticSet
from afluente.services.cloudwatch.error import InvalidParameterCombination, InvalidParameterValue, MissingParameter

MAX_DATA = 1000
MAX_VALUES = 150
LARGEST = 2.0**360
OLDEST_MS, NEWEST_MS = 14 * 86_400_000, 2 * 3_600_000
STATISTICS = ("SampleCount", "Sum", "Minimum", "Maximum")

Dimensions = tuple[tuple[str, str], ...]


def check_namespace(namespace: str) -> None:
    """Raises InvalidParameterValue for one that is AWS's own."""
    if namespace.startswith("AWS/"):
        raise InvalidParameterValue(
            f"The value {namespace} for parameter Namespace is invalid. Namespaces that begin with AWS/ are AWS's own."
        )


def check_count(data: Sequence[Any]) -> None:
    """Raises MissingParameter, InvalidParameterValue."""
    if not data:
        raise MissingParameter("The parameter MetricData is required.")
    if len(data) > MAX_DATA:
        raise InvalidParameterValue(f"The collection MetricData must not have a size greater than {MAX_DATA}.")


def named(dimensions: Iterable[Mapping[str, str]], path: str) -> Dimensions:
    """The dimensions by name. Raises InvalidParameterValue for two of the same name."""
    found = sorted((each["Name"], each["Value"]) for each in dimensions)
    if len({name for name, _ in found}) < len(found):
        raise InvalidParameterValue(f"The parameter {path} has two dimensions of the same name.")
    return tuple(found)


class Datum:
    """One of the data, which `path` leads to: `MetricData.member.1`."""

    def __init__(self, given: Mapping[str, Any], path: str) -> None:
        self.name: str = given["MetricName"]
        self.unit: str = given.get("Unit", "None")
        self.dimensions = named(given.get("Dimensions", ()), f"{path}.Dimensions")
        self._given = given
        self._path = path

    def period_s(self) -> int:
        """How finely it is kept. Raises InvalidParameterValue."""
        resolution: int = self._given.get("StorageResolution", 60)
        if resolution not in {1, 60}:
            raise InvalidParameterValue(
                f"The value {resolution} for parameter {self._path}.StorageResolution is invalid. It is 1 or 60."
            )
        return resolution

    def time_ms(self, now_ms: int) -> int:
        """When it was measured. Raises InvalidParameterValue beyond two weeks ago or two hours ahead."""
        given: datetime | None = self._given.get("Timestamp")
        time_ms = now_ms if given is None else round(given.timestamp() * 1000)
        if time_ms < now_ms - OLDEST_MS:
            raise InvalidParameterValue(
                f"The parameter {self._path}.Timestamp must specify a time within the past two weeks."
            )
        if time_ms > now_ms + NEWEST_MS:
            raise InvalidParameterValue(
                f"The parameter {self._path}.Timestamp must specify a time no more than two hours in the future."
            )
        return time_ms

    def statistics(self) -> StatisticSet:
        """What Value, Values and Counts, or StatisticValues say. Raises AWS's errors for what they must not."""
        given = [name for name in ("Value", "Values", "StatisticValues") if name in self._given]
        if not given:
            raise MissingParameter(
                f"At least one of the parameters {self._path}.Value, {self._path}.Values or "
                f"{self._path}.StatisticValues must be specified."
            )
        if len(given) > 1:
            raise InvalidParameterCombination(
                f"The parameters {self._path}.{given[0]} and {self._path}.{given[1]} are mutually exclusive and you "
                "have specified both."
            )
        if given == ["StatisticValues"]:
            return self._statistic_set(self._given["StatisticValues"])
        if given == ["Values"]:
            return self._values()
        value = self._checked("Value", self._given["Value"])
        return StatisticSet(1, value, value, value, {value: 1})

    def _values(self) -> StatisticSet:
        values = [self._checked(f"Values.member.{n}", value) for n, value in enumerate(self._given["Values"], 1)]
        if not values:
            raise MissingParameter(f"The parameter {self._path}.Values is required.")
        if len(values) > MAX_VALUES:
            raise InvalidParameterValue(
                f"The collection {self._path}.Values must not have a size greater than {MAX_VALUES}."
            )
        counts = [self._checked(f"Counts.member.{n}", c) for n, c in enumerate(self._given.get("Counts", ()), 1)]
        counts = counts or [1.0] * len(values)
        if len(counts) != len(values):
            raise InvalidParameterValue(
                f"The parameters {self._path}.Values and {self._path}.Counts must be of the same size."
            )
        for number, count in enumerate(counts, 1):
            if count <= 0:
                raise InvalidParameterValue(
                    f"The value {count} for parameter {self._path}.Counts.member.{number} is invalid."
                )
        parts = [StatisticSet(n, v * n, v, v, {v: n}) for v, n in zip(values, counts, strict=True)]
        whole = parts[0]
        for part in parts[1:]:
            whole.merge(part)
        return whole

    def _statistic_set(self, given: Mapping[str, float]) -> StatisticSet:
        samples, total, minimum, maximum = (
            self._checked(f"StatisticValues.{name}", given[name]) for name in STATISTICS
        )
        path = f"{self._path}.StatisticValues"
        if samples <= 0:
            raise InvalidParameterValue(f"The parameter {path}.SampleCount must be greater than 0.")
        if maximum < minimum:
            raise InvalidParameterValue(f"The parameter {path}.Maximum must be greater than {path}.Minimum.")
        # All values are known if they are the same
        distribution = {minimum: samples} if minimum == maximum else None
        return StatisticSet(samples, total, minimum, maximum, distribution)

    def _checked(self, name: str, value: float) -> float:
        if not math.isfinite(value) or abs(value) > LARGEST:
            shown = "NaN" if math.isnan(value) else value
            raise InvalidParameterValue(f"The value {shown} for parameter {self._path}.{name} is invalid.")
        return float(value)
