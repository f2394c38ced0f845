"""Imports as they begin: what is there already, and the stack that is to have it."""

import uuid
from collections.abc import Iterable

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.services.cloudformation.engine import UPDATED, CloudFormationEngine
from afluente.services.cloudformation.plan import plan
from afluente.services.cloudformation.resource.resource_type import Context
from afluente.services.cloudformation.resource_import import Identifiers, existing
from afluente.services.cloudformation.stack import Stack, StackResource
from afluente.services.cloudformation.stack_store import TemplateText
from afluente.services.cloudformation.template.template import Resolved


class ImportEngine:
    """The imports into `engine`'s stacks."""

    def __init__(self, engine: CloudFormationEngine, clock: Clock) -> None:
        self._engine = engine
        self._stacks = engine.stacks
        self._clock = clock

    def begin(self, call: Call, proposed: Stack, texts: TemplateText, imports: Identifiers) -> None:
        """Note an import, within the caller's transaction."""
        stack = self._stacks.fresh(proposed)
        planned = {item.logical_id: item for item in plan(self._engine.resolve(proposed, texts.processed), imports)}
        stack.unstable = stack.status == "REVIEW_IN_PROGRESS"
        if not stack.unstable:
            self._stacks.keep_previous(stack)
        for name in UPDATED:
            setattr(stack, name, getattr(proposed, name))
        self._engine.acting.begin(call, stack)
        stack.operation_id, stack.updated_at_ms = str(uuid.uuid4()), self._clock.now_ms()
        self._stacks.put_template(stack, texts)
        for name in imports:
            self._stacks.put_resource(stack, planned[name])
        self._stacks.transition(stack, "IMPORT_IN_PROGRESS", "User Initiated", first=True)

    def existing(self, stack: Stack, resolved: Resolved, names: Iterable[str]) -> Identifiers:
        """Of the resources that a stack shall have, those that are there already and are no stack's."""
        account, region, _ = stack.key

        def context_of(name: str) -> Context:
            resource = StackResource(logical_id=name, type=resolved.resources[name].type)
            return self._engine.steps.context(stack, resource)

        def owned(kind: str, physical_id: str) -> bool:
            return self._stacks.owner(account, region, kind, physical_id) is not None

        return existing(resolved, names, context_of, owned)
