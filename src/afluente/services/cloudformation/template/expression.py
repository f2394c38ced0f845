"""Intrinsic functions: the shape each must have, what an expression refers to, and its value.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import ValidationError


class NoValue:
    """What `!Ref AWS::NoValue` is: the member that has it goes."""


NO_VALUE = NoValue()

NOT_SUPPORTED = frozenset(f"Fn::{name}" for name in ("ForEach", "GetStackOutput", "Transform"))
"""AWS has these; here they are unknown, or (ForEach, Transform) where they may not be."""

EXTENDED = ("Fn::Length", "Fn::ToJsonString")
"""Functions that AWS::LanguageExtensions brings."""

ZONES = ("a", "b", "c")
"""A region's availability zones: nothing here lies in one of them."""
MAX_BLOCKS = 256

DYNAMIC = re.compile(r"\{\{resolve:[a-z-]+:.*?\}\}", re.DOTALL)
"""A reference to a parameter store or to secrets, which AWS resolves when a resource is made."""

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """What names mean. `reference` gives a resource's Ref, `attribute` one of its attributes."""

    values: Mapping[str, Any]
    """Parameters and pseudo parameters."""
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)
    reference: Callable[[str], Any] = lambda name: f"${{{name}}}"
    attribute: Callable[[str, str], Any] = lambda name, attribute: f"${{{name}.{attribute}}}"
    exports: Mapping[str, str] = field(default_factory=dict)
    """What other stacks export."""


def function_of(value: Any) -> str | None:
    """The intrinsic function that `value` calls, if it does."""
    if isinstance(value, dict) and len(value) == 1:
        name = str(next(iter(value)))
        if name == "Ref" or name.startswith("Fn::"):
            return name
    return None


def check(value: Any) -> None:
    """Raises ValidationError where a function, anywhere in `value`, has not the shape that it must have."""
    if isinstance(value, str) and (found := DYNAMIC.search(value)):
        raise Unsupported(f"Afluente does not support dynamic references: {found[0]} in a template.")
    name = function_of(value)
    if name is not None:
        argument = value[name]
        if name not in FUNCTIONS:
            raise _unknown(name)
        well_formed, message = FUNCTIONS[name].shape, FUNCTIONS[name].message
        if not well_formed(argument):
            raise ValidationError(message)
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        check(child)


def _unknown(name: str) -> AwsError:
    if name in NOT_SUPPORTED or name.startswith("Fn::ForEach::"):
        return Unsupported(f"Afluente does not support the intrinsic function {name} in templates.")
    return ValidationError(f"Template error: {name} is not an intrinsic function")


def evaluate(value: Any, scope: Scope) -> Any:
    """The value of an expression. Members without a value are left out. Raises ValidationError."""
    name = function_of(value)
    if name is not None:
        return FUNCTIONS[name].value(value[name], scope)
    if isinstance(value, dict):
        members = ((key, evaluate(child, scope)) for key, child in value.items())
        return {key: child for key, child in members if child is not NO_VALUE}
    if isinstance(value, list):
        return [child for child in (evaluate(item, scope) for item in value) if child is not NO_VALUE]
    return value


def evaluate_condition(value: Any, scope: Scope, named: Callable[[str], bool]) -> bool:
    """The truth of a condition; `named` gives that of another one."""
    name, argument = next(iter(value.items()))
    if name == "Condition":
        return named(argument)
    if name == "Fn::Equals":
        left, right = (_comparable(evaluate(side, scope)) for side in argument)
        return bool(left == right)
    parts = [evaluate_condition(part, scope, named) for part in argument]
    return {"Fn::Not": lambda: not parts[0], "Fn::And": lambda: all(parts), "Fn::Or": lambda: any(parts)}[name]()


def attribute_parts(argument: Any) -> tuple[str, Any]:
    """The resource and the attribute of a Fn::GetAtt, given as a list or as `A.B`."""
    resource, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return resource, attribute


