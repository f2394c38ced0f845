"""Evaluation runs: rulesets over a table of the catalog, without a job of one's own. They run as jobs' scripts do."""

import logging
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from afluente.core.call import Call, Principal
from afluente.core.clock import Clock
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.identifier import request_id
from afluente.core.loop import Loop
from afluente.core.provider import Invoke
from afluente.services.glue.data_quality.engine import DataQuality, Document, Key
from afluente.services.glue.data_quality.run_script import evaluation_script
from afluente.services.glue.error import EntityNotFoundException, InvalidInputException
from afluente.services.glue.job.definition import job_arn, role_arn
from afluente.services.glue.job.launcher import SERVICE, Launcher, Start
from afluente.services.glue.job.port import Roles
from afluente.services.glue.job.process import Process
from afluente.services.glue.job.script import LaunchError
from afluente.store.database import Database
from afluente.store.document import Documents

ACTIVE = {"STARTING", "RUNNING", "STOPPING"}
MEMBERS = (
    "DataSource", "Role", "NumberOfWorkers", "Timeout", "AdditionalRunOptions", "RulesetNames", "AdditionalDataSources",
)  # fmt: skip
WORKERS, TIMEOUT_MIN = 5, 2880
LOG_GROUP = "/aws-glue/data-quality"
INTERRUPTED = "The run was interrupted: Afluente stopped while it was under way."
TABLE_OPTIONS = {"pushDownPredicate", "catalogPartitionPredicate"}

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Live:
    """A run that is under way; it takes the outcomes of its rulesets."""

    key: Key
    run: Document
    quality: DataQuality
    script: str
    thread: threading.Thread | None = None
    process: Process | None = None
    verdict: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    results: list[str] = field(default_factory=list)

    @property
    def deadline_ms(self) -> int:
        """When its time is over."""
        return int(self.run["StartedOnMs"] + self.run["Timeout"] * 60_000)

    def publish(self, job: Key, run: str, context: str, rules: Sequence[Mapping[str, Any]]) -> str:
        """Keep the outcomes of the ruleset `context`; the id of the result."""
        about = {"DataSource": self.run["DataSource"], "RulesetName": context, "RulesetEvaluationRunId": run}
        self.results.append(self.quality.keep(*job[:2], rules, **about))
        return self.results[-1]

    def history(self, job: Key, context: str) -> list[dict[str, float]]:  # noqa: ARG002  # a publisher's
        """Not there, as on AWS."""
        raise Unsupported("Dynamic rules are supported in jobs only, not in evaluation runs")

    def end(self, verdict: str) -> None:
        """Have it end with `verdict`, at once."""
        with self.lock:
            self.verdict = self.verdict or verdict
            if self.process is not None:
                self.process.kill()


