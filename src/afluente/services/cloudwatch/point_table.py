"""Where points lie: statistics of a metric's values by unit and time, ever coarser with age, as on AWS.

Seconds (of high resolution) are kept for three hours, minutes for 15 days, five minutes for 63 days, hours for 455
days. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import msgspec

from afluente.core.metric import MetricId, StatisticSet
from afluente.store.database import Database

STEPS = (
    """
    CREATE TABLE cloudwatch_metric (
        id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL,
        name TEXT NOT NULL, dimensions TEXT NOT NULL, newest_s INTEGER NOT NULL,
        UNIQUE (account, region, namespace, name, dimensions)
    ) STRICT;
    CREATE TABLE cloudwatch_point (
        metric INTEGER NOT NULL, start_s INTEGER NOT NULL, period_s INTEGER NOT NULL, unit TEXT NOT NULL,
        samples REAL NOT NULL, total REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL, distribution BLOB,
        PRIMARY KEY (metric, start_s, period_s, unit)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX cloudwatch_point_age ON cloudwatch_point (period_s, start_s)
    """,
)

HOUR_S, DAY_S = 3600, 86_400
AGES = ((1, 3 * HOUR_S, 60), (60, 15 * DAY_S, 300), (300, 63 * DAY_S, HOUR_S))
"""(period, age from which points of it are merged, period they are merged into), in seconds."""

KEPT_S = 455 * DAY_S
LISTED_S = 14 * DAY_S
"""A metric without newer data than this is no longer listed."""

MERGED_ROWS = 5_000
"""Points that one transaction merges."""

Place = tuple[int, int, int, str]
"""Metric, start, period and unit: the key of a point."""

DISTRIBUTION = msgspec.msgpack.Decoder(list[tuple[float, float]])


class StoredPoint(NamedTuple):
    """Statistics of the values of one unit from `start_s` on, for `period_s` seconds."""

    start_s: int
    period_s: int
    unit: str
    statistics: StatisticSet


class ListedMetric(NamedTuple):
    """A metric as it is listed; `id` is the order of listing."""

    id: int
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


class PointTable:
    """Every point of every account and region. Writes join the thread's open transaction, else commit alone."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("cloudwatch", STEPS)

    def add(self, points: Iterable[tuple[MetricId, int, int, StatisticSet]]) -> None:
        """Merge (metric, start, period, statistics) into what there is, in one transaction."""
        with self._database.write() as db:
            for metric, start_s, period_s, statistics in points:
                _merge(db, (_id(db, metric, start_s), start_s, period_s, metric.unit), statistics)

    def read(self, metric: MetricId, start_s: int, end_s: int, longest_s: int) -> list[StoredPoint]:
        """Points that begin in [start_s, end_s), by time and unit, of at most that period; all units if it is ''."""
        rows = self._database.read().execute(
            "SELECT start_s, period_s, unit, samples, total, minimum, maximum, distribution FROM cloudwatch_point "
            "WHERE metric = (SELECT id FROM cloudwatch_metric WHERE (account, region, namespace, name, dimensions) = "
            "(?, ?, ?, ?, ?)) AND start_s >= ? AND start_s < ? AND period_s <= ? AND ? IN ('', unit) "
            "ORDER BY start_s, unit",
            (*_key(metric), start_s, end_s, longest_s, metric.unit),
        )
        return [StoredPoint(start, period, unit, _statistics(*row)) for start, period, unit, *row in rows.fetchall()]

    def metrics(
        self, account: str, region: str, namespace: str | None, name: str | None, *, since_s: int, after: int
    ) -> Iterator[ListedMetric]:
        """Metrics with a point at or after `since_s`, listed after the id `after`."""
        rows = self._database.read().execute(
            "SELECT id, namespace, name, dimensions FROM cloudwatch_metric WHERE account = ? AND region = ? "
            "AND ifnull(?, namespace) = namespace AND ifnull(?, name) = name AND newest_s >= ? AND id > ? ORDER BY id",
            (account, region, namespace, name, since_s, after),
        )
        for number, space, called, dimensions in rows.fetchall():
            yield ListedMetric(number, space, called, tuple((key, value) for key, value in json.loads(dimensions)))

    def age(self, now_s: int) -> None:
        """Merge what has become old into longer periods, and remove what is too old."""
        for period_s, age_s, longer_s in AGES:
            while self._merge_older(period_s, (now_s - age_s) // longer_s * longer_s, longer_s):
                pass
        with self._database.write() as db:
            oldest_s = now_s - KEPT_S
            db.execute("DELETE FROM cloudwatch_point WHERE period_s = ? AND start_s < ?", (HOUR_S, oldest_s))
            db.execute("DELETE FROM cloudwatch_metric WHERE newest_s < ?", (oldest_s,))

    def _merge_older(self, period_s: int, before_s: int, longer_s: int) -> bool:
        """Merge some points of a period; whether there may be more."""
        with self._database.write() as db:
            rows = db.execute(
                "SELECT metric, start_s / ? * ?, unit, start_s, samples, total, minimum, maximum, distribution "
                "FROM cloudwatch_point WHERE period_s = ? AND start_s < ? LIMIT ?",
                (longer_s, longer_s, period_s, before_s, MERGED_ROWS),
            ).fetchall()
            for (metric, start_s, unit), mine in groupby(
                sorted(rows, key=lambda row: row[:4]), key=lambda row: row[:3]
            ):
                statistics = merged(_statistics(*row[4:]) for row in mine)
                _merge(db, (metric, start_s, longer_s, unit), statistics)
            db.executemany(
                "DELETE FROM cloudwatch_point WHERE metric = ? AND start_s = ? AND period_s = ? AND unit = ?",
                [(metric, start_s, period_s, unit) for metric, _, unit, start_s, *_ in rows],
            )
        return len(rows) == MERGED_ROWS


def merged(parts: Iterable[StatisticSet]) -> StatisticSet:
    """All of at least one part together, without changing any."""
    found: StatisticSet | None = None
    for part in parts:
        if found is None:
            found = StatisticSet(part.samples, part.total, part.minimum, part.maximum, part.distribution)
            found.distribution = None if part.distribution is None else dict(part.distribution)
        else:
            found.merge(part)
    if found is None:
        raise ValueError("there are no statistics of nothing")
    return found


def _key(metric: MetricId) -> tuple[str, str, str, str, str]:
    return metric.account, metric.region, metric.namespace, metric.name, json.dumps(metric.dimensions)


def _id(db: sqlite3.Connection, metric: MetricId, start_s: int) -> int:
    row = db.execute(
        "INSERT INTO cloudwatch_metric (account, region, namespace, name, dimensions, newest_s) "
        "VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET newest_s = max(newest_s, excluded.newest_s) RETURNING id",
        (*_key(metric), start_s),
    ).fetchone()
    return int(row[0])


def _merge(db: sqlite3.Connection, place: Place, statistics: StatisticSet) -> None:
    row = db.execute(
        "SELECT samples, total, minimum, maximum, distribution FROM cloudwatch_point "
        "WHERE metric = ? AND start_s = ? AND period_s = ? AND unit = ?",
        place,
    ).fetchone()
    whole = merged([_statistics(*row), statistics]) if row else statistics
    values = None if whole.distribution is None else msgspec.msgpack.encode(list(whole.distribution.items()))
    db.execute(
        "INSERT OR REPLACE INTO cloudwatch_point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*place, whole.samples, whole.total, whole.minimum, whole.maximum, values),
    )


def _statistics(samples: float, total: float, minimum: float, maximum: float, values: bytes | None) -> StatisticSet:
    distribution = None if values is None else dict(DISTRIBUTION.decode(values))
    return StatisticSet(samples, total, minimum, maximum, distribution)
