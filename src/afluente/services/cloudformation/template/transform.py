"""Transforms: what a template is made into before it is looked at. AWS::Include, and AWS::LanguageExtensions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template import expression
from afluente.services.cloudformation.template.expression import Scope
from afluente.services.cloudformation.template.parameter import Parameter, declare
from afluente.services.cloudformation.template.reader import Tree, read

EXTENSIONS = "AWS::LanguageExtensions"
INCLUDE = "AWS::Include"
LOOP = "Fn::ForEach::"
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
LOOPED = ("Conditions", "Outputs", "Resources")
MAX_BYTES = 1_000_000
TOO_LONG = f"Template may not exceed {MAX_BYTES} bytes in size."

Fetch = Callable[[str], str]
"""The text of what lies at `s3://bucket/key`."""


def declared_transforms(text: str) -> list[str]:
    """The transforms that a template asks for, those of its parts too. Raises NotImplemented for others than ours."""
    tree = read(text)
    names = [_name(item) for item in _listed(tree.get("Transform", []))]
    names += [name for name in _inner(tree) if name not in names]
    unknown = [name for name in names if name not in {EXTENSIONS, INCLUDE}]
    if unknown:
        raise Unsupported(f"Afluente does not have the transform {unknown[0]}.")
    return names


def transform(
    text: str, given: Mapping[str, str], pseudo: Mapping[str, Any], fetch: Fetch, *, only_declared: bool = False
) -> str:
    """The template that `text` stands for. `given`: the request's parameters. Raises ValidationError.

    only_declared: parameters without a value are fine; a loop over one is left out.
    """
    names = declared_transforms(text)
    if not names:
        return text
    tree = _included(read(text), Scope({**_parameters(read(text), given), **pseudo}), fetch)
    outer = [item for item in _listed(tree.pop("Transform", [])) if _name(item) == INCLUDE]
    for item in outer:
        tree = {**tree, **_snippet(item, Scope({**_parameters(tree, given), **pseudo}), fetch)}
    if EXTENSIONS in names:
        reference = (lambda _: []) if only_declared else _unknown
        scope = Scope({**_parameters(tree, given), **pseudo}, tree.get("Mappings", {}), reference=reference)
        extension = Extension(scope)
        tree = {name: extension.extended(part) if name in LOOPED else part for name, part in tree.items()}
        tree["Transform"] = EXTENSIONS
    processed = json.dumps(tree)
    if len(processed.encode()) > MAX_BYTES:
        raise ValidationError(TOO_LONG)
    return processed


def _evaluated(value: Any, scope: Scope) -> Any:
    expression.check(value)
    return expression.evaluate(value, scope)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(item: Any) -> str:
    name = item.get("Name") if isinstance(item, dict) else item
    if not isinstance(name, str):
        raise ValidationError("Template format error: every transform needs a Name.")
    return name


def _inner(node: Any) -> list[str]:
    """The names of the transforms within a template's parts."""
    found = [_name(node["Fn::Transform"])] if isinstance(node, dict) and "Fn::Transform" in node else []
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        found += _inner(child)
    return found


def _parameters(tree: Tree, given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that have a value, as Ref gives them."""
    section = tree.get("Parameters", {})
    declared = {name: declare(name, body) for name, body in section.items()} if isinstance(section, dict) else {}
    values = {name: _value(parameter, given) for name, parameter in declared.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(parameter: Parameter, given: Mapping[str, str]) -> Any:
    text = given.get(parameter.name, parameter.default)
    return None if text is None else parameter.resolve(text)


# AWS::Include.


def _included(node: Any, scope: Scope, fetch: Fetch) -> Any:
    """A part with what it includes in its place: the innermost first."""
    if isinstance(node, list):
        return [_included(item, scope, fetch) for item in node]
    if not isinstance(node, dict):
        return node
    found = {name: _included(child, scope, fetch) for name, child in node.items()}
    wanted = found.pop("Fn::Transform", None)
    return found if wanted is None else {**found, **_snippet(wanted, scope, fetch)}


def _snippet(wanted: Any, scope: Scope, fetch: Fetch) -> Tree:
    parameters = wanted.get("Parameters", {}) if isinstance(wanted, dict) else {}
    location = _evaluated(parameters.get("Location"), scope)
    if _name(wanted) != INCLUDE or not isinstance(location, str):
        raise ValidationError("Transform AWS::Include failed with: The parameter Location is required.")
    return read(fetch(location))


# AWS::LanguageExtensions.


def _unknown(name: str) -> Any:
    raise ValidationError(f"Transform {EXTENSIONS} failed with: {name} is not known before the stack is made.")


class Extension:
    """Makes parts of a template without loops, and without functions where only names may be.

    What loops may make is counted, so that a small template does not grow beyond all bounds.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._left = MAX_BYTES

    def extended(self, node: Any) -> Any:
        """A part as it is meant. Raises ValidationError."""
        if isinstance(node, list):
            return [self.extended(item) for item in node]
        if not isinstance(node, dict):
            return node
        found: Tree = {}
        for name, child in node.items():
            made = self._looped(child) if name.startswith(LOOP) else {name: self.extended(self._settled(name, child))}
            _join(found, made, "{} is there more than once.")
        return found

    def _settled(self, name: str, value: Any) -> Any:
        """A name that a function gives, where otherwise only a literal may be."""
        if name in {"Ref", *POLICIES} and isinstance(value, dict):
            return _evaluated(value, self._scope)
        if name == "Fn::GetAtt" and isinstance(value, list) and value and isinstance(value[0], dict):
            return [_evaluated(value[0], self._scope), *value[1:]]
        return value

    def _looped(self, loop: Any) -> Tree:
        if not (isinstance(loop, list) and len(loop) == 3 and isinstance(loop[0], str) and isinstance(loop[2], dict)):
            raise ValidationError(f"Transform {EXTENSIONS} failed with: Fn::ForEach layout is incorrect.")
        identifier, collection, fragment = loop
        items, size = _evaluated(collection, self._scope), len(json.dumps(fragment))
        if not isinstance(items, list) or any(isinstance(item, dict | list) for item in items):
            raise ValidationError(f"Transform {EXTENSIONS} failed with: Fn::ForEach could not be resolved.")
        found: Tree = {}
        for item in items:
            self._left -= size
            if self._left < 0:
                raise ValidationError(TOO_LONG)
            made = self.extended(_bound(fragment, identifier, expression.text(item)))
            _join(found, made, f"{{}} is there for each item: every key of a loop needs its {identifier}.")
        return found


def _join(found: Tree, made: Tree, message: str) -> None:
    for name in made:
        if name in found:
            raise ValidationError(f"Transform {EXTENSIONS} failed with: {message.format(name)}")
    found.update(made)


def _bound(node: Any, identifier: str, value: str) -> Any:
    """A fragment with the identifier's value in all its places."""
    if isinstance(node, list):
        return [_bound(item, identifier, value) for item in node]
    if isinstance(node, dict):
        if node == {"Ref": identifier}:
            return value
        return {_bound(name, identifier, value): _bound(child, identifier, value) for name, child in node.items()}
    if isinstance(node, str):
        plain = re.sub("[^A-Za-z0-9]", "", value)
        return node.replace(f"${{{identifier}}}", value).replace(f"&{{{identifier}}}", plain)
    return node
