"""What EventBridge is told of queries, beyond those that succeed."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from afluente.services.athena.event import QueryEvents
from afluente.services.athena.execution import Execution

from .conftest import CALL, Lake
from .test_execution import SLOW


class Bus:
    """An event bus that remembers."""

    def __init__(self) -> None:
        self.details: list[Mapping[str, Any]] = []

    def emit(self, account: str, region: str, source: str, detail_type: str, detail: Mapping[str, Any]) -> str:
        assert (account, region, source, detail_type) == (
            CALL.account, CALL.region, "aws.athena", "Athena Query State Change",
        )  # fmt: skip
        self.details.append(detail)
        return ""

    def states(self) -> list[tuple[str | None, str, str]]:
        return [(each.get("previousState"), each["currentState"], each["sequenceNumber"]) for each in self.details]


@pytest.fixture
def bus(lake: Lake) -> Bus:
    bus = Bus()
    QueryEvents(bus, lake.engine.executions)
    return bus


def test_a_query_that_is_cancelled(lake: Lake, bus: Bus) -> None:
    id = lake.start(SLOW)
    running = lake.engine._running[id]
    while running.session is None and not running.done.is_set():
        running.done.wait(0.01)
    lake.athena.stop_query_execution(CALL, {"QueryExecutionId": id})
    lake.wait(id)
    assert bus.states() == [
        (None, "QUEUED", "1"), ("QUEUED", "RUNNING", "2"), ("RUNNING", "CANCELLED", "3"),
    ]  # fmt: skip
    assert "athenaError" not in bus.details[2]


def test_a_query_that_fails(lake: Lake, bus: Bus) -> None:
    execution = lake.run("SELECT 1 / 0").execution
    assert bus.states()[2] == ("RUNNING", "FAILED", "3")
    error = execution["Status"]["AthenaError"]
    assert bus.details[2]["athenaError"] == {
        "errorCategory": error["ErrorCategory"], "errorType": error["ErrorType"],
        "errorMessage": error["ErrorMessage"], "retryable": False,
    }  # fmt: skip


def test_a_query_that_a_crash_interrupted(lake: Lake, bus: Bus) -> None:
    execution = Execution(
        id=str(uuid.uuid4()), account=CALL.account, region=CALL.region, work_group="primary", query="SELECT 1",
        type="DML", subtype="SELECT", token="t", context={}, location="s3://results/", output="s3://results/x.csv",
        submitted_at_ms=0,
    )  # fmt: skip
    lake.engine.executions.add(execution)
    lake.engine.executions.fail_interrupted(lake.clock.now_ms())
    assert bus.states() == [(None, "QUEUED", "1"), ("RUNNING", "FAILED", "3")]
    assert bus.details[1]["athenaError"]["retryable"] is True
