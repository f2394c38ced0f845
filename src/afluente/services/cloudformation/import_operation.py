"""Imports that go on: each resource is looked for, and is the stack's from then on. Nothing is made or removed.

Where one cannot be had, the stack gives up the others too, and is what it was.
"""

from collections.abc import Iterator

from afluente.core.error import AwsError
from afluente.services.cloudformation.export import exported
from afluente.services.cloudformation.failure import reason_of
from afluente.services.cloudformation.plan import resolve
from afluente.services.cloudformation.stack import Output, Stack, StackResource
from afluente.services.cloudformation.step import Resources, Steps
from afluente.services.cloudformation.take_over import TakeOver
from afluente.services.cloudformation.template.template import parse


class ImportOperations:
    """The imports of every stack, by `steps`, and by `taking` each resource over."""

    def __init__(self, steps: Steps, taking: TakeOver) -> None:
        self._steps = steps
        self._taking = taking
        self._stacks = steps.stacks

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
            self._taking.take(stack, resource, resources, resolved)
            if resource.status == "IMPORT_FAILED":
                reason = f"The following resource(s) failed to import: [{resource.logical_id}]. "
                return self._steps.transition(stack, "IMPORT_ROLLBACK_IN_PROGRESS", reason)
        try:
            outputs = exported(self._stacks, stack, resolved, resources)
        except AwsError as error:
            return self._steps.transition(stack, "IMPORT_ROLLBACK_IN_PROGRESS", f"{error.message}. ")

        def finish(fresh: Stack, outputs: list[Output] = outputs) -> None:
            self._stacks.forget_identifiers(fresh)
            self._stacks.forget_previous(fresh)
            fresh.outputs = outputs

        return self._steps.transition(stack, "IMPORT_COMPLETE", None, finish)

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
                self._taking.tag(stack, resource, after={})
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
