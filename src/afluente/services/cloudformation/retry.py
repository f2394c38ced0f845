"""Updating what failed and was left so: another attempt, from whatever each resource has become.

What a stack was in its last stable state stays what its rollback leads to, however often it is tried again. A stack
that has never been stable is removed by its rollback.
"""

import msgspec

from afluente.services.cloudformation.stack import StackResource

FAILED = {"CREATE_FAILED", "UPDATE_FAILED"}
"""The states that only DisableRollback leaves a stack in."""


def begun_anew(resource: StackResource) -> StackResource:
    """A resource of a stable stack, when an update begins."""
    resource.former, resource.mode, resource.done = msgspec.structs.replace(resource), "", False
    return resource


def tried_again(resource: StackResource) -> StackResource:
    """A resource of a stack that has failed, when another update begins."""
    if resource.former is None:
        return _made_since(resource) if resource.exists else _not_made(resource)
    if resource.mode == "replace" and not resource.exists:
        former = resource.former
        former.former, former.depends_on = msgspec.structs.replace(former), resource.depends_on
        former.mode, former.done = "", False
        return former
    if resource.mode in {"update", "replace"}:
        resource.tried.append(resource.properties)
        resource.replaced |= resource.mode == "replace"
    resource.mode, resource.done, resource.status = "", False, "UPDATE_COMPLETE"
    return resource


def _made_since(resource: StackResource) -> StackResource:
    """It was made by what failed: it is changed like others, but a rollback removes it."""
    if resource.status != "CREATE_COMPLETE":
        resource.tried.append(resource.properties)
    resource.status, resource.since_stable = "CREATE_COMPLETE", True
    resource.mode, resource.done = "", False
    resource.former = msgspec.structs.replace(resource)
    return resource


def _not_made(resource: StackResource) -> StackResource:
    return StackResource(
        logical_id=resource.logical_id, type=resource.type, depends_on=resource.depends_on,
        deletion_policy=resource.deletion_policy, update_replace_policy=resource.update_replace_policy,
    )  # fmt: skip
