from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.services.cloudwatch.world import START_S, World, at

from afluente.core.error import AwsError

REQUEST = {
    "Namespace": "Farm",
    "MetricName": "power",
    "StartTime": at(0),
    "EndTime": at(3600),
    "Period": 60,
    "Statistics": ["Sum"],
}


def test_get_metric_statistics_periods_begin_at_the_start(world: World) -> None:
    for minute in range(10):
        world.put(1, at_s=60 * minute)
    assert world.datapoints(120, 600, 300) == [(120, 5), (420, 3)]


def test_get_metric_statistics_rounds_the_start_down(world: World) -> None:
    world.put(1, at_s=0)
    assert world.datapoints(45, 60) == [(0, 1)]


def test_get_metric_statistics_leaves_out_the_end(world: World) -> None:
    world.put(1, at_s=60)
    assert world.datapoints(0, 60) == []
    assert world.datapoints(0, 61) == [(60, 1)]


def test_get_metric_statistics_tells_units_apart(world: World) -> None:
    world.put(1, 2, Unit="Seconds")
    world.put(4, Unit="Count")
    found = world.get_metric_statistics(**REQUEST)["Datapoints"]
    assert [(each["Unit"], each["Sum"]) for each in found] == [("Count", 4), ("Seconds", 3)]
    (point,) = world.get_metric_statistics(**REQUEST, Unit="Seconds")["Datapoints"]
    assert point["Sum"] == 3
    assert world.get_metric_statistics(**REQUEST, Unit="Bytes")["Datapoints"] == []


def test_get_metric_statistics_without_unit_is_none(world: World) -> None:
    world.put(1)
    answer = world.get_metric_statistics(**REQUEST)
    assert (answer["Label"], answer["Datapoints"][0]["Unit"]) == ("power", "None")


def test_get_metric_statistics_percentiles(world: World) -> None:
    world.put(*range(1, 101))
    request = {name: value for name, value in REQUEST.items() if name != "Statistics"}
    (point,) = world.get_metric_statistics(**request, ExtendedStatistics=["p50", "p99", "p99.9", "p0", "p100"])[
        "Datapoints"
    ]
    assert point["ExtendedStatistics"] == {"p50": 50, "p99": 99, "p99.9": 100, "p0": 1, "p100": 100}


def test_get_metric_statistics_percentiles_need_the_values(world: World) -> None:
    def put(minimum: float, maximum: float) -> None:
        given = {"SampleCount": 2, "Sum": minimum + maximum, "Minimum": minimum, "Maximum": maximum}
        world.put_metric_data(Namespace="Farm", MetricData=[{"MetricName": "power", "StatisticValues": given}])

    request = {name: value for name, value in REQUEST.items() if name != "Statistics"} | {"ExtendedStatistics": ["p90"]}
    put(5, 5)
    (point,) = world.get_metric_statistics(**request)["Datapoints"]
    assert point["ExtendedStatistics"] == {"p90": 5}
    put(5, 6)
    assert world.get_metric_statistics(**request)["Datapoints"] == []


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        ({"EndTime": at(0)}, "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndT"),
        ({"Period": 90}, "InvalidParameterValue", "The parameter Period must be"),
        ({"Period": 7}, "InvalidParameterValue", "The parameter Period must be"),
        (
            {"EndTime": at(60 * 1441)},
            "InvalidParameterCombination",
            "You have requested up to 1,441 datapoints, which exceeds the limit of 1,440. You may reduce the data",
        ),
        ({"Statistics": []}, "InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics"),
        ({"ExtendedStatistics": ["p50"]}, "InvalidParameterCombination", "Must specify either Statistics or Ext"),
        ({"Statistics": [], "ExtendedStatistics": ["p101"]}, "InvalidParameterValue", "The value p101 for parameter"),
        ({"Statistics": [], "ExtendedStatistics": ["Sum"]}, "InvalidParameterValue", "The value Sum for parameter"),
        ({"Statistics": [], "ExtendedStatistics": ["tm90"]}, "NotImplemented", "does not support the statistic tm90"),
        ({"Statistics": [], "ExtendedStatistics": ["PR(:300)"]}, "NotImplemented", "the statistic PR"),
    ],
)
def test_get_metric_statistics_that_cannot_be(world: World, changed: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(AwsError) as caught:
        world.get_metric_statistics(**REQUEST | changed)
    assert (caught.value.code, text in caught.value.message) == (code, True), caught.value.message


def test_get_metric_statistics_of_seconds(world: World) -> None:
    for second in range(12):
        world.put(1, at_s=second, StorageResolution=1)
    assert world.datapoints(0, 60, 5) == [(0, 5), (5, 5), (10, 2)]
    assert world.datapoints(0, 60, 60) == [(0, 12)]
    world.clock.advance(4 * 3600, waiters=2)
    assert world.datapoints(0, 60, 5) == [(0, 12)], "seconds are kept for three hours"
    assert world.datapoints(0, 60, 60) == [(0, 12)]


def test_get_metric_statistics_becomes_coarser_with_age_and_then_ends(world: World) -> None:
    for minute in range(120):
        world.put(1, at_s=60 * minute)
    day = 86_400
    world.clock.advance(15 * day + 3 * 3600, waiters=2)
    assert world.datapoints(0, 7200, 60) == []
    assert [value for _, value in world.datapoints(0, 7200, 300)] == [5] * 24
    world.clock.advance(48 * day, waiters=2)
    hours = world.datapoints(0, 10_800, 3600)
    assert [value for _, value in hours] == [60, 60]
    assert world.datapoints(0, 7200, 300) == []
    world.clock.advance(400 * day, waiters=2)
    assert world.datapoints(-3600, 10_800, 3600) == []
    assert list(world.database.read().execute("SELECT * FROM cloudwatch_metric")) == []


NAMES = count()
DATA = st.lists(st.tuples(st.integers(0, 7199), st.integers(-50, 50)), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=DATA, start_s=st.integers(0, 7000), length_s=st.integers(60, 7200), minutes=st.integers(1, 20))
def test_periods_add_up_to_the_minutes_of_their_window(
    world: World, data: list[tuple[int, int]], start_s: int, length_s: int, minutes: int
) -> None:
    name = f"power-{next(NAMES)}"
    world.put_metric_data(
        Namespace="Farm",
        MetricData=[{"MetricName": name, "Value": value, "Timestamp": at(second)} for second, value in data],
    )
    statistics = ["Sum", "SampleCount", "Minimum", "Maximum"]
    request = REQUEST | {"MetricName": name, "StartTime": at(start_s), "EndTime": at(start_s + length_s)}
    found = world.get_metric_statistics(**request | {"Period": 60 * minutes, "Statistics": statistics})["Datapoints"]
    first_s = start_s // 60 * 60
    mine = [value for second, value in data if first_s <= second // 60 * 60 < start_s + length_s]
    assert sum(each["Sum"] for each in found) == sum(mine)
    assert sum(each["SampleCount"] for each in found) == len(mine)
    if mine:
        assert min(each["Minimum"] for each in found) == min(mine)
        assert max(each["Maximum"] for each in found) == max(mine)
    for each in found:
        assert (each["Timestamp"].timestamp() - START_S - first_s) % (60 * minutes) == 0
