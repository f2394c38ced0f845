"""Triggers: kept in the metadata database, fired by the clock, by what has ended, or on demand."""

import json
import logging
from collections.abc import Iterator
from typing import Any

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.loop import Loop
from afluente.services.glue.error import (
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
)
from afluente.services.glue.tag import Tags
from afluente.services.glue.trigger.definition import MEMBERS, Definition, define, parse_schedule
from afluente.services.glue.trigger.port import Crawlers, Jobs, Workflows
from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]

BATCH_WINDOW_S = 900
"""How long the first event of a batch waits for others, unless the trigger says so."""

log = logging.getLogger(__name__)


class TriggerEngine:
    """The triggers of every account and region.

    Besides AWS's members a stored trigger has `due_ms`, when it fires next, and `met`, the numbers of those conditions
    that have come true since it last fired. One of the type EVENT has `events`, the ids of those that wait.
    """

    def __init__(self, database: Database, tags: Tags, jobs: Jobs, crawlers: Crawlers, clock: Clock) -> None:
        self._database = database
        self._jobs = jobs
        self._crawlers = crawlers
        self._clock = clock
        self._documents = Documents(database, "glue_trigger")
        self._loop = Loop("glue-trigger", self._fire_due, clock)
        self.workflows: Workflows | None = None
        """What the triggers of workflows start a run of; set by who makes both."""
        tags.register("trigger", lambda account, region, name: self._find((account, region, name)) is not None)
        jobs.runs.subscribe(lambda *told: self._ended(("JobName", "State"), *told))
        crawlers.subscribe(lambda *told: self._ended(("CrawlerName", "CrawlState"), *told))

    def start(self) -> None:
        """Begin to watch the schedules. One that came due while nothing ran fires once."""
        self._loop.start()

    def stop(self) -> None:
        """Fire nothing any more."""
        self._loop.stop()

    # ---- what is asked ----------------------------------------------------------------------------------------------

    def create(self, key: Key, kind: str, members: dict[str, Any]) -> None:
        """Raises InvalidInputException, IdempotentParameterMismatchException, NotImplemented."""
        trigger = define(key[2], kind, members)
        self._check_workflow(key, members.get("WorkflowName"))
        with self._database.write():
            before = self._find(key)
            if before is not None:
                if any(before.get(name) != trigger.get(name) for name in ("Type", "WorkflowName", *MEMBERS)):
                    raise IdempotentParameterMismatchException(
                        "Trigger already submitted with different configuration."
                    )
                return
            state = "ACTIVATED" if members.get("StartOnCreation") else "CREATED"
            self._put(key, trigger | {"State": state, "met": []})
        self._loop.wake()  # once it is committed: the loop sees nothing before

    def get(self, key: Key) -> Definition:
        """Raises EntityNotFoundException."""
        trigger = self._find(key)
        if trigger is None:
            raise EntityNotFoundException("Trigger not found.")
        return trigger

    def find(self, key: Key) -> Definition | None:
        """The trigger, or None."""
        return self._find(key)

    def scan(self, account: str, region: str, after: str = "", limit: int = -1) -> Iterator[Definition]:
        """The triggers of a region by name, up to `limit` of those after the one named `after`."""
        start = (account, region, after) if after else None
        for _, trigger in self._documents.scan((account, region), after=start, limit=limit):
            yield trigger

    def update(self, key: Key, members: dict[str, Any]) -> Definition:
        """Set the members that are given. Raises EntityNotFoundException, InvalidInputException."""
        with self._database.write():
            before = self.get(key)
            kept = {name: before[name] for name in (*MEMBERS, "WorkflowName") if name in before}
            trigger = define(key[2], before["Type"], kept | members)
            waiting: Definition = {name: before[name] for name in ("events", "until_ms") if name in before}
            self._put(key, trigger | {"State": before["State"], "met": []} | waiting)
        self._loop.wake()
        return trigger | {"State": before["State"]}

    def delete(self, key: Key) -> None:
        """Forget a trigger; no error when there is none."""
        self._documents.delete(key)

    def activate(self, key: Key) -> None:
        """Start watching; a trigger on demand fires."""
        with self._database.write():
            trigger = self.get(key)
            watches = trigger["Type"] != "ON_DEMAND"
            if watches:
                _check_state(trigger, {"CREATED", "DEACTIVATED"})
                self._put(key, trigger | {"State": "ACTIVATED", "met": []})
        if watches:
            self._loop.wake()
        else:
            self._fire(key, trigger)

    def notify(self, account: str, region: str, workflow: str, event_id: str) -> None:
        """An event for a workflow has come: it begins when there are enough, or the first has waited long enough.

        Raises EntityNotFoundException when no trigger of the workflow waits for events.
        """
        waiting = [
            each for each in self.scan(account, region)
            if (each.get("WorkflowName"), each["Type"], each["State"]) == (workflow, "EVENT", "ACTIVATED")
        ]  # fmt: skip
        if not waiting:
            raise EntityNotFoundException(f"Workflow {workflow} has no activated trigger of the type EVENT.")
        for trigger in waiting:
            self._take((account, region, trigger["Name"]), event_id)
        self._loop.wake()

    def _take(self, key: Key, event_id: str) -> None:
        with self._database.write():
            trigger = self.get(key)
            if event_id in trigger.get("events", ()):
                return  # told twice
            events = [*trigger.get("events", ()), event_id]
            condition, now_ms = trigger.get("EventBatchingCondition", {"BatchSize": 1}), self._clock.now_ms()
            until_ms = trigger.get("until_ms") or now_ms + 1000 * condition.get("BatchWindow", BATCH_WINDOW_S)
            due_ms = now_ms if len(events) >= condition["BatchSize"] else until_ms
            self._put(key, trigger | {"events": events, "until_ms": due_ms})

    def deactivate(self, key: Key) -> None:
        """Stop watching."""
        with self._database.write():
            trigger = self.get(key)
            _check_state(trigger, {"ACTIVATED"})
            self._put(key, trigger | {"State": "DEACTIVATED", "met": []})
        self._loop.wake()

    def statistics(self) -> dict[str, Any]:
        """For the live view: the triggers that are on, and when each fires next."""
        active = [trigger for _, trigger in self._documents.scan() if trigger["State"] == "ACTIVATED"]
        return {
            "active": [{"Name": each["Name"], "Type": each["Type"], "due_ms": each.get("due_ms")} for each in active]
        }

    # ---- firing -----------------------------------------------------------------------------------------------------

    def _fire_due(self) -> int | None:
        """Fire the schedules that are due; when the next one is."""
        now_ms = self._clock.now_ms()
        waiting = []
        for (account, region, name), trigger in list(self._documents.scan()):
            key = (account, region, name)
            due_ms = trigger.get("due_ms")
            if due_ms is None:
                continue
            if due_ms <= now_ms:
                fired, due_ms = self._move_on(key)
                if fired is not None:
                    self._fire(key, fired)
            if due_ms is not None:
                waiting.append(due_ms)
        return min(waiting, default=None)

    def _move_on(self, key: Key) -> tuple[Definition | None, int | None]:
        """(the trigger, its next time), which is set before it fires: a crash loses a firing, but never doubles one."""
        with self._database.write():
            trigger = self._find(key)
            if trigger is None:
                return None, None
            later = {name: value for name, value in trigger.items() if name not in {"events", "until_ms"}}
            return trigger, self._put(key, later).get("due_ms")

    def _ended(self, members: tuple[str, str], account: str, region: str, who: str, how: str) -> None:
        """A crawl or run of `who` has ended as `how`: fire what has waited for that.

        `members` are those of a condition that hold the name and the state.
        """
        for each in list(self.scan(account, region)):
            key = (account, region, each["Name"])
            trigger = self._note(key, members, who, how)
            if trigger is not None:
                self._fire(key, trigger)

    def _note(self, key: Key, members: tuple[str, str], who: str, how: str) -> Definition | None:
        """Remember the conditions that came true; the trigger, if it is to fire now."""
        name, state = members
        with self._database.write():
            trigger = self._find(key)
            if trigger is None or trigger["State"] != "ACTIVATED" or trigger["Type"] != "CONDITIONAL":
                return None
            if trigger.get("WorkflowName"):  # it fires within the runs of its workflow
                return None
            conditions = trigger["Predicate"]["Conditions"]
            true_now = [
                number for number, each in enumerate(conditions) if each.get(name) == who and each.get(state) == how
            ]
            if not true_now:
                return None
            met = {*trigger["met"], *true_now}
            fires = trigger["Predicate"].get("Logical", "AND") == "ANY" or len(met) == len(conditions)
            self._put(key, trigger | {"met": [] if fires else sorted(met)})
            return trigger if fires else None

    def _fire(self, key: Key, trigger: Definition) -> None:
        """Start what the trigger starts. What cannot be started is no reason not to start the rest."""
        account, region, name = key
        if workflow := trigger.get("WorkflowName"):
            self._start_workflow((account, region, workflow), trigger)
            return
        for action in trigger["Actions"]:
            try:
                if crawler := action.get("CrawlerName"):
                    self._crawlers.start_crawler(account, region, crawler)
                else:
                    members = {each: action[each] for each in ("Arguments", "Timeout") if each in action}
                    self._jobs.start_run((account, region, action["JobName"]), members, name)
            except AwsError as error:
                log.warning("trigger %s could not start %s: %s", name, action, error)

    def _start_workflow(self, key: Key, trigger: Definition) -> None:
        events = trigger.get("events")
        properties = {"aws:eventIds": json.dumps(events)} if events else {}
        try:
            if self.workflows is not None:
                self.workflows.start_run(key, properties, first=trigger["Name"], batch=_batch(trigger))
        except AwsError as error:
            log.warning("trigger %s could not start the workflow %s: %s", trigger["Name"], key[2], error)

    def _check_workflow(self, key: Key, workflow: str | None) -> None:
        """A workflow has to be there, and one trigger may start it."""
        if not workflow:
            return
        if self.workflows is None or self.workflows.find((*key[:2], workflow)) is None:
            raise EntityNotFoundException("Entity not found")

    # ---- storing ----------------------------------------------------------------------------------------------------

    def _find(self, key: Key) -> Definition | None:
        return self._documents.get(key)

    def _put(self, key: Key, trigger: Definition) -> Definition:
        """Store, with the time at which it fires next, if it is on."""
        trigger = {name: value for name, value in trigger.items() if name != "due_ms"}
        if trigger["Type"] == "SCHEDULED" and trigger["State"] == "ACTIVATED":
            trigger["due_ms"] = parse_schedule(trigger["Schedule"]).next_ms(self._clock.now_ms())
        if trigger["Type"] == "EVENT" and trigger["State"] == "ACTIVATED" and trigger.get("events"):
            trigger["due_ms"] = trigger["until_ms"]
        self._documents.put(key, trigger)
        return trigger


def _batch(trigger: Definition) -> dict[str, int] | None:
    """The StartingEventBatchCondition of a run: how many events it begins with. Of other triggers, None."""
    return {"BatchSize": len(trigger["events"])} if trigger.get("events") else None


def _check_state(trigger: Definition, allowed: set[str]) -> None:
    if trigger["State"] not in allowed:
        raise InvalidInputException(f"The operation is not allowed when trigger is in state: {trigger['State']}")
