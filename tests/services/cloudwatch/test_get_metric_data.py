from typing import Any

import pytest
from tests.services.cloudwatch.world import World, at, query

from afluente.core.error import AwsError


def test_get_metric_data_newest_first(world: World) -> None:
    world.put(1, at_s=0)
    world.put(2, at_s=60)
    answer = world.data(query())
    assert answer["Messages"] == []
    (result,) = answer["MetricDataResults"]
    assert result == {
        "Id": "a",
        "Label": "power",
        "Timestamps": [at(60), at(0)],
        "Values": [2, 1],
        "StatusCode": "Complete",
    }
    (result,) = world.data(query(), ScanBy="TimestampAscending")["MetricDataResults"]
    assert result["Values"] == [1, 2]


@pytest.mark.parametrize(
    ("stat", "value"),
    [("Sum", 66), ("SampleCount", 11), ("Minimum", 1), ("Maximum", 11), ("Average", 6), ("p50", 6), ("p90", 10)],
)
def test_get_metric_data_statistics(world: World, stat: str, value: float) -> None:
    world.put(*range(1, 12))
    (result,) = world.data(query(stat=stat))["MetricDataResults"]
    assert result["Values"] == [value]


def test_get_metric_data_of_nothing(world: World) -> None:
    (result,) = world.data(query(name="nothing"))["MetricDataResults"]
    assert (result["Values"], result["StatusCode"], result["Label"]) == ([], "Complete", "nothing")


@pytest.mark.parametrize(
    ("first", "second", "labels"),
    [
        ({"stat": "Sum", "period": 60}, {"stat": "Minimum", "period": 30}, ["power Sum 60", "power Minimum 30"]),
        ({"stat": "Sum", "period": 60}, {"stat": "Minimum", "period": 60}, ["power Sum", "power Minimum"]),
        ({"stat": "Sum", "period": 60}, {"stat": "Sum", "period": 30}, ["power 60", "power 30"]),
        ({"stat": "Sum", "Unit": "Seconds"}, {"stat": "Sum", "Unit": "Milliseconds"}, ["power", "power"]),
        ({"stat": "Sum"}, {"stat": "Sum", "name": "speed"}, ["power", "speed"]),
        ({"Label": "mine"}, {"stat": "Average"}, ["mine", "power"]),
    ],
)
def test_get_metric_data_labels_say_what_differs(
    world: World, first: dict[str, Any], second: dict[str, Any], labels: list[str]
) -> None:
    results = world.data(query("a", **first), query("b", **second))["MetricDataResults"]
    assert [result["Label"] for result in results] == labels


def test_get_metric_data_without_unit_takes_the_first_and_says_so(world: World) -> None:
    world.put(60_000, Unit="Milliseconds")
    world.put(60, Unit="Seconds")
    (result,) = world.data(query())["MetricDataResults"]
    assert result["Values"] == [60_000]
    message = "Multiple units returned: '[Milliseconds, Seconds]'"
    assert result["Messages"] == [{"Code": "MultipleUnits", "Value": message}]
    (result,) = world.data(query(Unit="Seconds"))["MetricDataResults"]
    assert result["Values"] == [60]
    assert "Messages" not in result


def test_get_metric_data_returns_only_what_it_is_asked_to(world: World) -> None:
    results = world.data(query("a", ReturnData=False), query("b", stat="Average"))["MetricDataResults"]
    assert [(result["Id"], result["Label"]) for result in results] == [("b", "power")]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7])
def test_get_metric_data_in_pages(world: World, limit: int) -> None:
    for minute in range(4):
        world.put(minute, at_s=60 * minute)
        world.put(10 + minute, at_s=60 * minute, name="speed")
    request: dict[str, Any] = {"ScanBy": "TimestampAscending", "MaxDatapoints": limit}
    found: dict[str, list[float]] = {"a": [], "b": []}
    answer = world.data(query("a"), query("b", "speed"), **request)
    pages = 1
    while True:
        for result in answer["MetricDataResults"]:
            found[result["Id"]] += result["Values"]
        assert sum(len(result["Values"]) for result in answer["MetricDataResults"]) <= limit
        assert ("NextToken" in answer) == any(
            result["StatusCode"] == "PartialData" for result in answer["MetricDataResults"]
        )
        if "NextToken" not in answer:
            break
        answer = world.data(query("a"), query("b", "speed"), **request, NextToken=answer["NextToken"])
        pages += 1
    assert found == {"a": [0, 1, 2, 3], "b": [10, 11, 12, 13]}
    assert pages == -(-8 // limit)


def test_get_metric_data_tokens_are_of_one_request(world: World) -> None:
    world.put(1, at_s=0)
    world.put(2, at_s=60)
    token = world.data(query(), MaxDatapoints=1)["NextToken"]
    for wrong in ("x", token[:-4], "W10="):
        with pytest.raises(AwsError) as caught:
            world.data(query(), MaxDatapoints=1, NextToken=wrong)
        assert caught.value.code == "InvalidNextToken"
    with pytest.raises(AwsError) as caught:
        world.data(query(stat="Maximum"), MaxDatapoints=1, NextToken=token)
    assert caught.value.code == "InvalidNextToken"


@pytest.mark.parametrize(
    ("queries", "members", "text"),
    [
        ([], {}, "The parameter MetricDataQueries is required."),
        ([query(f"a{n}") for n in range(501)], {}, "must not have a size greater than 500"),
        ([query("A")], {}, "The value A for parameter MetricDataQueries.member.1.Id is not matching the expected patt"),
        ([query(), query()], {}, "The values for parameter id in MetricDataQueries are not unique."),
        ([{"Id": "a"}], {}, "At least one of the parameters MetricDataQueries.member.1.MetricStat or"),
        (
            [query(Period=60)],
            {},
            "The parameters MetricDataQueries.member.1.Period and MetricDataQueries.member.1.MetricStat are mutually",
        ),
        ([query(period=61)], {}, "The parameter MetricDataQueries.member.1.MetricStat.Period must be"),
        ([query(stat="Median")], {}, "The value Median for parameter MetricDataQueries.member.1.MetricStat.Stat"),
        ([query()], {"end_s": -3600}, "The parameter StartTime must be less than the parameter EndTime."),
        ([query()], {"MaxDatapoints": 0}, "MaxDatapoints must be between"),
    ],
)
def test_get_metric_data_that_cannot_be(
    world: World, queries: list[dict[str, Any]], members: dict[str, Any], text: str
) -> None:
    with pytest.raises(AwsError) as caught:
        world.data(*queries, **members)
    assert (caught.value.code, text in caught.value.message) == ("ValidationError", True), caught.value.message


def test_get_metric_data_labels_that_are_dynamic(world: World) -> None:
    with pytest.raises(AwsError, match="dynamic labels") as caught:
        world.data(query(Label="${MAX}"))
    assert caught.value.code == "NotImplemented"
