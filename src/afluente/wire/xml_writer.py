"""XML written by the shapes of a model: the answers of the Query and REST-XML protocols."""

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from afluente.wire import timestamp
from afluente.wire.model import Shape

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

# Carriage returns, which parsers would turn into line feeds, and control characters, which XML 1.0 cannot hold but
# S3 writes all the same, as references (an object key may contain them).
SPECIAL = re.compile(r"[&<>\"\x00-\x08\x0b-\x1f\ufffe\uffff]")
ILLEGIBLE = re.compile("&#x(?:[0-8bcef]|1[0-9a-f]|fff[ef]);")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escape(text: str) -> str:
    """`text` as character data or as the inside of an attribute."""
    return SPECIAL.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    return ENTITIES.get(found[0]) or f"&#x{ord(found[0]):x};"


def legible(xml: str) -> str:
    """The same without references to characters that XML 1.0 cannot hold: what quotes one back can still be read."""
    return ILLEGIBLE.sub("\ufffd", xml)


def element(name: str, text: str, attributes: str = "") -> str:
    """An element with `text`, which is XML already."""
    return f"<{name}{attributes}>{text}</{name}>"


class XmlWriter:
    """Writes values as XML. `milliseconds`: timestamps carry them."""

    def __init__(self, *, milliseconds: bool) -> None:
        self._milliseconds = milliseconds

    def content(self, shape: Shape, value: Mapping[str, Any]) -> str:
        """The elements of a structure's members, without the structure's own element.

        Members bound to headers are left out, and so are those that are None.
        """
        parts = []
        for name, element_name, member in shape.elements:
            item = value.get(name)
            if item is None:
                continue
            if type(item) is str and member.type == "string":  # most are
                parts.append(f"<{element_name}>{escape(item)}</{element_name}>")
            else:
                parts.append(self._member(element_name, member, item))
        return "".join(parts)

    def named(self, name: str, shape: Shape, value: Any) -> str:
        """`value` in an element of that name."""
        match shape.type:
            case "structure":
                return element(name, self.content(shape, value), self._attributes(shape, value))
            case "list":
                inner = shape.member.location_name or "member"
                return element(name, "".join(self.named(inner, shape.member, item) for item in value))
            case "map":
                return element(name, "".join(element("entry", e) for e in self._entries(shape, value)))
            case _:
                return element(name, escape(self.text(shape, value)))

    def text(self, shape: Shape, value: Any) -> str:
        """A scalar's text, not yet escaped."""
        if isinstance(value, datetime):
            return timestamp.to_iso8601(value, milliseconds=self._milliseconds)
        if shape.type == "boolean":
            return "true" if value else "false"
        if shape.type == "blob":
            return base64.b64encode(value).decode()
        return str(value)

    def _member(self, name: str, shape: Shape, value: Any) -> str:
        if not shape.flattened:
            return self.named(name, shape, value)
        if shape.type == "map":
            return "".join(element(name, entry) for entry in self._entries(shape, value))
        inner = shape.member.location_name or name
        return "".join(self.named(inner, shape.member, item) for item in value)

    def _entries(self, shape: Shape, value: Mapping[str, Any]) -> list[str]:
        key, inner = shape.key.location_name or "key", shape.value.location_name or "value"
        return [self.named(key, shape.key, k) + self.named(inner, shape.value, v) for k, v in value.items()]

    def _attributes(self, shape: Shape, value: Mapping[str, Any]) -> str:
        text = _namespace(shape)
        for name, attribute_name in shape.attributes:
            if value.get(name) is not None:
                text += f' {attribute_name}="{escape(str(value[name]))}"'
        return text


def _namespace(shape: Shape) -> str:
    """Only namespaces with a prefix: the plain one stands on the root already."""
    if not shape.xml_namespace or "prefix" not in shape.xml_namespace:
        return ""
    return f' xmlns:{shape.xml_namespace["prefix"]}="{shape.xml_namespace["uri"]}"'
