"""Metrics: what is recorded is what is drained, whoever records, however it is cut into minutes and drains."""

import threading
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.clock import ManualClock
from afluente.core.metric import (
    DISTRIBUTION_VALUES,
    MINUTE_MS,
    Measure,
    Metrics,
    Point,
    Recorder,
    StatisticSet,
)

SIZE = Measure("Size", "Bytes", "How large.")
TIME = Measure("Latency", "Milliseconds", "How long.", "summary")
LEVEL = Measure("Level", "Count", "How high.", "gauge")

VALUES = st.floats(-1e6, 1e6) | st.integers(0, 100)


def a_recorder(metrics: Metrics, *measures: Measure, name: str = "wind") -> Recorder:
    return metrics.recorder("000000000000", "us-east-1", "Farm", {"Name": name}, measures or (SIZE, TIME))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(ManualClock())


def by_name(points: list[Point]) -> dict[tuple[str, int], StatisticSet]:
    return {(point.metric.name, point.start_ms): point.statistics for point in points}


def test_a_row_counts_for_every_measure_of_its_minute(metrics: Metrics) -> None:
    recorder = a_recorder(metrics)
    recorder.record(0, 10, 3)
    recorder.record(59_999, 30, 5)
    recorder.record(60_000, 7, 1)
    assert by_name(metrics.drain()) == {
        ("Size", 0): StatisticSet(2, 40, 10, 30),
        ("Size", MINUTE_MS): StatisticSet(1, 7, 7, 7),
        ("Latency", 0): StatisticSet(2, 8, 3, 5, {3: 1, 5: 1}),
        ("Latency", MINUTE_MS): StatisticSet(1, 1, 1, 1, {1: 1}),
    }
    assert metrics.drain() == []


def test_none_is_no_value(metrics: Metrics) -> None:
    recorder = a_recorder(metrics)
    recorder.record(0, None, 3)
    recorder.record(0, None, 4)
    assert [point.metric.name for point in metrics.drain()] == ["Latency"]


def test_recorders_share_the_metrics_of_the_same_name_and_dimensions(metrics: Metrics) -> None:
    a_recorder(metrics, SIZE).record(0, 1)
    a_recorder(metrics, SIZE, LEVEL).record(0, 2, 5)
    a_recorder(metrics, SIZE, name="sun").record(0, 4)
    sizes = {p.metric.dimensions: p.statistics.total for p in metrics.drain() if p.metric.name == "Size"}
    assert sizes == {(("Name", "wind"),): 3, (("Name", "sun"),): 4}


def test_dimensions_are_in_the_order_of_their_names(metrics: Metrics) -> None:
    recorder = metrics.recorder("1", "r", "Farm", {"Stream": "s", "Shard": "1"}, [SIZE])
    assert recorder.metrics[0].dimensions == (("Shard", "1"), ("Stream", "s"))


def test_totals_outlive_a_drain(metrics: Metrics) -> None:
    recorder = a_recorder(metrics, SIZE, LEVEL)
    recorder.record(0, 10, 3)
    metrics.drain()
    recorder.record(0, 5, 2)
    assert [(t.measure.name, t.samples, t.total, t.last) for t in metrics.totals()] == [
        ("Size", 2, 15, 5),
        ("Level", 2, 5, 2),
    ]


def test_what_is_forgotten_can_be_drained_but_has_no_totals(metrics: Metrics) -> None:
    recorder, other = a_recorder(metrics, SIZE), a_recorder(metrics, SIZE)
    recorder.record(0, 10)
    other.record(0, 20)
    metrics.forget([recorder, other])
    assert metrics.totals() == []
    points = metrics.drain()
    assert [point.statistics.total for point in points] == [30]
    metrics.restore(points)
    assert metrics.drain() == points


@given(rows=st.lists(st.tuples(st.integers(0, 5 * MINUTE_MS), VALUES, st.booleans()), min_size=1, max_size=400))
def test_drains_add_up_to_all_that_was_recorded(rows: list[tuple[int, float, bool]]) -> None:
    metrics = Metrics(ManualClock())
    recorder, expected = a_recorder(metrics, TIME), defaultdict[int, list[float]](list)
    found: dict[int, StatisticSet] = {}

    def take() -> None:
        points = metrics.drain()
        metrics.restore(points)  # as if they could not be stored the first time
        for point in metrics.drain():
            if point.start_ms in found:
                found[point.start_ms].merge(point.statistics)
            else:
                found[point.start_ms] = point.statistics

    for now_ms, value, drained_next in rows:
        recorder.record(now_ms, value)
        expected[now_ms // MINUTE_MS * MINUTE_MS].append(value)
        if drained_next:
            take()
    take()
    assert found.keys() == expected.keys()
    for minute, values in expected.items():
        statistics = found[minute]
        assert (statistics.samples, statistics.minimum, statistics.maximum) == (len(values), min(values), max(values))
        assert statistics.total == pytest.approx(sum(values), abs=1e-3)
        assert statistics.distribution is not None
        assert sum(statistics.distribution.values()) == len(values)
    (total,) = metrics.totals()
    assert (total.samples, total.last) == (len(rows), rows[-1][1])


def test_a_distribution_of_many_values_is_rounded_and_loses_none() -> None:
    values = [float(value) for value in range(1, 10 * DISTRIBUTION_VALUES)]
    statistics = StatisticSet.of(values, keeps_values=True)
    assert statistics.distribution is not None
    assert len(statistics.distribution) <= DISTRIBUTION_VALUES
    assert sum(statistics.distribution.values()) == len(values)
    counted = 0.0
    for value, count in sorted(statistics.distribution.items()):
        counted += count
        assert value == pytest.approx(counted, rel=0.06, abs=1)


def test_no_value_is_lost_between_threads(metrics: Metrics) -> None:
    recorder, drained = a_recorder(metrics, SIZE), list[Point]()

    def record() -> None:
        for _ in range(5000):
            recorder.record(0, 1)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        drained += metrics.drain()
    drained += metrics.drain()
    assert sum(point.statistics.total for point in drained) == 4 * 5000
    assert metrics.totals()[0].total == 4 * 5000
