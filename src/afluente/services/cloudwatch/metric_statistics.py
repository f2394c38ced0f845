"""GetMetricStatistics: what it takes, and its datapoints."""

from collections.abc import Mapping
from typing import Any

from afluente.core.clock import utc
from afluente.services.cloudwatch.error import InvalidParameterCombination, InvalidParameterValue
from afluente.services.cloudwatch.statistic import SIMPLE, Statistic, statistic_of
from afluente.services.cloudwatch.window import PERIOD_FAULT, Window, is_period

MAX_DATAPOINTS = 1440


class StatisticsQuery:
    """A request, checked. Raises AWS's errors."""

    def __init__(self, request: Mapping[str, Any], now_ms: int) -> None:
        self._simple: list[str] = request.get("Statistics", [])
        self._extended = _percentiles(request.get("ExtendedStatistics", []))
        if bool(self._simple) == bool(self._extended):
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        if request["StartTime"] >= request["EndTime"]:
            raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
        if not is_period(request["Period"]):
            raise InvalidParameterValue(f"The parameter Period {PERIOD_FAULT}")
        self.window = Window.of(request["StartTime"], request["EndTime"], request["Period"], now_ms)
        if self.window.periods > MAX_DATAPOINTS:
            raise InvalidParameterCombination(
                f"You have requested up to {self.window.periods:,} datapoints, which exceeds the limit of "
                f"{MAX_DATAPOINTS:,}. You may reduce the datapoints requested by increasing Period, or decreasing "
                "the time range."
            )

    def datapoints(self, found: Mapping[tuple[int, str], Any]) -> list[dict[str, Any]]:
        """The datapoints of what was found, by the start of a period and the unit."""
        points = []
        for (start_s, unit), statistics in found.items():
            point: dict[str, Any] = {"Timestamp": utc(start_s * 1000), "Unit": unit}
            point.update({name: SIMPLE[name](statistics) for name in self._simple})
            extended = {name: statistic(statistics) for name, statistic in self._extended.items()}
            if self._extended:
                point["ExtendedStatistics"] = {name: value for name, value in extended.items() if value is not None}
            if self._simple or point["ExtendedStatistics"]:
                points.append(point)
        return points


def _percentiles(names: list[str]) -> dict[str, Statistic]:
    found = {}
    for number, name in enumerate(names, 1):
        statistic = None if name in SIMPLE else statistic_of(name)
        if statistic is None:
            raise InvalidParameterValue(
                f"The value {name} for parameter ExtendedStatistics.member.{number} is invalid."
            )
        found[name] = statistic
    return found
