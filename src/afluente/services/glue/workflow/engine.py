"""Workflows and their runs: kept in the metadata database, moved on by what has ended.

A run is moved on in one place, `_advance`, whatever has happened; it looks up what has ended, fires the triggers whose
conditions are met, and ends the run when nothing is under way. A trigger is marked as fired before it starts anything:
a crash loses an action (which then is an ERROR), but never starts it twice.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.identifier import run_id
from afluente.services.glue.error import (
    AlreadyExistsException,
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    IllegalWorkflowStateException,
    InvalidInputException,
)
from afluente.services.glue.job.run_store import ENDED
from afluente.services.glue.tag import Tags
from afluente.services.glue.workflow import graph
from afluente.services.glue.workflow import run as runs
from afluente.services.glue.workflow.graph import Trigger, target
from afluente.services.glue.workflow.port import Crawlers, Jobs, Key, Triggers
from afluente.services.glue.workflow.run import Action, Run
from afluente.store.database import Database
from afluente.store.document import Documents

Workflow = dict[str, Any]
RunKey = tuple[str, str, str, str]
MEMBERS = ("Description", "DefaultRunProperties", "MaxConcurrentRuns")

log = logging.getLogger(__name__)


class WorkflowEngine:
    """The workflows of every account and region."""

    def __init__(  # noqa: PLR0917  # the ports are the arguments
        self, database: Database, tags: Tags, jobs: Jobs, crawlers: Crawlers, triggers: Triggers, clock: Clock
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._crawlers = crawlers
        self._triggers = triggers
        self._clock = clock
        self._workflows = Documents(database, "glue_workflow")
        self._runs = Documents(database, "glue_workflow_run")
        self._lock = threading.RLock()
        tags.register("workflow", lambda *key: self.find(key) is not None)
        jobs.runs.subscribe(lambda *told: self._ended("JOB", *told))
        crawlers.subscribe(lambda *told: self._ended("CRAWLER", *told))

    def start(self) -> None:
        """Take up the runs that an earlier process left behind."""
        for key, run in list(self._runs.scan()):
            if run["Status"] in {"RUNNING", "STOPPING"}:
                self._advance(_run_key(key))

    def stop(self) -> None:
        """Nothing runs of its own."""

    # ---- workflows --------------------------------------------------------------------------------------------------

    def create(self, key: Key, members: dict[str, Any]) -> None:
        """Raises AlreadyExistsException."""
        now_ms = self._clock.now_ms()
        with self._database.write():
            if self.find(key) is not None:
                raise AlreadyExistsException("Workflow with given name already Exists")
            self._workflows.put(key, {"Name": key[2], "CreatedOnMs": now_ms, **_kept(members, now_ms)})

    def update(self, key: Key, members: dict[str, Any]) -> None:
        """Replace what a workflow is: members that are left out are gone. Raises EntityNotFoundException."""
        with self._database.write():
            before = self.get(key)
            made = {name: before[name] for name in ("Name", "CreatedOnMs")}
            self._workflows.put(key, made | _kept(members, self._clock.now_ms()))

    def find(self, key: Key) -> Workflow | None:
        """The workflow, or None."""
        return self._workflows.get(key)

    def get(self, key: Key) -> Workflow:
        """Raises EntityNotFoundException."""
        found = self.find(key)
        if found is None:
            raise EntityNotFoundException("Entity not found")
        return found

    def scan(self, account: str, region: str) -> Iterator[Workflow]:
        """The workflows of a region by name."""
        for _, workflow in self._workflows.scan((account, region)):
            yield workflow

    def delete(self, key: Key) -> None:
        """Forget a workflow with its triggers and runs; no error when there is none. What runs goes on running."""
        with self._lock, self._database.write():
            for trigger in self.triggers(key):
                self._triggers.delete((*key[:2], trigger["Name"]))
            self._runs.delete_under(key)
            self._workflows.delete(key)

    def triggers(self, key: Key) -> list[Trigger]:
        """The triggers that a workflow is made of."""
        return [each for each in self._triggers.scan(*key[:2]) if each.get("WorkflowName") == key[2]]

    # ---- runs -------------------------------------------------------------------------------------------------------

    def run(self, key: Key, run: str) -> Run:
        """Raises EntityNotFoundException."""
        self.get(key)
        found = self._runs.get((*key, run))
        if found is None:
            raise EntityNotFoundException("Entity not found")
        return found

    def runs(self, key: Key) -> list[Run]:
        """The runs of a workflow, newest first."""
        return sorted((run for _, run in self._runs.scan(key)), key=lambda run: -int(run["number"]))

    def start_run(
        self, key: Key, properties: dict[str, str], *, first: str | None = None, batch: dict[str, int] | None = None
    ) -> str:
        """Start a run; its id. `first`: the trigger that it begins with; `batch`: of the events that caused it.

        Raises EntityNotFoundException, InvalidInputException, ConcurrentRunsExceededException.
        """
        workflow = self.get(key)
        triggers = self.triggers(key)
        beginning = runs.start_trigger(triggers, first)
        if beginning is None:
            raise InvalidInputException(f"Workflow {key[2]} has no starting trigger.")
        run = self._new_run(key, workflow, triggers, workflow.get("DefaultRunProperties", {}) | properties)
        if batch:
            run["StartingEventBatchCondition"] = batch
            self._runs.put((*key, run["WorkflowRunId"]), run)
        with self._lock:
            self._fire((*key, run["WorkflowRunId"]), beginning)
            self._advance((*key, run["WorkflowRunId"]))
        return str(run["WorkflowRunId"])

    def resume_run(self, key: Key, previous: str, node_ids: Sequence[str]) -> str:
        """Run some nodes of a run that has ended, and what follows them, again; the id of the new run."""
        before = self.run(key, previous)
        if before["Status"] not in {"COMPLETED", "STOPPED", "ERROR"}:
            raise IllegalWorkflowStateException(f"Workflow run {previous} is not in a state to be resumed.")
        nodes = {graph.node_id(key[2], *each): each for each in graph.actions(before["triggers"])}
        if unknown := [each for each in node_ids if each not in nodes]:
            raise InvalidInputException(f"Node {unknown[0]} is no job or crawler of the workflow run.")
        chosen = [nodes[each] for each in node_ids]
        again = runs.downstream(before["triggers"], chosen)
        run = self._new_run(key, self.get(key), before["triggers"], before["WorkflowRunProperties"])
        run |= {
            "PreviousRunId": previous,
            "started": [each for each in before["started"] if (each["type"], each["name"]) not in again],
            "fired": [
                each["Name"]
                for each in before["triggers"]
                if each["Name"] in before["fired"] and not {target(action) for action in each["Actions"]} & again
            ],
        }
        run_key = (*key, run["WorkflowRunId"])
        with self._lock:
            self._runs.put(run_key, run)
            for trigger in run["triggers"]:
                wanted = [action for action in trigger["Actions"] if target(action) in chosen]
                if wanted:
                    self._fire(run_key, trigger | {"Actions": wanted})
            self._advance(run_key)
        return str(run["WorkflowRunId"])

    def stop_run(self, key: Key, run: str) -> None:
        """Stop what is under way. Raises EntityNotFoundException, IllegalWorkflowStateException."""
        with self._lock:
            found = self.run(key, run)
            if found["Status"] != "RUNNING":
                raise IllegalWorkflowStateException(f"Workflow run {run} is not running.")
            self._runs.put((*key, run), found | {"Status": "STOPPING"})
        for action in runs.under_way(found):
            self._stop(key, action)
        self._advance((*key, run))

    def put_properties(self, key: Key, run: str, properties: dict[str, str]) -> None:
        """Set properties of a run, those of other names stay. Raises EntityNotFoundException."""
        with self._lock:
            found = self.run(key, run)
            found["WorkflowRunProperties"] |= properties
            self._runs.put((*key, run), found)

    def job_runs(self, key: Key, run: Run, job: str) -> list[dict[str, Any]]:
        """The runs of a job, all attempts, that a run of the workflow has started."""
        started = [each["run"] for each in run["started"] if (each["type"], each["name"]) == ("JOB", job)]
        return [each for name in started if name for each in self._jobs.runs.attempts((*key[:2], job), name)]

    # ---- a run's way ------------------------------------------------------------------------------------------------

    def _new_run(self, key: Key, workflow: Workflow, triggers: Sequence[Trigger], properties: dict[str, str]) -> Run:
        with self._database.write():
            known = self.runs(key)
            active = sum(each["Status"] in {"RUNNING", "STOPPING"} for each in known)
            if active >= workflow.get("MaxConcurrentRuns", active + 1):
                raise ConcurrentRunsExceededException("Concurrent runs exceeded.")
            run: Run = {
                "Name": key[2],
                "WorkflowRunId": run_id("wr_"),
                "number": known[0]["number"] + 1 if known else 1,
                "Status": "RUNNING",
                "StartedOnMs": self._clock.now_ms(),
                "WorkflowRunProperties": dict(properties),
                "triggers": list(triggers),
                "fired": [],
                "started": [],
            }
            self._runs.put((*key, run["WorkflowRunId"]), run)
            return run

    def _ended(self, kind: str, account: str, region: str, name: str, state: str) -> None:
        """A run of a job or a crawl has ended: move on the runs that have started it."""
        for key, run in list(self._runs.scan((account, region))):
            waited = [each for each in runs.under_way(run) if (each["type"], each["name"]) == (kind, name)]
            if run["Status"] in {"RUNNING", "STOPPING"} and waited:
                self._advance(_run_key(key), {name: state} if kind == "CRAWLER" else {})

    def _advance(self, key: RunKey, crawled: dict[str, str] | None = None) -> None:
        """Look up what has ended, fire what waited for it, and end the run when nothing is under way."""
        with self._lock:
            while True:
                run = self._runs.get(key)
                if run is None or run["Status"] not in {"RUNNING", "STOPPING"}:
                    return
                for action in runs.under_way(run):
                    action["state"] = self._state(key, action, crawled or {})
                self._runs.put(key, run)
                ready = runs.ready(run) if run["Status"] == "RUNNING" else []
                for trigger in ready:
                    self._fire(key, trigger)
                if not ready:
                    break
            if not runs.under_way(run):
                status = "STOPPED" if run["Status"] == "STOPPING" else "COMPLETED"
                self._runs.put(key, run | {"Status": status, "CompletedOnMs": self._clock.now_ms()})

    def _state(self, key: RunKey, action: Action, crawled: dict[str, str]) -> str:
        if action["type"] == "CRAWLER":
            return crawled.get(action["name"], "RUNNING")
        if not action["run"]:
            return runs.FAILED_TO_START
        attempts = self._jobs.runs.attempts((*key[:2], action["name"]), action["run"])
        last = attempts[-1]["JobRunState"] if attempts else runs.FAILED_TO_START
        return str(last) if last in ENDED else "RUNNING"

    def _fire(self, key: RunKey, trigger: Trigger) -> None:
        """Start what a trigger starts. What cannot be started is an ERROR, and no reason not to start the rest."""
        run = self._runs.get(key)
        if run is None:
            return
        new: list[Action] = [
            {"type": kind, "name": name, "trigger": trigger["Name"], "state": "STARTING", "run": None}
            for kind, name in map(target, trigger["Actions"])
        ]
        run["fired"].append(trigger["Name"])
        run["started"] += new
        self._runs.put(key, run)
        for action, members in zip(new, trigger["Actions"], strict=True):
            try:
                action["run"] = self._start(key, trigger["Name"], members)
                action["state"] = "RUNNING"
            except AwsError as error:
                log.warning("workflow %s could not start %s: %s", key[2], members, error)
                action["state"] = runs.FAILED_TO_START
            self._runs.put(key, run)

    def _start(self, key: RunKey, trigger: str, action: dict[str, Any]) -> str | None:
        """Start one action; the id of a job's run."""
        account, region, workflow, run = key
        if crawler := action.get("CrawlerName"):
            self._crawlers.start_crawler(account, region, crawler)
            return None
        own = {"--WORKFLOW_NAME": workflow, "--WORKFLOW_RUN_ID": run}
        members = {"Arguments": {**action.get("Arguments", {}), **own}}
        members |= {"Timeout": action["Timeout"]} if "Timeout" in action else {}
        return self._jobs.start_run((account, region, action["JobName"]), members, trigger)

    def _stop(self, key: Key, action: Action) -> None:
        try:
            if action["type"] == "CRAWLER":
                self._crawlers.stop_crawler(*key[:2], action["name"])
            elif action["run"]:
                attempts = self._jobs.runs.attempts((*key[:2], action["name"]), action["run"])
                self._jobs.runs.stop_run((*key[:2], action["name"]), attempts[-1]["Id"])
        except Exception as error:  # it has ended meanwhile
            log.info("%s %s is not stopped: %s", action["type"], action["name"], error)


def _kept(members: dict[str, Any], now_ms: int) -> dict[str, Any]:
    return {name: members[name] for name in MEMBERS if name in members} | {"LastModifiedOnMs": now_ms}


def _run_key(key: tuple[str, ...]) -> RunKey:
    account, region, workflow, run = key
    return account, region, workflow, run
