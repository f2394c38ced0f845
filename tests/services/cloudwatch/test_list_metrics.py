import pytest
from tests.services.cloudwatch.world import World

from afluente.core.error import AwsError


def dimension(name: str, value: str) -> dict[str, str]:
    return {"Name": name, "Value": value}


@pytest.fixture
def farm(world: World) -> World:
    world.put(1)
    world.put(1, name="speed", Dimensions=[dimension("Turbine", "2"), dimension("Farm", "north")])
    world.put(1, name="speed", Dimensions=[dimension("Turbine", "1")])
    world.put_metric_data(Namespace="Weather", MetricData=[{"MetricName": "speed", "Value": 1}])
    return world


def names(farm: World, **request: object) -> list[str]:
    return [
        "/".join([each["Namespace"], each["MetricName"], *(d["Value"] for d in each["Dimensions"])])
        for each in farm.list_metrics(**request)["Metrics"]
    ]


def test_list_metrics(farm: World) -> None:
    assert names(farm) == ["Farm/power", "Farm/speed/north/2", "Farm/speed/1", "Weather/speed"]
    assert names(farm, Namespace="Weather") == ["Weather/speed"]
    assert names(farm, MetricName="power") == ["Farm/power"]
    assert names(farm, region="sa-east-1") == []


def test_list_metrics_by_dimension(farm: World) -> None:
    assert names(farm, Dimensions=[{"Name": "Turbine"}]) == ["Farm/speed/north/2", "Farm/speed/1"]
    assert names(farm, Dimensions=[dimension("Turbine", "1")]) == ["Farm/speed/1"]
    assert names(farm, Dimensions=[{"Name": "Turbine"}, {"Name": "Farm"}]) == ["Farm/speed/north/2"]


def test_list_metrics_in_pages(world: World) -> None:
    for start in range(0, 1200, 400):
        data = [{"MetricName": f"m{start + n}", "Value": 1} for n in range(400)]
        world.put_metric_data(Namespace="Farm", MetricData=data)
    first = world.list_metrics()
    second = world.list_metrics(NextToken=first["NextToken"])
    third = world.list_metrics(NextToken=second["NextToken"])
    found = [each["MetricName"] for page in (first, second, third) for each in page["Metrics"]]
    assert found == [f"m{n}" for n in range(1200)]
    assert [len(page["Metrics"]) for page in (first, second, third)] == [500, 500, 200]
    assert "NextToken" not in third
    with pytest.raises(AwsError) as caught:
        world.list_metrics(Namespace="Farm", NextToken=first["NextToken"])
    assert caught.value.code == "InvalidNextToken"


def test_list_metrics_of_the_last_two_weeks_or_three_hours(farm: World) -> None:
    farm.clock.advance(4 * 3600, waiters=2)
    farm.put(1, at_s=4 * 3600)
    assert names(farm, RecentlyActive="PT3H") == ["Farm/power"]
    assert len(names(farm)) == 4
    farm.clock.advance(14 * 86_400, waiters=2)
    assert names(farm) == ["Farm/power"]
