"""Taking over what is there already: a resource that a change set imports, instead of making one."""

import uuid
from dataclasses import replace

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.failure import reason_of
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.stack import Stack, StackResource
from afluente.services.cloudformation.step import Resources, Steps, properties_of
from afluente.services.cloudformation.template.expression import text
from afluente.services.cloudformation.template.template import Resolved

STARTED, COMPLETED = "Resource import started.", "Resource import completed."
TAGGING = "Apply stack-level tags to imported resource if applicable."


class TakeOver:
    """Imports of single resources, by `steps`. Nothing but their tags is changed."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._stacks = steps.stacks
        self._clock = steps.clock

    def make(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> bool:
        """Take a resource over, or make it, as far as it goes now; whether it came to its end."""
        if not resource.identifiers:
            return self._steps.make(stack, resource, resources, resolved)
        self.take(stack, resource, resources, resolved)
        return True

    def take(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> None:
        """Have it be the stack's, or failed."""
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
                self.tag(stack, resource, after=stack.tags)
                self._stacks.report(stack, resource, "UPDATE_COMPLETE")
        except Exception as error:  # as in Steps.make
            self._stacks.report(stack, resource, "IMPORT_FAILED", reason_of(resource, error))

    def _find(self, stack: Stack, resource: StackResource) -> None:
        kind, context = TYPES[resource.type], self._steps.context(stack, resource)
        kind.check(resource.properties)
        _check_named(resource)
        physical_id = kind.named_by(resource.identifiers)
        owner = self._stacks.owner(stack.caller.account, stack.caller.region, resource.type, physical_id)
        if owner is not None:
            raise ValidationError(f"{physical_id} already exists in stack {owner.id}")
        if not kind.exists(context, physical_id, resource.properties):
            raise ValidationError(f"Resource of type '{resource.type}' with identifier '{physical_id}' was not found.")
        resource.attributes = kind.attributes(context, physical_id, resource.properties)
        resource.reference = kind.reference(physical_id, resource.attributes)
        resource.physical_id, resource.began, resource.made, resource.configured = physical_id, True, True, True

    def tag(self, stack: Stack, resource: StackResource, *, after: dict[str, str]) -> None:
        """Have the stack's tags set, or taken away."""
        kind, properties = TYPES[resource.type], resource.properties
        if kind.taggable and stack.tags:
            before = stack.tags if not after else {}
            context = replace(self._steps.context(stack, resource), tags=after, former_tags=before)
            kind.retag(context, resource.physical_id, properties, properties)


def _check_named(resource: StackResource) -> None:
    for name, value in resource.identifiers.items():
        if name in resource.properties and text(resource.properties[name]) != value:
            raise ValidationError(
                f"The identifier {name} of {resource.logical_id} is {value}, and in the template it is "
                f"{text(resource.properties[name])}."
            )
