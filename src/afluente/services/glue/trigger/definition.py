"""What a trigger is: AWS's rules for the members of CreateTrigger and UpdateTrigger."""

from typing import Any

from afluente.core.schedule import Schedule
from afluente.services.glue.error import InvalidInputException

MEMBERS = ("Description", "Schedule", "Predicate", "Actions", "EventBatchingCondition")
JOB_STATES = {"SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT", "ERROR"}
CRAWL_STATES = {"SUCCEEDED", "FAILED", "CANCELLED", "ERROR"}

Definition = dict[str, Any]


def define(name: str, kind: str, members: dict[str, Any]) -> Definition:
    """The trigger `name` of the type `kind`. Raises InvalidInputException, NotImplemented."""
    _check_kind(kind, members)
    _check_actions(members.get("Actions") or [])
    if kind == "SCHEDULED":
        parse_schedule(members.get("Schedule", ""))
    elif members.get("Schedule"):
        raise InvalidInputException(f"Schedule is not supported for {kind} trigger type.")
    if kind == "CONDITIONAL":
        _check_predicate(members.get("Predicate") or {})
    elif members.get("Predicate"):
        raise InvalidInputException(f"Predicate is not supported for {kind} trigger type.")
    workflow = {"WorkflowName": members["WorkflowName"]} if members.get("WorkflowName") else {}
    return {"Name": name, "Type": kind, **workflow} | {each: members[each] for each in MEMBERS if each in members}


def parse_schedule(expression: str) -> Schedule:
    """Raises InvalidInputException."""
    try:
        return Schedule.parse(expression)
    except ValueError:
        raise InvalidInputException(f"The schedule {expression} is invalid.") from None


def _check_kind(kind: str, members: dict[str, Any]) -> None:
    if kind == "EVENT":
        if not members.get("WorkflowName"):
            raise InvalidInputException("Workflow name cannot be null or empty")
    elif members.get("EventBatchingCondition"):
        raise InvalidInputException(f"EventBatchingCondition is not supported for {kind} trigger type.")
    if kind == "ON_DEMAND" and members.get("StartOnCreation"):
        raise InvalidInputException("Starting trigger on create is not supported for ON_DEMAND trigger type.")


def _check_actions(actions: list[dict[str, Any]]) -> None:
    if not actions:
        raise InvalidInputException("Actions cannot be null or empty")
    for action in actions:
        if bool(action.get("JobName")) == bool(action.get("CrawlerName")):
            raise InvalidInputException("Exactly one of JobName and CrawlerName must be set in an action.")
        if action.get("CrawlerName") and (action.get("Arguments") or action.get("Timeout")):
            raise InvalidInputException("Arguments and Timeout are not supported for a crawler in an action.")


def _check_predicate(predicate: dict[str, Any]) -> None:
    conditions = predicate.get("Conditions") or []
    if not conditions:
        raise InvalidInputException("Predicate conditions cannot be null or empty")
    if len(conditions) > 1 and "Logical" not in predicate:
        raise InvalidInputException("Logical is required when there is more than one condition.")
    for condition in conditions:
        _check_condition(condition)


def _check_condition(condition: dict[str, Any]) -> None:
    job, crawler = condition.get("JobName"), condition.get("CrawlerName")
    if bool(job) == bool(crawler):
        raise InvalidInputException("Exactly one of JobName and CrawlerName must be set in a condition.")
    if condition.get("LogicalOperator", "EQUALS") != "EQUALS":
        raise InvalidInputException("LogicalOperator must be EQUALS.")
    if job and condition.get("State") not in JOB_STATES:
        raise InvalidInputException(f"State must be one of {', '.join(sorted(JOB_STATES))} in a condition on a job.")
    if crawler and condition.get("CrawlState") not in CRAWL_STATES:
        raise InvalidInputException(
            f"CrawlState must be one of {', '.join(sorted(CRAWL_STATES))} in a condition on a crawler."
        )
