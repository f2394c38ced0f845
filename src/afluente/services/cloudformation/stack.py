"""Stacks, their resources and events, as they are stored.

A stack's own document, its template, each resource and each event are documents apart, so that what changes often is
small. All are durable before anything is done to a resource: see `operation.py`.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from afluente.core.call import Call, Principal
from afluente.core.clock import Clock, utc
from afluente.core.identifier import request_id
from afluente.services.cloudformation.rollback_trigger import Triggers
from afluente.store.database import Database
from afluente.store.document import Documents

STACK_TYPE = "AWS::CloudFormation::Stack"
RESTORED = (
    "capabilities",
    "description",
    "hidden",
    "imports",
    "parameters",
    "policy",
    "request_digest",
    "tags",
    "triggers",
)
"""What a stack's rollback puts back."""


class Caller(msgspec.Struct, frozen=True):
    """On whose behalf a stack's resources are made."""

    account: str
    region: str
    arn: str
    user_id: str
    kind: str
    endpoint: str
    access_key_id: str = ""
    held: bool = False

    @staticmethod
    def of(call: Call) -> "Caller":
        """Who makes this call."""
        who = call.principal
        return Caller(
            call.account, call.region, who.arn, who.user_id, who.kind, call.endpoint, who.access_key_id, who.held
        )

    def call(self, now_ms: int) -> Call:
        """CloudFormation's call on their behalf, made now."""
        kind: Any = self.kind
        who = Principal(self.account, self.arn, self.user_id, kind, self.access_key_id, self.held)
        return Call("cloudformation", "", self.account, self.region, who, request_id(), now_ms, self.endpoint)


class Output(msgspec.Struct):
    """A stack's output."""

    key: str
    value: str
    description: str | None = None
    export: str | None = None


class Stack(msgspec.Struct, kw_only=True):
    """A stack. `id` is its ARN; `parameters` are texts, defaults included."""

    id: str
    name: str
    caller: Caller
    created_at_ms: int
    status: str
    reason: str | None = None
    description: str | None = None
    parameters: dict[str, str] = {}
    hidden: list[str] = []
    """Names of parameters that are never shown."""
    tags: dict[str, str] = {}
    capabilities: list[str] = []
    on_failure: str = "ROLLBACK"
    timeout_at_ms: int | None = None
    timeout_minutes: int | None = None
    termination_protection: bool = False
    retain_except_on_create: bool = False
    token: str | None = None
    """Of the request that began what is going on."""
    request_digest: str | None = None
    operation_id: str = ""
    updated_at_ms: int | None = None
    removal_at_ms: int | None = None
    """When its deletion, or the rollback of its creation, began."""
    deleted_at_ms: int | None = None
    change_set_id: str | None = None
    drift_status: str = "NOT_CHECKED"
    drift_checked_at_ms: int | None = None
    policy: str | None = None
    policy_during_update: str | None = None
    """What counts instead of its policy, while it is updated."""
    role_arn: str | None = None
    triggers: Triggers = Triggers()
    watched_until_ms: int | None = None
    """When all its resources are there: how long its alarms are watched before the operation completes."""
    outputs: list[Output] = []
    retained: list[str] = []
    """Logical ids that the deletion leaves alone."""
    imports: list[str] = []
    """Names of other stacks' exports that it uses."""
    unstable: bool = False
    """Whether it has never been stable, and what goes on is an update all the same."""
    previous: "Stack | None" = None
    """While it is updated: what it was before."""
    former_tags: dict[str, str] | None = None
    """While it is updated: the tags that its resources have had."""
    turned_back: bool = False
    """Whether the update's rollback was noted for every resource."""

    @property
    def update_policy(self) -> str | None:
        """The policy that counts while it is updated: what it was before, or what the request says."""
        return self.policy_during_update or (self.policy if self.previous is None else self.previous.policy)

    @property
    def key(self) -> tuple[str, str, str]:
        """Account, region and the last part of the id."""
        return self.caller.account, self.caller.region, self.id.rpartition("/")[2]

    @property
    def values(self) -> dict[str, Any]:
        """The pseudo parameters."""
        return pseudo_parameters(self.caller, self.name, self.id)


