"""Python source text: literals, paths and calls as Glue Studio lays them out."""

import json
import re
from typing import Any


class Code(str):
    """Source text that stands for itself, such as a variable's name."""

    __slots__ = ()


def literal(value: Any) -> str:
    """`value` as Python source, texts in double quotes."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(name)}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def call(function: str, /, **arguments: Any) -> str:
    """A call with one argument per line, those that are None left out."""
    lines = [f"    {name}={literal(value)},\n" for name, value in arguments.items() if value is not None]
    return f"{function}(\n{''.join(lines)})"


def dotted(path: list[str]) -> str:
    """A path to a nested field as DynamicFrame transforms spell it: `a.b`, with backticks around a name with a dot."""
    return ".".join(f"`{part}`" if "." in part else part for part in path)


def variable(name: str, node_id: str) -> str:
    """The variable of a node: its name without blanks and signs, and the digits of its id."""
    words = re.sub(r"[^0-9A-Za-z]", "", name) or "Node"
    digits = re.sub(r"\D", "", node_id) or re.sub(r"\W", "", node_id)
    return f"{'_' if words[0].isdigit() else ''}{words}_node{digits}"
