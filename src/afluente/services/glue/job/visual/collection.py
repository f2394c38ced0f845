"""Nodes that make or take collections of frames, user code among them."""

import re
import textwrap
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import Code, call, dotted, literal

TYPES: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "complex": complex,
    "bool": lambda text: text.lower() == "true",
}


def split_fields(node: Node) -> Part:
    """SplitFields."""
    text = call(
        "SplitFields.apply",
        frame=node.input,
        paths=[dotted(path) for path in node.members["Paths"]],
        name1=f"{node.variable}0",
        name2=f"{node.variable}1",
        transformation_ctx=node.variable,
    )
    return Part([f"{node.variable} = {text}"])


def select_from_collection(node: Node) -> Part:
    """SelectFromCollection."""
    key = Code(f"list({node.input}.keys())[{int(node.members['Index'])}]")
    text = call("SelectFromCollection.apply", dfc=node.input, key=key, transformation_ctx=node.variable)
    return Part([f"{node.variable} = {text}"])


def custom_code(node: Node) -> Part:
    """CustomCode: a function of the user's, which takes a collection of the inputs and gives one."""
    name = _identifier(node, "ClassName")
    body = textwrap.indent(textwrap.dedent(node.members["Code"]).strip("\n"), "    ")
    head = f"# Script generated for node {node.title}\ndef {name}(glueContext, dfc) -> DynamicFrameCollection:"
    frames = "{" + ", ".join(f"{literal(str(each))}: {each}" for each in node.inputs) + "}"
    text = f"{name}(\n    glueContext,\n    DynamicFrameCollection({frames}, glueContext),\n)"
    return Part(
        [f"{node.variable} = {text}"], frozenset({"DynamicFrame", "DynamicFrameCollection"}), f"\n\n{head}\n{body}\n"
    )


def dynamic_transform(node: Node) -> Part:
    """DynamicTransform: a method of frames that a module of the user's, in S3, adds to them."""
    place = node.members["Path"]
    if re.match(r"s3://aws-glue-studio-transforms-", place):
        raise Unsupported(f"DynamicTransform.Path of node {node.id} names one of Glue's own transforms: not supported")
    module = PurePosixPath(place).stem
    if not module.isidentifier():
        raise InvalidInputException(f"Path of node {node.id} must end with the name of a Python module.")
    given = node.members.get("Parameters") or []
    arguments = {each["Name"]: _value(node, each) for each in given if each.get("Value")}
    text = call(f"{node.input}.{_identifier(node, 'FunctionName')}", **arguments)
    return Part([f"{node.variable} = {text}"], definition=f"import {module}\n")


def _value(node: Node, parameter: dict[str, Any]) -> Any:
    kind, values = parameter["Type"], parameter["Value"]
    try:
        if kind == "list":
            return [TYPES[parameter.get("ListType", "str")](each) for each in values]
        return TYPES[kind](values[0]) if kind in TYPES else None
    except ValueError:
        raise InvalidInputException(f"Parameter {parameter['Name']} of node {node.id} is no {kind}.") from None


def _identifier(node: Node, member: str) -> str:
    name: str = node.members[member]
    if not name.isidentifier():
        raise InvalidInputException(f"{member} of node {node.id} must be a name of Python.")
    return name
