"""A template whose text was read: its sections, their rules with AWS's texts, and what it means with given parameters.

Rules that need no parameters are checked by `parse`; those that depend on conditions by `Resolved`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template import expression, walk
from afluente.services.cloudformation.template.expression import Scope
from afluente.services.cloudformation.template.parameter import Parameter, declare
from afluente.services.cloudformation.template.reader import Tree, read
from afluente.services.cloudformation.template.rule import check_rule, failures
from afluente.services.cloudformation.template.transform import EXTENSIONS
from afluente.services.cloudformation.template.walk import Reference

SECTIONS = frozenset(
    (
        "AWSTemplateFormatVersion", "Conditions", "Description", "Hooks", "Mappings", "Metadata", "Outputs",
        "Parameters", "Resources", "Rules", "Transform",
    )
)  # fmt: skip
NOT_SUPPORTED_SECTIONS = ("Hooks",)
RESOURCE_MEMBERS = frozenset(
    (
        "Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type",
        "UpdatePolicy", "UpdateReplacePolicy",
    )
)  # fmt: skip
NOT_SUPPORTED_MEMBERS = ("UpdatePolicy",)
DELETION_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate")
MAX_RESOURCES = 500
MAX_OTHERS = 200


@dataclass(frozen=True)
class Resource:
    """One declared resource."""

    logical_id: str
    type: str
    properties: Tree
    depends_on: tuple[str, ...]
    condition: str | None
    deletion_policy: str | None
    update_replace_policy: str | None
    metadata: Tree
    creation_policy: Any

    @property
    def expressions(self) -> list[Tree]:
        """All of it that may refer to others."""
        return [self.properties, self.metadata, self.creation_policy or {}]


@dataclass(frozen=True)
class Template:
    """A template that keeps the rules."""

    text: str
    description: str | None
    version: str | None
    metadata: Tree
    parameters: Mapping[str, Parameter]
    mappings: Tree
    conditions: Tree
    resources: Mapping[str, Resource]
    outputs: Tree
    rules: Tree

    @cached_property
    def types(self) -> list[str]:
        """The types of its resources, each once, in order."""
        return list(dict.fromkeys(resource.type for resource in self.resources.values()))


@lru_cache(16)  # a stack's template is asked for at every step of its operation
def parse(text: str) -> Template:
    """The template that `text` is. Raises ValidationError, or NotImplemented for what Afluente does not have."""
    tree = read(text)
    _check_sections(tree)
    resources = {name: _resource(name, body) for name, body in tree["Resources"].items()}
    parameters = {name: declare(name, body) for name, body in tree.get("Parameters", {}).items()}
    template = Template(
        text=text,
        description=tree.get("Description"),
        version=tree.get("AWSTemplateFormatVersion"),
        metadata=tree.get("Metadata", {}),
        parameters=parameters,
        mappings=_mappings(tree.get("Mappings", {})),
        conditions=tree.get("Conditions", {}),
        resources=resources,
        outputs=tree.get("Outputs", {}),
        rules=tree.get("Rules", {}),
    )
    for name, rule in template.rules.items():
        check_rule(name, rule, expression.PSEUDO_PARAMETERS | parameters.keys())
    _check_references(template)
    return template


@dataclass(frozen=True)
class Resolved:
    """A template with parameters: which resources it has, in what order, and what they depend on."""

    template: Template
    values: Mapping[str, Any]
    """Parameters and pseudo parameters."""
    exports: Mapping[str, str] = field(default_factory=dict)
    """What other stacks export."""
    _truths: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def conditions(self) -> dict[str, bool]:
        """Every condition's truth."""
        return {name: self._truth(name, ()) for name in self.template.conditions}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """The resources whose condition holds."""
        return {
            name: resource
            for name, resource in self.template.resources.items()
            if resource.condition is None or self.conditions[resource.condition]
        }

    @cached_property
    def outputs(self) -> dict[str, Tree]:
        """The outputs whose condition holds."""
        return {
            name: output
            for name, output in self.template.outputs.items()
            if "Condition" not in output or self.conditions[output["Condition"]]
        }

    @cached_property
    def dependencies(self) -> dict[str, list[str]]:
        """What each resource needs first: by reference, and by DependsOn where that resource is made at all."""
        return {
            name: sorted(
                {
                    *(need for need in resource.depends_on if need in self.resources),
                    *(ref.name for ref in self._references(resource.expressions) if ref.name in self.resources),
                }
            )
            for name, resource in self.resources.items()
        }

    def scope(self, **lookups: Any) -> Scope:
        """What names mean; `lookups` are the resources' `reference` and `attribute`."""
        return Scope(self.values, self.template.mappings, self.conditions, exports=self.exports, **lookups)

    def check(self) -> None:
        """Raises ValidationError: rules that do not hold, references to what is not made, cycles, missing map keys."""
        broken = failures(self.template.rules, self.scope())
        if broken:
            raise ValidationError(f"Template validation error: {'; '.join(broken)}")
        made = {name: resource.expressions for name, resource in self.resources.items()}
        self._check_made("Template format error: ", "Resources", made.values())
        self._check_made("", "Outputs", self.outputs.values())
        _check_acyclic(self.dependencies)
        for value in [*made.values(), *self.outputs.values()]:
            for argument in walk.lookups(value, self.conditions):
                expression.evaluate({"Fn::FindInMap": argument}, self.scope())

    @cached_property
    def imports(self) -> list[str]:
        """The names of the exports that it uses. Raises ValidationError for one that nobody exports."""
        values = [*(resource.expressions for resource in self.resources.values()), *self.outputs.values()]
        arguments = [item for value in values for item in walk.imports(value, self.conditions)]
        if any(ref.name in self.resources for item in arguments for ref in self._references(item)):
            raise ValidationError("Template error: Fn::ImportValue cannot depend on a resource")
        names = sorted({expression.text(expression.evaluate(item, self.scope())) for item in arguments})
        for name in names:
            expression.evaluate({"Fn::ImportValue": name}, self.scope())
        return names

    def _check_made(self, prefix: str, block: str, values: Iterable[Any]) -> None:
        known = self.resources.keys() | self.values.keys() | expression.PSEUDO_PARAMETERS
        missing = dict.fromkeys(
            ref.name for value in values for ref in self._references(value) if ref.name not in known
        )
        if missing:
            names = ", ".join(missing)
            raise ValidationError(
                f"{prefix}Unresolved resource dependencies [{names}] in the {block} block of the template"
            )

    def _references(self, value: Any) -> list[Reference]:
        return list(walk.references(value, self.conditions))

    def _truth(self, name: str, within: tuple[str, ...]) -> bool:
        if name not in self._truths:
            if name in within:
                cycle = ", ".join(within)
                raise ValidationError(f"Template format error: Circular dependencies for conditions: [{cycle}]")
            scope = Scope(self.values, self.template.mappings)
            self._truths[name] = expression.evaluate_condition(
                self.template.conditions[name], scope, lambda other: self._truth(other, (*within, name))
            )
        return self._truths[name]


