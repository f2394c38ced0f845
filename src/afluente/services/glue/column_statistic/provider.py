"""The operations on column statistics task runs: a part of Glue's provider."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.job.task_run import Document

PAGE = 100
STATES = {"STOPPING": "RUNNING", "TIMEOUT": "FAILED"}
"""What the API calls states that it has no name for."""
TIMED_OUT = "The task took longer than its time."


class ColumnStatisticTaskOperations:
    """StartColumnStatisticsTaskRun to StopColumnStatisticsTaskRun."""

    operations: ClassVar[tuple[str, ...]] = (
        "GetColumnStatisticsTaskRun", "GetColumnStatisticsTaskRuns", "ListColumnStatisticsTaskRuns",
        "StartColumnStatisticsTaskRun", "StopColumnStatisticsTaskRun",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "StartColumnStatisticsTaskRun": ("SampleSize", "SecurityConfiguration"),
    }

    _jobs: JobEngine

    def start_column_statistics_task_run(self, call: Call, request: Request) -> Response:
        _check_catalog(call, request)
        return {"ColumnStatisticsTaskRunId": self._jobs.statistics_runs.begin(call.account, call.region, request)}

    def get_column_statistics_task_run(self, call: Call, request: Request) -> Response:
        key = (call.account, call.region, request["ColumnStatisticsTaskRunId"])
        return {"ColumnStatisticsTaskRun": _shown(call, self._jobs.statistics_runs.tasks.get(key))}

    def get_column_statistics_task_runs(self, call: Call, request: Request) -> Response:
        _check_catalog(call, request)
        runs = self._jobs.statistics_runs.of_table(call.account, call.region, request)
        page, more = _page(call, request, runs)
        return {"ColumnStatisticsTaskRuns": [_shown(call, run) for run in page], **more}

    def list_column_statistics_task_runs(self, call: Call, request: Request) -> Response:
        page, more = _page(call, request, self._jobs.statistics_runs.tasks.runs(call.account, call.region))
        return {"ColumnStatisticsTaskRunIds": [run["RunId"] for run in page], **more}

    def stop_column_statistics_task_run(self, call: Call, request: Request) -> Response:
        _check_catalog(call, request)
        self._jobs.statistics_runs.stop(call.account, call.region, request)
        return {}


def _check_catalog(call: Call, request: Request) -> None:
    check_catalog(call, {"CatalogId": request["CatalogID"]} if "CatalogID" in request else {})


def _shown(call: Call, run: Document) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "CustomerId": call.account,
        "CatalogID": call.account,
        "ColumnStatisticsTaskRunId": run["RunId"],
        **{name: run[name] for name in ("DatabaseName", "TableName", "ColumnNameList", "Role") if name in run},
        "ComputationType": "FULL",
        "Status": STATES.get(run["Status"], run["Status"]),
        "CreationTime": utc(run["StartedOnMs"]),
        "StartTime": utc(run["StartedOnMs"]),
        "LastUpdated": utc(run["LastModifiedOnMs"]),
    }
    if "CompletedOnMs" in run:
        shown["EndTime"] = utc(run["CompletedOnMs"])
    message = run.get("ErrorString") or (TIMED_OUT if run["Status"] == "TIMEOUT" else None)
    return shown | ({"ErrorMessage": message} if message else {})


def _page(call: Call, request: Request, found: Sequence[Document]) -> tuple[Sequence[Document], dict[str, str]]:
    limit = request.get("MaxResults", PAGE)
    start = int(page_token.decode(request.get("NextToken"), call.arrived_at_ms) or 0)
    more = len(found) > start + limit
    token = {"NextToken": page_token.encode(str(start + limit), call.arrived_at_ms)} if more else {}
    return found[start : start + limit], token