class StackResource(msgspec.Struct, kw_only=True):
    """A resource of a stack; without a status it was not begun yet.

    began: whether the service may have been asked to make it, so that it has to be removed.
    """

    logical_id: str
    type: str
    depends_on: list[str] = []
    deletion_policy: str | None = None
    status: str = ""
    reason: str | None = None
    physical_id: str = ""
    updated_at_ms: int = 0
    started_at_ms: int = 0
    token: str = ""
    began: bool = False
    made: bool = False
    configured: bool = False
    properties: dict[str, Any] = {}
    shown_properties: str = ""
    reference: str = ""
    attributes: dict[str, str] = {}
    removed: bool = False
    """Whether the service was asked to remove it."""
    failed_in: str = ""
    """The operation in which its removal failed."""
    update_replace_policy: str | None = None
    former: "StackResource | None" = None
    """While its stack is updated: what it was before (in a rollback: what it had become)."""
    mode: str = ""
    """What the update does with it: keep, update or replace it; empty until that is known."""
    done: bool = False
    """Whether the update is through with it."""
    tried: list[dict[str, Any]] = []
    """Properties of updates that failed: what it is lies between these, the former ones and the wanted ones."""
    replaced: bool = False
    """Whether it is another one than the former, made by an update that failed later."""
    since_stable: bool = False
    """Whether it was made since its stack was last stable, so that a rollback removes it."""
    drift_status: str = "NOT_CHECKED"
    drift_checked_at_ms: int | None = None
    leftover: str = ""
    """The key of something that was replaced or taken out of the template, until it is removed."""
    kept: bool = False
    """Whether it is left where it is instead of removed."""

    @property
    def verb(self) -> str:
        """What its events speak of."""
        return "CREATE" if self.former is None else "UPDATE"

    @property
    def finished(self) -> bool:
        """Whether others may use it, in an update."""
        return self.status == "CREATE_COMPLETE" if self.former is None else self.done

    @property
    def exists(self) -> bool:
        """Whether there is something to remove."""
        return self.began and self.status not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}


class Event(msgspec.Struct, kw_only=True):
    """Something that happened to a stack or one of its resources."""

    id: str
    operation_id: str
    logical_id: str
    physical_id: str
    type: str
    time_ms: int
    status: str
    reason: str | None = None
    properties: str | None = None
    token: str | None = None


def pseudo_parameters(caller: Caller, name: str, stack_id: str) -> dict[str, Any]:
    """What `AWS::Region` and the like mean in a stack."""
    return {
        "AWS::AccountId": caller.account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": caller.region,
        "AWS::StackId": stack_id,
        "AWS::StackName": name,
        "AWS::URLSuffix": "amazonaws.com",
    }


class TemplateText(NamedTuple):
    """A template, transformed; and as it was given, where that is another text."""

    processed: str
    original: str | None = None


