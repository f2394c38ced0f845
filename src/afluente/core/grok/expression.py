"""A grok expression, made into one regular expression, and what it finds in a line.

The rules are those of the GrokSerDe that AWS Glue and Athena use: the expression may match anywhere in the line; what
has a field's name is captured, quotes around it are taken off, what matched nothing is left out, and so is what is
called UNWANTED.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from afluente.core.bounded_regex import BoundedRegex, InvalidRegexError, SlowRegexError
from afluente.core.grok.pattern import PATTERNS

REFERENCE = re.compile(r"%\{(?P<name>\w+)(?::(?P<field>[\w:;,\-/\s.']+))?(?:=(?P<definition>(?:[^{}]|\{[^{}]*\})+))?\}")
GROUP = re.compile(r"(?<!\\)\(\?<(?P<name>[A-Za-z_]\w*)>")
DEFINITION = re.compile(r"\s*(?P<name>\w+)\s+(?P<pattern>.*)")
MOST_REFERENCES = 1000
UNWANTED = "UNWANTED"


@dataclass(frozen=True, slots=True)
class Field:
    """A name that is captured, and the type that the expression gives it, in grok's words; empty when it gives none."""

    name: str
    kind: str = ""


class GrokError(ValueError):
    """What is wrong with an expression, or with a pattern that it uses."""


class Grok:
    """The expression `text` with the patterns `custom`, one to a line: its name, white space, what it is."""

    def __init__(self, text: str, custom: str = "") -> None:
        """Raises GrokError."""
        if not text.strip():
            raise GrokError("{pattern} should not be empty")
        expansion = _Expansion({**PATTERNS, **definitions(custom)})
        whole = expansion.expand(text)
        self._text = text
        self._groups = expansion.groups
        self.fields = tuple(dict.fromkeys(_field(name) for name in self._groups if _field(name).name != UNWANTED))
        try:
            self._regex = BoundedRegex(whole)
        except InvalidRegexError as error:
            raise GrokError(f"{text} is no regular expression: {error}") from None

    def captures(self, line: str) -> dict[str, str] | None:
        """The fields found, in the order of the expression; None when it does not match. Raises SlowRegexError."""
        try:
            match = self._regex.search(line) if line.strip() else None
        except SlowRegexError:
            raise SlowRegexError(self._text) from None  # as it was written, not as long as it is
        if match is None:
            return None
        named = match.groupdict()
        found: dict[str, str] = {}
        for number, group in enumerate(self._groups):
            value = named[f"n{number}"]
            if value is not None:
                found[_field(group).name] = _unquoted(value)
        found.pop(UNWANTED, None)
        return found


def definitions(custom: str) -> dict[str, str]:
    """The patterns of a text that has one to a line; lines that are none are passed over."""
    found = (DEFINITION.fullmatch(line) for line in custom.splitlines())
    return {match["name"]: match["pattern"] for match in found if match is not None}


def _field(group: str) -> Field:
    name, *rest = re.split("[:;]", group)
    return Field(name.strip(), rest[0].strip() if rest else "")


class _Expansion:
    """Puts patterns in place of their names, and numbers what is captured."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._patterns = dict(patterns)
        self._left = MOST_REFERENCES
        self.groups: list[str] = []

    def expand(self, text: str) -> str:
        parts, at = [], 0
        for match in re.finditer(f"{REFERENCE.pattern.replace('?P<', '?P<r_')}|{GROUP.pattern}", text):
            parts.append(text[at : match.start()])
            parts.append(self._captured(match["name"]) if match["name"] else self._reference(match))
            at = match.end()
        return "".join(parts) + text[at:]

    def _captured(self, field: str) -> str:
        self.groups.append(field)
        return f"(?P<n{len(self.groups) - 1}>"

    def _reference(self, match: re.Match[str]) -> str:
        self._left -= 1
        if self._left < 0:
            raise GrokError(f"Deep recursion pattern compilation of {match[0]}")
        name, definition = match["r_name"], match["r_definition"]
        if definition is not None:
            self._patterns[name] = definition
        if name not in self._patterns:
            raise GrokError(f"Pattern {name} is not defined.")
        opening = self._captured(match["r_field"]) if match["r_field"] else "(?:"
        try:
            return f"{opening}{self.expand(self._patterns[name])})"
        except RecursionError:
            raise GrokError(f"Deep recursion pattern compilation of {match[0]}") from None


def _unquoted(value: str) -> str:
    """Without the quotes around it, if it has such; a quote alone is nothing."""
    if value in {'"', "'"}:
        return ""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
