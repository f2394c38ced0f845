"""The texts of policies: wildcards, and variables that the request fills in.

A text is read once, into pieces; what it matches is a regular expression whose time is linear in the text for each
wildcard, whatever the policy says. A variable's value is never itself a pattern.

Variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

Value = str | tuple[str, ...]
"""A condition key's value: a text, or the values of a key that is multivalued by its nature."""

Context = Mapping[str, Value]
"""What is known of a request: condition keys in lower case, to their values."""

ARN_PARTS = 6


class Wildcard(Enum):
    """What stands for other characters."""

    ANY = "*"
    ONE = "?"


class Variable(NamedTuple):
    """`${key}`, or `${key, 'default'}`; the key in lower case."""

    key: str
    default: str | None


Piece = str | Wildcard | Variable
Filled = str | Wildcard

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_NOTHING = re.compile(r"(?!)")
_DEFAULTED = re.compile(r"([^,']+?)\s*,\s*'([^']*)'\s*")


class Pattern:
    """One text of a policy. `variables`: whether the policy's version knows them."""

    __slots__ = ("_fixed", "_pieces", "text")

    def __init__(self, text: str, *, variables: bool, wildcards: bool = True) -> None:
        self.text = text
        self._pieces = tuple(_pieces(text, variables=variables, wildcards=wildcards))
        varies = any(isinstance(piece, Variable) for piece in self._pieces)
        self._fixed: tuple[Filled, ...] | None = None if varies else self._pieces  # type: ignore[assignment]

    def variable_keys(self) -> Iterator[str]:
        """The condition keys that this text asks for."""
        return (piece.key for piece in self._pieces if isinstance(piece, Variable))

    def is_like(self, text: str, context: Context) -> bool:
        """Whether `text` is what this pattern describes; `*` stands for anything."""
        filled = self._fill(context)
        return filled is not None and _like(filled).fullmatch(text) is not None

    def is_arn_like(self, arn: str, context: Context) -> bool:
        """The same part by part, so that only the resource part's wildcards cross colons."""
        filled = self._fill(context)
        return filled is not None and _arn_like(filled).fullmatch(arn) is not None

    def fits_below(self, prefix: str) -> bool | None:
        """Whether every text that begins with `prefix` fits, or (False) none does; None when that cannot be told."""
        first = self._fixed[0] if self._fixed else None
        if first is None or (isinstance(first, Wildcard) and self._fixed != (Wildcard.ANY,)):
            return None
        literal = first if isinstance(first, str) else ""
        if not prefix.startswith(literal):
            return None if literal.startswith(prefix) else False
        return True if self._fixed in {(first, Wildcard.ANY), (Wildcard.ANY,)} else None

    def filled(self, context: Context) -> str | None:
        """The text with its variables filled in; None when one has no value. For texts without wildcards."""
        filled = self._fill(context)
        return None if filled is None else "".join(p if isinstance(p, str) else p.value for p in filled)

    def _fill(self, context: Context) -> tuple[Filled, ...] | None:
        if self._fixed is not None:
            return self._fixed
        filled: list[Filled] = []
        for piece in self._pieces:
            if isinstance(piece, Variable):
                value = context.get(piece.key, piece.default)
                if not isinstance(value, str):  # absent, or multivalued: no text equals it
                    return None
                filled.append(_Literal(value))
            else:
                filled.append(piece)
        return tuple(filled)


class _Literal(str):
    """A variable's value: its colons divide no ARN."""

    __slots__ = ()


def _pieces(text: str, *, variables: bool, wildcards: bool) -> Iterator[Piece]:
    position = 0
    for found in _VARIABLE.finditer(text) if variables else ():
        yield from _plain(text[position : found.start()], wildcards=wildcards)
        yield _variable(found[1])
        position = found.end()
    yield from _plain(text[position:], wildcards=wildcards)


def _plain(text: str, *, wildcards: bool) -> Iterable[Piece]:
    if not wildcards:
        return (text,)
    return [Wildcard(part) if part in "*?" else part for part in re.split(r"([*?])", text) if part]


def _variable(inside: str) -> Piece:
    if inside in {"*", "?", "$"}:
        return _Literal(inside)
    defaulted = _DEFAULTED.fullmatch(inside)
    if defaulted:
        return Variable(defaulted[1].strip().lower(), defaulted[2])
    return Variable(inside.strip().lower(), None)


@lru_cache(4096)
def _like(pieces: tuple[Filled, ...]) -> re.Pattern[str]:
    return re.compile(_expression(pieces, "."), re.DOTALL)


@lru_cache(4096)
def _arn_like(pieces: tuple[Filled, ...]) -> re.Pattern[str]:
    parts = _arn_parts(pieces)
    if any(":" in piece for part in parts[: ARN_PARTS - 1] for piece in part if isinstance(piece, _Literal)):
        return _NOTHING
    expressions = [_expression(part, "[^:]") for part in parts[:-1]]
    ends_early = len(parts) < ARN_PARTS and parts[-1][-1:] != [Wildcard.ANY]
    expressions.append(_expression(parts[-1], "[^:]" if ends_early else "."))
    return re.compile(":".join(expressions), re.DOTALL)


def _arn_parts(pieces: tuple[Filled, ...]) -> list[list[Filled]]:
    """The pieces of each part of an ARN: at most six, of which the last may hold colons."""
    parts: list[list[Filled]] = [[]]
    for piece in pieces:
        if isinstance(piece, Wildcard | _Literal):
            parts[-1].append(piece)
            continue
        first, *others = piece.split(":", ARN_PARTS - len(parts))
        parts[-1].append(first)
        parts.extend([other] for other in others)
    return parts


def _expression(pieces: Iterable[Filled], one: str) -> str:
    """A regular expression for `pieces`, `one` being what a single wildcard may be.

    What follows an asterisk is looked for once, at its first place (an atomic group): a later place can never do
    better, because the next asterisk makes up for the difference. Only the last asterisk is tried at every place.
    """
    runs: list[str] = [""]
    for piece in pieces:
        if piece is Wildcard.ANY:
            runs.append("")
        else:
            runs[-1] += one if piece is Wildcard.ONE else re.escape(str(piece))
    first, *others = runs
    if not others:
        return first
    middle = "".join(f"(?>{one}*?{run})" for run in others[:-1] if run)
    return f"{first}{middle}{one}*{others[-1]}"
