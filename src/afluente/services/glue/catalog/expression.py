"""The expressions of GetPartitions: conditions on partition keys, in a small SQL, on values of the keys' types.

Reads `= <> != > < >= <=`, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL and parentheses. A value that is Hive's mark for
null, or that does not fit its key's type, is unknown, as in SQL: no comparison with it holds.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from afluente.services.glue.error import InvalidInputException

NULL = "__HIVE_DEFAULT_PARTITION__"
DEEPEST = 100
"""Nesting that no one writes by hand, and that the parser can follow."""

Predicate = Callable[[Sequence[str]], bool | None]
"""Whether a partition with these values is meant; None is SQL's unknown."""

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')
    |(?P<number>[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)
    |"(?P<quoted>[^"]+)"|`(?P<ticked>[^`]+)`
    |(?P<word>[^\W\d][\w.\-]*)
    |(?P<mark><>|!=|<=|>=|[=<>(),]))""",
    re.VERBOSE,
)
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
INTEGER = re.compile(r"[+-]?\d{1,40}")
INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint", "long")
TEXTS = ("string", "varchar", "char")


@dataclass(frozen=True, slots=True)
class Key:
    """A partition key: its position among a partition's values, name and Hive type without arguments."""

    index: int
    name: str
    kind: str

    def value(self, text: str) -> Any:
        """`text` as the key's type; None when it is null or does not fit."""
        if text == NULL:
            return None
        try:
            return cast(self.kind, text)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that has been understood.

    `equal` are the text values that its leading keys must have in any case: they narrow what is read from disk.
    """

    matches: Predicate
    equal: tuple[str, ...]


def cast(kind: str, text: str) -> Any:
    """`text` as a value of the Hive type `kind`. Raises ValueError."""
    if kind in TEXTS:
        return text
    if kind in INTEGERS:
        if INTEGER.fullmatch(text) is None:
            raise ValueError(f'"{text}" is not an integer.')
        return int(text)
    try:
        if kind == "decimal":
            return _finite(Decimal(text))
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "timestamp":
            return datetime.fromisoformat(text).replace(tzinfo=None)
    except (ValueError, InvalidOperation):
        raise ValueError(f'"{text}" is not a {kind}.') from None
    raise ValueError(f"Unknown type : '{kind}'")


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError(number)
    return number


def parse(text: str, keys: Sequence[tuple[str, str]]) -> Expression:
    """The condition that `text` spells on `keys`: (name, Hive type). Raises InvalidInputException."""
    named = {
        name.lower(): Key(index, name, kind.partition("(")[0].strip().lower())
        for index, (name, kind) in enumerate(keys)
    }
    parser = _Parser(text, named)
    matches = parser.whole()
    return Expression(matches, _leading(parser.equal, len(keys)))


def _leading(equal: Mapping[int, str], count: int) -> tuple[str, ...]:
    values = []
    for index in range(count):
        if index not in equal:
            break
        values.append(equal[index])
    return tuple(values)


class _Parser:
    """Turns the tokens of one expression into a predicate, by recursive descent."""

    def __init__(self, text: str, keys: Mapping[str, Key]) -> None:
        self._text = text
        self._keys = keys
        self._tokens = self._tokenize(text)
        self._at = 0
        self._depth = 0
        self.equal: dict[int, str] = {}
        self._conjunct = True

    def whole(self) -> Predicate:
        predicate = self._any()
        if self._at < len(self._tokens):
            raise self._unsupported()
        return predicate

    def _any(self) -> Predicate:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._unsupported()
        known = dict(self.equal)
        parts = [self._all()]
        while self._keyword("OR"):
            self.equal = known  # no side of an OR must hold
            outer, self._conjunct = self._conjunct, False
            parts.append(self._all())
            self._conjunct = outer
        self._depth -= 1
        return parts[0] if len(parts) == 1 else _either(parts)

    def _all(self) -> Predicate:
        parts = [self._negation()]
        while self._keyword("AND"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else _both(parts)

    def _negation(self) -> Predicate:
        negations = 0
        while self._keyword("NOT"):
            negations += 1
        outer, self._conjunct = self._conjunct, self._conjunct and negations == 0
        predicate = self._primary()
        self._conjunct = outer
        return _negated(predicate) if negations % 2 else predicate

    def _primary(self) -> Predicate:
        if self._mark("("):
            predicate = self._any()
            self._expect(")")
            return predicate
        kind, text = self._next()
        if kind == "name":
            return self._condition(self._key(text))
        literal = self._literal(kind, text)
        sign = self._comparison()
        key = self._key(self._name())
        return self._compare(key, FLIPPED.get(sign, sign), literal)

    def _condition(self, key: Key) -> Predicate:
        if self._keyword("IS"):
            wanted = not self._keyword("NOT")
            self._expect_keyword("NULL")
            return lambda values: (key.value(values[key.index]) is None) is wanted
        negated = self._keyword("NOT")
        predicate = self._membership(key)
        if predicate is None:
            if negated:
                raise self._unsupported()
            sign = self._comparison()
            return self._compare(key, sign, self._literal(*self._next()))
        return _negated(predicate) if negated else predicate

    def _membership(self, key: Key) -> Predicate | None:
        if self._keyword("IN"):
            return self._in(key)
        if self._keyword("BETWEEN"):
            low = self._cast(key, self._literal(*self._next()))
            self._expect_keyword("AND")
            high = self._cast(key, self._literal(*self._next()))
            return _on(key, lambda value: low <= value <= high)
        if self._keyword("LIKE"):
            return self._like(key)
        return None

    def _in(self, key: Key) -> Predicate:
        self._expect("(")
        members = {self._cast(key, self._literal(*self._next()))}
        while self._mark(","):
            members.add(self._cast(key, self._literal(*self._next())))
        self._expect(")")
        return _on(key, lambda value: value in members)

    def _like(self, key: Key) -> Predicate:
        kind, text = self._next()
        if kind != "text" or key.kind not in TEXTS:
            raise self._unsupported()
        pattern = _like_pattern(text)
        return _on(key, lambda value: pattern.fullmatch(value) is not None)

    def _compare(self, key: Key, sign: str, literal: str) -> Predicate:
        wanted, holds = self._cast(key, literal), COMPARE[sign]
        if sign == "=" and self._conjunct and key.kind in TEXTS:
            self.equal.setdefault(key.index, wanted)
        return _on(key, lambda value: holds(value, wanted))

    def _cast(self, key: Key, literal: str) -> Any:
        try:
            return cast(key.kind, literal)
        except ValueError as error:
            raise InvalidInputException(str(error)) from None

    def _key(self, name: str) -> Key:
        key = self._keys.get(name.lower())
        if key is None:
            raise InvalidInputException(f"Unknown column '{name}'")
        return key

    def _literal(self, kind: str, text: str) -> str:
        if kind == "name" and text.lower() in {"date", "timestamp"}:  # date '2026-11-24'
            kind, text = self._next()
        if kind not in {"text", "number"}:
            raise self._unsupported()
        return text

    def _comparison(self) -> str:
        kind, text = self._next()
        if kind != "mark" or text not in COMPARE:
            raise self._unsupported()
        return text

    def _name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            raise self._unsupported()
        return text

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._unsupported()
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _mark(self, mark: str) -> bool:
        return self._accept(lambda kind, text: kind == "mark" and text == mark)

    def _keyword(self, word: str) -> bool:
        return self._accept(lambda kind, text: kind == "name" and text.upper() == word)

    def _accept(self, wanted: Callable[[str, str], bool]) -> bool:
        found = self._at < len(self._tokens) and wanted(*self._tokens[self._at])
        self._at += found
        return found

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise self._unsupported()

    def _expect_keyword(self, word: str) -> None:
        if not self._keyword(word):
            raise self._unsupported()

    def _tokenize(self, text: str) -> list[tuple[str, str]]:
        tokens, at, end = [], 0, len(text.rstrip())
        while at < end:
            match = TOKEN.match(text, at)
            if match is None:
                raise self._unsupported()
            tokens.append(_token(match))
            at = match.end()
        return tokens

    def _unsupported(self) -> InvalidInputException:
        return InvalidInputException(f"Unsupported expression '{self._text}'")


def _token(match: re.Match[str]) -> tuple[str, str]:
    kind, text = next((kind, text) for kind, text in match.groupdict().items() if text is not None)
    if kind == "text":
        return kind, text[1:-1].replace("''", "'")
    return ("name" if kind in {"word", "quoted", "ticked"} else kind), text


def _like_pattern(text: str) -> re.Pattern[str]:
    """LIKE's pattern; what stands between two `%` is taken where it first fits, so that none is tried in many ways."""
    first, *others = (
        "".join("." if char == "_" else re.escape(char) for char in part) for part in re.split("%+", text)
    )  # fmt: skip
    *inner, last = others or [""]
    ending = f".*{last}" if others else ""
    return re.compile(first + "".join(f"(?>.*?{part})" for part in inner) + ending, re.DOTALL)


def _on(key: Key, holds: Callable[[Any], bool]) -> Predicate:
    def predicate(values: Sequence[str]) -> bool | None:
        value = key.value(values[key.index])
        return None if value is None else holds(value)

    return predicate


def _negated(predicate: Predicate) -> Predicate:
    def negation(values: Sequence[str]) -> bool | None:
        held = predicate(values)
        return None if held is None else not held

    return negation


def _both(parts: Sequence[Predicate]) -> Predicate:
    def conjunction(values: Sequence[str]) -> bool | None:
        held: bool | None = True
        for part in parts:
            one = part(values)
            if one is False:
                return False
            held = held and one
        return held

    return conjunction


def _either(parts: Sequence[Predicate]) -> Predicate:
    def disjunction(values: Sequence[str]) -> bool | None:
        held: bool | None = False
        for part in parts:
            one = part(values)
            if one:
                return True
            held = None if one is None else held
        return held

    return disjunction
