"""From a request's template and parameters to the resources that a stack will have."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import InsufficientCapabilitiesException, ValidationError
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.stack import StackResource
from afluente.services.cloudformation.template.template import Resolved, Template


def resolve(
    template: Template, parameters: Mapping[str, str], pseudo: Mapping[str, Any], exports: Mapping[str, str] = {}
) -> Resolved:
    """The template with every parameter's value, and what others export."""
    given = {name: template.parameters[name].resolve(value) for name, value in parameters.items()}
    return Resolved(template, {**given, **pseudo}, exports)


def check_types(template: Template) -> None:
    """Raises ValidationError for resource types that Afluente does not have."""
    unknown = [kind for kind in template.types if kind not in TYPES]
    if unknown:
        raise ValidationError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    for name, resource in template.resources.items():
        if resource.creation_policy is not None and not TYPES[resource.type].has_creation_policy:
            raise Unsupported(f"Afluente supports no CreationPolicy of type {resource.type} (resource {name}).")


def check_same_types(before: Resolved, after: Resolved) -> None:
    """Raises ValidationError where an update gives a resource another type."""
    names = [
        name
        for name, resource in after.resources.items()
        if name in before.resources and before.resources[name].type != resource.type
    ]
    if names:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(names)}]"
        )


def capabilities(template: Template) -> tuple[str | None, list[str]]:
    """The capability that a request must acknowledge, if one, and the types that it is for."""
    needs = {
        resource.type: TYPES[resource.type].capability(resource.properties)
        for resource in sorted(template.resources.values(), key=lambda item: item.type)
        if resource.type in TYPES
    }
    for resource in template.resources.values():
        if resource.type in TYPES and TYPES[resource.type].capability(resource.properties) == "CAPABILITY_NAMED_IAM":
            needs[resource.type] = "CAPABILITY_NAMED_IAM"
    for name in ("CAPABILITY_NAMED_IAM", "CAPABILITY_IAM"):
        if name in needs.values():
            return name, [kind for kind, need in needs.items() if need is not None]
    return None, []


def check_capabilities(template: Template, acknowledged: Iterable[str]) -> None:
    """Raises InsufficientCapabilitiesException."""
    needed, _ = capabilities(template)
    enough = {"CAPABILITY_IAM": {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}}
    if needed is not None and not enough.get(needed, {needed}) & set(acknowledged):
        raise InsufficientCapabilitiesException(f"Requires capabilities : [{needed}]")


def check_allowed(template: Template, allowed: Sequence[str]) -> None:
    """Raises ValidationError for types that a request's ResourceTypes leave out, such as `AWS::S3::*`."""
    for kind in template.types if allowed else ():
        if not any(kind == entry or (entry.endswith("::*") and kind.startswith(entry[:-1])) for entry in allowed):
            listed = ", ".join(allowed)
            raise ValidationError(f"Resource type {kind} is not allowed by parameter ResourceTypes [{listed}]")


def plan(resolved: Resolved, imports: Mapping[str, dict[str, str]] = {}) -> list[StackResource]:
    """The resources to be made, none begun yet; or to be imported. Raises ValidationError for what cannot be."""
    resolved.check()
    return [
        StackResource(
            logical_id=name, type=resource.type, depends_on=resolved.dependencies[name],
            deletion_policy=resource.deletion_policy, update_replace_policy=resource.update_replace_policy,
            identifiers=dict(imports.get(name, {})),
        )
        for name, resource in resolved.resources.items()
    ]  # fmt: skip
