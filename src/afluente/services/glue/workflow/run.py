"""What a run of a workflow is: its triggers as they were, what they have started, and how that has ended. Pure.

A run is a document. `started` holds the actions: type, name, the trigger, the state (STARTING, RUNNING, or as the job
run or crawl has ended) and, of a job, the id of its run.
"""

from collections.abc import Iterable
from typing import Any

from afluente.services.glue.workflow.graph import Trigger, actions, target

Run = dict[str, Any]
Action = dict[str, Any]

UNDER_WAY = {"STARTING", "RUNNING"}
FAILED_TO_START = "ERROR"
COUNTED = {
    "TimeoutActions": {"TIMEOUT"},
    "FailedActions": {"FAILED"},
    "StoppedActions": {"STOPPED", "CANCELLED"},
    "SucceededActions": {"SUCCEEDED"},
    "RunningActions": UNDER_WAY,
    "ErroredActions": {FAILED_TO_START},
    "WaitingActions": set(),
}
STARTING = {"ON_DEMAND", "SCHEDULED", "EVENT"}


def start_trigger(triggers: Iterable[Trigger], name: str | None = None) -> Trigger | None:
    """The trigger that a run of the workflow begins with: the one of that name, if one is said."""
    return next(
        (trigger for trigger in triggers if trigger["Type"] in STARTING and name in {None, trigger["Name"]}), None
    )


def under_way(run: Run) -> list[Action]:
    """The actions that have not ended."""
    return [action for action in run["started"] if action["state"] in UNDER_WAY]


def ready(run: Run) -> list[Trigger]:
    """The triggers that have not fired, are on, and whose conditions are met by what has ended."""
    states = {(action["type"], action["name"]): action["state"] for action in run["started"]}
    return [
        trigger
        for trigger in run["triggers"]
        if trigger["Type"] == "CONDITIONAL"
        and trigger["State"] == "ACTIVATED"
        and trigger["Name"] not in run["fired"]
        and _is_met(trigger["Predicate"], states)
    ]


def _is_met(predicate: dict[str, Any], states: dict[tuple[str, str], str]) -> bool:
    met = (
        states.get(target(condition)) == (condition.get("State") or condition.get("CrawlState"))
        for condition in predicate["Conditions"]
    )
    return any(met) if predicate.get("Logical", "AND") == "ANY" else all(met)


def statistics(run: Run) -> dict[str, int]:
    """`Statistics` of a run."""
    states = [action["state"] for action in run["started"]]
    counts = {name: sum(state in counted for state in states) for name, counted in COUNTED.items()}
    return {"TotalActions": len(actions(run["triggers"])), **counts}


def downstream(triggers: Iterable[Trigger], first: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """`first` and everything that follows them, as (type, name)."""
    found = set(first)
    grown = True
    known = list(triggers)
    while grown:
        before = len(found)
        for trigger in known:
            conditions = (trigger.get("Predicate") or {}).get("Conditions") or []
            if any(target(condition) in found for condition in conditions):
                found |= {target(action) for action in trigger["Actions"]}
        grown = len(found) > before
    return found
