"""What is done to one resource: making it, changing it, removing it, each as far as it goes now.

Each resource passes durable steps (noted, begun, made, configured, complete), and what is about to be asked of a
service is noted first. So after a crash a step is taken again: a resource that was begun is taken over where the
service has it.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from afluente.core.clock import Clock
from afluente.core.provider import Invoke
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.failure import reason_of
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.resource.resource_type import Context
from afluente.services.cloudformation.rollback_trigger import alarmed
from afluente.services.cloudformation.signal import Signals
from afluente.services.cloudformation.stack import STACK_TYPE, Stack, StackResource
from afluente.services.cloudformation.stack_policy import denial
from afluente.services.cloudformation.stack_store import Stacks
from afluente.services.cloudformation.template import expression
from afluente.services.cloudformation.template.expression import Scope
from afluente.services.cloudformation.template.template import Resolved

STABILIZE_MS = 3600 * 1000
"""A resource that is not ready, or not gone, after an hour has failed."""

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."

Resources = dict[str, StackResource]


class Steps:
    """The steps of every stack's resources, through `invoke`."""

    def __init__(self, stacks: Stacks, signals: Signals, invoke: Invoke, clock: Clock) -> None:
        self.stacks = stacks
        self._signals = signals
        self.clock = clock
        self._invoke = invoke

    def make(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> bool:
        """Bring a new resource as far as it goes now; whether it came to its end."""
        try:
            if not resource.status:
                self._note(stack, resource, resources, resolved)
            return self._go_on(stack, resource)
        except Exception as error:  # whatever a template leads to is its resource's failure, not this loop's
            self.stacks.report(stack, resource, f"{resource.verb}_FAILED", reason_of(resource, error))
        return True

    def change(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved | None) -> bool:
        """Bring the change of a resource as far as it goes now; whether it came to its end.

        `resolved` is the template whose properties it shall have; without one they are noted already.
        """
        try:
            if not resource.mode and resolved is not None:
                self._decide(stack, resource, resources, resolved)
            if resource.mode == "keep" or resource.done:
                self._settle(stack, resource)
                return True
            if resource.mode == "replace":
                return self._go_on(stack, resource)
            return self._update(stack, resource)
        except Exception as error:  # as in make
            self.stacks.report(stack, resource, "UPDATE_FAILED", reason_of(resource, error))
        return True

    def remove(self, stack: Stack, resource: StackResource, *, kept: bool) -> bool:
        """Bring a removal as far as it goes now; whether it came to its end."""
        if kept:
            self.stacks.report(stack, resource, "DELETE_SKIPPED")
            return True
        kind, context = TYPES[resource.type], self.context(stack, resource)
        try:
            if resource.status != "DELETE_IN_PROGRESS":
                resource.started_at_ms, resource.removed = self.clock.now_ms(), False
                self.stacks.report(stack, resource, "DELETE_IN_PROGRESS")
            if not resource.removed:
                kind.remove(context, resource.physical_id, resource.properties)
                resource.removed = True
                self.stacks.put_resource(stack, resource)
            if not kind.is_gone(context, resource.physical_id, resource.properties):
                self._check_time(resource)
                return False
            self.stacks.report(stack, resource, "DELETE_COMPLETE")
        except Exception as error:  # as in make
            resource.failed_in = stack.operation_id
            self.stacks.report(stack, resource, "DELETE_FAILED", reason_of(resource, error))
        return True

    def transition(
        self, stack: Stack, status: str, reason: str | None, change: Callable[[Stack], None] | None = None
    ) -> int | None:
        """Move on, unless the stack was given another status meanwhile. Gives the time of the next step."""
        with self.stacks.database.write():
            fresh = self.stacks.fresh(stack)
            if fresh.status == stack.status:
                if change is not None:
                    change(fresh)
                self.stacks.transition(fresh, status, reason)
        return self.clock.now_ms() if status.endswith("_IN_PROGRESS") or fresh.status != status else None

    def alarmed(self, stack: Stack) -> str | None:
        """Why one of the stack's rollback triggers has its operation rolled back, if one has."""
        return alarmed(stack.triggers, stack.caller, self._invoke, self.clock)

    def is_watched(self, stack: Stack) -> bool:
        """Whether the alarms are watched still, now that all resources are there."""
        now_ms, minutes = self.clock.now_ms(), stack.triggers.minutes
        if not minutes:
            return False
        with self.stacks.database.write():
            fresh = self.stacks.fresh(stack)
            if fresh.watched_until_ms is None:
                fresh.watched_until_ms = now_ms + minutes * 60_000
                self.stacks.put(fresh)
        return now_ms < fresh.watched_until_ms

    # Making.

    def _go_on(self, stack: Stack, resource: StackResource) -> bool:
        kind, context = TYPES[resource.type], self.context(stack, resource)
        if not resource.made:
            self._begin(stack, resource, context)
        if not kind.is_ready(context, resource.physical_id, resource.properties):
            self._check_time(resource)
            return False
        if not resource.configured:
            if not self._is_signalled(resource, context):
                return False
            kind.configure(context, resource.physical_id, resource.properties)
            for tried in resource.tried:
                kind.update(context, resource.physical_id, tried, resource.properties)
            resource.configured = True
            self.stacks.put_resource(stack, resource)
            return self._go_on(stack, resource)
        self._complete(stack, resource, context)
        return True

    def _is_signalled(self, resource: StackResource, context: Context) -> bool:
        """Whether nobody has to say any more that it is ready. Raises ValidationError when nobody ever will."""
        kind = TYPES[resource.type]
        awaited = kind.awaited(context, resource.properties, resource.creation_policy)
        if awaited is None:
            return True
        signals = self._signals.of(awaited.stack, awaited.logical_id)
        if not awaited.outcome(signals, (self.clock.now_ms() - resource.started_at_ms) / 1000):
            return False
        resource.attributes |= kind.signalled(signals)
        return True

    def _note(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> None:
        properties, shown = properties_of(stack, resource, resources, resolved)
        resource.token = str(uuid.uuid4())
        resource.started_at_ms = self.clock.now_ms()
        resource.properties, resource.shown_properties = properties, shown
        declared = resolved.template.resources[resource.logical_id].creation_policy
        resource.creation_policy = expression.evaluate(declared, scope_of(resolved, resources))
        self.stacks.report(stack, resource, "CREATE_IN_PROGRESS")

    def _begin(self, stack: Stack, resource: StackResource, context: Context) -> None:
        kind, properties = TYPES[resource.type], resource.properties
        if not resource.began:
            kind.check(properties)
            physical_id = kind.physical_id(context, properties)
            if _is_in_its_own_way(resource, physical_id):
                raise ValidationError(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
                    f"{physical_id} and update the stack again."
                )
            if kind.exists(context, physical_id, properties):
                raise ValidationError(self._taken(stack, resource.type, physical_id))
            resource.physical_id, resource.began = physical_id, True
            self.stacks.put_resource(stack, resource)
        elif kind.exists(context, resource.physical_id, properties):
            resource.made = True  # it was made just before a crash
        else:
            kind.recover(context, properties)
        if not resource.made:
            try:
                made = kind.make(context, resource.physical_id, properties)
            except Exception:
                resource.began = False
                raise
            resource.physical_id, resource.made = made.physical_id, True
            resource.attributes = dict(made.attributes)
            if resource.type == STACK_TYPE:
                self.stacks.adopt(stack, made.physical_id)
        self.stacks.report(stack, resource, f"{resource.verb}_IN_PROGRESS", "Resource creation Initiated")

    def _taken(self, stack: Stack, kind: str, physical_id: str) -> str:
        owner = self.stacks.owner(stack.caller.account, stack.caller.region, kind, physical_id)
        return f"{physical_id} already exists" + ("" if owner is None else f" in stack {owner.id}")

    # Changing.

    def _decide(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> None:
        """Note what becomes of a resource that is there: nothing, an update in place, or a replacement."""
        former = resource.former
        if former is None:
            raise LookupError(resource.logical_id)
        kind = TYPES[resource.type]
        properties, shown = properties_of(stack, resource, resources, resolved)
        if resource.replaced and kind.is_replaced(resource.properties, properties):
            self._abandon(stack, resource, former, back=not kind.is_replaced(former.properties, properties))
        current = resource.properties if resource.replaced else former.properties
        changed = kind.changed(current, properties) or resource.tried[: -1 if resource.replaced else None]
        retagged = kind.taggable and stack.former_tags != stack.tags
        if not changed and not retagged and (resource.configured or not resource.replaced):
            resource.mode, resource.properties = "replace" if resource.replaced else "keep", properties
            resource.done = True
            return
        resource.started_at_ms = self.clock.now_ms()
        resource.properties, resource.shown_properties = properties, shown
        resource.drift_status, resource.drift_checked_at_ms = "NOT_CHECKED", None
        replaced = kind.is_replaced(current, properties)
        denied = denial(stack.update_policy, "Replace" if replaced else "Modify", resource.logical_id, resource.type)
        if denied:
            raise ValidationError(denied)
        if not replaced:
            self.stacks.report(stack, resource, "UPDATE_IN_PROGRESS")
            kind.check(properties)
            kind.check_update(former.properties, properties)
            resource.mode, resource.configured = "replace" if resource.replaced else "update", False
            self.stacks.put_resource(stack, resource)
            return
        former.tried = resource.tried or former.tried
        resource.mode, resource.replaced, resource.tried = "replace", False, []
        resource.began = resource.made = resource.configured = False
        resource.token, resource.attributes, resource.reference = str(uuid.uuid4()), {}, ""
        self.stacks.report(stack, resource, "UPDATE_IN_PROGRESS", REPLACING)

    def _abandon(self, stack: Stack, resource: StackResource, former: StackResource, *, back: bool) -> None:
        """Leave what an update that failed has made, for another one, or (`back`) to go on from the former one."""
        self.stacks.leave(stack, resource, kept=False)
        resource.replaced, resource.tried = False, []
        if back:
            resource.physical_id, resource.token, resource.reference = (
                former.physical_id,
                former.token,
                former.reference,
            )
            resource.began, resource.made, resource.configured = former.began, former.made, former.configured
            resource.attributes, resource.tried = dict(former.attributes), former.tried

    def _update(self, stack: Stack, resource: StackResource) -> bool:
        kind, context, former = TYPES[resource.type], self.context(stack, resource), resource.former
        if resource.status != "UPDATE_IN_PROGRESS":
            resource.started_at_ms = self.clock.now_ms()
            self.stacks.report(stack, resource, "UPDATE_IN_PROGRESS")
        if not resource.configured and former is not None:
            if resource.tried:
                kind.configure(context, resource.physical_id, resource.properties)
            for properties in (former.properties, *resource.tried):
                kind.update(context, resource.physical_id, properties, resource.properties)
            resource.configured = True
            self.stacks.put_resource(stack, resource)
        if not kind.is_ready(context, resource.physical_id, resource.properties):
            self._check_time(resource)
            return False
        self._complete(stack, resource, context)
        return True

    def _complete(self, stack: Stack, resource: StackResource, context: Context) -> None:
        kind = TYPES[resource.type]
        resource.attributes |= kind.attributes(context, resource.physical_id, resource.properties)
        resource.reference = kind.reference(resource.physical_id, resource.attributes)
        resource.done = True
        self.stacks.report(stack, resource, f"{resource.verb}_COMPLETE")

    def _settle(self, stack: Stack, resource: StackResource) -> None:
        resource.done = True
        self.stacks.put_resource(stack, resource)

    # All.

    def context(self, stack: Stack, resource: StackResource) -> Context:
        """Where the resource is made, for whom."""
        made = Context(
            self._invoke, self.clock, stack.caller, stack.name, resource.logical_id, resource.token, stack.tags,
            resource.started_at_ms, capabilities=tuple(stack.capabilities), operation_id=stack.operation_id,
            stack_key=stack.key,
        )  # fmt: skip
        return made if stack.former_tags is None else replace(made, former_tags=stack.former_tags)

    def _check_time(self, resource: StackResource) -> None:
        if self.clock.now_ms() > resource.started_at_ms + STABILIZE_MS:
            raise ValidationError(
                f"Resource of type '{resource.type}' with identifier '{resource.physical_id}' did not stabilize."
            )


def _is_in_its_own_way(resource: StackResource, physical_id: str) -> bool:
    """Whether a replacement would have the name of what it replaces."""
    former = resource.former
    if former is None or not physical_id or physical_id != former.physical_id:
        return False
    return TYPES[resource.type].is_named_alike(former.properties, resource.properties)


def scope_of(resolved: Resolved, resources: Resources) -> Scope:
    """What names mean where the resources are as they are."""

    def attribute(name: str, wanted: str) -> Any:
        resource = resources[name]
        if wanted not in resource.attributes:
            raise ValidationError(f"Resource type {resource.type} does not support attribute {{{wanted}}}")
        return resource.attributes[wanted]

    return resolved.scope(reference=lambda name: resources[name].reference, attribute=attribute)


def properties_of(
    stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved
) -> tuple[dict[str, Any], str]:
    """The properties that a resource shall have, and what events show of them."""
    declared = resolved.template.resources[resource.logical_id].properties
    scope = scope_of(resolved, resources)
    masked = replace(scope, values={**scope.values, **dict.fromkeys(stack.hidden, "****")})
    return expression.evaluate(declared, scope), json.dumps(_texts(expression.evaluate(declared, masked)))


def _texts(value: Any) -> Any:
    """What an event shows of properties: every scalar as text."""
    if isinstance(value, Mapping):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return expression.text(value)
