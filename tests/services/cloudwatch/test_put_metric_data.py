from datetime import timedelta
from typing import Any

import pytest
from tests.services.cloudwatch.world import World, at

from afluente.core.error import AwsError

ALL = ("SampleCount", "Sum", "Minimum", "Maximum", "Average")


def test_put_metric_data_adds_up_within_a_minute(world: World) -> None:
    world.put(1, 5, at_s=0)
    world.put(3, at_s=59)
    world.put(100, at_s=60)
    assert world.datapoints(0, 120, 60, ALL) == [(0, 3, 9, 1, 5, 3), (60, 1, 100, 100, 100, 100)]


def test_put_metric_data_values_and_counts(world: World) -> None:
    world.put_metric_data(Namespace="Farm", MetricData=[{"MetricName": "power", "Values": [1, 10], "Counts": [2, 4]}])
    assert world.datapoints(0, 60, 60, ALL) == [(0, 6, 42, 1, 10, 7)]


def test_put_metric_data_values_count_once_each(world: World) -> None:
    world.put_metric_data(Namespace="Farm", MetricData=[{"MetricName": "power", "Values": [1, 10, 1]}])
    assert world.datapoints(0, 60, 60, ALL) == [(0, 3, 12, 1, 10, 4)]


def test_put_metric_data_statistic_values(world: World) -> None:
    statistics = {"SampleCount": 4, "Sum": 20, "Minimum": 2, "Maximum": 8}
    world.put_metric_data(Namespace="Farm", MetricData=[{"MetricName": "power", "StatisticValues": statistics}])
    world.put(10)
    assert world.datapoints(0, 60, 60, ALL) == [(0, 5, 30, 2, 10, 6)]


def test_put_metric_data_outlives_a_kill(world: World) -> None:
    world.put(1, 2)
    world.kill()
    world.put(3)
    assert world.datapoints(0, 60) == [(0, 6)]


def test_put_metric_data_of_two_weeks_ago_and_of_two_hours_ahead(world: World) -> None:
    fortnight, two_hours = 14 * 86_400, 7200
    world.put(1, at_s=-fortnight)
    world.put(2, at_s=two_hours)
    assert world.datapoints(-fortnight, -fortnight + 60) == [(-fortnight, 1)]
    assert world.datapoints(two_hours, two_hours + 60) == [(two_hours, 2)]
    with pytest.raises(AwsError, match=r"MetricData.member.1.Timestamp must specify a time within the past two weeks"):
        world.put(1, at_s=-fortnight - 1)
    with pytest.raises(AwsError, match="no more than two hours in the future"):
        world.put(1, at_s=two_hours + 1)


DATUM = {"MetricName": "power"}
LISTS = {"Values": [1, 10], "Counts": [2, 4, 1]}
SET = {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}


