"""Statistics by their names: `Average`, `Sum`, `p99.9`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import re
from collections.abc import Callable

from afluente.core.error import NotImplemented as Unsupported
from afluente.core.metric import StatisticSet

Statistic = Callable[[StatisticSet], float | None]
"""None: the values are not known, only their sum and bounds are."""

SIMPLE: dict[str, Statistic] = {
    "Average": lambda found: found.total / found.samples,
    "Maximum": lambda found: found.maximum,
    "Minimum": lambda found: found.minimum,
    "SampleCount": lambda found: found.samples,
    "Sum": lambda found: found.total,
}
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
OTHERS = re.compile(r"(?:tm|tc|ts|wm)\d{1,2}(?:\.\d{1,10})?|(?:PR|TM|TC|TS|WM)\(.{1,100}\)|IQM")
"""Trimmed and winsorised means, counts and sums, percentile ranks, the interquartile mean."""


def statistic_of(name: str) -> Statistic | None:
    """The statistic called `name`; None if there is none. Raises NotImplemented for one that AWS alone has."""
    if name in SIMPLE:
        return SIMPLE[name]
    if OTHERS.fullmatch(name):
        raise Unsupported(
            f"Afluente does not support the statistic {name}. It has {', '.join(SIMPLE)} and percentiles such as p99."
        )
    found = PERCENTILE.fullmatch(name)
    if found is None:
        return None
    share = float(found[1]) / 100
    return lambda statistics: percentile(statistics, share)


def percentile(statistics: StatisticSet, share: float) -> float | None:
    """The smallest value that is not exceeded by a `share` of all; None when the values are not known."""
    if statistics.distribution is None:
        return None
    values = sorted(statistics.distribution.items())
    wanted, seen = share * statistics.samples, 0.0
    for value, count in values:
        seen += count
        if seen >= wanted:
            return value
    return values[-1][0]
