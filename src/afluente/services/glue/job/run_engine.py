"""Runs of jobs: started, watched, stopped, timed out, tried again. What a run does lies in process.py and runtime/."""

import logging
from collections.abc import Callable
from typing import Any

from afluente.core.clock import Clock
from afluente.core.metric import Metrics
from afluente.core.provider import Invoke
from afluente.core.setting import Settings
from afluente.services.glue.data_quality.engine import DataQuality
from afluente.services.glue.error import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    InvalidInputException,
)
from afluente.services.glue.job import argument
from afluente.services.glue.job.bookmark import Bookmarks
from afluente.services.glue.job.definition import Definition
from afluente.services.glue.job.launcher import Launcher, Start
from afluente.services.glue.job.live_run import INTERRUPTED, LiveRuns, Outcome
from afluente.services.glue.job.metric import Measured, RunMetrics
from afluente.services.glue.job.port import Logs, Objects, Roles
from afluente.services.glue.job.run_definition import new_run
from afluente.services.glue.job.run_store import BUSY, ENDED, JobKey, Run, RunStore
from afluente.store.database import Database

LONGEST_WAIT_MS = 15 * 86_400_000
"""How long a run may wait for its turn before it expires."""

EXPIRED = "The job run was queued for more than 15 days and has expired."

Listener = Callable[[str, str, str, str], None]
"""Told (account, region, job, state) of each run that has ended."""

log = logging.getLogger(__name__)


class JobRunCannotBeStoppedException(Exception):
    """The run has ended already."""


