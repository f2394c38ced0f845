"""Values and rows that are not known yet: a function that is called with them says, in SQL, what it does with them."""

import re
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import path as paths
from afluente.services.glue.job.runtime.connection import Schema, text

NUMBERS = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"}


class CannotTranslateError(Exception):
    """The function needs the rows themselves."""


class Branches:
    """The decisions of one try: those given, then True for each further one."""

    def __init__(self, given: tuple[bool, ...]) -> None:
        self.given = given
        self.asked: list[str] = []

    def decide(self, condition: str) -> bool:
        """What to take `condition` for."""
        position = len(self.asked)
        self.asked.append(condition)
        return self.given[position] if position < len(self.given) else True


class Symbol:
    """A value of a row that is not known yet: SQL, and the kind of value (`number`, `string`, `boolean`)."""

    __hash__ = None  # type: ignore[assignment]  # no set or dict may hold a value that is not known

    def __init__(self, expression: str, kind: str, branches: Branches) -> None:
        self.sql = expression
        self.kind = kind
        self._branches = branches

    def __bool__(self) -> bool:
        truth = {
            "boolean": "coalesce({0}, false)",
            "string": "coalesce({0} <> '', false)",
            "number": "coalesce({0} <> 0, false)",
        }
        return self._branches.decide(truth[self.kind].format(self.sql))

    def __eq__(self, other: object) -> "Symbol":  # type: ignore[override]
        return self._boolean(f"({self.sql} IS NOT DISTINCT FROM {self._other(other, loose=True)})")

    def __ne__(self, other: object) -> "Symbol":  # type: ignore[override]
        return self._boolean(f"({self.sql} IS DISTINCT FROM {self._other(other, loose=True)})")

    def __lt__(self, other: Any) -> "Symbol":
        return self._ordered("<", other)

    def __le__(self, other: Any) -> "Symbol":
        return self._ordered("<=", other)

    def __gt__(self, other: Any) -> "Symbol":
        return self._ordered(">", other)

    def __ge__(self, other: Any) -> "Symbol":
        return self._ordered(">=", other)

    def __and__(self, other: Any) -> "Symbol":
        return self._logic("AND", other)

    def __or__(self, other: Any) -> "Symbol":
        return self._logic("OR", other)

    def __contains__(self, other: Any) -> bool:
        if self.kind != "string" or not isinstance(other, str):
            raise CannotTranslateError
        return self._branches.decide(f"contains({_present(self.sql)}, {text(other)})")

    def startswith(self, prefix: Any) -> "Symbol":
        """As of a text."""
        return self._boolean(f"starts_with({self._text()}, {_literal_text(prefix)})")

    def endswith(self, suffix: Any) -> "Symbol":
        """As of a text."""
        return self._boolean(f"ends_with({self._text()}, {_literal_text(suffix)})")

    def lower(self) -> "Symbol":
        """As of a text."""
        return Symbol(f"lower({self._text()})", "string", self._branches)

    def upper(self) -> "Symbol":
        """As of a text."""
        return Symbol(f"upper({self._text()})", "string", self._branches)

    def strip(self) -> "Symbol":
        """As of a text."""
        return Symbol(f"trim({self._text()})", "string", self._branches)

    def match(self, pattern: str) -> "Symbol":
        """Whether the text begins with a match of a regular expression."""
        return self._boolean(f"regexp_matches({self._text()}, {text(f'^(?:{pattern})')})")

    def search(self, pattern: str) -> "Symbol":
        """Whether a regular expression matches somewhere in the text."""
        return self._boolean(f"regexp_matches({self._text()}, {text(pattern)})")

    def __getattr__(self, name: str) -> Any:
        raise CannotTranslateError

    def __repr__(self) -> str:
        raise CannotTranslateError

    def __format__(self, format_spec: str) -> str:
        raise CannotTranslateError

    def _boolean(self, expression: str) -> "Symbol":
        return Symbol(expression, "boolean", self._branches)

    def _text(self) -> str:
        if self.kind != "string":
            raise CannotTranslateError
        return _present(self.sql)

    def _ordered(self, operator: str, other: Any) -> "Symbol":
        right = self._other(other, loose=False)
        right = _present(right) if isinstance(other, Symbol) else right
        return self._boolean(f"({_present(self.sql)} {operator} {right})")

    def _logic(self, word: str, other: Any) -> "Symbol":
        if self.kind != "boolean" or not isinstance(other, Symbol) or other.kind != "boolean":
            raise CannotTranslateError
        return self._boolean(f"({self.sql} {word} {other.sql})")

    def _other(self, other: object, *, loose: bool) -> str:
        """The other side of a comparison, which must be of the same kind."""
        if isinstance(other, Symbol) and other.kind == self.kind:
            return other.sql
        if other is None and loose:
            return "NULL"
        if isinstance(other, bool) and self.kind == "boolean":
            return str(other).upper()
        if isinstance(other, int | float) and not isinstance(other, bool) and self.kind == "number":
            return repr(other)
        if isinstance(other, str) and self.kind == "string":
            return text(other)
        raise CannotTranslateError


class SymbolicRow:
    """A row that is not known yet."""

    def __init__(self, fields: Schema, above: tuple[str, ...], branches: Branches) -> None:
        self._fields = fields
        self._above = above
        self._branches = branches

    def __getitem__(self, name: Any) -> Any:
        kind = next((kind for known, kind in self._fields if known == name), None)
        if kind is None:
            raise CannotTranslateError
        here = (*self._above, name)
        if kind.name == "struct":
            return SymbolicRow(kind.fields, here, self._branches)
        return Symbol(paths.sql(here), _kind(kind), self._branches)

    def __getattr__(self, name: str) -> Any:
        raise CannotTranslateError


class SymbolicPatterns:
    """`re`, for symbols."""

    @staticmethod
    def match(pattern: Any, value: Any) -> Any:
        """`re.match`."""
        return value.match(_pattern(pattern)) if isinstance(value, Symbol) else re.match(pattern, value)

    @staticmethod
    def search(pattern: Any, value: Any) -> Any:
        """`re.search`."""
        return value.search(_pattern(pattern)) if isinstance(value, Symbol) else re.search(pattern, value)


def _present(expression: str) -> str:
    """The value, which must not be null: Python does not compare None."""
    return f"coalesce({expression}, error('TypeError: a value that the function compares is None'))"


def _literal_text(value: Any) -> str:
    if not isinstance(value, str):
        raise CannotTranslateError
    return text(value)


def _pattern(pattern: Any) -> str:
    """A pattern that RE2 reads as Python does: no look-around, no back-reference."""
    if not isinstance(pattern, str) or re.search(r"\(\?[^:]|\\[1-9]|\\[zZA]|[*+?}]\+", pattern):
        raise CannotTranslateError
    return pattern


def _kind(kind: HiveType) -> str:
    if kind.name in NUMBERS:
        return "number"
    if kind.name in {"string", "boolean"}:
        return kind.name
    raise CannotTranslateError
