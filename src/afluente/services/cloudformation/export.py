"""Exports: a stack's outputs that other stacks import by name. One is not taken away while it is used."""

from collections.abc import Iterator

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.output import evaluate_outputs
from afluente.services.cloudformation.stack import Output, Stack
from afluente.services.cloudformation.stack_store import Stacks
from afluente.services.cloudformation.step import Resources, scope_of
from afluente.services.cloudformation.template.template import Resolved


def exported(stacks: Stacks, stack: Stack, resolved: Resolved, resources: Resources) -> list[Output]:
    """The outputs of a stack whose resources are there. Raises ValidationError for exports that may not be so."""
    outputs = evaluate_outputs(resolved, scope_of(resolved, resources))
    taken = {
        output.export: other.name
        for other in stacks.living(stack)
        if other.id != stack.id
        for output in other.outputs
        if output.export
    }
    for output in outputs:
        if output.export in taken:
            raise ValidationError(
                f"Export with name {output.export} is already exported by stack {taken[output.export]}"
            )
    check_unused(stacks, stack, outputs)
    return outputs


def check_unused(stacks: Stacks, stack: Stack, outputs: list[Output]) -> None:
    """Raises ValidationError where an export that others use would go, or change."""
    after = {output.export: output.value for output in outputs if output.export}
    for output in stack.outputs:
        if output.export is None or after.get(output.export) == output.value:
            continue
        users = ", ".join(other.name for other in importers(stacks, stack, output.export))
        if users:
            change = "updated" if output.export in after else "deleted"
            raise ValidationError(f"Export {output.export} cannot be {change} as it is in use by {users}")


def importers(stacks: Stacks, stack: Stack, name: str) -> Iterator[Stack]:
    """The stacks of the same account and region that import `name`."""
    return (other for other in stacks.living(stack) if name in other.imports)
