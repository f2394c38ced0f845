"""Runs of jobs: started, watched, stopped, timed out, tried again. What a run does lies in process.py and runtime/."""

import logging
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from afluente.core.arn import Arn
from afluente.core.call import Call, Principal
from afluente.core.clock import Clock
from afluente.core.identifier import request_id, run_id
from afluente.core.loop import Loop
from afluente.core.provider import Invoke
from afluente.core.setting import Settings
from afluente.services.glue.error import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    InvalidInputException,
)
from afluente.services.glue.job import argument
from afluente.services.glue.job.bookmark import Bookmarks
from afluente.services.glue.job.capacity import with_capacity
from afluente.services.glue.job.definition import Definition, role_arn
from afluente.services.glue.job.host import Host
from afluente.services.glue.job.port import Logs, Objects, Roles
from afluente.services.glue.job.process import Launch, Process
from afluente.services.glue.job.run_log import RunLog
from afluente.services.glue.job.run_store import ENDED, JobKey, Run, RunStore
from afluente.services.glue.job.script import LaunchError, fetch, fetch_all
from afluente.store.database import Database

SERVICE = "glue.amazonaws.com"
SESSION_NAME = "GlueJobRunnerSession"
SESSION_S = 43_200
INTERRUPTED = "The run was interrupted: Afluente stopped while it was under way."
LOG_GROUPS = {"glueetl": "/aws-glue/jobs", "pythonshell": "/aws-glue/python-jobs"}
MAX_TIMEOUT_MIN = 10_080
CAPACITY = {"WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity"}

Listener = Callable[[str, str, str, str], None]
"""Told (account, region, job, state) of each run that has ended."""

log = logging.getLogger(__name__)


class JobRunCannotBeStoppedException(Exception):
    """The run has ended already."""


