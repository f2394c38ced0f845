"""XML read by the shapes of a model: the bodies of REST-XML requests.

Document types are refused, so there are no entities to expand. As S3 checks bodies against its schema, unknown
elements are refused too. Namespaces are not compared.
"""

from typing import Any
from xml.etree import ElementTree as ET

from afluente.core.error import AwsError
from afluente.wire.model import Shape
from afluente.wire.number import scalar


class MalformedXML(AwsError):
    """A body that is not XML, or not the XML of its operation."""

    def __init__(self) -> None:
        super().__init__("The XML you provided was not well-formed or did not validate against our published schema")


class _Builder(ET.TreeBuilder):
    def doctype(self, *_: object) -> None:
        raise MalformedXML


def parse(content: bytes) -> ET.Element:
    """The root element. Raises MalformedXML."""
    parser = ET.XMLParser(target=_Builder())  # noqa: S314  # document types, the danger, end the parsing
    try:
        parser.feed(content)
        root: ET.Element = parser.close()
    except (ET.ParseError, LookupError, ValueError):
        raise MalformedXML from None
    return root


def read(shape: Shape, node: ET.Element) -> Any:
    """The value that `shape` makes of `node`. Raises MalformedXML."""
    match shape.type:
        case "structure":
            return _structure(shape, node)
        case "list":
            return [read(shape.member, child) for child in node]
        case kind:
            return _scalar(kind, node.text or "")


def _structure(shape: Shape, node: ET.Element) -> dict[str, Any]:
    names = {_name(member, name): name for name, member in shape.members.items() if member.location is None}
    found: dict[str, Any] = _attributes(shape, node)
    for child in node:
        name = names.get(_local(child.tag))
        if name is None:
            raise MalformedXML
        member = shape.members[name]
        if member.type == "list" and member.flattened:
            found.setdefault(name, []).append(read(member.member, child))
        elif name in found:
            raise MalformedXML
        else:
            found[name] = read(member, child)
    return found


def _attributes(shape: Shape, node: ET.Element) -> dict[str, Any]:
    given = {_local(key): value for key, value in node.attrib.items()}
    return {
        name: given[_attribute(member, name)]
        for name, member in shape.members.items()
        if member.xml_attribute and _attribute(member, name) in given
    }


def _attribute(member: Shape, name: str) -> str:
    return (member.location_name or name).rpartition(":")[2]


def _name(member: Shape, name: str) -> str:
    if member.type == "list" and member.flattened and member.member.location_name:
        return member.member.location_name
    return member.location_name or name


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _scalar(kind: str, text: str) -> Any:
    try:
        return scalar(kind, text if kind == "string" else text.strip())
    except ValueError:
        raise MalformedXML from None
