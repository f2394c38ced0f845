"""Jobs: their definitions in the metadata database, and the scripts of visual ones in S3. Runs are in run_engine.py."""

from collections.abc import Iterator
from typing import Any

from afluente.core.clock import Clock
from afluente.core.metric import Metrics
from afluente.core.provider import Invoke
from afluente.core.setting import Settings
from afluente.services.glue.column_statistic.engine import StatisticsRuns
from afluente.services.glue.data_quality.engine import DataQuality
from afluente.services.glue.data_quality.evaluation_run import EvaluationRuns
from afluente.services.glue.data_quality.recommendation_run import RecommendationRuns
from afluente.services.glue.error import (
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
)
from afluente.services.glue.job.definition import Definition, define, job_arn, role_arn
from afluente.services.glue.job.launcher import SERVICE
from afluente.services.glue.job.port import Logs, Objects, Roles
from afluente.services.glue.job.run_engine import RunEngine
from afluente.services.glue.job.run_store import JobKey
from afluente.services.glue.job.script import Location
from afluente.services.glue.job.task_run import TaskRuns
from afluente.services.glue.job.visual.generator import generate
from afluente.services.glue.session.engine import SessionEngine
from afluente.services.glue.tag import Tags
from afluente.store.database import Database
from afluente.store.document import Documents

TIMES = ("CreatedOnMs", "LastModifiedOnMs")


class JobEngine:
    """The jobs of every account and region. `runs` are their runs, `quality` the outcomes of data quality rules."""

    def __init__(  # noqa: PLR0917  # the ports are the arguments
        self,
        database: Database,
        tags: Tags,
        objects: Objects,
        roles: Roles,
        logs: Logs,
        invoke: Invoke,
        settings: Settings,
        clock: Clock,
        metrics: Metrics | None = None,
    ) -> None:
        self.quality = DataQuality(database, tags, clock)
        self.runs = RunEngine(
            database, objects, roles, logs, invoke, self.quality, settings, clock, metrics or Metrics(clock)
        )
        self.runs.find_job = self.find

        def tasks(kind: str, what: str, prefix: str, log_group: str = "/aws-glue/data-quality") -> TaskRuns:
            launcher = self.runs.launcher
            return TaskRuns(database, launcher, roles, invoke, clock, kind, what, prefix, log_group)

        self.evaluations = EvaluationRuns(
            tasks("glue_data_quality_run", "Data Quality Ruleset Evaluation Run", "dqrun-"), self.quality
        )
        self.recommendations = RecommendationRuns(
            tasks("glue_data_quality_recommendation_run", "Data Quality Rule Recommendation Run", "dqrun-"),
            self.quality,
        )
        self.statistics_runs = StatisticsRuns(
            tasks("glue_column_statistics_run", "Column Statistics Task Run", "", "/aws-glue/column-statistics")
        )
        self._tasks = (self.evaluations.tasks, self.recommendations.tasks, self.statistics_runs.tasks)
        self.sessions = SessionEngine(database, self.runs.launcher, tags, clock)
        self._database = database
        self._objects = objects
        self._roles = roles
        self._clock = clock
        self._longest_default_min = max(1, settings.job_default_timeout_s // 60)
        self._documents = Documents(database, "glue_job")
        tags.register("job", lambda account, region, name: self.find((account, region, name)) is not None)

    def start(self) -> None:
        """Begin to take runs; those that an earlier process left behind are marked as failed."""
        self.runs.start()
        for tasks in self._tasks:
            tasks.start()
        self.sessions.start()

    def stop(self) -> None:
        """End the runs that are under way."""
        self.sessions.stop()
        for tasks in self._tasks:
            tasks.stop()
        self.runs.stop()

    def create(self, key: JobKey, members: dict[str, Any]) -> None:
        """Define a job. The very same definition again is no error.

        Raises InvalidInputException, IdempotentParameterMismatchException, NotImplemented.
        """
        job = define(key[2], members, self._longest_default_min)
        before = self._documents.get(key)
        if before is not None:
            if {name: value for name, value in before.items() if name not in TIMES} != job:
                raise IdempotentParameterMismatchException("Job already submitted with different configuration.")
            return
        self._store(key, job, self._clock.now_ms())

    def update(self, key: JobKey, members: dict[str, Any]) -> None:
        """Replace a job's definition whole: what `members` leave out is gone. Raises EntityNotFoundException too."""
        before = self.get(key)
        if "Role" not in members:
            raise InvalidInputException("Role should not be null.")
        self._store(key, define(key[2], members, self._longest_default_min), before["CreatedOnMs"])

    def get(self, key: JobKey) -> Definition:
        """Raises EntityNotFoundException."""
        job = self._documents.get(key)
        if job is None:
            raise EntityNotFoundException("Job not found.")
        return job

    def find(self, key: JobKey) -> Definition | None:
        """The job, or None."""
        return self._documents.get(key)

    def scan(self, account: str, region: str, after: str | None, limit: int) -> Iterator[Definition]:
        """The jobs of a region by name, up to `limit` of those after the one named `after`."""
        start = (account, region, after) if after is not None else None
        for _, job in self._documents.scan((account, region), after=start, limit=limit):
            yield job

    def delete(self, key: JobKey) -> None:
        """Forget a job, its runs and its bookmark; no error when there is none."""
        with self._database.write():
            self._documents.delete(key)
            self.runs.delete_all(key)

    def start_run(self, key: JobKey, members: dict[str, Any], trigger: str | None = None) -> str:
        """Start a run with the members of StartJobRun; its id."""
        return self.runs.start_run(key, self.get(key), members, trigger)

    def statistics(self) -> dict[str, Any]:
        """For the live view: the latest runs of all jobs, newest first."""
        names = ("JobName", "Id", "JobRunState", "StartedOnMs", "CompletedOnMs", "ExecutionTime", "ErrorMessage")
        return {"runs": [{name: run.get(name) for name in names} for run in self.runs.latest()]}

    def _store(self, key: JobKey, job: Definition, created_ms: int) -> None:
        """The script of a visual job is in S3 before the job is known, so that no run misses it."""
        role = role_arn(job["Role"], key[0])
        if not self._roles.can_assume(role, SERVICE, job_arn(key)):
            raise InvalidInputException("Service is unable to assume provided role. Please verify role's TrustPolicy")
        if nodes := job.get("CodeGenConfigurationNodes"):
            self._write_script(job["Command"]["ScriptLocation"], generate(nodes))
        self._documents.put(key, job | {"CreatedOnMs": created_ms, "LastModifiedOnMs": self._clock.now_ms()})

    def _write_script(self, url: str, text: str) -> None:
        place = Location.parse(url)
        if not self._objects.bucket_exists(place.bucket):
            raise InvalidInputException(f"The script cannot be written to {url}: the bucket does not exist.")
        self._objects.put_object(place.bucket, place.key, text.encode(), content_type="text/x-python")
