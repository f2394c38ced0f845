"""The time that a query covers, cut into periods.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from afluente.core.metric import StatisticSet
from afluente.services.cloudwatch.point_table import AGES, StoredPoint, merged

SHORT_PERIODS = frozenset({1, 5, 10, 20, 30})
PERIOD_FAULT = "must be a value in the set [1, 5, 10, 20, 30] or a multiple of 60."
LONGEST_S = 86_400


def is_period(period_s: int) -> bool:
    """Whether a query may have this period."""
    return period_s in SHORT_PERIODS or (period_s >= 60 and period_s % 60 == 0)


@dataclass(frozen=True, slots=True)
class Window:
    """From `start_s` to before `end_s`, in periods that begin at `start_s`."""

    start_s: int
    end_s: int
    period_s: int

    @staticmethod
    def of(start: datetime, end: datetime, period_s: int, now_ms: int) -> "Window":
        """The start is rounded down: the older, the coarser, and for short periods to one of them."""
        start_s, now_s = int(start.timestamp()), now_ms // 1000
        to_s = min(60, period_s)
        for _, age_s, longer_s in AGES[1:]:
            if start_s < now_s - age_s:
                to_s = longer_s
        return Window(start_s // to_s * to_s, math.ceil(end.timestamp()), period_s)

    @property
    def periods(self) -> int:
        """How many there are."""
        return -((self.start_s - self.end_s) // self.period_s)

    def by_period(self, points: Iterable[StoredPoint]) -> dict[tuple[int, str], StatisticSet]:
        """Statistics of each period that has values, by its start and their unit."""
        found = defaultdict[tuple[int, str], list[StatisticSet]](list)
        for point in points:
            start_s = self.start_s + (point.start_s - self.start_s) // self.period_s * self.period_s
            found[start_s, point.unit].append(point.statistics)
        return {key: merged(parts) for key, parts in sorted(found.items())}
