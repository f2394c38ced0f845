"""Where stacks, their templates, resources and events are kept.

All are durable before anything is done to a resource: see `operation.py`.
"""

import uuid
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from afluente.core.clock import Clock, utc
from afluente.services.cloudformation.stack import RESTORED, STACK_TYPE, Event, Stack, StackResource, iso
from afluente.store.database import Database
from afluente.store.document import Documents


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

    def adopt(self, parent: Stack, child_id: str) -> None:
        """Note whose resource a stack is."""
        account, region, _ = parent.key
        with self.database.write():
            child = self.find(account, region, child_id)
            if child is not None:
                child.parent_id, child.root_id = parent.id, parent.root_id or parent.id
                self.put(child)

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

    def at(self, key: tuple[str, str, str]) -> Stack | None:
        """The stack of that account, region and last part of the id."""
        return self._get(key)

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

    def forget_identifiers(self, stack: Stack) -> None:
        """What was imported is a resource like others from now on."""
        for resource in self.resources(stack).values():
            if resource.identifiers:
                resource.identifiers = {}
                self.put_resource(stack, resource)

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

    def resource(self, stack: Stack, logical_id: str) -> StackResource | None:
        """One of a stack's resources, or None."""
        body = self._resources.get((*stack.key, logical_id))
        return None if body is None else msgspec.convert(body, StackResource)

    def owner(self, account: str, region: str, kind: str, physical_id: str) -> Stack | None:
        """The stack that has a resource of that type and name."""
        for key, body in self._resources.scan((account, region)):
            if (body["type"], body["physical_id"]) != (kind, physical_id):
                continue
            if msgspec.convert(body, StackResource).exists:
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
            self.tell(stack, resource, status, reason)

    def tell(self, stack: Stack, resource: StackResource, status: str, reason: str | None) -> None:
        """Have the events say it of a resource, which stays as it is."""
        now_ms = self._clock.now_ms()
        with self.database.write():
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
