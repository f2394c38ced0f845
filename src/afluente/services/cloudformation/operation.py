"""What goes on after a request was answered: making a stack's resources, removing them, rolling back.

`advance` does everything that can be done now and says when to come again; it never waits. All that it does is durable
step by step (see `step.py`), so that after a crash it goes on where it was. `update_operation.py` has the updates.
"""

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.provider import Invoke
from afluente.services.cloudformation.export import exported
from afluente.services.cloudformation.import_operation import ImportOperations
from afluente.services.cloudformation.plan import resolve
from afluente.services.cloudformation.removal import may_be_removed, remove_all
from afluente.services.cloudformation.signal import Signals
from afluente.services.cloudformation.stack import Output, Stack, StackResource
from afluente.services.cloudformation.stack_store import Stacks
from afluente.services.cloudformation.step import Resources, Steps
from afluente.services.cloudformation.take_over import TakeOver
from afluente.services.cloudformation.template.template import Resolved, parse
from afluente.services.cloudformation.update_operation import WATCH_MS, UpdateOperations

POLL_MS = 100
"""How long to wait for a service."""


class Operations:
    """The operations of every stack, through `invoke`."""

    def __init__(self, stacks: Stacks, signals: Signals, invoke: Invoke, clock: Clock) -> None:
        self._stacks = stacks
        self._clock = clock
        self.steps = self._steps = Steps(stacks, signals, invoke, clock)
        self._taking = TakeOver(self._steps)
        self._updates = UpdateOperations(self._steps, self._taking, POLL_MS)
        self._imports = ImportOperations(self._steps, self._taking)

    def advance(self, stack: Stack) -> int | None:
        """Do what can be done. Gives the time to come again, or None when the operation has ended."""
        if stack.status == "CREATE_IN_PROGRESS":
            return self._advance_creation(stack)
        if stack.status in {"DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"}:
            return self._advance_removal(stack)
        if stack.status.startswith("IMPORT"):
            return self._imports.advance(stack)
        return self._updates.advance(stack)

    # Creation.

    def _advance_creation(self, stack: Stack) -> int | None:
        resources = self._stacks.resources(stack)
        resolved = resolve(
            parse(self._stacks.template(stack) or ""), stack.parameters, stack.values, self._stacks.exports(stack)
        )
        progress = True
        while progress:
            progress = False
            for resource in resources.values():
                if _may_be_made(resource, resources) and self._stacks.fresh(stack).status == stack.status:
                    progress |= self._taking.make(stack, resource, resources, resolved)
        if self._stacks.fresh(stack).status != stack.status:
            return self._clock.now_ms()  # it is being deleted
        if any(resource.status.endswith("_FAILED") for resource in resources.values()):
            return self._fail(stack, resources)
        if reason := self._interruption(stack):
            return self._fail(stack, resources, reason)
        if all(resource.finished for resource in resources.values()):
            if self._steps.is_watched(stack):
                return self._clock.now_ms() + WATCH_MS
            return self._complete(stack, resources, resolved)
        return self._clock.now_ms() + POLL_MS

    def _interruption(self, stack: Stack) -> str | None:
        """Why the creation ends although no resource has failed."""
        if stack.timeout_at_ms is not None and stack.timeout_at_ms <= self._clock.now_ms():
            return "Stack creation time exceeded the specified timeout. "
        return self._steps.alarmed(stack)

    def _complete(self, stack: Stack, resources: Resources, resolved: Resolved) -> int | None:
        try:
            outputs = exported(self._stacks, stack, resolved, resources)
        except AwsError as error:
            return self._fail(stack, resources, f"{error.message}. ")

        def finish(fresh: Stack, outputs: list[Output] = outputs) -> None:
            fresh.outputs = outputs
            self._stacks.forget_identifiers(fresh)

        return self._steps.transition(stack, "CREATE_COMPLETE", None, finish)

    def _fail(self, stack: Stack, resources: Resources, reason: str = "") -> int | None:
        for resource in resources.values():
            if resource.status == "CREATE_IN_PROGRESS":
                self._stacks.report(stack, resource, "CREATE_FAILED", "Resource creation cancelled")
        failed = [name for name, resource in resources.items() if resource.status.endswith("_FAILED")]
        if not reason:
            reason = f"The following resource(s) failed to create: [{', '.join(failed)}]. "
        if stack.on_failure == "DO_NOTHING":
            return self._steps.transition(stack, "CREATE_FAILED", reason)
        status, wish = {
            "DELETE": ("DELETE_IN_PROGRESS", "Delete requested by user."),
            "ROLLBACK": ("ROLLBACK_IN_PROGRESS", "Rollback requested by user."),
        }[stack.on_failure]
        return self._steps.transition(stack, status, reason + wish)

    # Removal.

    def _advance_removal(self, stack: Stack) -> int | None:
        resources = self._stacks.resources(stack) | self._stacks.leftovers(stack)
        left = remove_all(self._steps, stack, resources, _is_kept)
        if any(may_be_removed(stack, resource, resources) for resource in left):
            return self._clock.now_ms() + POLL_MS
        verb = "ROLLBACK" if stack.status == "ROLLBACK_IN_PROGRESS" else "DELETE"
        if stack.forced and verb == "DELETE":
            for resource in left:
                self._steps.remove(stack, resource, kept=True)
            left = []
        if left:
            failed = ", ".join(resource.logical_id for resource in left if resource.status == "DELETE_FAILED")
            reason = f"The following resource(s) failed to delete: [{failed}]. "
            return self._steps.transition(stack, f"{verb}_FAILED", reason)
        return self._steps.transition(stack, f"{verb}_COMPLETE", None, self._bury if verb == "DELETE" else None)

    def _bury(self, stack: Stack) -> None:
        stack.deleted_at_ms = self._clock.now_ms()
        stack.outputs, stack.imports, stack.change_set_id = [], [], None
        self._stacks.forget_name(stack)
        self._stacks.forget_leftovers(stack)


def _may_be_made(resource: StackResource, resources: Resources) -> bool:
    if resource.finished or resource.status.endswith("_FAILED"):
        return False
    return all(resources[need].finished for need in resource.depends_on)


def _is_kept(stack: Stack, resource: StackResource) -> bool:
    if resource.leftover:
        return resource.kept
    if stack.status == "ROLLBACK_IN_PROGRESS" and resource.identifiers:
        return True  # it was not made, but imported
    if stack.status == "ROLLBACK_IN_PROGRESS":
        return resource.deletion_policy == "Retain" and not stack.retain_except_on_create
    return resource.logical_id in stack.retained or (resource.deletion_policy or "").startswith("Retain")
