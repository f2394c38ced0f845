"""EnableEnhancedMonitoring and DisableEnhancedMonitoring, as recorded from AWS in 2026."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.services.kinesis.error import ResourceInUseException

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/wind"
ALL = [
    "IncomingBytes",
    "OutgoingRecords",
    "IteratorAgeMilliseconds",
    "IncomingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
    "OutgoingBytes",
]


def change(stand: Stand, operation: str, *metrics: str) -> dict[str, Any]:
    answer: dict[str, Any] = getattr(stand, f"{operation}_enhanced_monitoring")(
        StreamARN=ARN, ShardLevelMetrics=list(metrics)
    )
    return answer


def test_enable_enhanced_monitoring_answers_before_and_after(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream()
    assert change(stand, "enable", "IncomingRecords") == {
        "StreamName": "wind",
        "StreamARN": ARN,
        "CurrentShardLevelMetrics": [],
        "DesiredShardLevelMetrics": ["IncomingRecords"],
    }
    assert described(stand) == ("UPDATING", [])
    with pytest.raises(ResourceInUseException):
        change(stand, "enable", "IncomingBytes")
    stand.clock.advance(0.5)
    assert described(stand) == ("ACTIVE", ["IncomingRecords"])
    again = change(stand, "enable", "IncomingRecords")
    assert again["CurrentShardLevelMetrics"] == again["DesiredShardLevelMetrics"] == ["IncomingRecords"]
    assert described(stand) == ("ACTIVE", ["IncomingRecords"])


def test_enhanced_monitoring_of_all_and_of_some(stand: Stand) -> None:
    stand.stream()
    assert change(stand, "enable", "ALL")["DesiredShardLevelMetrics"] == ALL
    assert change(stand, "disable", "IncomingBytes", "OutgoingBytes")["DesiredShardLevelMetrics"] == ALL[1:-1]
    assert change(stand, "enable", "IncomingBytes")["CurrentShardLevelMetrics"] == ALL[1:-1]
    assert change(stand, "disable", "ALL")["DesiredShardLevelMetrics"] == []


def test_enhanced_monitoring_is_what_is_measured(stand: Stand) -> None:
    stand.stream()
    change(stand, "enable", "IncomingBytes")
    for _ in range(2):
        live = stand.engine.writable((ACCOUNT, REGION, "wind"))
        assert live.metrics.enhanced == {"IncomingBytes"}
        stand.reopen()


def described(stand: Stand) -> tuple[str, list[str]]:
    description = stand.describe_stream(StreamName="wind")["StreamDescription"]
    ((name, metrics),) = description["EnhancedMonitoring"][0].items()
    assert name == "ShardLevelMetrics"
    return description["StreamStatus"], metrics
