from typing import Any

import pytest
from tests.services.cloudwatch.world import ACCOUNT, REGION, World, at

from afluente.core.error import AwsError

ALARM = {
    "AlarmName": "low",
    "Namespace": "Farm",
    "MetricName": "power",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 10,
    "ComparisonOperator": "LessThanThreshold",
}
ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:low"


def state(world: World, name: str = "low") -> str:
    (alarm,) = world.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def test_put_metric_alarm_and_describe_alarms(world: World) -> None:
    world.put_metric_alarm(**ALARM)
    answer = world.describe_alarms()
    assert answer["CompositeAlarms"] == []
    (alarm,) = answer["MetricAlarms"]
    assert {name: value for name, value in alarm.items() if value is not None} == {
        "AlarmName": "low",
        "AlarmArn": ARN,
        "AlarmConfigurationUpdatedTimestamp": at(0),
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": at(0),
        "StateTransitionedTimestamp": at(0),
        "MetricName": "power",
        "Namespace": "Farm",
        "Statistic": "Average",
        "Dimensions": [],
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 10.0,
        "ComparisonOperator": "LessThanThreshold",
    }


def minute(world: World, *values: float) -> None:
    """A minute in which these were measured."""
    world.put_metric_data(Namespace="Farm", MetricData=[{"MetricName": "power", "Value": each} for each in values])
    world.clock.advance(60, waiters=2)


def test_alarms_follow_their_metric(world: World) -> None:
    world.put_metric_alarm(**ALARM)
    world.clock.settle(2)
    minute(world, 5, 7)
    assert state(world) == "INSUFFICIENT_DATA", "one of two periods"
    minute(world, 4)
    assert state(world) == "ALARM"
    minute(world, 4, 100)
    assert state(world) == "OK"
    (alarm,) = world.describe_alarms()["MetricAlarms"]
    assert alarm["StateReason"].startswith(
        "Threshold Crossed: 1 datapoint [52.0 (21/09/26 14:02:00)] was not less than"
    )
    assert alarm["StateTransitionedTimestamp"] == at(180)


def test_alarms_follow_what_services_measure(world: World) -> None:
    from afluente.core.metric import Measure

    recorder = world.metrics.recorder(ACCOUNT, REGION, "Farm", {"Farm": "north"}, [Measure("power", "Count", "Power.")])
    dimensions = [{"Name": "Farm", "Value": "north"}]
    world.put_metric_alarm(**ALARM | {"EvaluationPeriods": 1, "Dimensions": dimensions, "Unit": "Count"})
    world.clock.settle(2)
    recorder.record(world.clock.now_ms(), 1)
    world.clock.advance(60, waiters=2)
    assert state(world) == "ALARM"


def test_alarms_on_short_periods_are_looked_at_more_often(world: World) -> None:
    world.put_metric_alarm(**ALARM | {"Period": 10, "EvaluationPeriods": 1})
    world.clock.settle(2)
    world.put(1, StorageResolution=1)
    world.clock.advance(10, waiters=2)
    assert state(world) == "ALARM"


def test_alarms_without_data_become_what_they_are_told_to(world: World) -> None:
    for treatment, expected in (("breaching", "ALARM"), ("notBreaching", "OK"), ("ignore", "INSUFFICIENT_DATA")):
        world.put_metric_alarm(**ALARM | {"AlarmName": treatment, "TreatMissingData": treatment})
        world.clock.settle(2)
        world.clock.advance(60, waiters=2)
        assert state(world, treatment) == expected


def test_alarms_outlive_a_kill_with_their_state(world: World) -> None:
    world.put_metric_alarm(**ALARM, Tags=[{"Key": "team", "Value": "wind"}])
    world.set_alarm_state(AlarmName="low", StateValue="OK", StateReason="because")
    before = world.describe_alarms()
    world.kill()
    assert world.describe_alarms() == before
    assert world.list_tags_for_resource(ResourceARN=ARN)["Tags"] == [{"Key": "team", "Value": "wind"}]


def test_put_metric_alarm_again_keeps_state_and_tags(world: World) -> None:
    world.put_metric_alarm(**ALARM, Tags=[{"Key": "team", "Value": "wind"}])
    world.set_alarm_state(AlarmName="low", StateValue="OK", StateReason="because")
    world.put_metric_alarm(**ALARM | {"Threshold": 20, "AlarmDescription": "text"})
    (alarm,) = world.describe_alarms()["MetricAlarms"]
    assert (alarm["Threshold"], alarm["AlarmDescription"]) == (20, "text")
    assert (alarm["StateValue"], alarm["StateReason"]) == ("OK", "because")
    assert len(world.list_tags_for_resource(ResourceARN=ARN)["Tags"]) == 1


def test_set_alarm_state_lasts_until_the_next_evaluation(world: World) -> None:
    world.put_metric_alarm(**ALARM)
    world.clock.settle(2)
    minute(world, 100)
    minute(world, 100)
    world.set_alarm_state(AlarmName="low", StateValue="ALARM", StateReason="a drill", StateReasonData='{"a": 1}')
    (alarm,) = world.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert (alarm["StateReason"], alarm["StateReasonData"]) == ("a drill", '{"a": 1}')
    minute(world, 100)
    assert state(world) == "OK"