@dataclass(slots=True)
class Live:
    """A run that is under way in this process of ours."""

    key: JobKey
    run: Run
    job: Definition
    deadline_ms: int
    thread: threading.Thread | None = None
    process: Process | None = None
    verdict: str | None = None
    """STOPPED or TIMEOUT, once someone has decided so."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, verdict: str) -> None:
        """Have it end with `verdict`, at once."""
        with self.lock:
            self.verdict = self.verdict or verdict
            if self.process is not None:
                self.process.kill()


class RunEngine:
    """The runs of every job, in `database`; their files lie under `<data>/tmp/glue`."""

    def __init__(  # noqa: PLR0917  # the ports are the arguments
        self,
        database: Database,
        objects: Objects,
        roles: Roles,
        logs: Logs,
        invoke: Invoke,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self.endpoint = f"http://{settings.host}:{settings.port}"
        self.bookmarks = Bookmarks(database)
        self._database = database
        self._objects = objects
        self._roles = roles
        self._logs = logs
        self._invoke = invoke
        self._settings = settings
        self._clock = clock
        self._store = RunStore(database)
        self._live: dict[str, Live] = {}
        self._listeners: list[Listener] = []
        self._stopping = False
        self._stamp_ms = 0
        self._stamp_lock = threading.Lock()
        self._timeouts = Loop("glue-job-timeout", self._check_timeouts, clock)
        self._folder = settings.data.absolute() / "tmp" / "glue"

    # ---- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Mark the runs that an earlier process left behind as failed, and watch timeouts."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for key, run in list(self._store.active()):
            self._store.change(key, run["Id"], **self._ending("FAILED", run, INTERRUPTED))
        self._timeouts.start()

    def stop(self) -> None:
        """End every run, and wait for it."""
        self._stopping = True
        self._timeouts.stop()
        for live in list(self._live.values()):
            live.end("FAILED")
        self.join()

    def join(self, patience_s: float = 60) -> None:
        """Wait until no run is under way."""
        while self._live:
            for live in list(self._live.values()):
                if live.thread is not None:
                    live.thread.join(patience_s)
                    if live.thread.is_alive():
                        raise TimeoutError(f"run {live.run['Id']} did not end in {patience_s} s")

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

    def latest(self, limit: int = 10) -> list[Run]:
        """The newest runs of all jobs."""
        return [self._timed(run) for run in self._store.latest(limit)]

    def stop_run(self, key: JobKey, run: str) -> None:
        """Raises EntityNotFoundException, and JobRunCannotBeStoppedException when it has ended."""
        with self._database.write():
            if self.get(key, run)["JobRunState"] in ENDED:
                raise JobRunCannotBeStoppedException("Job Run cannot be stopped in current state.")
            self._store.change(key, run, JobRunState="STOPPING", LastModifiedOnMs=self._clock.now_ms())
        if live := self._live.get(run):
            live.end("STOPPED")

    def delete_all(self, key: JobKey) -> None:
        """Forget a deleted job's runs and bookmark; those under way end as they would."""
        with self._database.write():
            self._store.delete_all(key)
            self.bookmarks.delete(key)

    # ---- a run's way ------------------------------------------------------------------------------------------------

    def _launch(
        self, key: JobKey, job: Definition, members: dict[str, Any], before: Run | None, trigger: str | None
    ) -> str:
        if self._stopping:
            raise InvalidInputException("Afluente is stopping.")
        run = self._new_run(job, members, before, trigger)
        with self._database.write():
            if self._store.count_active(key) >= job["ExecutionProperty"]["MaxConcurrentRuns"]:
                raise ConcurrentRunsExceededException("Concurrent runs exceeded.")
            self._store.add(key, run)
        deadline_ms = run["StartedOnMs"] + run["Timeout"] * 60_000
        live = Live(key, run, job, deadline_ms)
        live.thread = threading.Thread(target=self._follow, args=(live,), name=f"glue-{run['Id'][:11]}", daemon=True)
        self._live[run["Id"]] = live
        live.thread.start()
        self._timeouts.wake()
        return str(run["Id"])

    def _new_run(self, job: Definition, members: dict[str, Any], before: Run | None, trigger: str | None) -> Run:
        now_ms = self._clock.now_ms()
        command = job["Command"]["Name"]
        asked = members if members.keys() & CAPACITY else job
        if asked is job and "WorkerType" in job:
            asked = {name: value for name, value in job.items() if name != "MaxCapacity"}
        attempt = before["Attempt"] + 1 if before else 0
        first = before["Id"].partition("_attempt_")[0] if before else run_id("jr_")
        timeout = members.get("Timeout") or job["Timeout"]
        if timeout > MAX_TIMEOUT_MIN:
            raise InvalidInputException(f"Timeout must be at most {MAX_TIMEOUT_MIN} minutes.")
        run = {
            "Id": f"{first}_attempt_{attempt}" if attempt else first,
            "Attempt": attempt,
            "PreviousRunId": before["Id"] if before else None,
            "TriggerName": trigger,
            "JobName": job["Name"],
            "JobMode": job["JobMode"],
            "JobRunQueuingEnabled": False,
            "StartedOnMs": now_ms,
            "LastModifiedOnMs": now_ms,
            "JobRunState": "STARTING",
            "Arguments": members.get("Arguments") or None,
            "PredecessorRuns": [],
            "ExecutionTime": 0,
            "Timeout": timeout,
            "LogGroupName": LOG_GROUPS[command],
            "GlueVersion": job["GlueVersion"],
            "ExecutionClass": members.get("ExecutionClass", job.get("ExecutionClass")),
            **with_capacity(command, {**asked, "ExecutionClass": None}),
        }
        return {name: value for name, value in run.items() if value is not None}

    def _follow(self, live: Live) -> None:
        """The run's thread, from its start to its end."""
        try:
            state, message = self._execute(live)
        except LaunchError as error:
            state, message = "FAILED", str(error)
        except Exception as error:  # whatever it is, the run must end
            log.exception("run %s", live.run["Id"])
            state, message = "FAILED", f"{type(error).__name__}: {error}"
        if live.verdict is not None:
            state, message = live.verdict, INTERRUPTED if live.verdict == "FAILED" else None
        try:
            run = self._store.change(live.key, live.run["Id"], **self._ending(state, live.run, message))
        finally:
            del self._live[live.run["Id"]]
        self._timeouts.wake()
        if state == "FAILED" and not self._stopping and self._try_again(live, run):
            return
        for listener in self._listeners:
            listener(*live.key, state)

    def _execute(self, live: Live) -> tuple[str, str | None]:
        """(state, error message) with which the run has ended."""
        run, job = live.run, live.job
        arguments = argument.merged(
            job.get("DefaultArguments", {}),
            run.get("Arguments", {}),
            job.get("NonOverridableArguments", {}),
            job=job["Name"],
            run_id=run["Id"],
        )
        if reason := argument.refusal(arguments):
            raise LaunchError(reason)
        run_log = RunLog(self._logs, live.key, run, arguments, self._clock)
        run_log.error([*argument.notes(arguments)])
        folder = self._folder / run["Id"]
        folder.mkdir(parents=True)
        try:
            return self._run_process(live, arguments, folder, run_log)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run_process(
        self, live: Live, arguments: dict[str, str], folder: Path, run_log: RunLog
    ) -> tuple[str, str | None]:
        principal, variables = self._assume(live)
        call = self._call(live, principal)
        run = live.run
        host = Host(
            call, live.key, run["Id"], run["Attempt"], folder, self._objects, self.bookmarks, self._invoke,
            lambda: self._set_running(live),
        )  # fmt: skip
        launch = Launch(folder, self._environment(live, variables), self._order(live, arguments, folder))
        process = Process(launch, host.answer, run_log.output, run_log.error)
        with live.lock:
            live.process = process
            if live.verdict is not None:
                return live.verdict, None
        code = process.run()
        if host.ended and host.failure is None:
            return "SUCCEEDED", None
        return "FAILED", host.failure or f"Command failed with exit code {code}"

    def _order(self, live: Live, arguments: dict[str, str], folder: Path) -> dict[str, Any]:
        """What the process is told."""
        scripts = folder / "script"
        modules = folder / "module"
        scripts.mkdir()
        modules.mkdir()
        work = folder / "work"
        work.mkdir()
        script = fetch(self._objects, live.job["Command"]["ScriptLocation"], scripts)
        extra = fetch_all(self._objects, arguments.get("--extra-py-files", ""), modules)
        fetch_all(self._objects, arguments.get("--extra-files", ""), folder)
        return {
            "script": str(script),
            "location": live.job["Command"]["ScriptLocation"],
            "arguments": argument.command_line(arguments),
            "modules": [str(modules), *(str(path) for path in extra if path.suffix in {".zip", ".egg", ".whl"})],
            "shell": live.job["Command"]["Name"] == "pythonshell",
            "job": live.job["Name"],
            "run_id": live.run["Id"],
            "started_ms": live.run["StartedOnMs"],
            "stamp_ms": self._stamp(),
            "account": live.key[0],
            "region": live.key[1],
            "work": str(work),
            "threads": self._settings.query_threads,
            "memory_mib": self._settings.query_memory_mib,
            "bookmark": arguments[argument.BOOKMARK],
            "bookmark_sources": self.bookmarks.sources(live.key),
            "run_number": self.bookmarks.run_number(live.key),
            "catalog": arguments.get("--enable-glue-datacatalog", "false").lower() != "false",
        }

    def _stamp(self) -> int:
        """A time in milliseconds for the names of a run's files, which no other run has, nor the second after it."""
        with self._stamp_lock:
            self._stamp_ms = max(self._clock.now_ms(), self._stamp_ms + 1000)
            return self._stamp_ms

    def _environment(self, live: Live, variables: dict[str, str]) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AFLUENTE_", "PYTHON"))
        }
        return {
            **inherited,
            **variables,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": live.key[1],
            "AWS_DEFAULT_REGION": live.key[1],
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(_import_path()),
        }

    def _assume(self, live: Live) -> tuple[Principal, dict[str, str]]:
        """The role's session, and the environment variables that carry its credentials."""
        role = role_arn(live.job["Role"], live.key[0])
        if not self._roles.can_assume(role, SERVICE):
            raise LaunchError(
                f"JobName:{live.job['Name']} and JobRunId:{live.run['Id']} failed to execute with exception "
                f"Role {role} should be given assume role permissions for Glue Service."
            )
        access_key, secret, token, *_ = self._roles.credentials(role, SESSION_NAME, SESSION_S)
        session = f"assumed-role/{role.rsplit('/', 1)[-1]}/{SESSION_NAME}"
        principal = self._roles.identify(access_key, token) or Principal(
            live.key[0], str(Arn("sts", "", live.key[0], session)), session, "assumed-role"
        )
        return principal, {
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
        }

    def _call(self, live: Live, principal: Principal) -> Call:
        account, region, _ = live.key
        return Call("glue", "", account, region, principal, request_id(), self._clock.now_ms(), self.endpoint)

    # ---- states -----------------------------------------------------------------------------------------------------

    def _set_running(self, live: Live) -> None:
        with self._database.write():
            run = self._store.get(live.key, live.run["Id"])
            if run is not None and run["JobRunState"] == "STARTING":
                now_ms = self._clock.now_ms()
                self._store.change(live.key, live.run["Id"], JobRunState="RUNNING", LastModifiedOnMs=now_ms)

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

    def _try_again(self, live: Live, run: Run) -> bool:
        """Start the next attempt, if the job allows one more; whether it did."""
        if run.get("Attempt", 0) >= live.job["MaxRetries"]:
            return False
        members: dict[str, Any] = {name: run[name] for name in ("Arguments", "Timeout") if name in run}
        try:
            self._launch(live.key, live.job, members, run, run.get("TriggerName"))
        except (ConcurrentRunsExceededException, InvalidInputException) as error:
            log.warning("run %s is not tried again: %s", run["Id"], error)
            return False
        return True

    def _check_timeouts(self) -> int | None:
        now_ms = self._clock.now_ms()
        waiting = []
        for live in list(self._live.values()):
            if live.deadline_ms <= now_ms:
                live.end("TIMEOUT")
            else:
                waiting.append(live.deadline_ms)
        return min(waiting, default=None)


def _import_path() -> list[str]:
    """Where the process finds awsglue and pyspark, ours before any other, and this package."""
    here = Path(__file__).resolve()
    return [str(here.parent / "runtime" / "package"), str(here.parents[4])]
