"""What a few documents look like: of which kind the values of each key are.

Read in Python, which no nesting and no number brings down; Arrow's own inference is for documents that can be trusted.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

SAMPLE_BYTES = 1 << 16
MOST_DEPTH = 32


class NotPlain(Exception):
    """Records that only the exact reader reads."""


@dataclass
class Seen:
    """A kind of value: `null`, `boolean`, `integer`, `float`, `string`, `list` of `element`, `struct` of `fields`."""

    kind: str = "null"
    element: "Seen | None" = None
    fields: dict[str, "Seen"] = field(default_factory=dict)

    def add(self, value: Any, depth: int = 0) -> None:
        """See one more value. Raises NotPlain when it is of another kind than those before."""
        kind = "float" if type(value) is int and self.kind == "float" else KINDS[type(value)]
        if kind == "null":
            return
        if depth > MOST_DEPTH or (self.kind not in {"null", kind} and {self.kind, kind} != {"integer", "float"}):
            raise NotPlain
        self.kind = kind
        if kind == "list":
            self.element = self.element or Seen()
            for item in value:
                self.element.add(item, depth + 1)
        elif kind == "struct":
            for key, inner in value:
                self.fields.setdefault(key, Seen()).add(inner, depth + 1)


class _Members(list[tuple[str, Any]]):
    """An object's members."""


KINDS = {
    type(None): "null", bool: "boolean", int: "integer", float: "float", str: "string", list: "list",
    _Members: "struct",
}  # fmt: skip


def sampled(records: Iterable[bytes]) -> Seen:
    """What the first of the records have. Raises NotPlain."""
    seen, size = Seen("struct"), 0
    for record in records:
        for document in _documents(record):
            seen.add(document)
        size += len(record)
        if size >= SAMPLE_BYTES:
            break
    return seen


def _documents(record: bytes) -> Iterable[Any]:
    try:
        text = record.decode().strip()
        while text:
            document, end = _DECODER.raw_decode(text)
            yield document
            text = text[end:].strip()
    except (ValueError, RecursionError):
        raise NotPlain from None


def _refuse(_: str) -> NoReturn:
    raise NotPlain


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Members, parse_int=lambda _: 0, parse_float=lambda _: 0.0, parse_constant=_refuse
)