class Stacks:
    """All stacks, by id; those that are not deleted by name too."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._stacks = Documents(database, "cloudformation_stack")
        self._names = Documents(database, "cloudformation_name")
        self._templates = Documents(database, "cloudformation_template")
        self._previous = Documents(database, "cloudformation_previous_template")
        self._resources = Documents(database, "cloudformation_resource")
        self._leftovers = Documents(database, "cloudformation_leftover")
        self._events = Documents(database, "cloudformation_event")
        self._event_counts = Documents(database, "cloudformation_event_count")

    def add(self, stack: Stack) -> None:
        """Keep a new stack, under its name too."""
        with self.database.write():
            self.put(stack)
            self._names.put((stack.caller.account, stack.caller.region, stack.name), {"id": stack.key[2]})

    def put(self, stack: Stack) -> None:
        """Store what changed."""
        self._stacks.put(stack.key, msgspec.to_builtins(stack))

    def forget_name(self, stack: Stack) -> None:
        """Free the name: the stack is deleted, and found by its id alone."""
        self._names.delete((stack.caller.account, stack.caller.region, stack.name))

    def find(self, account: str, region: str, name_or_id: str) -> Stack | None:
        """The stack of that id, or the one that now has that name."""
        if name_or_id.startswith("arn:"):
            stack = self._get((account, region, name_or_id.rpartition("/")[2]))
            return stack if stack is not None and stack.id == name_or_id else None
        entry = self._names.get((account, region, name_or_id))
        return None if entry is None else self._get((account, region, entry["id"]))

    def fresh(self, stack: Stack) -> Stack:
        """The stack as it is stored now."""
        found = self._get(stack.key)
        return stack if found is None else found

    def all(self, account: str | None = None, region: str = "") -> Iterator[Stack]:
        """An account's stacks in a region, or all."""
        prefix = () if account is None else (account, region)
        for _, body in self._stacks.scan(prefix):
            yield msgspec.convert(body, Stack)

    def put_template(self, stack: Stack, texts: TemplateText) -> None:
        """Keep the template."""
        body = {"text": texts.processed} | ({} if texts.original is None else {"original": texts.original})
        self._templates.put(stack.key, body)

    def template(self, stack: Stack) -> str | None:
        """The template, transformed; None for a stack that only awaits a change set."""
        body = self._templates.get(stack.key)
        return None if body is None else str(body["text"])

    def original(self, stack: Stack) -> str | None:
        """The template as it was given."""
        body = self._templates.get(stack.key)
        return None if body is None else str(body.get("original", body["text"]))

    def put_resource(self, stack: Stack, resource: StackResource) -> None:
        """Store a resource."""
        if resource.leftover:
            self._leftovers.put((*stack.key, resource.leftover), msgspec.to_builtins(resource))
        else:
            self._resources.put((*stack.key, resource.logical_id), msgspec.to_builtins(resource))

    def leave(self, stack: Stack, resource: StackResource, *, kept: bool) -> None:
        """Note something to be removed in the end, under its logical id but apart from what has it now."""
        if resource.exists:
            leftover = f"{resource.logical_id}/{uuid.uuid4()}"
            self.put_resource(
                stack, msgspec.structs.replace(resource, leftover=leftover, kept=kept, former=None, mode="")
            )

    def forget_resource(self, stack: Stack, logical_id: str) -> None:
        """Forget a resource that the template has no longer."""
        self._resources.delete((*stack.key, logical_id))

    def leftovers(self, stack: Stack) -> dict[str, StackResource]:
        """What an update replaced or took out, and that is still to be removed."""
        found = (msgspec.convert(body, StackResource) for _, body in self._leftovers.scan(stack.key))
        return {resource.leftover: resource for resource in found}

    def forget_leftovers(self, stack: Stack) -> None:
        """Forget them, removed or not."""
        self._leftovers.delete_under(stack.key)

    def keep_previous(self, stack: Stack) -> None:
        """Keep what the stack is, and its template, until its update has ended; within the caller's transaction."""
        stack.turned_back = False
        if stack.previous is not None:  # an update that has failed is tried again
            stack.former_tags = {**stack.tags, **stack.previous.tags}
            return
        stack.previous = msgspec.convert(msgspec.to_builtins(stack), Stack)
        stack.former_tags = stack.tags
        self._previous.put(stack.key, self._templates.get(stack.key) or {"text": ""})

    def restore(self, stack: Stack) -> None:
        """Have the stack as it was before its update; within the caller's transaction."""
        previous, template = stack.previous, self._previous.get(stack.key)
        if previous is not None and template is not None:
            for name in RESTORED:
                setattr(stack, name, getattr(previous, name))
            self._templates.put(stack.key, template)

    def forget_previous(self, stack: Stack) -> None:
        """The update has ended."""
        stack.previous, stack.former_tags, stack.turned_back = None, None, False
        stack.policy_during_update, stack.unstable = None, False
        self._previous.delete(stack.key)

    def living(self, stack: Stack) -> Iterator[Stack]:
        """All stacks of the same account and region that are not deleted."""
        found = self.all(stack.caller.account, stack.caller.region)
        return (other for other in found if other.deleted_at_ms is None)

    def exports(self, stack: Stack) -> dict[str, str]:
        """What stacks of the same account and region export, by name."""
        return {
            output.export: output.value
            for other in self.living(stack)
            if other.id != stack.id
            for output in other.outputs
            if output.export is not None
        }

    def resources(self, stack: Stack) -> dict[str, StackResource]:
        """A stack's resources by logical id, those not begun included."""
        found = (msgspec.convert(body, StackResource) for _, body in self._resources.scan(stack.key))
        return {resource.logical_id: resource for resource in found}

    def owner(self, account: str, region: str, kind: str, physical_id: str) -> Stack | None:
        """The stack that has a resource of that type and name."""
        for key, body in self._resources.scan((account, region)):
            if (body["type"], body["physical_id"]) == (kind, physical_id) and body["began"]:
                return self._get((key[0], key[1], key[2]))
        return None

    def transition(self, stack: Stack, status: str, reason: str | None = None, *, first: bool = False) -> None:
        """Give the stack another status, with its event. `first`: the event begins the operation."""
        with self.database.write():
            stack.status, stack.reason = status, reason
            if status in {"DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"}:
                stack.removal_at_ms = self._clock.now_ms()
            self.put(stack)
            self._add_event(
                stack,
                Event(
                    id=stack.operation_id if first else str(uuid.uuid4()), operation_id=stack.operation_id,
                    logical_id=stack.name, physical_id=stack.id, type=STACK_TYPE, time_ms=self._clock.now_ms(),
                    status=status, reason=reason, token=stack.token,
                ),
            )  # fmt: skip

    def report(self, stack: Stack, resource: StackResource, status: str, reason: str | None = None) -> None:
        """Give a resource another status, with its event."""
        now_ms = self._clock.now_ms()
        with self.database.write():
            resource.status, resource.reason, resource.updated_at_ms = status, reason, now_ms
            self.put_resource(stack, resource)
            self._add_event(
                stack,
                Event(
                    id=f"{resource.logical_id}-{status}-{iso(utc(now_ms))}", operation_id=stack.operation_id,
                    logical_id=resource.logical_id, physical_id=resource.physical_id, type=resource.type,
                    time_ms=now_ms, status=status, reason=reason, properties=resource.shown_properties or None,
                    token=stack.token,
                ),
            )  # fmt: skip

    def events(self, stack: Stack) -> list[Event]:
        """Everything that happened, newest first."""
        found = [msgspec.convert(body, Event) for _, body in self._events.scan(stack.key)]
        return found[::-1]

    def delete(self, stack: Stack) -> None:
        """Forget a stack, and all that was stored of it."""
        with self.database.write():
            self._stacks.delete(stack.key)
            self._templates.delete(stack.key)
            self._previous.delete(stack.key)
            self._leftovers.delete_under(stack.key)
            self._resources.delete_under(stack.key)
            self._events.delete_under(stack.key)
            self._event_counts.delete(stack.key)

    def _add_event(self, stack: Stack, event: Event) -> None:
        number = (self._event_counts.get(stack.key) or {"last": 0})["last"] + 1
        self._event_counts.put(stack.key, {"last": number})
        self._events.put((*stack.key, f"{number:09}"), msgspec.to_builtins(event))

    def _get(self, key: tuple[str, str, str]) -> Stack | None:
        body = self._stacks.get(key)
        return None if body is None else msgspec.convert(body, Stack)


def iso(moment: datetime) -> str:
    """A time as CloudFormation writes it, with milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
