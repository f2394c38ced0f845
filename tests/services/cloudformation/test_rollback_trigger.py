"""Rollback triggers: alarms that have what goes on rolled back."""

from typing import Any

from tests.services.cloudformation.deployment import Deployment, text

from afluente.core.clock import ManualClock

ALARM = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:late"
CONFIGURATION = {
    "RollbackTriggers": [{"Arn": ALARM, "Type": "AWS::CloudWatch::Alarm"}], "MonitoringTimeInMinutes": 1,
}  # fmt: skip


def group(days: int) -> dict[str, Any]:
    return {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g", "RetentionInDays": days}}}


def alarm(stacks: Deployment, state: str) -> None:
    cloudwatch = stacks.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="late", Namespace="farm", MetricName="Late", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName="late", StateValue=state, StateReason="test")


def test_a_quiet_alarm_is_watched_to_the_end(stacks: Deployment, clock: ManualClock) -> None:
    alarm(stacks, "OK")
    begin = clock.now_ms()
    stack = stacks.create(group(1), RollbackConfiguration=CONFIGURATION)
    assert (stack["StackStatus"], stack["RollbackConfiguration"]) == ("CREATE_COMPLETE", CONFIGURATION)
    assert clock.now_ms() - begin >= 60_000


def test_an_alarm_rolls_the_creation_back(stacks: Deployment) -> None:
    alarm(stacks, "ALARM")
    stack = stacks.create(group(1), RollbackConfiguration=CONFIGURATION)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "is in the ALARM state. Rollback requested by user." in stacks.reason("farm", "ROLLBACK_IN_PROGRESS")


def test_an_alarm_after_an_update_rolls_it_back(stacks: Deployment, clock: ManualClock) -> None:
    alarm(stacks, "OK")
    stacks.create(group(1))
    stacks.cloudformation.update_stack(
        StackName="farm", TemplateBody=text(group(3)), RollbackConfiguration=CONFIGURATION
    )
    resource = {"StackName": "farm", "LogicalResourceId": "G"}
    describe = stacks.cloudformation.describe_stack_resource
    while describe(**resource)["StackResourceDetail"]["ResourceStatus"] != "UPDATE_COMPLETE":
        clock.advance(0.1)
    alarm(stacks, "ALARM")
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    (found,) = stacks.client("logs").describe_log_groups()["logGroups"]
    assert found["retentionInDays"] == 1
    assert stacks.describe()["RollbackConfiguration"] == {}


def test_an_alarm_that_is_not_there_fails_the_creation(stacks: Deployment) -> None:
    assert stacks.create(group(1), RollbackConfiguration=CONFIGURATION)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "does not exist" in stacks.reason("farm", "ROLLBACK_IN_PROGRESS")
