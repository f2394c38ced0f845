"""A template's text to a plain tree: JSON, or YAML with the short forms of the intrinsic functions.

As on AWS, YAML has no aliases (so nothing can grow on its way in) and no timestamps.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

import json
from typing import Any

import yaml

from afluente.services.cloudformation.error import ValidationError

MAX_DEPTH = 60
"""Deeper than any real template, and shallow enough for every recursion over the tree."""

Tree = dict[str, Any]


def read(text: str) -> Tree:
    """The tree of a template. Raises ValidationError."""
    tree = _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)
    if not isinstance(tree, dict) or _too_deep(tree) or not _has_text_keys(tree):
        raise ValidationError("Template format error: unsupported structure.")
    return tree


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"(line {error.lineno}, column {error.colno})"
        raise ValidationError(f"Template format error: JSON not well-formed. {place}") from None
    except RecursionError:
        raise ValidationError("Template format error: unsupported structure.") from None


def _read_yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(f"Template format error: YAML not well-formed.{place}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ValidationError("Template format error: YAML not well-formed.") from None


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation takes it."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ValidationError("Template format error: YAML aliases are not allowed in CloudFormation templates")
        return super().compose_node(parent, index)

    def construct_short_form(self, suffix: str, node: yaml.Node) -> Tree:
        """`!Sub x` as `{"Fn::Sub": x}`."""
        value = self._construct_any(node)
        if suffix in {"Ref", "Condition"}:
            return {suffix: value}
        if suffix == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {f"Fn::{suffix}": value}

    def _construct_any(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        # the tag said which function, so the scalar's own type is found as if it were untagged
        plain = self.resolve(yaml.ScalarNode, node.value, (getattr(node, "style", None) is None, False))  # type: ignore[no-untyped-call]
        return self.construct_object(yaml.ScalarNode(plain, node.value, node.start_mark, node.end_mark))


_Loader.add_multi_constructor("!", _Loader.construct_short_form)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _too_deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _has_text_keys(node: Any) -> bool:
    """Numbers and the like as keys become text, in place; what cannot be one is refused."""
    if isinstance(node, dict):
        for key in [key for key in node if not isinstance(key, str)]:
            if not isinstance(key, int | float):
                return False
            node[str(key)] = node.pop(key)
    return all(map(_has_text_keys, _children(node)))
