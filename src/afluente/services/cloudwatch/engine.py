"""CloudWatch's metrics: what services measure of themselves, and what callers put, kept and asked for.

What callers put is on disk before they are answered. What services measure is written once a minute and whenever
someone asks for metrics; what a crash finds in between is lost.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.core.metric import MetricId, Metrics, StatisticSet
from afluente.services.cloudwatch.datum import Datum, Dimensions, check_count, check_namespace
from afluente.services.cloudwatch.point_table import LISTED_S, ListedMetric, PointTable
from afluente.services.cloudwatch.window import Window
from afluente.store.database import Database

WRITE_EVERY_MS = 60_000
AGE_EVERY_MS = 3_600_000
RECENT_S = 3 * 3600

log = logging.getLogger(__name__)


class CloudWatchEngine:
    """CloudWatch of every account and region. `start` begins to write what `metrics` has; `stop` writes the last."""

    def __init__(self, database: Database, metrics: Metrics, clock: Clock) -> None:
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._table = PointTable(database)
        self._age_at_ms = 0
        self._writing = threading.Lock()
        self._loop = Loop("cloudwatch", self._step, clock)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        self._loop.stop()
        self.write_measured()

    def write_measured(self) -> None:
        """Write what services have measured. When that fails it is kept, and tried again next time."""
        with self._writing:
            points = self._metrics.drain()
            try:
                if points:
                    self._table.add((each.metric, each.start_ms // 1000, 60, each.statistics) for each in points)
            except Exception:
                log.exception("metrics could not be written; they are kept")
                self._metrics.restore(points)

    def put(self, account: str, region: str, namespace: str, data: Sequence[Mapping[str, Any]]) -> None:
        """Keep the data; they are on disk when this returns. Raises AWS's errors, and then keeps none of them."""
        check_namespace(namespace)
        check_count(data)
        now_ms = self._clock.now_ms()
        points = []
        for number, given in enumerate(data, 1):
            datum = Datum(given, f"MetricData.member.{number}")
            metric = MetricId(account, region, namespace, datum.name, datum.dimensions, datum.unit)
            period_s = datum.period_s()
            start_s = datum.time_ms(now_ms) // 1000 // period_s * period_s
            points.append((metric, start_s, period_s, datum.statistics()))
        self._database.write_together(lambda: self._table.add(points))

    def metrics(
        self,
        account: str,
        region: str,
        *,
        namespace: str | None,
        name: str | None,
        dimensions: Iterable[Mapping[str, str]],
        recent: bool,
        after: int,
    ) -> Iterator[ListedMetric]:
        """Metrics that have had data in the last two weeks, or three hours, and all of these dimensions."""
        self.write_measured()
        since_s = self._clock.now_ms() // 1000 - (RECENT_S if recent else LISTED_S)
        for metric in self._table.metrics(account, region, namespace, name, since_s=since_s, after=after):
            if _has(metric.dimensions, dimensions):
                yield metric

    def read(self, metric: MetricId, window: Window) -> dict[tuple[int, str], StatisticSet]:
        """Statistics of each period of the window that has values, by its start and unit; all units if it is ''."""
        points = self._table.read(metric, window.start_s, window.end_s, max(60, window.period_s))
        return window.by_period(points)

    def _step(self) -> int:
        now_ms = self._clock.now_ms()
        self.write_measured()
        if now_ms >= self._age_at_ms:
            self._age_at_ms = now_ms + AGE_EVERY_MS
            self._table.age(now_ms // 1000)
        return now_ms + WRITE_EVERY_MS


def _has(mine: Dimensions, wanted: Iterable[Mapping[str, str]]) -> bool:
    """Whether a metric has every wanted dimension: by name, and by value where one is given."""
    found = dict(mine)
    return all(
        each["Name"] in found and found[each["Name"]] == each.get("Value", found[each["Name"]]) for each in wanted
    )
