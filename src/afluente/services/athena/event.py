"""What Athena tells EventBridge: each state of a query.

Source: "Monitor Athena query events with EventBridge", Athena User Guide.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from afluente.services.athena.execution import Execution, Executions

SOURCE, CHANGE = "aws.athena", "Athena Query State Change"


class EventBus(Protocol):
    """EventBridge: takes events in, joining an open transaction."""

    def emit(self, account: str, region: str, source: str, detail_type: str, detail: Mapping[str, Any]) -> str: ...


class QueryEvents:
    """Tells `bus` of the executions."""

    def __init__(self, bus: EventBus, executions: Executions) -> None:
        self._bus = bus
        executions.observer = self._changed

    def _changed(self, execution: Execution, before: tuple[str, ...]) -> None:
        error = execution.error if execution.state == "FAILED" else None
        detail = {
            **({} if error is None else {"athenaError": _described(error)}),
            "versionId": "0",
            "currentState": execution.state,
            **({"previousState": before[-1]} if before else {}),
            "statementType": execution.type,
            "queryExecutionId": execution.id,
            "workgroupName": execution.work_group,
            "sequenceNumber": str(len(before) + 1),
        }
        self._bus.emit(execution.account, execution.region, SOURCE, CHANGE, detail)


def _described(error: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "errorCategory": float(error["ErrorCategory"]),
        "errorType": float(error["ErrorType"]),
        "errorMessage": error["ErrorMessage"],
        "retryable": error["Retryable"],
    }
