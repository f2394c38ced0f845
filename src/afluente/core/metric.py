"""What services measure of themselves, as CloudWatch has it: statistics by metric and minute, and totals since start.

A `Recorder` takes one row per event and does no more than append it, so it may stand on a hot path; rows are folded
into statistics later, column by column. Keeping and asking for them is CloudWatch's and Prometheus's.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from afluente.core.clock import Clock

MINUTE_MS = 60_000

FOLD_ROWS = 128
"""Rows that wait before they are folded: few enough that nobody notices the pause, which is tens of microseconds."""

DISTRIBUTION_VALUES = 500
"""Different values that a distribution keeps as they are; with more, each is rounded to two digits."""

TIMES = frozenset({"Milliseconds", "Seconds"})
"""Units of which percentiles are asked, so that the values are kept; of bytes and counts there would be too many."""

Kind = Literal["counter", "gauge", "summary"]


class Measure(NamedTuple):
    """What is measured: AWS's name and unit, a sentence of help, and how its total since start is to be read.

    counter: the sum of all values. gauge: the last value. summary: sum and number of values.
    """

    name: str
    unit: str
    help: str
    kind: Kind = "counter"


class MetricId(NamedTuple):
    """What identifies a metric, and the unit of its values. Dimensions are in the order of their names."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str


@dataclass(slots=True)
class StatisticSet:
    """Statistics of values. `distribution` has how often each occurred; None: that is not known."""

    samples: float
    total: float
    minimum: float
    maximum: float
    distribution: dict[float, float] | None = None

    @staticmethod
    def of(values: Sequence[float], *, keeps_values: bool) -> "StatisticSet":
        """The statistics of at least one value."""
        distribution: dict[float, float] | None = None
        if keeps_values:
            distribution = _bounded({value: float(count) for value, count in Counter(values).items()})
        return StatisticSet(len(values), sum(values), min(values), max(values), distribution)

    def merge(self, other: "StatisticSet") -> None:
        """Take in what `other` has."""
        self.samples += other.samples
        self.total += other.total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        if self.distribution is None or other.distribution is None:
            self.distribution = None
        else:
            for value, count in other.distribution.items():
                self.distribution[value] = self.distribution.get(value, 0) + count
            self.distribution = _bounded(self.distribution)


def _bounded(distribution: dict[float, float]) -> dict[float, float]:
    """The same, with rounded values where there are too many different ones."""
    if len(distribution) <= DISTRIBUTION_VALUES:
        return distribution
    rounded: dict[float, float] = {}
    for value, count in distribution.items():
        near = float(f"{value:.1e}")
        rounded[near] = rounded.get(near, 0) + count
    return rounded


class Point(NamedTuple):
    """Statistics of one metric's values of one minute, which began at `start_ms`."""

    metric: MetricId
    start_ms: int
    statistics: StatisticSet


class Total(NamedTuple):
    """What came of a metric since the process started."""

    metric: MetricId
    measure: Measure
    samples: float
    total: float
    last: float


class Sample(NamedTuple):
    """A number as it is now, for Prometheus alone. `labels` are (name, value) pairs."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


class _Series:
    """One metric: statistics not yet drained, by minute, and the total."""

    __slots__ = ("last", "measure", "metric", "pending", "samples", "total")

    def __init__(self, metric: MetricId, measure: Measure) -> None:
        self.metric = metric
        self.measure = measure
        self.pending: dict[int, StatisticSet] = {}
        self.samples = 0.0
        self.total = 0.0
        self.last = 0.0

    def add(self, minute: int, values: Sequence[float]) -> None:
        found = StatisticSet.of(values, keeps_values=self.measure.unit in TIMES)
        self.samples += found.samples
        self.total += found.total
        self.last = values[-1]
        self.merge(minute, found)

    def merge(self, minute: int, statistics: StatisticSet) -> None:
        if minute in self.pending:
            self.pending[minute].merge(statistics)
        else:
            self.pending[minute] = statistics

    def drain(self) -> list[Point]:
        pending, self.pending = self.pending, {}
        return [Point(self.metric, minute * MINUTE_MS, statistics) for minute, statistics in pending.items()]


class Recorder:
    """Takes the rows of one kind of event. Any thread may record."""

    __slots__ = ("_metrics", "_rows", "_series")

    def __init__(self, metrics: "Metrics", series: Sequence[_Series]) -> None:
        self._metrics = metrics
        self._series = series
        self._rows: deque[tuple[float | None, ...]] = deque()

    def record(self, now_ms: int, *values: float | None) -> None:
        """One event: a value for each measure, in their order; None where there is none."""
        rows = self._rows
        rows.append((now_ms // MINUTE_MS, *values))
        if len(rows) >= FOLD_ROWS:
            self._metrics.fold(self)

    def fold(self) -> None:
        """Turn the rows into statistics. Only under the registry's lock."""
        rows = [self._rows.popleft() for _ in range(len(self._rows))]
        for minute, mine in groupby(rows, key=itemgetter(0)):
            _, *columns = zip(*mine, strict=True)
            for series, column in zip(self._series, columns, strict=True):
                values = [value for value in column if value is not None] if None in column else column
                if values:
                    series.add(int(minute or 0), values)

    @property
    def metrics(self) -> list[MetricId]:
        """What it records, in the order of the measures."""
        return [series.metric for series in self._series]


class Metrics:
    """Every metric of this process. Any thread may use it. `clock` is what those who record go by."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._series: dict[MetricId, _Series] = {}
        self._recorders: set[Recorder] = set()
        self._left: list[Point] = []

    def recorder(
        self, account: str, region: str, namespace: str, dimensions: Mapping[str, str], measures: Iterable[Measure]
    ) -> Recorder:
        """A recorder of `measures` for what `dimensions` name. Recorders may share metrics."""
        named = tuple(sorted(dimensions.items()))
        with self._lock:
            series = []
            for measure in measures:
                metric = MetricId(account, region, namespace, measure.name, named, measure.unit)
                series.append(self._series.setdefault(metric, _Series(metric, measure)))
            recorder = Recorder(self, series)
            self._recorders.add(recorder)
        return recorder

    def forget(self, recorders: Iterable[Recorder]) -> None:
        """What these measured is gone: its totals are dropped. What was recorded can still be drained."""
        with self._lock:
            gone = set[MetricId]()
            for recorder in recorders:
                recorder.fold()
                self._recorders.discard(recorder)
                gone.update(recorder.metrics)
            for metric in gone:
                series = self._series.pop(metric, None)
                self._left += series.drain() if series else []

    def fold(self, recorder: Recorder) -> None:
        """Turn a recorder's rows into statistics, unless another thread is at it."""
        if self._lock.acquire(blocking=False):
            try:
                recorder.fold()
            finally:
                self._lock.release()

    def drain(self) -> list[Point]:
        """What was recorded since it was last drained."""
        with self._lock:
            self._fold_all()
            left, self._left = self._left, []
            return left + [point for series in self._series.values() for point in series.drain()]

    def restore(self, points: Iterable[Point]) -> None:
        """Take back what was drained and could not be stored."""
        with self._lock:
            for point in points:
                series = self._series.get(point.metric)
                if series is None:
                    self._left.append(point)
                else:
                    series.merge(point.start_ms // MINUTE_MS, point.statistics)

    def totals(self) -> list[Total]:
        """The totals of all metrics that have had a value."""
        with self._lock:
            self._fold_all()
            return [
                Total(series.metric, series.measure, series.samples, series.total, series.last)
                for series in self._series.values()
                if series.samples
            ]

    def _fold_all(self) -> None:
        for recorder in self._recorders:
            recorder.fold()
