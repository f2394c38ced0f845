"""SQL/JSON path expressions: `lax $.a[*] ? (@.b > 1).c`, as `json_value`, `json_query` and `json_exists` take them.

Source: ISO/IEC TR 19075-6. Lax unwraps arrays where members are asked for, and overlooks what is not there; strict does
neither, and what is not there is an error.
"""

import functools
import json
import math
import operator
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from afluente.core.bounded_regex import BoundedRegex, InvalidRegexError, SlowRegexError

INVALID = "INVALID_PATH"
FAILED = ["!"]
"""What a path gives that fails on a document."""

ENCODER = msgspec.json.Encoder(decimal_format="number")

Items = list[Any]
Step = Callable[[Items, Any], Items]
"""From a sequence, and the item that `@` is, to a sequence."""

TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z_]\w*)"""
    r"""|(?P<mark>\*\*|==|!=|<>|<=|>=|&&|\|\||[$@.*?()\[\],<>!+\-/%]))"""
)


class PathError(ValueError):
    """A path that fails on a document."""


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _document(document: Items, _: Any) -> Items:
    return document


def _current(_: Items, item: Any) -> Items:
    return [item]


def _constant(value: Any, _: Items, __: Any) -> Items:
    return [value]


class _Parser:
    """Reads one path; `lax` is its mode."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split())
        self._at = 0
        self.lax = not self._accept("strict")
        self._accept("lax")
        self.step = self._path()
        if self._at < len(self._tokens):
            raise self._refused()

    def _split(self) -> Iterator[tuple[str, str]]:
        at = 0
        while self._text[at:].strip():
            match = TOKEN.match(self._text, at)
            if match is None or match.lastgroup is None:
                raise self._refused()
            yield match.lastgroup, match[match.lastgroup]
            at = match.end()

    def _refused(self) -> ValueError:
        return ValueError(f"{INVALID}: Invalid JSON path: '{self._text}'")

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _take(self) -> tuple[str, str]:
        found = self._next()
        self._at += 1
        return found

    def _accept(self, *words: str) -> bool:
        given = [text for _, text in self._tokens[self._at : self._at + len(words)]]
        if given != list(words):
            return False
        self._at += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._refused()

    def _path(self) -> Step:
        """A root and the steps behind it."""
        kind, text = self._take()
        if text == "$":
            step: Step = _document
        elif text == "@":
            step = _current
        elif kind in {"number", "text"} or text in {"true", "false", "null"}:
            step = functools.partial(_constant, _literal(text))
        else:
            raise self._refused()
        steps: list[Callable[[Items, Any, Any], Items]] = []
        while self._next()[1] in {".", "[", "?"}:
            steps.append(self._step())

        def whole(document: Items, item: Any) -> Items:
            found = step(document, item)
            for one in steps:
                found = one(found, document, item)
            return found

        return whole

    def _step(self) -> Callable[[Items, Any, Any], Items]:
        _, mark = self._take()
        if mark == "[":
            return self._subscripts()
        if mark == "?":
            self._expect("(")
            test = self._or()
            self._expect(")")
            return lambda found, document, _: [one for one in self._unwrapped(found) if test(document, one)]
        kind, name = self._take()
        if name == "*":
            return lambda found, _, __: [value for one in self._objects(found) for value in one.values()]
        if kind == "text":
            name = json.loads(name)
        elif kind != "word":
            raise self._refused()
        elif self._accept("(", ")"):
            return self._method(name)
        return lambda found, _, __: self._members(found, name)

    def _objects(self, found: Items) -> Iterator[dict[str, Any]]:
        for one in self._unwrapped(found):
            if isinstance(one, dict):
                yield one
            elif not self.lax:
                raise PathError

    def _unwrapped(self, found: Items) -> Items:
        if not self.lax:
            return found
        return [inner for one in found for inner in (one if isinstance(one, list) else [one])]

    def _members(self, found: Items, name: str) -> Items:
        values = []
        for one in self._objects(found):
            if name in one:
                values.append(one[name])
            elif not self.lax:
                raise PathError
        return values

    def _subscripts(self) -> Callable[[Items, Any, Any], Items]:
        if self._accept("*", "]"):
            return lambda found, _, __: [inner for one in self._arrays(found) for inner in one]
        ranges = [self._range()]
        while self._accept(","):
            ranges.append(self._range())
        self._expect("]")
        return lambda found, _, __: [
            inner for one in self._arrays(found) for part in ranges for inner in self._within(one, *part)
        ]

    def _arrays(self, found: Items) -> Iterator[list[Any]]:
        for one in found:
            if not isinstance(one, list) and not self.lax:
                raise PathError
            yield one if isinstance(one, list) else [one]

    def _range(self) -> tuple[int, int]:
        start = self._subscript()
        return start, self._subscript() if self._accept("to") else start

    def _subscript(self) -> int:
        """From the first; `last` counts from the end, below zero."""
        if self._accept("last"):
            back = int(self._take()[1]) if self._accept("-") else 0
            return -1 - back
        kind, text = self._take()
        if kind != "number" or not text.isdecimal():
            raise self._refused()
        return int(text)

    def _within(self, array: list[Any], start: int, end: int) -> list[Any]:
        size = len(array)
        start, end = (size + start if start < 0 else start), (size + end if end < 0 else end)
        if not self.lax and not 0 <= start <= end < size:
            raise PathError
        return array[max(start, 0) : max(end + 1, 0)]

    def _method(self, name: str) -> Callable[[Items, Any, Any], Items]:
        if name == "size":
            return lambda found, _, __: [len(one) if isinstance(one, list) else self._one(one) for one in found]
        if name == "type":
            return lambda found, _, __: [_type_of(one) for one in found]
        if name == "keyvalue":
            return lambda found, _, __: [
                {"name": key, "value": value, "id": place}
                for place, one in enumerate(self._objects(found)) for key, value in one.items()
            ]  # fmt: skip
        if name not in NUMERIC:
            raise self._refused()
        return lambda found, _, __: [_numeric(name, one) for one in self._unwrapped(found)]

    def _one(self, _: Any) -> int:
        if not self.lax:
            raise PathError
        return 1

    # predicates

    def _or(self) -> Callable[[Items, Any], bool]:
        terms = [self._and()]
        while self._accept("||"):
            terms.append(self._and())
        return terms[0] if len(terms) == 1 else lambda document, item: any(term(document, item) for term in terms)

    def _and(self) -> Callable[[Items, Any], bool]:
        terms = [self._term()]
        while self._accept("&&"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda document, item: all(term(document, item) for term in terms)

    def _term(self) -> Callable[[Items, Any], bool]:
        if self._accept("!", "("):
            inner = self._or()
            self._expect(")")
            return lambda document, item: not inner(document, item)
        if self._accept("exists", "("):
            path = self._path()
            self._expect(")")
            return lambda document, item: bool(_tried(path, document, item))
        if self._accept("("):
            inner = self._or()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Callable[[Items, Any], bool]:
        left = self._path()
        if self._accept("starts", "with"):
            right = self._path()
            return self._any(left, right, lambda one, other: isinstance(one, str) and one.startswith(str(other)))
        if self._accept("like_regex"):
            pattern = BoundedRegex(str(_literal(self._take()[1])))
            return self._any(
                left, lambda _, __: [""], lambda one, _: isinstance(one, str) and bool(pattern.search(one, 0))
            )
        mark = self._take()[1]
        if mark not in COMPARISONS:
            raise self._refused()
        return self._any(left, self._path(), functools.partial(_compared, COMPARISONS[mark], mark))

    def _any(self, left: Step, right: Step, test: Callable[[Any, Any], bool]) -> Callable[[Items, Any], bool]:
        """Whether any pair passes; a predicate that fails holds for nothing."""

        def holds(document: Items, item: Any) -> bool:
            ones, others = _tried(left, document, item), _tried(right, document, item)
            ones, others = self._unwrapped(ones), self._unwrapped(others)
            return any(test(one, other) for one in ones for other in others)

        return holds


NUMERIC: dict[str, Callable[[Any], Any]] = {
    "abs": abs, "ceiling": math.ceil, "floor": math.floor, "double": float,
}  # fmt: skip


def _numeric(name: str, value: Any) -> Any:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not is_number and not (name == "double" and isinstance(value, str)):
        raise PathError
    return NUMERIC[name](value)


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    names = ((bool, "boolean"), (str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in names if isinstance(value, kind)), "number")


def _literal(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _compared(compare: Callable[[Any, Any], bool], mark: str, one: Any, other: Any) -> bool:
    first, second = _type_of(one), _type_of(other)
    if first != second:
        return mark in {"!=", "<>"} and "null" in {first, second}
    if first in {"array", "object"} or (first == "null" and mark not in {"==", "!=", "<>"}):
        return False
    return compare(one, other)


def _tried(path: Step, document: Items, item: Any) -> Items:
    try:
        return path(document, item)
    except PathError:
        return []


@functools.lru_cache(256)
def _compiled(path: str) -> Step:
    try:
        return _Parser(path).step
    except (InvalidRegexError, SlowRegexError) as error:
        raise ValueError(f"{INVALID}: {error}") from None


def items(document: str, path: str) -> list[str]:
    """The JSON texts that `path` finds in `document`; `["!"]` where it fails, or where that is no JSON."""
    step = _compiled(path)
    try:
        found = step([json.loads(document, parse_float=Decimal)], None)
    except (PathError, json.JSONDecodeError, RecursionError, SlowRegexError):
        return FAILED
    return [ENCODER.encode(value).decode() for value in found]


def scalar(text: str) -> str:
    """The text of a JSON scalar: a string's characters, a number's digits."""
    return str(json.loads(text)) if text.startswith('"') else text


FUNCTIONS = (
    ("athena_json_items", items, ("VARCHAR", "VARCHAR"), "VARCHAR[]"),
    ("athena_json_scalar", scalar, ("VARCHAR",), "VARCHAR"),
)