def text(value: Any) -> str:
    """A scalar as CloudFormation writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    return value if isinstance(value, dict | NoValue) else text(value)


def _ref(argument: Any, scope: Scope) -> Any:
    if argument == "AWS::NoValue":
        return NO_VALUE
    return scope.values[argument] if argument in scope.values else scope.reference(argument)


def _get_att(argument: Any, scope: Scope) -> Any:
    resource, attribute = attribute_parts(argument)
    return scope.attribute(resource, text(evaluate(attribute, scope)))


def chosen(argument: Any, conditions: Mapping[str, bool]) -> Any:
    """The branch of a Fn::If that counts."""
    condition, when_true, when_false = argument
    return when_true if conditions.get(condition, False) else when_false


def _if(argument: Any, scope: Scope) -> Any:
    return evaluate(chosen(argument, scope.conditions), scope)


def _join(argument: Any, scope: Scope) -> Any:
    items = evaluate(argument[1], scope)
    if not isinstance(items, list) or any(isinstance(item, dict | list) for item in items):
        raise ValidationError(FUNCTIONS["Fn::Join"].message)
    return text(argument[0]).join(map(text, items))


def _select(argument: Any, scope: Scope) -> Any:
    index, items = text(evaluate(argument[0], scope)), evaluate(argument[1], scope)
    if not index.isdecimal() or not isinstance(items, list):
        raise ValidationError(FUNCTIONS["Fn::Select"].message)
    if int(index) >= len(items):
        raise ValidationError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return items[int(index)]


def _split(argument: Any, scope: Scope) -> Any:
    whole = evaluate(argument[1], scope)
    if isinstance(whole, dict | list | NoValue):
        raise ValidationError(FUNCTIONS["Fn::Split"].message)
    return text(whole).split(argument[0])


def _base64(argument: Any, scope: Scope) -> Any:
    whole = evaluate(argument, scope)
    if isinstance(whole, dict | list | NoValue):
        raise ValidationError(FUNCTIONS["Fn::Base64"].message)
    return base64.b64encode(text(whole).encode()).decode()


def _find_in_map(argument: Any, scope: Scope) -> Any:
    name, first, second = (text(evaluate(part, scope)) for part in argument[:3])
    try:
        return scope.mappings[name][first][second]
    except KeyError:
        if len(argument) == 4:
            return evaluate(argument[3]["DefaultValue"], scope)
        raise ValidationError(f"Template error: Unable to get mapping for {name}::{first}::{second}") from None


def _length(argument: Any, scope: Scope) -> Any:
    items = evaluate(argument, scope)
    if not isinstance(items, list):
        raise ValidationError(FUNCTIONS["Fn::Length"].message)
    return len(items)


def _to_json_string(argument: Any, scope: Scope) -> Any:
    value = evaluate(argument, scope)
    if not isinstance(value, dict | list):
        raise ValidationError(FUNCTIONS["Fn::ToJsonString"].message)
    return json.dumps(value, separators=(",", ":"))


def _get_azs(argument: Any, scope: Scope) -> Any:
    region = text(evaluate(argument, scope)) or scope.values["AWS::Region"]
    return [f"{region}{zone}" for zone in ZONES]


def _cidr(argument: Any, scope: Scope) -> Any:
    block, count, bits = (text(evaluate(part, scope)) for part in (*argument, 8)[:3])
    try:
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [str(subnet) for subnet in islice(subnets, int(count))]
    except ValueError:
        raise ValidationError(FUNCTIONS["Fn::Cidr"].message) from None
    if not found or len(found) < int(count) or int(count) > MAX_BLOCKS:
        raise ValidationError(
            f"Template error: Fn::Cidr cannot give {count} blocks of {bits} bits out of {block} (at most {MAX_BLOCKS})"
        )
    return found


def _import_value(argument: Any, scope: Scope) -> Any:
    name = text(evaluate(argument, scope))
    if name not in scope.exports:
        raise ValidationError(f"No export named {name} found.")
    return scope.exports[name]


PLACEHOLDER = re.compile(r"\$\{(!?)([^{}]*)\}")


def _sub(argument: Any, scope: Scope) -> Any:
    pattern, variables = (argument, {}) if isinstance(argument, str) else argument

    def replace(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return f"${{{name}}}"
        name = name.strip()
        if name in variables:
            value = evaluate(variables[name], scope)
        elif "." in name:
            value = scope.attribute(*name.split(".", 1))
        else:
            value = _ref(name, scope)
        if isinstance(value, list):
            return ",".join(map(text, value))
        return "" if value is NO_VALUE else text(value)

    return PLACEHOLDER.sub(replace, pattern)


class Function(NamedTuple):
    """An intrinsic function: whether an argument has its shape, what to say when not, and its value."""

    shape: Callable[[Any], bool]
    message: str
    value: Callable[[Any, Scope], Any]


def _not_here(argument: Any, scope: Scope) -> Any:
    del argument, scope
    raise ValidationError("Template error: Fn::And, Fn::Or, Fn::Not and Fn::Equals are for conditions only")


def _is_list(length: int) -> Callable[[Any], bool]:
    return lambda argument: isinstance(argument, list) and len(argument) == length


def _is_operands(argument: Any) -> bool:
    return isinstance(argument, list) and 2 <= len(argument) <= 10 and all(map(_is_condition, argument))


def _is_condition(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in CONDITION_FUNCTIONS


CONDITION_FUNCTIONS = frozenset({"Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"})


def _is_attribute(argument: Any) -> bool:
    if isinstance(argument, str):
        return all(argument.partition("."))
    return (
        isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str)
        and bool(argument[0]) and bool(argument[1]) and isinstance(argument[1], str | dict)
    )  # fmt: skip


def _is_look_up(argument: Any) -> bool:
    if not isinstance(argument, list) or len(argument) not in {3, 4}:
        return False
    return len(argument) == 3 or (isinstance(argument[3], dict) and argument[3].keys() == {"DefaultValue"})


def _is_sub(argument: Any) -> bool:
    if isinstance(argument, list) and len(argument) == 2:
        return isinstance(argument[0], str) and isinstance(argument[1], dict)
    return isinstance(argument, str)


FUNCTIONS = {
    "Ref": Function(
        lambda argument: isinstance(argument, str) and bool(argument),
        "Template error: every Ref object must have a single String value.",
        _ref,
    ),
    "Fn::GetAtt": Function(
        _is_attribute,
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
        "attribute",
        _get_att,
    ),
    "Fn::If": Function(
        lambda argument: _is_list(3)(argument) and isinstance(argument[0], str),
        "Template error: Fn::If requires a list argument with three elements",
        _if,
    ),
    "Fn::Join": Function(
        lambda argument: _is_list(2)(argument) and isinstance(argument[0], str) and not isinstance(argument[1], str),
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
        "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
        _join,
    ),
    "Fn::Select": Function(
        _is_list(2),
        "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        _select,
    ),
    "Fn::Split": Function(
        lambda argument: _is_list(2)(argument) and isinstance(argument[0], str) and bool(argument[0]),
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be "
        "split or a function that returns a string to be split.",
        _split,
    ),
    "Fn::Sub": Function(
        _is_sub,
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
        "first argument, and an optional second argument to specify a mapping of values to replace in the string",
        _sub,
    ),
    "Fn::Base64": Function(
        lambda argument: not isinstance(argument, list),
        "Template error: every Fn::Base64 object must have a String-typed value.",
        _base64,
    ),
    "Fn::ImportValue": Function(
        lambda argument: isinstance(argument, str | dict),
        "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string",
        _import_value,
    ),
    "Fn::FindInMap": Function(
        _is_look_up,
        "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute "
        "for return value",
        _find_in_map,
    ),
    "Fn::Cidr": Function(
        lambda argument: isinstance(argument, list) and len(argument) in {2, 3},
        "Template error: every Fn::Cidr object requires two or three parameters, (1) the IP block, (2) the count and "
        "(3) the number of bits of each block",
        _cidr,
    ),
    "Fn::GetAZs": Function(
        lambda argument: isinstance(argument, str | dict),
        "Template error: every Fn::GetAZs object must have a String-typed value.",
        _get_azs,
    ),
    "Fn::Length": Function(
        lambda argument: isinstance(argument, list | dict),
        "Template error: every Fn::Length object requires a list, or a function that returns one.",
        _length,
    ),
    "Fn::ToJsonString": Function(
        lambda argument: isinstance(argument, list | dict),
        "Template error: every Fn::ToJsonString object requires an object or a list.",
        _to_json_string,
    ),
    "Fn::Equals": Function(
        _is_list(2), "Template error: every Fn::Equals object requires a list of 2 string parameters.", _not_here
    ),
    "Fn::Not": Function(
        lambda argument: _is_list(1)(argument) and _is_condition(argument[0]),
        "Template error: every Fn::Not object requires one boolean parameter.",
        _not_here,
    ),
    "Fn::And": Function(
        _is_operands,
        "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
        _not_here,
    ),
    "Fn::Or": Function(
        _is_operands,
        "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters.",
        _not_here,
    ),
}
