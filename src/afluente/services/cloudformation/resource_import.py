"""Resource import: what is there already becomes a stack's, by a change set of type IMPORT.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.resource.resource_type import Context, Rejected
from afluente.services.cloudformation.template.expression import evaluate
from afluente.services.cloudformation.template.template import Resolved, Resource

KEPT = ("Retain", "RetainExceptOnCreate")

Identifiers = dict[str, dict[str, str]]
"""By logical id: the properties that tell the resource, and their values."""


def identifiers_of(kind: str, requested: Sequence[Mapping[str, Any]]) -> Identifiers:
    """A request's ResourcesToImport, which come with the type IMPORT and with no other. Raises ValidationError."""
    if kind == "IMPORT" and not requested:
        raise ValidationError("ResourcesToImport must be specified for a change set of type IMPORT.")
    if kind != "IMPORT" and requested:
        raise ValidationError(f"ResourcesToImport can only be specified for a change set of type IMPORT, not {kind}.")
    names = [item["LogicalResourceId"] for item in requested]
    if len(set(names)) < len(names):
        raise ValidationError("ResourcesToImport must name each logical resource id once.")
    return {item["LogicalResourceId"]: dict(item["ResourceIdentifier"]) for item in requested}


def check_import(requested: Sequence[Mapping[str, Any]], resolved: Resolved) -> None:
    """Raises ValidationError for resources that cannot be imported by a template."""
    for item in requested:
        name, kind = item["LogicalResourceId"], item["ResourceType"]
        declared = resolved.resources.get(name)
        if declared is None or declared.type != kind:
            raise ValidationError(f"Resource {name} of type {kind} to import does not exist in the template.")
        if not TYPES[kind].is_importable:
            raise ValidationError(f"ResourceTypes [{kind}] are not supported for Import")
        if set(item["ResourceIdentifier"]) != set(TYPES[kind].identifiers):
            wanted = ", ".join(TYPES[kind].identifiers)
            raise ValidationError(f"The resource identifier of {name} must be [{wanted}].")
    bare = [item["LogicalResourceId"] for item in requested
            if resolved.template.resources[item["LogicalResourceId"]].deletion_policy is None]  # fmt: skip
    if bare:
        raise ValidationError(
            f"The following resources to import [{', '.join(bare)}] must have DeletionPolicy attribute specified in "
            "the template."
        )


def check_nothing_else(changes: Iterable[Response], imports: Identifiers, *, same_outputs: bool) -> None:
    """Raises ValidationError where more than imports would be done."""
    others = [change["ResourceChange"] for change in changes]
    others = [change for change in others if change["LogicalResourceId"] not in imports]
    added = [change["LogicalResourceId"] for change in others if change["Action"] == "Add"]
    if added:
        raise ValidationError(f"Resources [{', '.join(added)}] is missing from ResourceToImport list")
    if others:
        names = ", ".join(change["LogicalResourceId"] for change in others)
        raise ValidationError(
            f"You have modified resources [{names}] in your template that are not being imported. Update, create or "
            "delete operations cannot be executed during import operations."
        )
    if not same_outputs:
        raise ValidationError("As part of the import operation, you cannot modify or add [Outputs]")


def existing(
    resolved: Resolved, names: Iterable[str], context_of: Callable[[str], Context], owned: Callable[[str, str], bool]
) -> Identifiers:
    """What ImportExistingResources imports, of the resources that are to be made: those that are there already.

    As on AWS, each has to be named by the template itself, with no function, and to be no other stack's (`owned`: of
    that type and name).
    """
    found = {}
    for name in names:
        declared = resolved.resources[name]
        kind, told = TYPES[declared.type], {item: declared.properties.get(item) for item in _identifiers(declared)}
        if not told or not all(isinstance(value, str | int) for value in told.values()):
            continue
        identifiers = {item: str(value) for item, value in told.items()}
        physical_id, properties = kind.named_by(identifiers), evaluate(declared.properties, resolved.scope())
        if owned(kind.type, physical_id):
            continue
        with suppress(Rejected):  # a name that the service does not take: its making will say so
            if kind.exists(context_of(name), physical_id, properties):
                found[name] = identifiers
    return found


def _identifiers(declared: Resource) -> tuple[str, ...]:
    kind = TYPES[declared.type]
    return kind.identifiers if kind.is_importable else ()


def unkept(resolved: Resolved, imports: Identifiers) -> str | None:
    """Why existing resources cannot be imported, if one of them would be removed with the stack."""
    bare = {name: told for name, told in imports.items() if resolved.resources[name].deletion_policy not in KEPT}
    if not bare:
        return None
    listed = ", ".join(
        f"{name} ({{{', '.join(f'{item}={value}' for item, value in told.items())}}})" for name, told in bare.items()
    )
    return (
        "CloudFormation is attempting to import some resources because they already exist in your account. The "
        "resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template "
        f"for successful import. The affected resources are {listed}"
    )


def with_imports(changes: Iterable[Response], resolved: Resolved, imports: Identifiers) -> list[Response]:
    """The changes, where what was to be made and is there already is imported instead."""
    instead = {change["ResourceChange"]["LogicalResourceId"]: change for change in import_changes(resolved, imports)}
    return [instead.get(change["ResourceChange"]["LogicalResourceId"], change) for change in changes]


def import_changes(resolved: Resolved, imports: Identifiers) -> list[Response]:
    """What DescribeChangeSet shows."""
    return [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": "Import",
                "LogicalResourceId": name,
                "PhysicalResourceId": TYPES[resolved.resources[name].type].named_by(identifiers),
                "ResourceType": resolved.resources[name].type,
                "Scope": [],
                "Details": [],
            },
        }
        for name, identifiers in sorted(imports.items())
    ]
