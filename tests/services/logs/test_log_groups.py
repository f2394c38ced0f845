from collections.abc import Callable
from typing import Any

import pytest

from afluente.core.clock import ManualClock
from afluente.core.error import AwsError
from afluente.services.logs.engine import LogsEngine
from afluente.services.logs.error import (
    InvalidParameterException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)

Ask = Callable[..., dict[str, Any]]
ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"


def test_describe_log_groups_shows_what_aws_shows(logs: Ask, clock: ManualClock) -> None:
    logs("create_log_group", logGroupName="/aws/x")
    assert logs("describe_log_groups")["logGroups"] == [
        {
            "logGroupName": "/aws/x",
            "creationTime": clock.now_ms(),
            "metricFilterCount": 0,
            "arn": ARN + "/aws/x:*",
            "storedBytes": 0,
            "logGroupClass": "STANDARD",
            "logGroupArn": ARN + "/aws/x",
            "deletionProtectionEnabled": False,
        }
    ]


def test_create_log_group_twice(logs: Ask) -> None:
    logs("create_log_group", logGroupName="g")
    with pytest.raises(ResourceAlreadyExistsException, match=r"^The specified log group already exists$"):
        logs("create_log_group", logGroupName="g")
    logs("create_log_group", logGroupName="g", region="eu-west-1")


@pytest.mark.parametrize("extra", [{"logGroupClass": "DELIVERY"}, {"deletionProtectionEnabled": True}])
def test_create_log_group_with_what_is_not_supported(logs: Ask, extra: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match=next(iter(extra))) as raised:
        logs("create_log_group", logGroupName="g", **extra)
    assert raised.value.code == "NotImplemented"
    assert logs("describe_log_groups")["logGroups"] == []


def test_describe_log_groups_by_prefix_and_pattern(logs: Ask) -> None:
    for name in ("/aws/b", "/aws/a", "other_a", "/Aws/c"):
        logs("create_log_group", logGroupName=name)

    def names(**request: Any) -> list[str]:
        return [group["logGroupName"] for group in logs("describe_log_groups", **request)["logGroups"]]

    assert names(logGroupNamePrefix="/aws") == ["/aws/a", "/aws/b"]
    assert names(logGroupNamePattern="a") == ["/aws/a", "/aws/b", "other_a"]
    assert names(logGroupNamePrefix="_") == []
    with pytest.raises(InvalidParameterException, match="mutually exclusive"):
        names(logGroupNamePrefix="a", logGroupNamePattern="b")


def test_describe_log_groups_pages(logs: Ask) -> None:
    for number in range(5):
        logs("create_log_group", logGroupName=f"g{number}")
    first = logs("describe_log_groups", limit=3)
    second = logs("describe_log_groups", limit=3, nextToken=first["nextToken"])
    assert [group["logGroupName"] for group in second["logGroups"]] == ["g3", "g4"]
    assert "nextToken" not in second


def test_delete_log_group_takes_events_along(logs: Ask, put: Ask) -> None:
    put("one")
    logs("delete_log_group", logGroupName="g")
    with pytest.raises(ResourceNotFoundException, match=r"^The specified log group does not exist.$"):
        logs("delete_log_group", logGroupName="g")
    logs("create_log_group", logGroupName="g")
    assert logs("filter_log_events", logGroupName="g")["events"] == []


def test_put_retention_policy_expires_events_on_the_clock(
    logs: Ask, put: Ask, engine: LogsEngine, clock: ManualClock
) -> None:
    put("old")
    logs("put_retention_policy", logGroupName="g", retentionInDays=1)
    assert logs("describe_log_groups")["logGroups"][0]["retentionInDays"] == 1
    engine.start()
    clock.settle(1)
    clock.advance(23 * 3600)
    put("young")
    clock.advance(2 * 3600)
    clock.advance(3600)
    engine.stop()
    assert [event["message"] for event in logs("filter_log_events", logGroupName="g")["events"]] == ["young"]
    assert logs("describe_log_groups")["logGroups"][0]["storedBytes"] == len("young") + 26


def test_put_retention_policy_refuses_other_days(logs: Ask) -> None:
    logs("create_log_group", logGroupName="g")
    with pytest.raises(InvalidParameterException, match="Value '2' at 'retentionInDays'"):
        logs("put_retention_policy", logGroupName="g", retentionInDays=2)


def test_delete_retention_policy(logs: Ask) -> None:
    logs("create_log_group", logGroupName="g")
    logs("put_retention_policy", logGroupName="g", retentionInDays=7)
    logs("delete_retention_policy", logGroupName="g")
    assert "retentionInDays" not in logs("describe_log_groups")["logGroups"][0]


def test_tags_through_both_apis(logs: Ask) -> None:
    logs("create_log_group", logGroupName="g", tags={"env": "testing1"})
    logs("tag_resource", resourceArn=ARN + "g", tags={"test1": "val1", "test2": "val2"})
    logs("tag_log_group", logGroupName="g", tags={"test3": "val3"})
    logs("untag_resource", resourceArn=ARN + "g:*", tagKeys=["env", "test1"])
    logs("untag_log_group", logGroupName="g", tags=["test3"])
    assert logs("list_tags_for_resource", resourceArn=ARN + "g")["tags"] == {"test2": "val2"}
    assert logs("list_tags_log_group", logGroupName="g")["tags"] == {"test2": "val2"}
    with pytest.raises(AwsError) as raised:
        logs("tag_log_group", logGroupName="g", tags={str(number): "" for number in range(50)})
    assert raised.value.code == "TooManyTagsException"
