"""What an expression names, anywhere in it: resources and parameters, conditions, map keys, exports."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from afluente.services.cloudformation.template.expression import (
    EXTENDED,
    PLACEHOLDER,
    attribute_parts,
    chosen,
    function_of,
)


class Reference(NamedTuple):
    """What an expression names: a parameter or a resource, or (with `attribute`) a resource's attribute."""

    name: str
    attribute: str | None = None


def is_extended(value: Any) -> bool:
    """Whether something in `value` is only there with AWS::LanguageExtensions."""
    name = function_of(value)
    if name in EXTENDED or (name == "Fn::FindInMap" and isinstance(value[name], list) and len(value[name]) == 4):
        return True
    return any(
        map(is_extended, value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    )


def references(value: Any, conditions: Mapping[str, bool] | None = None) -> Iterator[Reference]:
    """All that `value` refers to. With `conditions` known, only the chosen branches of Fn::If count."""
    name = function_of(value)
    if name == "Ref":
        yield Reference(value["Ref"])
    elif name == "Fn::GetAtt":
        resource, attribute = attribute_parts(value[name])
        yield Reference(resource, attribute if isinstance(attribute, str) else None)
        yield from references(attribute, conditions)
    elif name == "Fn::Sub":
        yield from _sub_references(value[name], conditions)
    elif name == "Fn::If" and conditions is not None:
        yield from references(chosen(value[name], conditions), conditions)
    elif isinstance(value, dict):
        for child in value.values():
            yield from references(child, conditions)
    elif isinstance(value, list):
        for child in value:
            yield from references(child, conditions)


def lookups(value: Any, conditions: Mapping[str, bool]) -> Iterator[list[Any]]:
    """The arguments of every Fn::FindInMap in the chosen branches of `value`."""
    name = function_of(value)
    if name == "Fn::If":
        yield from lookups(chosen(value[name], conditions), conditions)
        return
    if name == "Fn::FindInMap":
        yield value[name]
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lookups(child, conditions)


def imports(value: Any, conditions: Mapping[str, bool]) -> Iterator[Any]:
    """The arguments of every Fn::ImportValue in the chosen branches of `value`."""
    name = function_of(value)
    if name == "Fn::If":
        yield from imports(chosen(value[name], conditions), conditions)
        return
    if name == "Fn::ImportValue":
        yield value[name]
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from imports(child, conditions)


def conditions_named(value: Any) -> Iterator[str]:
    """The conditions that `value` names in Fn::If, or as `{"Condition": name}`."""
    if isinstance(value, dict):
        if function_of(value) == "Fn::If":
            yield value["Fn::If"][0]
        elif set(value) == {"Condition"} and isinstance(value["Condition"], str):
            yield value["Condition"]
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from conditions_named(child)


def _sub_references(argument: Any, conditions: Mapping[str, bool] | None) -> Iterator[Reference]:
    pattern, variables = (argument, {}) if isinstance(argument, str) else argument
    for literal, name in PLACEHOLDER.findall(pattern):
        if not literal and name.strip() not in variables:
            resource, dot, attribute = name.strip().partition(".")
            yield Reference(resource, attribute if dot else None)
    yield from references(variables, conditions)
