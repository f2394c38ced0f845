"""What is measured of queries, under the names of AWS/Athena, for work groups that publish it.

Each query counts for its work group, and for its work group by state and type.
https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html
"""

import threading
from collections.abc import Mapping
from typing import Any

from afluente.core.metric import Measure, Metrics, Recorder
from afluente.services.athena.execution import Execution

NAMESPACE = "AWS/Athena"

TIMES = {
    "TotalExecutionTime": "Time from submission to the end of queries.",
    "QueryQueueTime": "Time that queries waited.",
    "EngineExecutionTime": "Time that queries ran.",
    "QueryPlanningTime": "Time that planning queries took.",
    "ServicePreProcessingTime": "Time before queries ran that is not the engine's.",
    "ServiceProcessingTime": "Time after queries ran that is not the engine's.",
}
MEASURES = (
    Measure("ProcessedBytes", "Bytes", "Bytes that queries scanned."),
    *(Measure(name, "Milliseconds", text, "summary") for name, text in TIMES.items()),
)
STATES = {"CANCELLED": "CANCELED"}
"""The state's spelling as a dimension, where it differs."""


class QueryMetrics:
    """Takes queries that have ended."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._recorders: dict[tuple[str, str, str, str, str], Recorder] = {}

    def ended(self, execution: Execution) -> None:
        """Count a query in a final state."""
        statistics: Mapping[str, Any] = execution.describe()["Statistics"]
        row = execution.scanned_bytes, *(statistics.get(f"{name}InMillis") for name in TIMES)
        now_ms = self._metrics.clock.now_ms()
        for state, kind in (("", ""), (STATES.get(execution.state, execution.state), execution.type)):
            self._recorder(execution, state, kind).record(now_ms, *row)

    def forget(self, account: str, region: str, work_group: str) -> None:
        """The work group is gone."""
        with self._lock:
            gone = [key for key in self._recorders if key[:3] == (account, region, work_group)]
            self._metrics.forget([self._recorders.pop(key) for key in gone])

    def _recorder(self, execution: Execution, state: str, kind: str) -> Recorder:
        key = execution.account, execution.region, execution.work_group, state, kind
        dimensions = {"WorkGroup": execution.work_group}
        if state:
            dimensions |= {"QueryState": state, "QueryType": kind}
        with self._lock:
            if key not in self._recorders:
                self._recorders[key] = self._metrics.recorder(*key[:2], NAMESPACE, dimensions, MEASURES)
            return self._recorders[key]