class RunEngine:
    """The runs of every job, in `database`."""

    def __init__(  # noqa: PLR0917  # the ports are the arguments
        self,
        database: Database,
        objects: Objects,
        roles: Roles,
        logs: Logs,
        invoke: Invoke,
        quality: DataQuality,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._metrics = RunMetrics(metrics)
        self.bookmarks = Bookmarks(database)
        self._database = database
        self.launcher = Launcher(objects, roles, logs, invoke, self.bookmarks, quality, settings, clock)
        self._clock = clock
        self._store = RunStore(database)
        self._live = LiveRuns(self.launcher, clock, "glue-job-timeout", self._check_queue)
        self._listeners: list[Listener] = []
        self.observers: list[Callable[[JobKey, Run], None]] = []
        """Told of each run that has ended, an attempt too that is tried again, in the transaction that says so."""
        self._stopping = False
        self.find_job: Callable[[JobKey], Definition | None] = lambda _: None
        """A job as it is now; set by who keeps the jobs."""

    # ---- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Mark the runs that an earlier process left behind as failed, watch timeouts. No script begins yet."""
        self.launcher.clear()
        for key, run in self._store.in_states(*BUSY):
            self._end(key, run, "FAILED", INTERRUPTED)
        self._live.start()

    def serve(self, endpoint: str) -> None:
        """Let scripts begin, which reach the AWS APIs at the URL `endpoint`, those of runs that wait first."""
        self.launcher.endpoint = endpoint
        self._live.serve()
        for key, _ in list(self._store.in_states("WAITING")):
            self._begin_next(key)

    def stop(self) -> None:
        """End every run, and wait for it."""
        self._stopping = True
        self._live.stop()

    def join(self, patience_s: float = 60) -> None:
        """Wait until no run is under way."""
        self._live.join(patience_s)

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` told of each run that has ended."""
        self._listeners.append(listener)

    # ---- what is asked ----------------------------------------------------------------------------------------------

    def start_run(self, key: JobKey, job: Definition, members: dict[str, Any], trigger: str | None = None) -> str:
        """Start a run of `job` with the `members` of StartJobRun; its id, or that of the run to be tried again."""
        again = members.get("JobRunId")
        before = self.get(key, again) if again else None
        if before is not None and before["JobRunState"] not in {"FAILED", "TIMEOUT", "STOPPED", "ERROR"}:
            raise InvalidInputException(f"Job run {again} cannot be retried in current state.")
        arguments = members.get("Arguments", before.get("Arguments", {}) if before else {})
        return self._launch(key, job, {**members, "Arguments": arguments}, before, trigger)

    def get(self, key: JobKey, run: str) -> Run:
        """Raises EntityNotFoundException."""
        found = self._store.get(key, run)
        if found is None:
            raise EntityNotFoundException("Job Run not found.")
        return self._timed(found)

    def page(self, key: JobKey, before: int | None, limit: int) -> list[tuple[int, Run]]:
        """(number, run) of a job's runs, newest first."""
        return [(number, self._timed(run)) for number, run in self._store.page(key, before, limit)]

    def attempts(self, key: JobKey, run: str) -> list[Run]:
        """A run and those that tried it again, in order; none when there is no such run."""
        found: list[Run] = []
        first = run.partition("_attempt_")[0]
        while (each := self._store.get(key, f"{first}_attempt_{len(found)}" if found else first)) is not None:
            found.append(self._timed(each))
        return found

    def latest(self, limit: int = 10) -> list[Run]:
        """The newest runs of all jobs."""
        return [self._timed(run) for run in self._store.latest(limit)]

    def stop_run(self, key: JobKey, run: str) -> None:
        """Raises EntityNotFoundException, and JobRunCannotBeStoppedException when it has ended."""
        with self._database.write():
            found = self.get(key, run)
            if found["JobRunState"] in ENDED:
                raise JobRunCannotBeStoppedException("Job Run cannot be stopped in current state.")
            if waits := found["JobRunState"] == "WAITING":
                self._end(key, found, "STOPPED", None)
            else:
                self._store.change(key, run, JobRunState="STOPPING", LastModifiedOnMs=self._clock.now_ms())
        if waits:
            self._tell(key, "STOPPED")
        else:
            self._live.end(run, "STOPPED")

    def delete_all(self, key: JobKey) -> None:
        """Forget a deleted job's runs and bookmark; those under way end as they would."""
        with self._database.write():
            self._store.delete_all(key)
            self.bookmarks.delete(key)
        self._metrics.forget(key)

    # ---- a run's way ------------------------------------------------------------------------------------------------

    def _launch(
        self, key: JobKey, job: Definition, members: dict[str, Any], before: Run | None, trigger: str | None
    ) -> str:
        if self._stopping:
            raise InvalidInputException("Afluente is stopping.")
        run = new_run(job, members, before, trigger, self._clock.now_ms())
        with self._database.write():
            waits = self._store.count_busy(key) >= job["ExecutionProperty"]["MaxConcurrentRuns"]
            if waits and not run["JobRunQueuingEnabled"]:
                raise ConcurrentRunsExceededException("Concurrent runs exceeded.")
            self._store.add(key, run | ({"JobRunState": "WAITING"} if waits else {}))
        if waits:
            self._live.wake()
        else:
            self._begin(key, run, job)
        return str(run["Id"])

    def _begin_next(self, key: JobKey) -> None:
        """Let the run that has waited longest have its turn, if the job has room for one more."""
        job = self.find_job(key)
        if job is None or self._stopping:
            return
        now_ms = self._clock.now_ms()
        with self._database.write():
            run = self._store.first_waiting(key)
            if run is None or self._store.count_busy(key) >= job["ExecutionProperty"]["MaxConcurrentRuns"]:
                return
            changed = {"JobRunState": "STARTING", "StartedOnMs": now_ms, "LastModifiedOnMs": now_ms}
            run = self._store.change(key, run["Id"], **changed)
        self._begin(key, run, job)

    def _begin(self, key: JobKey, run: Run, job: Definition) -> None:
        began: list[int] = []
        """When its script began, once it has."""

        def running() -> None:
            began.append(self._clock.now_ms())
            self._set_running(key, run["Id"])

        start = Start(key, run, job, running)
        deadline_ms = run["StartedOnMs"] + run["Timeout"] * 60_000
        self._live.begin(start, deadline_ms, lambda outcome: self._ended(start, outcome, began))

    def _ended(self, start: Start, outcome: Outcome, began: list[int]) -> None:
        self._measure(start, outcome, began)
        run = self._end(start.key, start.run, outcome.state, outcome.message)
        tried_again = outcome.state == "FAILED" and not self._stopping and self._try_again(start, run)
        self._begin_next(start.key)
        if not tried_again:
            self._tell(start.key, outcome.state)

    def _tell(self, key: JobKey, state: str) -> None:
        for listener in self._listeners:
            listener(*key, state)

    def _measure(self, start: Start, outcome: Outcome, began: list[int]) -> None:
        host, is_etl = outcome.host, start.job["Command"]["Name"] == "glueetl"
        if host is not None and began and is_etl and argument.enables_metrics(start.arguments):
            elapsed_ms = max(0, self._clock.now_ms() - began[0])
            self._metrics.ended(start.key, start.run["Id"], Measured(elapsed_ms, host.read_bytes, host.written_bytes))

    # ---- states -----------------------------------------------------------------------------------------------------

    def _set_running(self, key: JobKey, run_id: str) -> None:
        with self._database.write():
            run = self._store.get(key, run_id)
            if run is not None and run["JobRunState"] == "STARTING":
                now_ms = self._clock.now_ms()
                self._store.change(key, run_id, JobRunState="RUNNING", LastModifiedOnMs=now_ms)

    def _end(self, key: JobKey, run: Run, state: str, message: str | None) -> Run:
        """The run as it is now that it has ended."""
        with self._database.write():
            ended = self._store.change(key, run["Id"], **self._ending(state, run, message))
            for observer in self.observers:
                observer(key, ended)
            return ended

    def _ending(self, state: str, run: Run, message: str | None) -> dict[str, Any]:
        """The members that a run which ends now gets."""
        now_ms = self._clock.now_ms()
        seconds = max(0, round((now_ms - run["StartedOnMs"]) / 1000))
        ending = {"JobRunState": state, "LastModifiedOnMs": now_ms, "CompletedOnMs": now_ms, "ExecutionTime": seconds}
        return ending | ({"ErrorMessage": message} if message else {})

    def _timed(self, run: Run) -> Run:
        """`run`, with the seconds that one under way has taken so far."""
        if run["JobRunState"] == "RUNNING":
            run["ExecutionTime"] = max(0, (self._clock.now_ms() - run["StartedOnMs"]) // 1000)
        return run

    def _try_again(self, start: Start, run: Run) -> bool:
        """Start the next attempt, if the job allows one more; whether it did."""
        if run.get("Attempt", 0) >= start.job["MaxRetries"]:
            return False
        members: dict[str, Any] = {name: run[name] for name in ("Arguments", "Timeout") if name in run}
        try:
            self._launch(start.key, start.job, members, run, run.get("TriggerName"))
        except (ConcurrentRunsExceededException, InvalidInputException) as error:
            log.warning("run %s is not tried again: %s", run["Id"], error)
            return False
        return True

    def _check_queue(self, now_ms: int) -> list[int]:
        """Let the runs expire that have waited too long; when the others will."""
        waiting = []
        for key, run in list(self._store.in_states("WAITING")):
            until_ms = run["StartedOnMs"] + LONGEST_WAIT_MS
            if until_ms > now_ms:
                waiting.append(until_ms)
            elif self._expire(key, run["Id"]):
                self._tell(key, "EXPIRED")
        return waiting

    def _expire(self, key: JobKey, run_id: str) -> bool:
        """Whether the run was still waiting, and has now expired."""
        with self._database.write():
            run = self._store.get(key, run_id)
            if run is None or run["JobRunState"] != "WAITING":
                return False
            self._end(key, run, "EXPIRED", EXPIRED)
        return True
