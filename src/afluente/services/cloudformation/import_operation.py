"""Imports that go on: each resource is looked for, and is the stack's from then on. Nothing is made or removed.

Where one cannot be had, the stack gives up the others too, and is what it was.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace

from afluente.core.error import AwsError
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.export import exported
from afluente.services.cloudformation.failure import reason_of
from afluente.services.cloudformation.plan import resolve
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.resource.resource_type import Properties
from afluente.services.cloudformation.stack import Output, Stack, StackResource
from afluente.services.cloudformation.step import Resources, Steps, properties_of
from afluente.services.cloudformation.template.expression import text
from afluente.services.cloudformation.template.template import Resolved, parse

STARTED, COMPLETED = "Resource import started.", "Resource import completed."
TAGGING = "Apply stack-level tags to imported resource if applicable."


class ImportOperations:
    """The imports of every stack, by `steps`."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._stacks = steps.stacks
        self._clock = steps.clock

    def advance(self, stack: Stack) -> int | None:
        """Do what can be done. Gives the time to come again, or None when the operation has ended."""
        if stack.status == "IMPORT_IN_PROGRESS":
            return self._advance_import(stack)
        if stack.status == "IMPORT_ROLLBACK_IN_PROGRESS":
            return self._give_up(stack)
        return None

    def _advance_import(self, stack: Stack) -> int | None:
        resources = self._stacks.resources(stack)
        resolved = resolve(
            parse(self._stacks.template(stack) or ""), stack.parameters, stack.values, self._stacks.exports(stack)
        )
        for resource in _in_order(resources):
            self._take_over(stack, resource, resources, resolved)
            if resource.status == "IMPORT_FAILED":
                reason = f"The following resource(s) failed to import: [{resource.logical_id}]. "
                return self._steps.transition(stack, "IMPORT_ROLLBACK_IN_PROGRESS", reason)
        try:
            outputs = exported(self._stacks, stack, resolved, resources)
        except AwsError as error:
            return self._steps.transition(stack, "IMPORT_ROLLBACK_IN_PROGRESS", f"{error.message}. ")

        def finish(fresh: Stack, outputs: list[Output] = outputs) -> None:
            for resource in resources.values():
                resource.identifiers = {}
                self._stacks.put_resource(fresh, resource)
            self._stacks.forget_previous(fresh)
            fresh.outputs = outputs

        return self._steps.transition(stack, "IMPORT_COMPLETE", None, finish)

    def _take_over(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> None:
        try:
            if not resource.status:
                resource.properties, resource.shown_properties = properties_of(stack, resource, resources, resolved)
                resource.token, resource.started_at_ms = str(uuid.uuid4()), self._clock.now_ms()
                self._stacks.report(stack, resource, "IMPORT_IN_PROGRESS", STARTED)
            if resource.status == "IMPORT_IN_PROGRESS":
                self._find(stack, resource)
                self._stacks.report(stack, resource, "IMPORT_COMPLETE", COMPLETED)
            if resource.status == "IMPORT_COMPLETE":
                self._stacks.report(stack, resource, "UPDATE_IN_PROGRESS", TAGGING)
            if resource.status == "UPDATE_IN_PROGRESS":
                self._tag(stack, resource, after=stack.tags)
                self._stacks.report(stack, resource, "UPDATE_COMPLETE")
        except Exception as error:  # as in Steps.make
            self._stacks.report(stack, resource, "IMPORT_FAILED", reason_of(resource, error))

    def _find(self, stack: Stack, resource: StackResource) -> None:
        kind, context = TYPES[resource.type], self._steps.context(stack, resource)
        kind.check(resource.properties)
        _check_named(resource, resource.properties)
        physical_id = kind.named_by(resource.identifiers)
        owner = self._stacks.owner(stack.caller.account, stack.caller.region, resource.type, physical_id)
        if owner is not None:
            raise ValidationError(f"{physical_id} already exists in stack {owner.id}")
        if not kind.exists(context, physical_id, resource.properties):
            raise ValidationError(f"Resource of type '{resource.type}' with identifier '{physical_id}' was not found.")
        resource.attributes = kind.attributes(context, physical_id, resource.properties)
        resource.reference = kind.reference(physical_id, resource.attributes)
        resource.physical_id, resource.began, resource.made, resource.configured = physical_id, True, True, True

    def _tag(self, stack: Stack, resource: StackResource, *, after: dict[str, str]) -> None:
        """Have the stack's tags set, or taken away."""
        kind, properties = TYPES[resource.type], resource.properties
        if kind.taggable and stack.tags:
            before = stack.tags if not after else {}
            context = replace(self._steps.context(stack, resource), tags=after, former_tags=before)
            kind.retag(context, resource.physical_id, properties, properties)

    def _give_up(self, stack: Stack) -> int | None:
        for resource in self._stacks.resources(stack).values():
            if resource.identifiers:
                self._give_up_resource(stack, resource)

        def finish(fresh: Stack) -> None:
            if fresh.previous is not None:
                self._stacks.restore(fresh)
                self._stacks.forget_previous(fresh)

        return self._steps.transition(stack, "IMPORT_ROLLBACK_COMPLETE", None, finish)

    def _give_up_resource(self, stack: Stack, resource: StackResource) -> None:
        if resource.status.startswith("UPDATE"):
            try:
                self._tag(stack, resource, after={})
            except Exception as error:  # as in Steps.make; the resource is not the stack's, whatever its tags
                self._stacks.tell(stack, resource, "IMPORT_ROLLBACK_FAILED", reason_of(resource, error))
        if resource.status:
            self._stacks.tell(stack, resource, "IMPORT_ROLLBACK_IN_PROGRESS", None)
            self._stacks.tell(stack, resource, "IMPORT_ROLLBACK_COMPLETE", None)
        self._stacks.forget_resource(stack, resource.logical_id)


def _in_order(resources: Resources) -> Iterator[StackResource]:
    """Those to be imported, each after what it refers to."""
    left = [resource for resource in resources.values() if resource.identifiers]
    while left:
        names = {resource.logical_id for resource in left}
        ready = [resource for resource in left if not names & set(resource.depends_on)]
        yield from ready
        left = [resource for resource in left if resource not in ready]


def _check_named(resource: StackResource, properties: Properties) -> None:
    for name, value in resource.identifiers.items():
        if name in properties and text(properties[name]) != value:
            raise ValidationError(
                f"The identifier {name} of {resource.logical_id} is {value}, and in the template it is "
                f"{text(properties[name])}."
            )