def _check_sections(tree: Tree) -> None:
    unknown = [name for name in tree if name not in SECTIONS]
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    for name in NOT_SUPPORTED_SECTIONS:
        if tree.get(name):
            raise Unsupported(f"Afluente does not support the section {name} of templates.")
    if tree.get("AWSTemplateFormatVersion", "2010-09-09") != "2010-09-09":
        raise ValidationError("Template format error: unsupported value for AWSTemplateFormatVersion.")
    description = tree.get("Description", "")
    if not isinstance(description, str):
        raise ValidationError("Template format error: Description must be a string.")
    if len(description.encode()) > 1024:
        raise ValidationError("Template format error: 'Description' length is greater than 1024.")
    for name in ("Conditions", "Mappings", "Metadata", "Outputs", "Parameters", "Resources", "Rules"):
        if not isinstance(tree.get(name, {}), dict):
            raise ValidationError(f"Template format error: {name} must be an object.")
    if tree.get("Transform", EXTENSIONS) != EXTENSIONS or (walk.is_extended(tree) and "Transform" not in tree):
        named = ", ".join(expression.EXTENDED)
        raise ValidationError(f"Template format error: {named} and a default of Fn::FindInMap need the transform "
                              f"{EXTENSIONS}.")  # fmt: skip
    _check_counts(tree)


