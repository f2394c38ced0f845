"""Updates: what is there is changed in place or replaced, what is new is made; then what is not needed is removed.

When something fails, the same steps lead back: each resource that was touched gets its former properties, and what was
made is removed. What a stack was before (`previous`), and each of its resources (`former`), is kept until the end.
"""

import msgspec

from afluente.core.error import AwsError
from afluente.services.cloudformation.export import exported
from afluente.services.cloudformation.plan import resolve
from afluente.services.cloudformation.removal import leave_replaced, may_be_removed, remove_all
from afluente.services.cloudformation.stack import Output, Stack, StackResource
from afluente.services.cloudformation.stack_policy import denial
from afluente.services.cloudformation.step import Resources, Steps
from afluente.services.cloudformation.take_over import TakeOver
from afluente.services.cloudformation.template.template import Resolved, parse

CLEANUPS = {
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
}

WATCH_MS = 1000
"""How often alarms are looked at when all else is done."""


class UpdateOperations:
    """The updates of every stack, by `steps`; `poll_ms` is how long to wait for a service."""

    def __init__(self, steps: Steps, taking: TakeOver, poll_ms: int) -> None:
        self._steps = steps
        self._taking = taking
        self._stacks = steps.stacks
        self._clock = steps.clock
        self._poll_ms = poll_ms

    def advance(self, stack: Stack) -> int | None:
        """Do what can be done. Gives the time to come again, or None when the operation has ended."""
        if stack.status == "UPDATE_IN_PROGRESS":
            return self._advance_update(stack)
        if stack.status == "UPDATE_ROLLBACK_IN_PROGRESS":
            return self._advance_rollback(stack)
        if stack.status in CLEANUPS:
            return self._advance_cleanup(stack)
        return None

    # Forwards.

    def _advance_update(self, stack: Stack) -> int | None:
        resources = self._stacks.resources(stack)
        resolved = resolve(
            parse(self._stacks.template(stack) or ""), stack.parameters, stack.values, self._stacks.exports(stack)
        )
        wanted = {name: resources[name] for name in resolved.resources}
        if self._may_not_go(stack, resources, wanted):
            return self._fail(stack, resources)
        self._take_steps(stack, wanted, resolved)
        if self._stacks.fresh(stack).status != stack.status:
            return self._clock.now_ms()  # it was cancelled
        failed = any(resource.status.endswith("_FAILED") for resource in wanted.values())
        reason = "" if failed else self._steps.alarmed(stack)
        if failed or reason:
            return self._fail(stack, wanted, reason)
        if all(resource.finished for resource in wanted.values()):
            if self._steps.is_watched(stack):
                return self._clock.now_ms() + WATCH_MS
            return self._complete(stack, resources, wanted, resolved)
        return self._clock.now_ms() + self._poll_ms

    def _may_not_go(self, stack: Stack, resources: Resources, wanted: Resources) -> bool:
        """Whether the stack's policy keeps something that the template has no longer."""
        found = False
        for name, resource in resources.items():
            denied = None if name in wanted else denial(stack.update_policy, "Delete", name, resource.type)
            if denied:
                self._stacks.report(stack, resource, "UPDATE_FAILED", denied)
                found = True
        return found

    def _take_steps(self, stack: Stack, resources: Resources, resolved: Resolved | None) -> None:
        progress = True
        while progress:
            progress = False
            for resource in resources.values():
                if _may_change(resource, resources) and self._stacks.fresh(stack).status == stack.status:
                    if resource.former is not None:
                        progress |= self._steps.change(stack, resource, resources, resolved)
                    elif resolved is not None:
                        progress |= self._taking.make(stack, resource, resources, resolved)

    def _complete(self, stack: Stack, resources: Resources, wanted: Resources, resolved: Resolved) -> int | None:
        try:
            outputs = exported(self._stacks, stack, resolved, wanted)
        except AwsError as error:
            return self._fail(stack, wanted, f"{error.message}. ")

        def finish(fresh: Stack, outputs: list[Output] = outputs) -> None:
            for name, resource in resources.items():
                if name not in wanted:
                    kept = (resource.deletion_policy or "").startswith("Retain")
                    self._stacks.leave(fresh, resource, kept=kept)
                    if resource.replaced and resource.former is not None:
                        self._stacks.leave(fresh, resource.former, kept=kept)
                    self._stacks.forget_resource(fresh, name)
                elif resource.mode == "replace" and resource.former is not None:
                    self._stacks.leave(fresh, resource.former, kept=resource.former.update_replace_policy == "Retain")
            self._forget_former(fresh)
            fresh.outputs = outputs

        return self._steps.transition(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None, finish)

    def _fail(self, stack: Stack, wanted: Resources, reason: str | None = None) -> int | None:
        failed: dict[str, list[str]] = {"CREATE": [], "UPDATE": []}
        for name, resource in wanted.items():
            if resource.status.endswith("_FAILED"):
                failed[resource.verb].append(name)
        if not reason:
            reason = "".join(
                f"The following resource(s) failed to {verb.lower()}: [{', '.join(names)}]. "
                for verb, names in failed.items()
                if names
            )
        self._cancel(stack, wanted)
        if stack.on_failure == "DO_NOTHING":
            return self._steps.transition(stack, "UPDATE_FAILED", reason)
        if stack.unstable:
            return self._steps.transition(
                stack, "ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.",
                lambda fresh: leave_replaced(self._stacks, fresh),
            )  # fmt: skip
        return self._steps.transition(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)

    def _cancel(self, stack: Stack, resources: Resources) -> None:
        for resource in resources.values():
            if resource.status.endswith("_IN_PROGRESS"):
                act = "creation" if resource.verb == "CREATE" else "update"
                self._stacks.report(stack, resource, f"{resource.verb}_FAILED", f"Resource {act} cancelled")

    # Backwards.

    def _advance_rollback(self, stack: Stack) -> int | None:
        if not stack.turned_back:
            self._turn_back(stack)
            stack = self._stacks.fresh(stack)
        resources = {name: item for name, item in self._stacks.resources(stack).items() if item.former is not None}
        self._take_steps(stack, resources, None)
        failed = [name for name, resource in resources.items() if resource.status == "UPDATE_FAILED"]
        if failed:
            reason = f"The following resource(s) failed to update: [{', '.join(failed)}]. "
            return self._steps.transition(stack, "UPDATE_ROLLBACK_FAILED", reason)
        if all(resource.finished for resource in resources.values()):
            status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
            return self._steps.transition(stack, status, None, self._finish_rollback)
        return self._clock.now_ms() + self._poll_ms

    def _turn_back(self, stack: Stack) -> None:
        """Note, for every resource at once, what has to be done to have it as it was."""
        with self._stacks.database.write():
            fresh = self._stacks.fresh(stack)
            resources = self._stacks.resources(fresh)
            self._cancel(fresh, resources)
            for resource in resources.values():
                if resource.former is not None:
                    self._turn_back_resource(fresh, resource, resource.former)
            previous = fresh.previous
            if previous is not None:
                fresh.former_tags, fresh.tags = fresh.tags, previous.tags
            fresh.turned_back = True
            self._stacks.put(fresh)

    def _turn_back_resource(self, stack: Stack, resource: StackResource, former: StackResource) -> None:
        if resource.since_stable:
            for made in (resource, former) if resource.mode == "replace" else (resource,):
                self._stacks.leave(stack, made, kept=bool(made.identifiers))
            self._stacks.forget_resource(stack, resource.logical_id)
            return
        mode = "replace" if resource.replaced else resource.mode
        if mode == "replace":
            self._stacks.leave(stack, resource, kept=False)
        else:
            former.tried = resource.tried
        former.former = msgspec.structs.replace(resource if mode == "update" else former, former=None)
        if mode == "update" or former.tried:
            former.mode, former.configured, former.done = "update", False, False
        elif mode == "replace" or resource.status == "UPDATE_FAILED":
            former.mode, former.configured, former.done = "update", True, False
        else:
            former.mode, former.done = "keep", True
        self._stacks.put_resource(stack, former)

    def _finish_rollback(self, stack: Stack) -> None:
        for name, resource in self._stacks.resources(stack).items():
            if resource.former is None:
                kept = resource.deletion_policy == "Retain" and not stack.retain_except_on_create
                self._stacks.leave(stack, resource, kept=kept or bool(resource.identifiers))
                self._stacks.forget_resource(stack, name)
        self._stacks.restore(stack)
        self._forget_former(stack)

    # Both.

    def _advance_cleanup(self, stack: Stack) -> int | None:
        leftovers = self._stacks.leftovers(stack)
        left = remove_all(self._steps, stack, leftovers, lambda _, resource: resource.kept)
        if any(may_be_removed(stack, resource, leftovers) for resource in left):
            return self._clock.now_ms() + self._poll_ms
        failed = ", ".join(resource.logical_id for resource in left if resource.status == "DELETE_FAILED")
        reason = f"The following resource(s) failed to delete: [{failed}]. " if failed else None
        return self._steps.transition(stack, CLEANUPS[stack.status], reason, self._stacks.forget_leftovers)

    def _forget_former(self, stack: Stack) -> None:
        for resource in self._stacks.resources(stack).values():
            resource.former, resource.mode, resource.done = None, "", False
            resource.tried, resource.replaced, resource.since_stable = [], False, False
            resource.identifiers = {}
            self._stacks.put_resource(stack, resource)
        self._stacks.forget_previous(stack)


def _may_change(resource: StackResource, resources: Resources) -> bool:
    if resource.finished or resource.status.endswith("_FAILED"):
        return False
    return all(resources[need].finished for need in resource.depends_on if need in resources)
