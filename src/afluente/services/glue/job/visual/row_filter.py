"""Nodes that choose rows: Filter, and Route, which does so for several groups."""

import re
from typing import Any

from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import Code, call, literal

COMPARISONS = {"EQ": "==", "LT": "<", "GT": ">", "LTE": "<=", "GTE": ">="}
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def filter_rows(node: Node) -> Part:
    """Filter."""
    condition = _conditions(node.members)
    return Part([f"{node.variable} = {_filter(node, condition)}"], _helpers(condition))


def route(node: Node) -> Part:
    """Route: a collection of the groups, and of `default_group`, which has the rows of no group."""
    groups = {each["GroupName"]: _conditions(each) for each in node.members["GroupFiltersList"]}
    groups["default_group"] = f"not ({' or '.join(groups.values())})"
    lines = [f"    {literal(name)}: {_filter(node, condition)}," for name, condition in groups.items()]
    frames = "\n".join(line.replace("\n", "\n    ") for line in lines)
    text = f"DynamicFrameCollection({{\n{frames}\n}}, glueContext)"
    return Part([f"{node.variable} = {text}"], _helpers(text) | {"DynamicFrameCollection"})


def _filter(node: Node, condition: str) -> str:
    function = Code(f"lambda row: ({condition})")
    return call("Filter.apply", frame=node.input, f=function, transformation_ctx=node.variable)


def _helpers(text: str) -> frozenset[str]:
    return frozenset({"re"}) if "re.match" in text else frozenset()


def _conditions(members: dict[str, Any]) -> str:
    """The filters of a node or a group as one expression."""
    words = {"AND": " and ", "OR": " or "}
    return f"({words[members['LogicalOperator']].join(_condition(each) for each in members['Filters'])})"


def _condition(entry: dict[str, Any]) -> str:
    values = entry["Values"]
    left, *rest = (_operand(value) for value in values)
    operation = entry["Operation"]
    if operation == "ISNULL":
        text = f"{left} == None"
    elif not rest:
        raise InvalidInputException(f"Filter operation {operation} needs two values.")
    elif operation == "REGEX":
        text = f"bool(re.match({literal(values[1]['Value'][0])}, {left}))"
    else:
        text = f"{left} {COMPARISONS[operation]} {rest[0]}"
    return f"(not({text}))" if entry.get("Negated") else f"({text})"


def _operand(value: dict[str, Any]) -> str:
    if value["Type"] == "COLUMNEXTRACTED":
        return "row" + "".join(f"[{literal(part)}]" for part in value["Value"])
    text = value["Value"][0]
    return text if NUMBER.fullmatch(text) else literal(text)
