"""Form parameters (`Tags.member.1.Key=a`) read by the shapes of a model, as the Query protocol has them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from afluente.core.error import AwsError
from afluente.wire import timestamp
from afluente.wire.codec import JSON
from afluente.wire.model import Shape

MAX_DIGITS = 9
"""Of a list's index: more than any list can have, less than what takes long to read."""


class MalformedInput(AwsError):
    """A value that cannot be read as what its member is."""


class Node:
    """One step of the parameters' names: its own value, if it has one, and the names below it."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.below: dict[str, Node] = {}

    def items(self) -> list["Node"]:
        """What lies under `1`, `2` ..., in that order."""
        numbered = [
            (int(name), node)
            for name, node in self.below.items()
            if name.isascii() and name.isdigit() and len(name) <= MAX_DIGITS
        ]
        return [node for _, node in sorted(numbered, key=lambda pair: pair[0])]


def tree_of(parameters: list[tuple[str, str]]) -> Node:
    """The parameters as a tree of their dotted names."""
    root = Node()
    for name, value in parameters:
        node = root
        for step in name.split("."):
            node = node.below.setdefault(step, Node())
        node.value = value
    return root


def read(shape: Shape, node: Node) -> Any:
    """The value that `shape` makes of `node`. Raises MalformedInput."""
    match shape.type:
        case "structure":
            return _structure(shape, node)
        case "list":
            container = node if shape.flattened else node.below.get(shape.member.location_name or "member", Node())
            return [read(shape.member, item) for item in container.items()]
        case "map":
            return _map(shape, node)
        case kind:
            return _scalar(kind, node.value or "")


def _structure(shape: Shape, node: Node) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        below = node.below.get(_name(member, name))
        if below is not None and (below.below or below.value is not None):
            found[name] = read(member, below)
    return found


def _name(member: Shape, name: str) -> str:
    if member.type == "list" and member.flattened and member.member.location_name:
        return member.member.location_name
    return member.location_name or name


def _map(shape: Shape, node: Node) -> dict[str, Any]:
    entries = node if shape.flattened else node.below.get("entry", Node())
    key, value = shape.key.location_name or "key", shape.value.location_name or "value"
    return {
        read(shape.key, entry.below[key]): read(shape.value, entry.below.get(value, Node()))
        for entry in entries.items()
        if key in entry.below
    }


def _scalar(kind: str, text: str) -> Any:
    try:
        return SCALARS[kind](text)
    except ValueError:
        raise MalformedInput("") from None


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _integer(text: str) -> int:
    if len(text) > 20:
        raise ValueError(text)
    return int(text)


def _timestamp(text: str) -> datetime:
    return timestamp.from_text(text)


SCALARS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "character": str,
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "float": float,
    "double": float,
    "blob": JSON.read_blob,
    "timestamp": _timestamp,
}
