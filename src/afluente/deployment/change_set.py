"""What a deployment would change, proposed by CloudFormation before anything is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from afluente.deployment.error import DeploymentError
from afluente.deployment.stack import IN_REVIEW, Stack, Wait, find
from afluente.deployment.target import Client, Target
from windfarm.deployment import TEMPLATE

NOTHING_NEW = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True, slots=True)
class Change:
    """One resource's change. action: Add, Modify, Remove. replacement: True, False or Conditional; empty for others."""

    action: str
    logical_id: str
    type: str
    replacement: str


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A proposal that CloudFormation has worked out."""

    id: str
    stack_id: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a stack is to be, by the template: the parameters that are chosen, and all of its tags."""

    name: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


def propose(target: Target, wish: Wish, existing: Stack | None, wait: Wait) -> ChangeSet | None:
    """What granting the wish would change; None when nothing would.

    Parameters that are not chosen keep their values. Raises DeploymentError when CloudFormation refuses the template.
    """
    cloudformation = target.client("cloudformation")
    body = TEMPLATE.read_text()
    is_new = existing is None or existing.status == IN_REVIEW
    made = cloudformation.create_change_set(
        StackName=wish.name,
        ChangeSetName=f"afluente-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}",
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateBody=body,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=_parameters(cloudformation, body, {} if is_new else _kept(existing), wish.parameters),
        Tags=[{"Key": key, "Value": value} for key, value in wish.tags.items()],
    )
    empty = ChangeSet(made["Id"], made["StackId"], [])
    try:
        described = _worked_out(target, made["Id"], wait)
        refusal = _refusal(cloudformation, described) if described["Status"] == "FAILED" else ""
    except KeyboardInterrupt:
        discard(target, empty, is_new, wait)
        raise
    if described["Status"] == "FAILED":
        discard(target, empty, is_new, wait)
        if any(text in described.get("StatusReason", "") for text in NOTHING_NEW):
            return None
        raise DeploymentError(f"CloudFormation refuses the change set; nothing was changed: {refusal}")
    return ChangeSet(made["Id"], made["StackId"], _changes(cloudformation, made["Id"]))


def execute(cloudformation: Client, change_set: ChangeSet) -> None:
    """Have it done. Returns at once; `stack.follow` tells how it goes."""
    cloudformation.execute_change_set(ChangeSetName=change_set.id)


def discard(target: Target, change_set: ChangeSet, is_new: bool, wait: Wait) -> None:
    """Take the proposal back; with it the stack in review that it is all of, when it `is_new`."""
    cloudformation = target.client("cloudformation")
    cloudformation.delete_change_set(ChangeSetName=change_set.id)
    if not is_new:
        return
    cloudformation.delete_stack(StackName=change_set.stack_id)
    while (left := find(cloudformation, change_set.stack_id)) and left.status != "DELETE_COMPLETE":
        wait(target.poll_s)


def _worked_out(target: Target, change_set_id: str, wait: Wait) -> Any:
    cloudformation = target.client("cloudformation")
    while True:
        described = cloudformation.describe_change_set(ChangeSetName=change_set_id)
        if described["Status"] in {"CREATE_COMPLETE", "FAILED"}:
            return described
        wait(target.poll_s)


def _refusal(cloudformation: Client, described: Any) -> str:
    """Why a change set failed. What AWS finds before it makes anything, such as names that are taken, stands in events.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
    """
    reason = str(described.get("StatusReason", "no reason is given"))
    if "EarlyValidation" not in reason:
        return reason
    try:
        answer = cloudformation.describe_events(ChangeSetName=described["ChangeSetId"], Filters={"FailedEvents": True})
    except ClientError:  # whoever may not see them learns at least that there are some
        return reason
    found = [
        f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): {event['ValidationStatusReason']}"
        for event in answer["OperationEvents"]
        if event.get("ValidationStatusReason")
    ]
    return "; ".join(found) or reason


def _changes(cloudformation: Client, change_set_id: str) -> list[Change]:
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set_id)
    found = [change["ResourceChange"] for page in pages for change in page["Changes"]]
    return [
        Change(item["Action"], item["LogicalResourceId"], item["ResourceType"], item.get("Replacement", ""))
        for item in found
    ]


def _kept(existing: Stack | None) -> dict[str, str]:
    return existing.parameters if existing else {}


def _parameters(
    cloudformation: Client, body: str, kept: Mapping[str, str], given: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The values that are given, and the former ones of parameters that the template still has."""
    declared = cloudformation.get_template_summary(TemplateBody=body)["Parameters"]
    asked: list[dict[str, Any]] = []
    for name in (item["ParameterKey"] for item in declared):
        if name in given:
            asked.append({"ParameterKey": name, "ParameterValue": given[name]})
        elif name in kept:
            asked.append({"ParameterKey": name, "UsePreviousValue": True})
    return asked