def test_set_alarm_state_that_cannot_be(world: World) -> None:
    with pytest.raises(AwsError) as caught:
        world.set_alarm_state(AlarmName="low", StateValue="OK", StateReason="x")
    assert (caught.value.code, caught.value.http_status) == ("ResourceNotFound", 404)
    world.put_metric_alarm(**ALARM)
    with pytest.raises(AwsError) as caught:
        world.set_alarm_state(AlarmName="low", StateValue="OK", StateReason="x", StateReasonData="{")
    assert caught.value.code == "InvalidFormat"


def test_describe_alarms_chooses_and_pages(world: World) -> None:
    for number in range(5):
        world.put_metric_alarm(**ALARM | {"AlarmName": f"a{number}"})
    world.put_metric_alarm(**ALARM | {"AlarmName": "b"})
    world.put_metric_alarm(**ALARM | {"AlarmName": "c"}, region="sa-east-1")

    def names(**request: Any) -> list[str]:
        return [alarm["AlarmName"] for alarm in world.describe_alarms(**request)["MetricAlarms"]]

    assert names(AlarmNamePrefix="a") == ["a0", "a1", "a2", "a3", "a4"]
    assert names(AlarmNames=["b", "a0", "nothing"]) == ["a0", "b"]
    assert names(AlarmTypes=["CompositeAlarm"]) == names(StateValue="OK") == []
    token = world.describe_alarms(MaxRecords=4)["NextToken"]
    assert names(MaxRecords=4, NextToken=token) == ["a4", "b"]
    with pytest.raises(AwsError, match="mutually exclusive"):
        names(AlarmNamePrefix="a", AlarmNames=["b"])


def test_describe_alarms_for_metric(world: World) -> None:
    world.put_metric_alarm(**ALARM)
    world.put_metric_alarm(**ALARM | {"AlarmName": "other", "MetricName": "speed"})
    world.put_metric_alarm(**ALARM | {"AlarmName": "slow", "Period": 300})
    request = {"Namespace": "Farm", "MetricName": "power"}
    found = world.describe_alarms_for_metric(**request)["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["low", "slow"]
    found = world.describe_alarms_for_metric(**request, Period=300, Statistic="Average")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["slow"]
    assert world.describe_alarms_for_metric(**request, Statistic="Sum")["MetricAlarms"] == []


def test_delete_alarms_all_or_none(world: World) -> None:
    world.put_metric_alarm(**ALARM)
    with pytest.raises(AwsError) as caught:
        world.delete_alarms(AlarmNames=["low", "nothing"])
    assert caught.value.code == "ResourceNotFound"
    assert len(world.describe_alarms()["MetricAlarms"]) == 1
    world.delete_alarms(AlarmNames=["low"])
    assert world.describe_alarms()["MetricAlarms"] == []


def test_tags_of_alarms(world: World) -> None:
    world.put_metric_alarm(**ALARM, Tags=[{"Key": "a", "Value": "1"}])
    world.tag_resource(ResourceARN=ARN, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    tags = world.list_tags_for_resource(ResourceARN=ARN)["Tags"]
    assert tags == [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]
    world.untag_resource(ResourceARN=ARN, TagKeys=["a"])
    assert world.list_tags_for_resource(ResourceARN=ARN)["Tags"] == [{"Key": "b", "Value": "2"}]
    for arn, code in ((ARN + "x", "ResourceNotFoundException"), ("nonsense", "InvalidParameterValue")):
        with pytest.raises(AwsError) as caught:
            world.list_tags_for_resource(ResourceARN=arn)
        assert caught.value.code == code
    with pytest.raises(AwsError, match="more than 50 tags"):
        world.tag_resource(ResourceARN=ARN, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"MetricName": None}, "The parameter MetricName is required."),
        ({"Threshold": None}, "The parameter Threshold is required."),
        ({"Statistic": None}, "Exactly one of the parameters Statistic and ExtendedStatistic"),
        ({"ExtendedStatistic": "p90"}, "Exactly one of the parameters Statistic and ExtendedStatistic"),
        ({"Statistic": None, "ExtendedStatistic": "p1000"}, "The value p1000 for parameter ExtendedStatistic"),
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        (
            {"Period": 60, "EvaluationPeriods": 1441},
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
        ),
        ({"Period": 3600, "EvaluationPeriods": 169}, "across more than seven days"),
        ({"DatapointsToAlarm": 3}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        (
            {"TreatMissingData": "somehow"},
            "The value somehow is not supported for TreatMissingData parameter. "
            "Supported values are [breaching, notBreaching, ignore, missing].",
        ),
    ],
)
def test_put_metric_alarm_that_cannot_be(world: World, changed: dict[str, Any], text: str) -> None:
    request = {name: value for name, value in (ALARM | changed).items() if value is not None}
    with pytest.raises(AwsError) as caught:
        world.put_metric_alarm(**request)
    assert (caught.value.code, text in caught.value.message) == ("ValidationError", True), caught.value.message