def _check_counts(tree: Tree) -> None:
    if not tree.get("Resources"):
        raise ValidationError("Template format error: At least one Resources member must be defined.")
    limits = {"Resources": MAX_RESOURCES, "Parameters": MAX_OTHERS, "Mappings": MAX_OTHERS, "Outputs": MAX_OTHERS}
    for name, limit in limits.items():
        count = len(tree.get(name, {}))
        if count > limit:
            raise ValidationError(
                f"Template format error: Number of {name.lower()}, {count}, is greater than maximum allowed, {limit}"
            )


def _resource(name: str, body: Any) -> Resource:
    if not re.fullmatch("[A-Za-z0-9]{1,255}", name):
        raise ValidationError(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(body, dict):
        raise ValidationError("Template format error: Any Resources member must be an object.")
    if not isinstance(body.get("Type"), str):
        raise ValidationError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    _check_resource_members(name, body)
    properties, metadata, policy = body.get("Properties", {}), body.get("Metadata", {}), body.get("CreationPolicy")
    expression.check([properties, metadata, policy])
    depends_on = body.get("DependsOn", [])
    return Resource(
        logical_id=name, type=body["Type"], properties=properties, condition=body.get("Condition"),
        depends_on=(depends_on,) if isinstance(depends_on, str) else tuple(depends_on),
        deletion_policy=body.get("DeletionPolicy"), update_replace_policy=body.get("UpdateReplacePolicy"),
        metadata=metadata, creation_policy=policy,
    )  # fmt: skip


def _check_resource_members(name: str, body: Tree) -> None:
    for member in body:
        if member not in RESOURCE_MEMBERS:
            raise ValidationError(f"Invalid template resource property '{member}'")
        if member in NOT_SUPPORTED_MEMBERS:
            raise Unsupported(f"Afluente does not support {member} of resources (resource {name}).")
    for member in ("Properties", "Metadata"):
        if not isinstance(body.get(member, {}), dict):
            raise ValidationError(f"Template format error: [/Resources/{name}/{member}] must be an object.")
    for member in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = body.get(member, "Delete")
        if policy not in DELETION_POLICIES or (member, policy) == ("UpdateReplacePolicy", "RetainExceptOnCreate"):
            raise ValidationError(f"Template format error: Unrecognized {member} {policy} for resource {name}")
    depends_on = body.get("DependsOn", [])
    listed = depends_on if isinstance(depends_on, list) else [depends_on]
    if not all(isinstance(item, str) for item in listed):
        raise ValidationError("Template format error: DependsOn must be a string or list of strings.")
    if not isinstance(body.get("Condition", ""), str):
        raise ValidationError(f"Template format error: [/Resources/{name}/Condition] must be a string.")


def _mappings(section: Tree) -> Tree:
    for name, members in section.items():
        if not isinstance(members, dict):
            raise ValidationError(f"Template format error: Every Mappings member {name} must be a map")
        for key, attributes in members.items():
            if not isinstance(attributes, dict):
                raise ValidationError(f"Template format error: Every Mappings member {key} must be a map")
            for value in attributes.values():
                listed = value if isinstance(value, list) else [value]
                if any(isinstance(item, dict | list | None) for item in listed):
                    raise ValidationError("Template format error: Every Mappings attribute must be a String or a List.")
    return section


def _check_references(template: Template) -> None:
    for name, body in template.outputs.items():
        _check_output(name, body)
    for body in template.conditions.values():
        if not isinstance(body, dict) or len(body) != 1 or next(iter(body)) not in expression.CONDITION_FUNCTIONS:
            raise ValidationError("Template format error: Every Conditions member must be a condition function.")
        expression.check(body)
    _check_condition_references(template)
    names = template.resources.keys() | template.parameters.keys() | expression.PSEUDO_PARAMETERS
    named = [
        *(need for resource in template.resources.values() for need in resource.depends_on),
        *(ref.name for resource in template.resources.values() for ref in walk.references(resource.expressions)),
    ]
    _check_known("Template format error: ", "Resources", names, named)
    attributed = [ref for r in template.resources.values() for ref in walk.references(r.expressions)]
    in_outputs = [ref for body in template.outputs.values() for ref in walk.references(body)]
    _check_known("Template format error: ", "Outputs", names, [ref.name for ref in in_outputs])
    for ref in [*attributed, *in_outputs]:
        if ref.attribute is not None and ref.name not in template.resources:
            raise ValidationError(f"Template error: instance of Fn::GetAtt references undefined resource {ref.name}")
    for resource in template.resources.values():
        _check_known("Template format error: ", "Resources", template.resources.keys(), resource.depends_on)


def _check_condition_references(template: Template) -> None:
    known = template.parameters.keys() | expression.PSEUDO_PARAMETERS
    missing = dict.fromkeys(ref.name for ref in walk.references(template.conditions) if ref.name not in known)
    if missing:
        raise ValidationError(
            f"Template format error: Unresolved dependencies [{', '.join(missing)}]. Cannot reference resources in the "
            "Conditions block of the template"
        )
    blocks: dict[str, list[str]] = {
        "Conditions": list(walk.conditions_named(list(template.conditions.values()))),
        "Resources": [r.condition for r in template.resources.values() if r.condition is not None],
        "Outputs": [body["Condition"] for body in template.outputs.values() if "Condition" in body],
    }
    for block, names in blocks.items():
        for name in names:
            if name not in template.conditions:
                raise ValidationError(
                    f"Template format error: Unresolved condition dependency {name} in the {block} block of the "
                    "template"
                )
    for value in [*(r.expressions for r in template.resources.values()), *template.outputs.values()]:
        for name in _conditions_of_if(value):
            if name not in template.conditions:
                raise ValidationError(f"Template error: unresolved condition dependency {name} in Fn::If")


def _conditions_of_if(value: Any) -> Iterable[str]:
    if expression.function_of(value) == "Fn::If":
        yield value["Fn::If"][0]
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _conditions_of_if(child)


def _check_output(name: str, body: Any) -> None:
    if not re.fullmatch("[A-Za-z0-9]{1,255}", name):
        raise ValidationError(f"Template format error: Output name {name} is non alphanumeric.")
    if not isinstance(body, dict):
        raise ValidationError("Template format error: Any Outputs member must be an object.")
    unknown = [member for member in body if member not in {"Condition", "Description", "Export", "Value"}]
    if unknown:
        raise ValidationError(f"Invalid template output property '{unknown[0]}'")
    if "Value" not in body:
        raise ValidationError(f"Template format error: Output {name} is malformed. Every Outputs member must contain a "
                              "Value object")  # fmt: skip
    if body["Value"] is None:
        raise ValidationError(f"[/Outputs/{name}/Value] 'null' values are not allowed in templates")
    export = body.get("Export", {"Name": ""})
    if not isinstance(export, dict) or export.keys() != {"Name"}:
        raise ValidationError(f"Template format error: Output {name} is malformed. The Export needs a Name")
    expression.check(body["Value"])
    expression.check(export["Name"])


def _check_known(prefix: str, block: str, names: Iterable[str], named: Iterable[str]) -> None:
    missing = dict.fromkeys(name for name in named if name not in names)
    if missing:
        listed = ", ".join(missing)
        raise ValidationError(
            f"{prefix}Unresolved resource dependencies [{listed}] in the {block} block of the template"
        )


def _check_acyclic(dependencies: Mapping[str, list[str]]) -> None:
    left = {name: set(needs) for name, needs in dependencies.items()}
    while free := [name for name, needs in left.items() if not needs]:
        for name in free:
            del left[name]
        for needs in left.values():
            needs.difference_update(free)
    if left:
        raise ValidationError(f"Circular dependency between resources: [{', '.join(left)}]")
