"""CloudWatch Logs as a client sees it, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from afluente.core.clock import ManualClock

Clients = Callable[..., Any]


def test_events_are_put_and_read(client: Clients, clock: ManualClock) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/farm", tags={"a": "b"})
    logs.create_log_stream(logGroupName="/farm", logStreamName="s")
    events = [{"timestamp": clock.now_ms() + number, "message": f"línea {number}"} for number in range(5)]
    logs.put_log_events(logGroupName="/farm", logStreamName="s", logEvents=events)
    read = logs.get_log_events(logGroupName="/farm", logStreamName="s", startFromHead=True, limit=3)
    rest = logs.get_log_events(logGroupName="/farm", logStreamName="s", nextToken=read["nextForwardToken"])
    assert [(item["timestamp"], item["message"]) for item in read["events"] + rest["events"]] == [
        (item["timestamp"], item["message"]) for item in events
    ]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName="/farm", filterPattern="línea", PaginationConfig={"PageSize": 2}
    )
    assert sum(len(page["events"]) for page in pages) == 5
    assert logs.describe_log_streams(logGroupName="/farm")["logStreams"][0]["lastEventTimestamp"] == clock.now_ms() + 4


def test_an_unknown_group_over_http(client: Clients) -> None:
    with pytest.raises(ClientError) as raised:
        client("logs").get_log_events(logGroupName="none", logStreamName="s")
    assert raised.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "The specified log group does not exist.",
    }
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_limit_beyond_the_models_range_over_http(client: Clients) -> None:
    client("logs").create_log_group(logGroupName="g")
    client("logs").create_log_stream(logGroupName="g", logStreamName="s")
    with pytest.raises(ClientError) as raised:
        client("logs").get_log_events(logGroupName="g", logStreamName="s", limit=10_001)
    assert raised.value.response["Error"] == {
        "Code": "InvalidParameterException",
        "Message": "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must "
        "have value less than or equal to 10000",
    }
