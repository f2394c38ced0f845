"""jq queries as text: what may not be in one, and the partition keys that it gives.

Source: jq 1.6 manual. Whether a query compiles, only jq itself says (`jq_worker`).
"""

import re

from afluente.services.firehose.error import InvalidArgumentException

OPENING = re.compile(r"(?:\s+|#[^\n]*(?:\n|$))*")
DIRECTIVE = re.compile(r"(?:import|include|module)\b")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\w@$]+|\S')
NAME = re.compile(r"[A-Za-z_]\w*")


def check(text: str) -> None:
    """Raises InvalidArgumentException for a query that would read files: modules begin a query or are not there."""
    opening = OPENING.match(text)
    if DIRECTIVE.match(text, opening.end() if opening else 0):
        raise InvalidArgumentException("MetaDataExtraction JQ Query can't import modules")


def keys(text: str) -> set[str] | None:
    """The keys of a query that is one object construction, `{a: .b, "c": .d}`; None when it is anything else.

    A key that is computed, or a string that interpolates, makes it anything else.
    """
    tokens = TOKEN.findall(text)
    if len(tokens) < 2 or tokens[0] != "{" or tokens[-1] != "}":
        return None
    entries = _entries(tokens[1:-1])
    if entries is None:
        return None
    found = [_key(entry) for entry in entries if entry]
    return None if None in found else {key for key in found if key is not None}


def _entries(tokens: list[str]) -> list[list[str]] | None:
    """What stands between the commas of the outermost level; None when brackets do not match within it."""
    entries: list[list[str]] = [[]]
    depth = 0
    for symbol in tokens:
        depth += (symbol in {"{", "[", "("}) - (symbol in {"}", "]", ")"})
        if depth < 0:
            return None
        if symbol == "," and depth == 0:
            entries.append([])
        else:
            entries[-1].append(symbol)
    return entries


def _key(entry: list[str]) -> str | None:
    first = entry[0]
    if len(entry) > 1 and entry[1] != ":":
        return None
    if first.startswith('"'):
        return None if "\\" in first else first[1:-1]
    return first if NAME.fullmatch(first) else None
