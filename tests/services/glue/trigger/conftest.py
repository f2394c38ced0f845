"""Triggers over recorded jobs and crawlers: what a trigger starts is noted, not run."""

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
from afluente.store.database import Database

ACCOUNT, REGION = "000000000000", "us-east-1"
Listener = Callable[[str, str, str, str], None]


class Recorded:
    """Jobs and crawlers that only note what was started; those named `missing` do not exist."""

    def __init__(self) -> None:
        self.started: list[tuple[Any, ...]] = []
        self.listeners: list[Listener] = []
        self.runs = self

    def subscribe(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def start_run(self, key: tuple[str, str, str], members: dict[str, Any], trigger: str | None = None) -> str:
        if key[2] == "missing":
            raise EntityNotFoundException("Job not found.")
        self.started.append((key[2], members, trigger))
        return "jr_1"

    def start_crawler(self, account: str, region: str, name: str) -> None:
        self.started.append((name, account, region))

    def end(self, name: str, state: str) -> None:
        for listener in self.listeners:
            listener(ACCOUNT, REGION, name, state)


class _Operations(TriggerOperations, TagOperations):
    def __init__(self, triggers: TriggerEngine, tags: Tags) -> None:
        self._triggers = triggers
        self._tags = tags


class World:
    def __init__(self, path: Path) -> None:
        self.clock = ManualClock(1_790_000_000_000)  # 2026-09-21 14:13:20
        self.database = Database(path)
        self.jobs, self.crawlers = Recorded(), Recorded()
        self.tags = Tags(self.database)
        self.triggers = self.engine()

    def engine(self) -> TriggerEngine:
        self.triggers = TriggerEngine(self.database, self.tags, self.jobs, self.crawlers, self.clock)
        self.operations = _Operations(self.triggers, self.tags)
        return self.triggers

    def start(self) -> None:
        self.triggers.start()
        self.clock.settle(1)

    def glue(self, operation: str, /, **request: Any) -> dict[str, Any]:
        root = Principal.root(ACCOUNT)
        call = Call("glue", operation, ACCOUNT, REGION, root, "request", self.clock.now_ms(), "http://here")
        answer: dict[str, Any] = getattr(self.operations, xform_name(operation))(call, request)
        return answer

    def create(self, name: str, kind: str, **members: Any) -> dict[str, Any]:
        return self.glue("CreateTrigger", **{"Name": name, "Type": kind, "Actions": [{"JobName": "job"}], **members})

    def state(self, name: str) -> str:
        state: str = self.glue("GetTrigger", Name=name)["Trigger"]["State"]
        return state


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "meta.db")
    yield world
    world.triggers.stop()
    world.database.close()
