"""XML: the elements of one name as rows. Attributes and elements become fields, repeated elements arrays.

As by Spark's XML data source, which Glue's reader behaves like: a value's type is what all values of its place are.
Everything is read twice, since only the end shows what repeats and what is a number. Entities are not expanded, and
nothing outside of the document is read.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from afluente.services.glue.job.runtime.format.conversion import opened
from afluente.services.glue.job.runtime.storage import Item

LONG = re.compile(r"[+-]?\d{1,18}")
DOUBLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DEEPEST = 100
CHUNK = 1 << 20

Place = tuple[str, ...]


@dataclass(slots=True)
class Element:
    """One element, with what is in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    text: str = ""


def convert(items: Sequence[Item], folder: Path, options: Mapping[str, Any]) -> dict[Item, Path | None]:
    """A file of JSON for each object that has such an element. Raises ValueError when one is not XML."""
    reader = _Reader(options)
    for item in items:
        for row in reader.rows(item):
            reader.learn(row, ())
    made: dict[Item, Path | None] = {}
    for number, item in enumerate(items):
        path = folder / f"{number}.json"
        written = 0
        with path.open("w") as out:
            for row in reader.rows(item):
                value = reader.value(row, ())
                out.write(json.dumps(value if isinstance(value, dict) else {reader.value_tag: value}) + "\n")
                written += 1
        made[item] = path if written else None
    return made


class _Reader:
    """Reads as `options` say, and remembers what it has learnt of every place."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        if not options.get("rowTag"):
            raise ValueError("the format xml needs the option rowTag")
        self._tag = options["rowTag"]
        self._encoding = options.get("encoding") or None
        self._prefix = options.get("attributePrefix", "_")
        self.value_tag = options.get("valueTag", "_VALUE")
        self._attributes = not _is_true(options, "excludeAttribute")
        self._strips = _is_true(options, "ignoreSurroundingSpaces")
        self._empty_is_null = _is_true(options, "treatEmptyValuesAsNulls")
        self._repeated: set[Place] = set()
        self._kinds: dict[Place, set[str]] = {}

    def rows(self, item: Item) -> Iterator[Element]:
        """The rows of an object."""
        parser = _Parser(self._tag, self._encoding)
        with opened(item) as file:
            try:
                while chunk := file.read(CHUNK):
                    yield from parser.feed(chunk)
                yield from parser.feed(b"", last=True)
            except (expat.ExpatError, LookupError, ValueError) as error:
                raise ValueError(f"{item.url} is not XML that can be read: {error}") from None

    def learn(self, element: Element, place: Place) -> None:
        """Remember what of `element` repeats, and what its values look like."""
        for name, text in self._values(element):
            self._kinds.setdefault((*place, name), set()).add(_kind(text))
        counts = Counter(child.name for child in element.children)
        for child in element.children:
            below = (*place, child.name)
            if counts[child.name] > 1:
                self._repeated.add(below)
            self.learn(child, below)

    def value(self, element: Element, place: Place) -> Any:
        """The element as JSON."""
        found = {name: self._typed((*place, name), text) for name, text in self._values(element)}
        if not element.children and found.keys() <= {self.value_tag}:
            return found.get(self.value_tag)
        for child in element.children:
            below = (*place, child.name)
            value = self.value(child, below)
            if below in self._repeated:
                found.setdefault(child.name, []).append(value)
            else:
                found[child.name] = value
        return found

    def _values(self, element: Element) -> Iterator[tuple[str, str]]:
        """The attributes, and the text if there is any that counts."""
        if self._attributes:
            for name, value in element.attributes.items():
                yield f"{self._prefix}{name}", value
        text = element.text.strip() if self._strips or not element.text.strip() else element.text
        if text or not (element.children or element.attributes):
            yield self.value_tag, text

    def _typed(self, place: Place, text: str) -> Any:
        kinds = self._kinds[place] - {"null"}
        make: Callable[[str], Any] = str
        if kinds == {"long"}:
            make = int
        elif kinds and kinds <= {"long", "double"}:
            make = float
        elif kinds == {"boolean"}:
            make = _boolean
        if _kind(text) == "null" and (make is not str or self._empty_is_null or not kinds):
            return None
        return make(text.strip() if make is not str else text)


class _Parser:
    """Hands out the elements of one name, as they end."""

    def __init__(self, tag: str, encoding: str | None) -> None:
        self._tag = tag
        self._open: list[Element] = []
        self._found: list[Element] = []
        self._parser = expat.ParserCreate(encoding)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._refuse

    def feed(self, data: bytes, *, last: bool = False) -> list[Element]:
        self._found = []
        self._parser.Parse(data, last)
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._open or name == self._tag:
            if len(self._open) > DEEPEST:
                raise ValueError("its elements are nested too deep")
            self._open.append(Element(name, attributes))

    def _end(self, _: str) -> None:
        if not self._open:
            return
        element = self._open.pop()
        (self._open[-1].children if self._open else self._found).append(element)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _refuse(self, *_: object) -> None:
        raise ValueError("it declares entities")


def _kind(text: str) -> str:
    text = text.strip()
    if not text:
        return "null"
    if LONG.fullmatch(text):
        return "long"
    if DOUBLE.fullmatch(text):
        return "double"
    return "boolean" if text.lower() in {"true", "false"} else "string"


def _boolean(text: str) -> bool:
    return text.lower() == "true"


def _is_true(options: Mapping[str, Any], name: str) -> bool:
    return str(options.get(name, False)).lower() == "true"
