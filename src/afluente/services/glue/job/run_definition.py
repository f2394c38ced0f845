"""What a new run is: the members of a job run, from its job's and those of StartJobRun."""

from typing import Any

from afluente.core.identifier import run_id
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.capacity import with_capacity
from afluente.services.glue.job.definition import MAX_TIMEOUT_MIN, Definition
from afluente.services.glue.job.run_store import Run

LOG_GROUPS = {"glueetl": "/aws-glue/jobs", "pythonshell": "/aws-glue/python-jobs"}
CAPACITY = {"WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity"}


def new_run(job: Definition, members: dict[str, Any], before: Run | None, trigger: str | None, now_ms: int) -> Run:
    """A run of `job` that starts at `now_ms`, the next attempt of `before` if given. Raises InvalidInputException."""
    attempt = before["Attempt"] + 1 if before else 0
    first = before["Id"].partition("_attempt_")[0] if before else run_id("jr_")
    command = job["Command"]["Name"]
    run = {
        "Id": f"{first}_attempt_{attempt}" if attempt else first,
        "Attempt": attempt,
        "PreviousRunId": before["Id"] if before else None,
        "TriggerName": trigger,
        "JobName": job["Name"],
        "JobMode": job["JobMode"],
        "JobRunQueuingEnabled": members.get("JobRunQueuingEnabled", job.get("JobRunQueuingEnabled", False)),
        "StartedOnMs": now_ms,
        "LastModifiedOnMs": now_ms,
        "JobRunState": "STARTING",
        "Arguments": members.get("Arguments") or None,
        "PredecessorRuns": [],
        "ExecutionTime": 0,
        "Timeout": _timeout(job, members),
        "LogGroupName": LOG_GROUPS[command],
        "GlueVersion": job["GlueVersion"],
        "ExecutionClass": members.get("ExecutionClass", job.get("ExecutionClass")),
        **_capacity(job, members),
    }
    return {name: value for name, value in run.items() if value is not None}


def _timeout(job: Definition, members: dict[str, Any]) -> int:
    timeout: int = members.get("Timeout") or job["Timeout"]
    if timeout > MAX_TIMEOUT_MIN:
        raise InvalidInputException(f"Timeout must be at most {MAX_TIMEOUT_MIN} minutes.")
    return timeout


def _capacity(job: Definition, members: dict[str, Any]) -> dict[str, Any]:
    """The run's own capacity if it names any, else the job's."""
    if members.keys() & CAPACITY:
        asked = {name: members[name] for name in CAPACITY if name in members}
        return with_capacity(job["Command"]["Name"], asked)
    return {name: job[name] for name in CAPACITY if name in job}
