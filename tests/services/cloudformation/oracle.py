"""A second evaluator of templates, written from the documentation alone, and random templates for both.

It is slow, recursive and knows no service: what it says and what the engine says have to be the same.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import re
from typing import Any

from hypothesis import strategies as st

WORDS = st.text("abc019", max_size=4)
CONDITIONS = ("C0", "C1", "C2")
PARAMETERS: dict[str, Any] = {
    "Word": {"Type": "String", "Default": "wind"},
    "Number": {"Type": "Number", "Default": 3},
    "Items": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
}
MAPPING: dict[str, Any] = {"M": {"wind": {"x": "one", "list": ["p", "q"]}, "a": {"x": "two", "list": []}}}
GONE = object()


class Refused(Exception):
    """The template cannot be evaluated."""


def strings(resources: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """Expressions that give a text. `resources`: what may be referred to."""
    named: list[st.SearchStrategy[Any]] = [
        st.sampled_from([{"Ref": "Word"}, {"Ref": "Number"}, {"Ref": "AWS::Region"}, {"Fn::Sub": "${Word}${!x}"}])
    ]
    if resources:
        named += [
            st.sampled_from(resources).map(lambda name: {"Ref": name}),
            st.sampled_from(resources).map(lambda name: {"Fn::Sub": f"<${{{name}}}>${{AWS::Region}}"}),
            st.sampled_from(resources).map(lambda name: {"Fn::GetAtt": [name, "Arn"]}),
        ]
    return st.recursive(
        st.one_of(WORDS, *named),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(CONDITIONS), inner, inner).map(lambda parts: {"Fn::If": list(parts)}),
            st.tuples(st.sampled_from(["", "-", "b"]), lists(inner)).map(lambda parts: {"Fn::Join": list(parts)}),
            st.tuples(st.integers(0, 2), lists(inner)).map(lambda parts: {"Fn::Select": list(parts)}),
            inner.map(lambda value: {"Fn::Sub": ["${v}.${Word}", {"v": value}]}),
            st.tuples(st.just("M"), inner, st.just("x")).map(lambda parts: {"Fn::FindInMap": list(parts)}),
        ),
        max_leaves=6,
    )


def lists(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Expressions that give a list of texts."""
    optional = items.map(lambda value: {"Fn::If": ["C0", value, {"Ref": "AWS::NoValue"}]})
    return st.one_of(
        st.lists(st.one_of(items, optional), min_size=1, max_size=3),
        st.just({"Ref": "Items"}),
        st.just({"Fn::GetAZs": ""}),
        st.just({"Fn::FindInMap": ["M", "wind", "list"]}),
        st.tuples(st.sampled_from(["a", "-"]), items).map(lambda parts: {"Fn::Split": list(parts)}),
    )


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    """Three conditions, each of which may refer to those before it."""
    return st.tuples(*(_condition(CONDITIONS[:number]) for number in range(3))).map(
        lambda claims: dict(zip(CONDITIONS, claims, strict=True))
    )


def _condition(earlier: tuple[str, ...]) -> st.SearchStrategy[Any]:
    sides: st.SearchStrategy[Any] = st.sampled_from(
        ["wind", "3", {"Ref": "Word"}, {"Ref": "Number"}, 3, {"Fn::Select": [0, {"Ref": "Items"}]}]
    )
    leaves: st.SearchStrategy[Any] = st.tuples(sides, sides).map(lambda pair: {"Fn::Equals": list(pair)})
    if earlier:
        leaves |= st.sampled_from(earlier).map(lambda name: {"Condition": name})
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda claim: {"Fn::Not": [claim]}),
            st.lists(inner, min_size=2, max_size=3).map(lambda claims: {"Fn::And": claims}),
            st.lists(inner, min_size=2, max_size=3).map(lambda claims: {"Fn::Or": claims}),
        ),
        max_leaves=4,
    )


class Oracle:
    """What a template means. `references` and `attributes`: those of its resources."""

    def __init__(self, template: dict[str, Any], references: Any, attributes: Any) -> None:
        self._template = template
        self._references = references
        self._attributes = attributes

    def holds(self, claim: Any) -> bool:
        """The truth of a condition, given by its name or spelled out."""
        if isinstance(claim, str):
            return self.holds(self._template["Conditions"][claim])
        ((name, argument),) = claim.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Equals":
            left, right = argument
            return _as_text(self.value(left)) == _as_text(self.value(right))
        truths = [self.holds(part) for part in argument]
        if name == "Fn::Not":
            return not truths[0]
        return all(truths) if name == "Fn::And" else any(truths)

    def value(self, node: Any) -> Any:
        """What an expression comes to. Raises Refused."""
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not GONE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            method = getattr(self, "_" + name.removeprefix("Fn::").lower(), None)
            if method is not None:
                return method(argument)
        values = {name: self.value(child) for name, child in node.items()}
        return {name: value for name, value in values.items() if value is not GONE}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return GONE
        if name == "AWS::Region":
            return "us-east-1"
        if name in PARAMETERS:
            default = str(PARAMETERS[name]["Default"])
            return [item.strip() for item in default.split(",")] if name == "Items" else default
        return self._references(name)

    def _getatt(self, argument: list[str]) -> Any:
        return self._attributes(*argument)

    def _if(self, argument: list[Any]) -> Any:
        return self.value(argument[1] if self.holds(argument[0]) else argument[2])

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(_as_text(item) for item in self.value(argument[1]))

    def _select(self, argument: list[Any]) -> Any:
        items = self.value(argument[1])
        if argument[0] >= len(items):
            raise Refused
        return items[argument[0]]

    def _split(self, argument: list[Any]) -> list[str]:
        return _as_text(self.value(argument[1])).split(argument[0])

    def _findinmap(self, argument: list[Any]) -> Any:
        _, first, second = (_as_text(self.value(part)) for part in argument)
        if first not in MAPPING["M"]:
            raise Refused
        return MAPPING["M"][first][second]

    @staticmethod
    def _getazs(argument: str) -> list[str]:
        return [f"{argument or 'us-east-1'}{letter}" for letter in "abc"]

    def _base64(self, argument: Any) -> str:
        return base64.b64encode(_as_text(self.value(argument)).encode()).decode()

    def _sub(self, argument: Any) -> str:
        pattern, given = (argument, {}) if isinstance(argument, str) else argument
        found = ""
        for part in re.split(r"(\$\{[^}]*\})", pattern):
            if part.startswith("${!"):
                found += "${" + part[3:]
            elif part.startswith("${"):
                name = part[2:-1]
                found += _as_text(self.value(given[name]) if name in given else self._ref(name))
            else:
                found += part
        return found


def _as_text(value: Any) -> str:
    return str(value)
