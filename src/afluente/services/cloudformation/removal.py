"""Removing resources in the order that they allow: none before what needs it."""

from collections.abc import Callable

from afluente.services.cloudformation.stack import Stack, StackResource
from afluente.services.cloudformation.stack_store import Stacks
from afluente.services.cloudformation.step import Resources, Steps


def remove_all(
    steps: Steps, stack: Stack, resources: Resources, is_kept: Callable[[Stack, StackResource], bool]
) -> list[StackResource]:
    """Remove what can be removed now. Gives those that are left."""
    progress = True
    while progress:
        progress = False
        for resource in resources.values():
            if may_be_removed(stack, resource, resources):
                progress |= steps.remove(stack, resource, kept=is_kept(stack, resource))
    return [resource for resource in resources.values() if resource.exists]


def may_be_removed(stack: Stack, resource: StackResource, resources: Resources) -> bool:
    """When nothing that needs it is left."""
    if not resource.exists or (resource.status == "DELETE_FAILED" and resource.failed_in == stack.operation_id):
        return False
    return not any(other.exists and resource.logical_id in other.depends_on for other in resources.values())


def leave_replaced(stacks: Stacks, stack: Stack) -> None:
    """What a failed update replaced has to go too."""
    for resource in stacks.resources(stack).values():
        former = resource.former
        if former is None or not (resource.mode == "replace" or resource.replaced):
            continue
        if former.exists:
            stacks.leave(stack, former, kept=False)
        if resource.began:
            resource.former, resource.mode, resource.replaced = None, "", False
            stacks.put_resource(stack, resource)
        else:
            stacks.forget_resource(stack, resource.logical_id)
