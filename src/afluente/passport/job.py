"""Jobs that read a table or write one, and their runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from afluente.passport import body
from afluente.passport.body import Body
from afluente.passport.table import Table

BOOKMARK = "--job-bookmark-option"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job that succeeded."""

    id: str
    started_at: datetime
    ended_at: datetime
    arguments: Mapping[str, str]

    @property
    def has_bookmark(self) -> bool:
        """Whether it read only what was new."""
        return self.arguments.get(BOOKMARK) == "job-bookmark-enable"

    def wrote(self, moment: datetime) -> bool:
        """Whether something was written while it ran. S3 tells times in whole seconds."""
        return self.started_at.replace(microsecond=0) <= moment <= self.ended_at


@dataclass(frozen=True, slots=True)
class Job:
    """A job, its script, and its runs, the newest first; those that did not succeed are left out."""

    name: str
    text: str
    arguments: Mapping[str, str]
    runs: Sequence[Run]

    def knows(self, table: Table) -> bool:
        """Whether its arguments or its script name a table, or its folder."""
        return any(name in self.text for name in (f'"{table.name}"', f"'{table.name}'", table.location.rstrip("/")))


def every(glue: Any, s3: Any) -> list[Job]:
    """All jobs of the region."""
    found = []
    for page in glue.get_paginator("get_jobs").paginate():
        found += [_job(glue, s3, told) for told in page["Jobs"]]
    return found


def folders(job: Job) -> Iterator[str]:
    """The S3 folders that its arguments name."""
    for given in job.arguments.values():
        if given.startswith("s3://"):
            yield given.rstrip("/") + "/"


def set_aside(s3: Any, tables: Sequence[Table], job: Job, since: datetime | None = None) -> Iterator[Body]:
    """The objects in folders that the job's arguments name and that no table lies over. since: those written later."""
    for folder in folders(job):
        if any(item.root.startswith(folder) or folder.startswith(item.root) for item in tables):
            continue
        bucket, _, prefix = folder.removeprefix("s3://").partition("/")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                if since is None or item["LastModified"] >= since:
                    yield body.fetch(s3, bucket, item["Key"])


def _job(glue: Any, s3: Any, told: Mapping[str, Any]) -> Job:
    arguments = dict(told.get("DefaultArguments", {}))
    return Job(
        told["Name"],
        "\n".join([repr(list(arguments.values())), _script(s3, told)]),
        arguments,
        _runs(glue, told, arguments),
    )


def _script(s3: Any, told: Mapping[str, Any]) -> str:
    bucket, _, key = told.get("Command", {}).get("ScriptLocation", "").removeprefix("s3://").partition("/")
    try:
        return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(errors="replace")) if key else ""
    except ClientError:  # it is gone, or not ours to read: its arguments have to do
        return ""


def _runs(glue: Any, told: Mapping[str, Any], arguments: Mapping[str, str]) -> list[Run]:
    found = []
    for page in glue.get_paginator("get_job_runs").paginate(JobName=told["Name"]):
        found += [
            Run(run["Id"], run["StartedOn"], run["CompletedOn"], {**arguments, **run.get("Arguments", {})})
            for run in page["JobRuns"]
            if run["JobRunState"] == "SUCCEEDED" and "CompletedOn" in run
        ]
    return found
