"""One line of the report, and the medians it is made of."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure beside its raw limit; `goal` is what the ratio, or without a limit the figure, should reach."""

    what: str
    figure: float
    unit: str
    goal: str
    limit: float | None = None
    limit_is: str = ""
    more_is_better: bool = True

    @property
    def ratio(self) -> float | None:
        """Figure to limit; above 1 is better than the limit when more is better, worse when less is."""
        return None if self.limit is None else self.figure / self.limit

    def row(self) -> list[str]:
        """The cells of the report."""
        limit = "" if self.limit is None else f"{self.limit:,.4g} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return [self.what, f"{self.figure:,.4g} {self.unit}", limit, ratio, self.goal, self.limit_is]


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of `times` runs of `work`."""
    return statistics.median(seconds(work) for _ in range(times))