@pytest.mark.parametrize(
    ("datum", "code", "text"),
    [
        (DATUM, "MissingParameter", "At least one of the parameters MetricData.member.2.Value, "),
        (
            DATUM | {"Value": 1.5, "Values": [1]},
            "InvalidParameterCombination",
            "The parameters MetricData.member.2.Value and MetricData.member.2.Values are mutually exclusive and you "
            "have specified both.",
        ),
        (DATUM | {"Value": 0, "StatisticValues": SET}, "InvalidParameterCombination", "and MetricData.member.2.Statis"),
        (
            DATUM | LISTS,
            "InvalidParameterValue",
            "The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size.",
        ),
        (DATUM | {"Values": [1.0] * 151}, "InvalidParameterValue", "must not have a size greater than 150"),
        (DATUM | {"Values": [1], "Counts": [0]}, "InvalidParameterValue", "for parameter MetricData.member.2.Counts"),
        (
            DATUM | {"Value": float("nan")},
            "InvalidParameterValue",
            "The value NaN for parameter MetricData.member.2.Value is invalid.",
        ),
        (DATUM | {"Value": float("inf")}, "InvalidParameterValue", "The value inf for parameter"),
        (DATUM | {"Value": -(2.0**361)}, "InvalidParameterValue", "for parameter MetricData.member.2.Value"),
        (DATUM | {"StatisticValues": SET | {"SampleCount": 0}}, "InvalidParameterValue", "SampleCount must be greater"),
        (DATUM | {"StatisticValues": SET | {"Maximum": 0}}, "InvalidParameterValue", "Maximum must be greater than"),
        (DATUM | {"Value": 1, "StorageResolution": 5}, "InvalidParameterValue", "StorageResolution is invalid"),
        (
            DATUM | {"Value": 1, "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]},
            "InvalidParameterValue",
            "two dimensions of the same name",
        ),
    ],
)
def test_put_metric_data_that_cannot_be(world: World, datum: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(AwsError) as caught:
        world.put_metric_data(Namespace="Farm", MetricData=[DATUM | {"Value": 1}, datum])
    assert (caught.value.code, text in caught.value.message) == (code, True), caught.value.message
    assert world.datapoints(0, 60) == [], "all of the data or none"


@pytest.mark.parametrize(
    ("namespace", "data", "code", "text"),
    [
        ("AWS/Kinesis", [DATUM | {"Value": 1}], "InvalidParameterValue", "The value AWS/Kinesis for parameter Name"),
        ("Farm", [], "MissingParameter", "The parameter MetricData is required."),
        ("Farm", [DATUM | {"Value": 1}] * 1001, "InvalidParameterValue", "must not have a size greater than 1000"),
    ],
)
def test_put_metric_data_in_the_wrong_place_or_number(
    world: World, namespace: str, data: list[dict[str, Any]], code: str, text: str
) -> None:
    with pytest.raises(AwsError, match=text) as caught:
        world.put_metric_data(Namespace=namespace, MetricData=data)
    assert caught.value.code == code


def test_dimensions_and_regions_are_metrics_of_their_own(world: World) -> None:
    turbine = [{"Name": "Turbine", "Value": "1"}, {"Name": "Farm", "Value": "north"}]
    world.put(1)
    world.put(2, Dimensions=turbine)
    world.put_metric_data(region="sa-east-1", Namespace="Farm", MetricData=[DATUM | {"Value": 4}])
    assert world.datapoints(0, 60) == [(0, 1)]
    assert world.datapoints(0, 60, Dimensions=turbine[::-1]) == [(0, 2)]
    assert world.datapoints(0, 60, region="sa-east-1") == [(0, 4)]


def test_what_services_measure_is_found_at_once_and_written_once_a_minute(world: World) -> None:
    from afluente.core.metric import Measure

    measures = (Measure("power", "Count", "Power."),)
    recorder = world.metrics.recorder("000000000000", "us-east-1", "Farm", {}, measures)
    recorder.record(world.clock.now_ms(), 5)
    assert world.datapoints(0, 60) == [(0, 5)]
    recorder.record(world.clock.now_ms(), 6)
    world.clock.advance(60, waiters=2)
    recorder.record(world.clock.now_ms() - 1, 100)
    world.kill()
    assert world.datapoints(0, 60) == [(0, 11)], "what was measured since the last minute is lost, and no more"


def test_metrics_that_cannot_be_written_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from afluente.core.metric import Measure

    def fail(_: object) -> None:
        raise OSError("no space left on device")

    recorder = world.metrics.recorder("000000000000", "us-east-1", "Farm", {}, (Measure("power", "Count", "Power."),))
    recorder.record(world.clock.now_ms(), 5)
    with monkeypatch.context() as patch:
        patch.setattr(world.engine._table, "add", fail)
        assert world.datapoints(0, 60) == []
    assert world.datapoints(0, 60) == [(0, 5)]


def test_a_late_datum_reaches_its_own_minute(world: World) -> None:
    world.put_metric_data(
        Namespace="Farm", MetricData=[{"MetricName": "power", "Value": 1, "Timestamp": at(0) - timedelta(seconds=1)}]
    )
    assert world.datapoints(-60, 60) == [(-60, 1)]
