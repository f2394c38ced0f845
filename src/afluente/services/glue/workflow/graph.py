"""A workflow's graph: a node for each trigger, job and crawler, an edge from each to what it leads to. Pure."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Trigger = dict[str, Any]
Details = Callable[[str, str], dict[str, Any]]
"""What a job's or crawler's node tells of its runs, by (type, name)."""

SHOWN = ("Name", "WorkflowName", "Type", "State", "Description", "Schedule", "Actions", "Predicate")


def target(entry: dict[str, Any]) -> tuple[str, str]:
    """(type, name) of what an action starts or a condition watches."""
    return ("JOB", entry["JobName"]) if entry.get("JobName") else ("CRAWLER", entry["CrawlerName"])


def node_id(workflow: str, kind: str, name: str) -> str:
    """The id of a node, the same in every run."""
    return "wnode_" + hashlib.sha256(f"{workflow}/{kind}/{name}".encode()).hexdigest()


def actions(triggers: Sequence[Trigger]) -> list[tuple[str, str]]:
    """(type, name) of everything that the triggers start, each once."""
    return list(dict.fromkeys(target(action) for trigger in triggers for action in trigger["Actions"]))


def graph(workflow: str, triggers: Sequence[Trigger], details: Details) -> dict[str, Any]:
    """The graph, as AWS shows it."""
    watched = [target(condition) for trigger in triggers for condition in _conditions(trigger)]
    others = dict.fromkeys([*actions(triggers), *watched])
    nodes = [
        {
            "Type": "TRIGGER",
            "Name": trigger["Name"],
            "UniqueId": node_id(workflow, "TRIGGER", trigger["Name"]),
            "TriggerDetails": {"Trigger": {name: trigger[name] for name in SHOWN if name in trigger}},
        }
        for trigger in triggers
    ]
    nodes += [
        {"Type": kind, "Name": name, "UniqueId": node_id(workflow, kind, name), **details(kind, name)}
        for kind, name in others
    ]
    return {"Nodes": nodes, "Edges": list(_edges(workflow, triggers))}


def _edges(workflow: str, triggers: Sequence[Trigger]) -> Iterator[dict[str, str]]:
    for trigger in triggers:
        own = node_id(workflow, "TRIGGER", trigger["Name"])
        for condition in _conditions(trigger):
            yield {"SourceId": node_id(workflow, *target(condition)), "DestinationId": own}
        for action in trigger["Actions"]:
            yield {"SourceId": own, "DestinationId": node_id(workflow, *target(action))}


def _conditions(trigger: Trigger) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (trigger.get("Predicate") or {}).get("Conditions") or []
    return found
