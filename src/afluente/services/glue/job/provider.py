"""The operations on jobs, their runs and bookmarks: a part of Glue's provider."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.error import EntityNotFoundException
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.job.run_engine import JobRunCannotBeStoppedException
from afluente.services.glue.job.run_store import JobKey
from afluente.services.glue.tag import Tags

JOB_FIELDS = (
    "Connections",
    "SecurityConfiguration",
    "NotificationProperty",
    "SourceControlDetails",
    "MaintenanceWindow",
)
PAGE = 200
"""AWS's page where the caller names none."""


class JobOperations:
    """Jobs on a `JobEngine`."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchGetJobs", "BatchStopJobRun", "CreateJob", "DeleteJob", "GetJob", "GetJobBookmark", "GetJobRun",
        "GetJobRuns", "GetJobs", "ListJobs", "ResetJobBookmark", "StartJobRun", "UpdateJob",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateJob": JOB_FIELDS,
        "UpdateJob": tuple(f"JobUpdate.{name}" for name in JOB_FIELDS),
        "StartJobRun": ("SecurityConfiguration", "NotificationProperty", "ExecutionRoleSessionPolicy"),
        "GetJobBookmark": ("RunId",),
        "ResetJobBookmark": ("RunId",),
    }  # fmt: skip

    _jobs: JobEngine
    _tags: Tags

    def create_job(self, call: Call, request: Request) -> Response:
        name = request["Name"]
        self._jobs.create(_key(call, name), request)
        if tags := request.get("Tags"):
            self._tags.add(call.account, call.region, f"job/{name}", tags)
        return {"Name": name}

    def update_job(self, call: Call, request: Request) -> Response:
        self._jobs.update(_key(call, request["JobName"]), request["JobUpdate"])
        return {"JobName": request["JobName"]}

    def get_job(self, call: Call, request: Request) -> Response:
        return {"Job": shown(self._jobs.get(_key(call, request["JobName"])))}

    def get_jobs(self, call: Call, request: Request) -> Response:
        jobs, more = self._job_page(call, request, {})
        return {"Jobs": [shown(job) for job in jobs], **more}

    def list_jobs(self, call: Call, request: Request) -> Response:
        jobs, more = self._job_page(call, request, request.get("Tags", {}))
        return {"JobNames": [job["Name"] for job in jobs], **more}

    def batch_get_jobs(self, call: Call, request: Request) -> Response:
        found = {name: self._jobs.find(_key(call, name)) for name in request["JobNames"]}
        return {
            "Jobs": [shown(job) for job in found.values() if job is not None],
            "JobsNotFound": [name for name, job in found.items() if job is None],
        }

    def delete_job(self, call: Call, request: Request) -> Response:
        name = request["JobName"]
        self._jobs.delete(_key(call, name))
        self._tags.forget(call.account, call.region, f"job/{name}")
        return {"JobName": name}

    def start_job_run(self, call: Call, request: Request) -> Response:
        return {"JobRunId": self._jobs.start_run(_key(call, request["JobName"]), request)}

    def get_job_run(self, call: Call, request: Request) -> Response:
        return {"JobRun": shown(self._jobs.runs.get(_key(call, request["JobName"]), request["RunId"]))}

    def get_job_runs(self, call: Call, request: Request) -> Response:
        key = _key(call, request["JobName"])
        self._jobs.get(key)
        limit = request.get("MaxResults", PAGE)
        before = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        runs = self._jobs.runs.page(key, int(before) if before else None, limit + 1)
        more = _next(call, str(runs[limit - 1][0])) if len(runs) > limit else {}
        return {"JobRuns": [shown(run) for _, run in runs[:limit]], **more}

    def batch_stop_job_run(self, call: Call, request: Request) -> Response:
        key = _key(call, request["JobName"])
        stopped, errors = [], []
        for run in request["JobRunIds"]:
            entry = {"JobName": key[2], "JobRunId": run}
            try:
                self._jobs.runs.stop_run(key, run)
                stopped.append(entry)
            except (EntityNotFoundException, JobRunCannotBeStoppedException) as error:
                detail = {"ErrorCode": type(error).__name__, "ErrorMessage": str(error)}
                errors.append(entry | {"ErrorDetail": detail})
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    def get_job_bookmark(self, call: Call, request: Request) -> Response:
        key = _key(call, request["JobName"])
        return {"JobBookmarkEntry": _bookmark(key[2], self._jobs.runs.bookmarks.get(key))}

    def reset_job_bookmark(self, call: Call, request: Request) -> Response:
        key = _key(call, request["JobName"])
        return {"JobBookmarkEntry": _bookmark(key[2], self._jobs.runs.bookmarks.reset(key))}

    def _job_page(
        self, call: Call, request: Request, tags: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """A page of the jobs that carry `tags`, and the token of the next."""
        limit = request.get("MaxResults", PAGE)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        scanned = self._jobs.scan(call.account, call.region, after or None, -1 if tags else limit + 1)
        jobs = [job for job in scanned if not tags or tags.items() <= self._tags_of(call, job["Name"]).items()]
        more = _next(call, jobs[limit - 1]["Name"]) if len(jobs) > limit else {}
        return jobs[:limit], more

    def _tags_of(self, call: Call, name: str) -> dict[str, str]:
        return self._tags.get(call.account, call.region, f"job/{name}")


def _key(call: Call, name: str) -> JobKey:
    return call.account, call.region, name


def shown(stored: dict[str, Any]) -> dict[str, Any]:
    """What is stored, as AWS shows it: `...Ms` members are times."""
    return {name.removesuffix("Ms"): utc(value) if name.endswith("OnMs") else value for name, value in stored.items()}


def _next(call: Call, last: str) -> dict[str, str]:
    return {"NextToken": page_token.encode(last, call.arrived_at_ms)}


def _bookmark(job: str, entry: dict[str, Any]) -> dict[str, Any]:
    shown_entry = {
        "JobName": job,
        "Version": entry["version"],
        "Run": entry["run"],
        "Attempt": entry["attempt"],
        "PreviousRunId": entry.get("previous_run_id"),
        "RunId": entry.get("run_id"),
        "JobBookmark": json.dumps(entry["sources"]),
    }
    return {name: value for name, value in shown_entry.items() if value is not None}