class EvaluationRuns:
    """The evaluation runs of every account and region; times are `...OnMs`."""

    def __init__(  # noqa: PLR0917  # the ports are the arguments
        self,
        database: Database,
        launcher: Launcher,
        roles: Roles,
        invoke: Invoke,
        quality: DataQuality,
        clock: Clock,
    ) -> None:
        self._database = database
        self._launcher = launcher
        self._roles = roles
        self._invoke = invoke
        self._quality = quality
        self._clock = clock
        self._documents = Documents(database, "glue_data_quality_run")
        self._live: dict[str, Live] = {}
        self._timeouts = Loop("glue-data-quality-timeout", self._check_timeouts, clock)

    def start(self) -> None:
        """Mark the runs that an earlier process left behind as failed, and watch timeouts."""
        for key, run in list(self._documents.scan(())):
            if run["Status"] in ACTIVE:
                self._change((key[0], key[1], key[2]), **self._ending("FAILED", run, INTERRUPTED))
        self._timeouts.start()

    def stop(self) -> None:
        """End every run, and wait for it."""
        self._timeouts.stop()
        for live in list(self._live.values()):
            live.end("FAILED")
        self.join()

    def join(self, patience_s: float = 60) -> None:
        """Wait until no run is under way."""
        for live in list(self._live.values()):
            if live.thread is not None:
                live.thread.join(patience_s)

    # ---- what is asked ----------------------------------------------------------------------------------------------

    def begin(self, account: str, region: str, members: Mapping[str, Any]) -> str:
        """Start a run with the members of StartDataQualityRulesetEvaluationRun; its id.

        Raises EntityNotFoundException for a table or ruleset that there is not, InvalidInputException, NotImplemented.
        """
        key = (account, region, f"dqrun-{secrets.token_hex(20)}")
        for source in [members["DataSource"], *members.get("AdditionalDataSources", {}).values()]:
            self._check_source(key, source)
        rulesets = [self._quality.ruleset((account, region, name)) for name in members["RulesetNames"]]
        if not self._roles.can_assume(role_arn(members["Role"], account), SERVICE, job_arn(key)):
            raise InvalidInputException("Service is unable to assume provided role. Please verify role's TrustPolicy")
        now_ms = self._clock.now_ms()
        run = {"NumberOfWorkers": WORKERS, "Timeout": TIMEOUT_MIN} | {
            name: members[name] for name in MEMBERS if name in members
        }
        run |= {"RunId": key[2], "Status": "STARTING", "StartedOnMs": now_ms, "LastModifiedOnMs": now_ms}
        self._documents.put(key, run)
        live = Live(key, run, self._quality, evaluation_script(run, rulesets))
        live.thread = threading.Thread(target=self._follow, args=(live,), name=f"glue-{key[2][:12]}", daemon=True)
        self._live[key[2]] = live
        live.thread.start()
        self._timeouts.wake()
        return key[2]

    def get(self, key: Key) -> Document:
        """Raises EntityNotFoundException."""
        run = self._documents.get(key)
        if run is None:
            raise EntityNotFoundException(f"Cannot find Data Quality Ruleset Evaluation Run with id {key[2]}")
        return run

    def runs(self, account: str, region: str) -> list[Document]:
        """The runs of a region, newest first."""
        found = [run for _, run in self._documents.scan((account, region))]
        return sorted(found, key=lambda run: (-run["StartedOnMs"], run["RunId"]))

    def cancel(self, key: Key) -> None:
        """Raises EntityNotFoundException, and InvalidInputException when it has ended."""
        with self._database.write():
            if self.get(key)["Status"] not in ACTIVE:
                raise InvalidInputException(f"Data Quality Ruleset Evaluation Run {key[2]} has already ended.")
            self._change(key, Status="STOPPING", LastModifiedOnMs=self._clock.now_ms())
        if live := self._live.get(key[2]):
            live.end("STOPPED")

    def _check_source(self, key: Key, source: Mapping[str, Any]) -> None:
        table = source.get("GlueTable")
        if table is None:
            raise InvalidInputException("A data source needs a GlueTable.")
        unknown = sorted(set(table.get("AdditionalOptions", {})) - TABLE_OPTIONS)
        if unknown:
            raise Unsupported(f"GlueTable.AdditionalOptions: {', '.join(unknown)} not supported")
        account, region, _ = key
        call = Call(
            "glue", "", account, region, Principal.root(account), request_id(), self._clock.now_ms(),
            self._launcher.endpoint,
        )  # fmt: skip
        self._invoke(call, "glue", "GetTable", {"DatabaseName": table["DatabaseName"], "Name": table["TableName"]})

    # ---- a run's way ------------------------------------------------------------------------------------------------

    def _follow(self, live: Live) -> None:
        """The run's thread, from its start to its end."""
        try:
            state, message = self._execute(live)
        except LaunchError as error:
            state, message = "FAILED", str(error)
        except Exception as error:  # whatever it is, the run must end
            log.exception("run %s", live.key[2])
            state, message = "FAILED", f"{type(error).__name__}: {error}"
        if live.verdict is not None:
            state, message = live.verdict, INTERRUPTED if live.verdict == "FAILED" else None
        try:
            results = {"ResultIds": live.results} if live.results else {}
            self._change(live.key, **self._ending(state, live.run, message), **results)
        finally:
            del self._live[live.key[2]]
        self._timeouts.wake()

    def _execute(self, live: Live) -> tuple[str, str | None]:
        """(state, error message) with which the run has ended."""
        start = Start(live.key, _job_run(live), _job(live), lambda: self._set_running(live), live.script, live)
        try:
            process, host = self._launcher.prepare(start)
            with live.lock:
                live.process = process
                if live.verdict is not None:
                    return live.verdict, None
            code = process.run()
        finally:
            self._launcher.remove(start)
        if host.ended and host.failure is None:
            return "SUCCEEDED", None
        return "FAILED", host.failure or f"Command failed with exit code {code}"

    def _set_running(self, live: Live) -> None:
        with self._database.write():
            if self.get(live.key)["Status"] == "STARTING":
                self._change(live.key, Status="RUNNING", LastModifiedOnMs=self._clock.now_ms())

    def _change(self, key: Key, **changes: Any) -> None:
        with self._database.write():
            self._documents.put(key, self.get(key) | changes)

    def _ending(self, state: str, run: Document, message: str | None) -> dict[str, Any]:
        now_ms = self._clock.now_ms()
        seconds = max(0, round((now_ms - run["StartedOnMs"]) / 1000))
        ending = {"Status": state, "LastModifiedOnMs": now_ms, "CompletedOnMs": now_ms, "ExecutionTime": seconds}
        return ending | ({"ErrorString": message} if message else {})

    def _check_timeouts(self) -> int | None:
        now_ms = self._clock.now_ms()
        for live in list(self._live.values()):
            if live.deadline_ms <= now_ms:
                live.end("TIMEOUT")
        return min((live.deadline_ms for live in list(self._live.values()) if live.verdict is None), default=None)


def _job(live: Live) -> dict[str, Any]:
    """The job that the launcher takes the run for."""
    command = {"Name": "glueetl", "ScriptLocation": ""}
    return {"Name": live.key[2], "Role": live.run["Role"], "Command": command, "DefaultArguments": {}}


def _job_run(live: Live) -> dict[str, Any]:
    group = live.run.get("AdditionalRunOptions", {}).get("CustomLogGroupPrefix", LOG_GROUP)
    return {"Id": live.key[2], "Attempt": 0, "StartedOnMs": live.run["StartedOnMs"], "LogGroupName": group}
