"""A stack as CloudFormation describes it, and its way through an operation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from afluente.deployment.error import DeploymentError
from afluente.deployment.target import Client, Target
from windfarm.deployment import TAG

OURS = (TAG["Key"], TAG["Value"])
"""The tag of a stack that was made here. No other is ever changed or removed."""

IN_REVIEW = "REVIEW_IN_PROGRESS"
"""The state of a stack that is nothing but a change set yet."""

Event = Mapping[str, Any]
Wait = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack. status: CloudFormation's."""

    name: str
    id: str
    status: str
    created: datetime
    parameters: dict[str, str]
    tags: dict[str, str]
    outputs: dict[str, str]
    is_protected: bool = False

    @property
    def is_busy(self) -> bool:
        """Whether CloudFormation is at work on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != IN_REVIEW

    @property
    def is_ours(self) -> bool:
        """Whether it was made here."""
        return self.tags.get(OURS[0]) == OURS[1]


def find(cloudformation: Client, name: str) -> Stack | None:
    """The stack of that name or id; None when there is none."""
    try:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return _stack(found)


def is_whole(stack: Stack) -> bool:
    """Whether the stack says where the parts of its lake are; one that never came up does not."""
    return "WorkGroupName" in stack.outputs


def every(cloudformation: Client) -> Iterator[Stack]:
    """All stacks that were made here."""
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        yield from (stack for found in page["Stacks"] if (stack := _stack(found)).is_ours)


def resources(cloudformation: Client, stack: Stack) -> list[tuple[str, str, str]]:
    """(logical id, type, physical id) of what the stack has."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.id)
    return [
        (found["LogicalResourceId"], found["ResourceType"], found["PhysicalResourceId"])
        for page in pages
        for found in page["StackResourceSummaries"]
        if found.get("PhysicalResourceId") and found["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def newest_event(cloudformation: Client, name: str) -> str | None:
    """The id of the stack's newest event; what comes after it belongs to the next operation."""
    return next((event["EventId"] for event in _events(cloudformation, name)), None)


def follow(target: Target, stack_id: str, after: str | None, told: Callable[[Event], object], wait: Wait) -> str:
    """Wait until the operation that began after event `after` has ended; the stack's status then.

    `told` hears of each event of a resource that says an outcome, in order.
    """
    cloudformation = target.client("cloudformation")
    begun = False
    while True:
        stack = find(cloudformation, stack_id)
        for event in _events_after(cloudformation, stack_id, after):
            begun, after = True, event["EventId"]
            if not event["ResourceStatus"].endswith("_IN_PROGRESS") and event["PhysicalResourceId"] != stack_id:
                told(event)
        status = stack.status if stack else "DELETE_COMPLETE"
        if begun and not status.endswith("_IN_PROGRESS"):
            return status
        wait(target.poll_s)


def settled(target: Target, busy: Stack, told: Callable[[Event], object], wait: Wait) -> Stack | None:
    """Wait until what is at work on the stack has ended, perhaps since a command was stopped; the stack then.

    None when it is gone. `told` hears of what happens meanwhile.
    """
    cloudformation = target.client("cloudformation")
    newest = newest_event(cloudformation, busy.id)
    while (now := find(cloudformation, busy.id)) and now.is_busy:
        for event in _events_after(cloudformation, busy.id, newest):
            newest = event["EventId"]
            if not event["ResourceStatus"].endswith("_IN_PROGRESS") and event["PhysicalResourceId"] != busy.id:
                told(event)
        wait(target.poll_s)
    return find(cloudformation, busy.name)


def failure(cloudformation: Client, stack_id: str) -> str:
    """What failed in the stack's last operation, and why; the first failure first."""
    said = []
    for event in _events(cloudformation, stack_id):
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
            said.append(f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}")
        if reason == "User Initiated":
            break
    return "; ".join(reversed(said)) or "CloudFormation says no reason"


def check_ours(stack: Stack) -> None:
    """Raises DeploymentError for a stack that was not made here."""
    if not stack.is_ours:
        raise DeploymentError(
            f"there is a stack {stack.name} that Afluente did not make (it lacks the tag {OURS[0]}={OURS[1]}); it is "
            "left alone. Take another --stack name"
        )


def _events(cloudformation: Client, stack_id: str) -> Iterator[Event]:
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        yield from page["StackEvents"]


def _events_after(cloudformation: Client, stack_id: str, after: str | None) -> list[Event]:
    """Events newer than `after`, the oldest first."""
    found: list[Event] = []
    for event in _events(cloudformation, stack_id):
        if event["EventId"] == after:
            break
        found.append(event)
    return found[::-1]


def _stack(found: Mapping[str, Any]) -> Stack:
    return Stack(
        name=found["StackName"],
        id=found["StackId"],
        status=found["StackStatus"],
        created=found["CreationTime"],
        parameters={item["ParameterKey"]: item["ParameterValue"] for item in found.get("Parameters", [])},
        tags={item["Key"]: item["Value"] for item in found.get("Tags", [])},
        outputs={item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])},
        is_protected=found.get("EnableTerminationProtection", False),
    )
