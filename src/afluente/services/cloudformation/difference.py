"""What an update would do to each resource, as a change set shows it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from collections.abc import Iterator
from typing import Any

from afluente.core.provider import Response
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.stack import StackResource
from afluente.services.cloudformation.step import Resources
from afluente.services.cloudformation.template import expression, walk
from afluente.services.cloudformation.template.template import Resolved, Resource

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
"""Stands for what only the update can tell."""
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


def additions(resolved: Resolved) -> list[Response]:
    """The changes that make a new stack."""
    return [_added(resource) for resource in resolved.resources.values()]


class Difference:
    """The changes that lead from a stack's `resources`, made from `before`, to `after`."""

    def __init__(self, resources: Resources, before: Resolved, after: Resolved, *, retagged: bool) -> None:
        self._resources = resources
        self._before = before
        self._after = after
        self._retagged = retagged
        self._replaced: dict[str, str] = {}
        self._scope = after.scope(reference=self._reference, attribute=self._attribute)
        self._scope_before = before.scope(reference=self._reference, attribute=self._attribute)

    def changes(self) -> list[Response]:
        """All of them, by logical id."""
        found: dict[str, Response] = {}
        for name in _in_order(self._after):
            declared = self._after.resources[name]
            change = self._modified(name, declared) if name in self._resources else _added(declared)
            if change is not None:
                found[name] = change
        for name, resource in self._resources.items():
            if name not in self._after.resources:
                found[name] = _removed(resource)
        return [found[name] for name in sorted(found)]

    def _modified(self, name: str, declared: Resource) -> Response | None:
        resource, kind = self._resources[name], TYPES[declared.type]
        wanted = expression.evaluate(declared.properties, self._scope)
        changed = kind.changed(resource.properties, wanted)
        paths = [path for path in kind.replacing if kind.differs(resource.properties, wanted, path)]
        details = [item for member in changed for item in self._details(name, member, wanted.get(member), paths)]
        attributes = ["Properties"] if changed else []
        others = ["Tags"] if self._retagged and kind.taggable else []
        others += self._policies(name)
        details += [_detail({"Attribute": item, "RequiresRecreation": "Never"}) for item in others]
        described = list(self._metadata(name))
        attributes = sorted([*attributes, *others, *(["Metadata"] if described else [])])
        details += described
        if not attributes:
            return None
        replacement = _replacement(wanted, paths)
        self._replaced[name] = replacement
        change = _change("Modify", resource.logical_id, declared.type)
        change |= {"PhysicalResourceId": resource.physical_id, "Replacement": replacement}
        if replacement == "True":
            kept = declared.update_replace_policy == "Retain"
            change["PolicyAction"] = "ReplaceAndRetain" if kept else "ReplaceAndDelete"
        return {"Type": "Resource", "ResourceChange": change | {"Scope": attributes, "Details": details}}

    def _policies(self, name: str) -> list[str]:
        was, will = self._before.template.resources[name], self._after.resources[name]
        pairs = (
            (was.deletion_policy, will.deletion_policy), (was.update_replace_policy, will.update_replace_policy),
        )  # fmt: skip
        return [attribute for attribute, (old, new) in zip(POLICIES, pairs, strict=True) if old != new]

    def _details(self, name: str, member: str, value: Any, paths: list[str]) -> Iterator[Response]:
        recreated = any(path.partition("/")[0] == member for path in paths)
        dynamic = UNKNOWN in repr(value)
        needed = ("Conditionally" if dynamic else "Always") if recreated else "Never"
        target = {"Attribute": "Properties", "Name": member, "RequiresRecreation": needed}
        declared = self._after.resources[name].properties.get(member)
        yield from self._explain(target, self._before.template.resources[name].properties.get(member), declared)

    def _metadata(self, name: str) -> Iterator[Response]:
        was, declared = self._before.template.resources[name].metadata, self._after.resources[name].metadata
        if expression.evaluate(was, self._scope_before) != expression.evaluate(declared, self._scope):
            yield from self._explain({"Attribute": "Metadata", "RequiresRecreation": "Never"}, was, declared)

    def _explain(self, target: Response, was: Any, declared: Any) -> Iterator[Response]:
        """Why what was declared so comes to another value."""
        causes = list(dict.fromkeys(self._causes(declared)))
        for source, entity in causes:
            evaluation = "Static" if source == "ParameterReference" else "Dynamic"
            yield _detail(target, evaluation, source, entity)
        if declared != was:
            yield _detail(target, "Static")
        elif any(source == "ParameterReference" for source, _ in causes) or not causes:
            yield _detail(target, "Dynamic")

    def _causes(self, declared: Any) -> Iterator[tuple[str, str]]:
        for name, attribute in walk.references(declared, self._after.conditions):
            if name in self._after.template.parameters:
                if self._before.values.get(name) != self._after.values.get(name):
                    yield "ParameterReference", name
            elif self._is_unknown(name):
                yield ("ResourceReference", name) if attribute is None else ("ResourceAttribute", f"{name}.{attribute}")

    def _is_unknown(self, name: str) -> bool:
        return name not in self._resources or self._replaced.get(name, "False") != "False"

    def _reference(self, name: str) -> Any:
        return f"{UNKNOWN}{name}" if self._is_unknown(name) else self._resources[name].reference

    def _attribute(self, name: str, attribute: str) -> Any:
        known = {} if self._is_unknown(name) else self._resources[name].attributes
        return known.get(attribute, f"{UNKNOWN}{name}.{attribute}")


def _replacement(wanted: dict[str, Any], paths: list[str]) -> str:
    if not paths:
        return "False"
    unknown = all(UNKNOWN in repr(wanted.get(path.partition("/")[0])) for path in paths)
    return "Conditional" if unknown else "True"


def _change(action: str, logical_id: str, kind: str) -> Response:
    return {"Action": action, "LogicalResourceId": logical_id, "ResourceType": kind, "Scope": [], "Details": []}


def _added(resource: Resource) -> Response:
    return {"Type": "Resource", "ResourceChange": _change("Add", resource.logical_id, resource.type)}


def _removed(resource: StackResource) -> Response:
    change = _change("Remove", resource.logical_id, resource.type)
    kept = (resource.deletion_policy or "").startswith("Retain")
    change |= {"PhysicalResourceId": resource.physical_id, "PolicyAction": "Retain" if kept else "Delete"}
    return {"Type": "Resource", "ResourceChange": change}


def _detail(
    target: Response, evaluation: str = "Static", source: str = "DirectModification", entity: str | None = None
) -> Response:
    detail: Response = {"Target": target, "Evaluation": evaluation, "ChangeSource": source}
    return detail if entity is None else detail | {"CausingEntity": entity}


def _in_order(resolved: Resolved) -> list[str]:
    """The logical ids, each after what it depends on."""
    found: list[str] = []
    while len(found) < len(resolved.resources):
        found += [
            name
            for name, needs in resolved.dependencies.items()
            if name not in found and all(need in found for need in needs)
        ]
    return found
