"""Where in a policy's text each statement stands, as the policy simulator says it."""

import json
import re
from typing import NamedTuple

SPACE = re.compile(r"[ \t\n\r]*")


class Position(NamedTuple):
    """A line, and a column that counts the character after the brace: as observed in AWS's answers."""

    line: int
    column: int


def statement_positions(document: str) -> list[tuple[Position, Position]]:
    """(start, end) of each statement, in order. `document` is one that was read before."""
    decoder = json.JSONDecoder()
    at = _skip(document, document.index("{") + 1)
    while True:
        name, at = decoder.raw_decode(document, at)
        at = _skip(document, _skip(document, at) + 1)  # over the colon
        if name == "Statement":
            return [(_position(document, start), _position(document, end)) for start, end in _spans(document, at)]
        _, at = decoder.raw_decode(document, at)
        at = _skip(document, _skip(document, at) + 1)  # over the comma


def _spans(document: str, at: int) -> list[tuple[int, int]]:
    """Of each statement, the offsets of its braces."""
    decoder = json.JSONDecoder()
    if document[at] == "{":
        _, end = decoder.raw_decode(document, at)
        return [(at, end - 1)]
    spans = []
    at = _skip(document, at + 1)
    while document[at] != "]":
        _, end = decoder.raw_decode(document, at)
        spans.append((at, end - 1))
        at = _skip(document, end)
        if document[at] == ",":
            at = _skip(document, at + 1)
    return spans


def _skip(document: str, at: int) -> int:
    space = SPACE.match(document, at)
    return space.end() if space else at


def _position(document: str, offset: int) -> Position:
    before = document[:offset]
    return Position(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 2)
