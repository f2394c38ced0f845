"""XML: the elements of one name are the records; without such a name, the document's root is the only one.

Attributes become fields with an underscore, text beside other fields `_VALUE`, repeated elements arrays: so they are
written in Glue's DynamicFrames. Entities are not expanded, and nothing outside of the document is read.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from afluente.services.glue.crawler import json_sample
from afluente.services.glue.crawler.compression import Head
from afluente.services.glue.crawler.csv_sample import of_text
from afluente.services.glue.crawler.schema import Format, Sampled, Schema

MOST_RECORDS = 1000
DEEPEST = 100
Path = tuple[str, ...]


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["_Element"] = field(default_factory=list)
    text: str = ""


def read(head: Head, row_tag: str | None = None, classification: str = "xml") -> Sampled | None:
    """The records of `head`; None when it is no XML, or has none."""
    if head.data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"<":
        return None
    document = _Document(row_tag)
    if not document.read(head) or not document.rows:
        return None
    repeated: set[Path] = set()
    for row in document.rows:
        repeated.update(_repeated(row, ()))
    values = [_value(row, (), repeated) for row in document.rows]
    records = [value if isinstance(value, dict) else {"_VALUE": value} for value in values]
    tag = row_tag or document.rows[0].name
    columns, _ = json_sample.columns(json_sample.Records(records, document.consumed))
    parameters = (("rowTag", tag),)
    form = Format(classification, head.compression, serde_parameters=parameters, parameters=parameters)
    return Sampled(Schema(form, columns), len(records), document.consumed)


class _Document:
    """Reads a document, perhaps only the begin of one, into its rows."""

    def __init__(self, row_tag: str | None) -> None:
        self._row_tag = row_tag
        self._open: list[_Element] = []
        self._data = b""
        self.rows: list[_Element] = []
        self.consumed = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._refuse

    def read(self, head: Head) -> bool:
        """Whether it is XML as far as it goes."""
        self._data = head.data
        try:
            self._parser.Parse(head.data, not head.truncated)
        except StopIteration:
            return True
        except (expat.ExpatError, ValueError):
            return False
        if head.truncated and self._row_tag is None and self._open:
            self._close_all()
        if not head.truncated or self._row_tag is None:
            self.consumed = len(head.data)
        return True

    def _close_all(self) -> None:
        """What is cut off counts as far as it goes."""
        while len(self._open) > 1:
            last = self._open.pop()
            self._open[-1].children.append(last)
        self.rows.append(self._open.pop())

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._open or self._row_tag in {None, name}:
            if len(self._open) > DEEPEST:
                raise ValueError("nested too deep")
            self._open.append(_Element(name, attributes))

    def _end(self, _: str) -> None:
        if not self._open:
            return
        element = self._open.pop()
        if self._open:
            self._open[-1].children.append(element)
        elif self._row_tag is None or element.children or not self._is_closing_itself():
            self.rows.append(element)
            self.consumed = self._parser.CurrentByteIndex
            if len(self.rows) >= MOST_RECORDS:
                raise StopIteration

    def _is_closing_itself(self) -> bool:
        """Is it `<row />`? Glue passes over such."""
        at = self._parser.CurrentByteIndex
        return self._data[at - 2 : at] == b"/>"

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _refuse(self, *_: object) -> None:
        raise ValueError("a document that declares entities")


def _repeated(element: _Element, path: Path) -> Iterator[Path]:
    """The paths of elements that stand more than once in the same element."""
    counts = Counter(child.name for child in element.children)
    for child in element.children:
        below = (*path, child.name)
        if counts[child.name] > 1:
            yield below
        yield from _repeated(child, below)


def _value(element: _Element, path: Path, repeated: set[Path]) -> Any:
    text = _scalar(element.text)
    if not element.attributes and not element.children:
        return text
    found: dict[str, Any] = {f"_{name}": _scalar(value) for name, value in element.attributes.items()}
    for child in element.children:
        below = (*path, child.name)
        value = _value(child, below, repeated)
        if below in repeated:
            found.setdefault(child.name, []).append(value)
        else:
            found[child.name] = value
    return found if text is None else {**found, "_VALUE": text}


def _scalar(text: str) -> Any:
    """A text as what it looks like: a number, a truth value, or itself; None when it is empty."""
    text = text.strip()
    if not text:
        return None
    kind = of_text(text).name
    if kind == "bigint":
        return int(text)
    if kind == "double":
        return float(text)
    return text.lower() == "true" if kind == "boolean" else text
