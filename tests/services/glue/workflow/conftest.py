"""Workflows over recorded jobs and crawlers: what is started is noted, and ends when the test says so."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.services.glue.error import EntityNotFoundException
from afluente.services.glue.tag import TagOperations, Tags
from afluente.services.glue.trigger.engine import TriggerEngine
from afluente.services.glue.trigger.provider import TriggerOperations
from afluente.services.glue.workflow.engine import WorkflowEngine
from afluente.services.glue.workflow.provider import WorkflowOperations
from afluente.store.database import Database

ACCOUNT, REGION = "000000000000", "us-east-1"
Listener = Callable[[str, str, str, str], None]


class Recorded:
    """Jobs and crawlers whose runs are kept in memory. A job named `missing` does not exist."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.found: dict[str, dict[str, Any]] = {}
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.runs = self

    def subscribe(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def start_run(self, key: tuple[str, str, str], members: dict[str, Any], trigger: str | None = None) -> str:
        if key[2] == "missing":
            raise EntityNotFoundException("Job not found.")
        run = f"jr_{len(self.found)}"
        self.found[run] = {"Id": run, "JobName": key[2], "JobRunState": "RUNNING", "TriggerName": trigger, **members}
        self.started.append(key[2])
        return run

    def attempts(self, key: tuple[str, str, str], run: str) -> list[dict[str, Any]]:
        return [each for name, each in self.found.items() if name.partition("_attempt_")[0] == run]

    def stop_run(self, key: tuple[str, str, str], run: str) -> None:
        self.stopped.append(run)

    def start_crawler(self, account: str, region: str, name: str) -> None:
        self.started.append(name)

    def stop_crawler(self, account: str, region: str, name: str) -> None:
        self.stopped.append(name)

    def tell(self, name: str, state: str) -> None:
        for listener in self.listeners:
            listener(ACCOUNT, REGION, name, state)

    def end(self, name: str, state: str = "SUCCEEDED") -> None:
        """The latest run of a job ends."""
        run = [each for each in self.found.values() if each["JobName"] == name][-1]
        run["JobRunState"] = state
        self.tell(name, state)


class _Operations(TriggerOperations, WorkflowOperations, TagOperations):
    def __init__(self, triggers: TriggerEngine, workflows: WorkflowEngine, tags: Tags) -> None:
        self._triggers = triggers
        self._workflows = workflows
        self._tags = tags


class World:
    def __init__(self, path: Path) -> None:
        self.clock = ManualClock(1_790_000_000_000)  # 2026-09-21 14:13:20
        self.database = Database(path)
        self.jobs, self.crawlers = Recorded(), Recorded()
        self.build()

    def build(self) -> None:
        """The engines, as a new process makes them."""
        tags = Tags(self.database)
        self.triggers = TriggerEngine(self.database, tags, self.jobs, self.crawlers, self.clock)
        self.workflows = WorkflowEngine(self.database, tags, self.jobs, self.crawlers, self.triggers, self.clock)
        self.triggers.workflows = self.workflows
        self.operations = _Operations(self.triggers, self.workflows, tags)

    def glue(self, operation: str, /, **request: Any) -> dict[str, Any]:
        root = Principal.root(ACCOUNT)
        call = Call("glue", operation, ACCOUNT, REGION, root, "request", self.clock.now_ms(), "http://here")
        answer: dict[str, Any] = getattr(self.operations, xform_name(operation))(call, request)
        return answer

    def trigger(self, name: str, kind: str, actions: list[str], **members: Any) -> None:
        """A trigger of the workflow `w`; actions are names of jobs, of crawlers with a `c:` in front."""
        named = [{"CrawlerName": each[2:]} if each.startswith("c:") else {"JobName": each} for each in actions]
        self.glue("CreateTrigger", **{"Name": name, "WorkflowName": "w", "Type": kind, "Actions": named, **members})

    def after(self, name: str, actions: list[str], *conditions: dict[str, str], logical: str = "AND") -> None:
        """A conditional trigger that is on."""
        predicate = {"Logical": logical, "Conditions": [{"LogicalOperator": "EQUALS", **each} for each in conditions]}
        self.trigger(name, "CONDITIONAL", actions, Predicate=predicate, StartOnCreation=True)

    def run(self, run: str, *, graph: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = self.glue("GetWorkflowRun", Name="w", RunId=run, IncludeGraph=graph)["Run"]
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "meta.db")
    world.glue("CreateWorkflow", Name="w", Description="d", DefaultRunProperties={"a": "1", "b": "2"})
    yield world
    world.triggers.stop()
    world.database.close()
