"""Exclusion patterns of a crawler's target: globs on the path below it.

`*` stays within one folder, `**` does not, `?` is one character, `[a-c]` and `[!a-c]` one of a class, `{a,b}` one of
several, a backslash takes the next character as it is.
"""

import re
from collections.abc import Callable, Sequence

from afluente.core.bounded_regex import DOT_ALL, BoundedRegex, InvalidRegexError

MEANING = re.compile(r"[\\\[^&|~]|(?<=-)-")
"""What means something in a class of a regular expression, and nothing in one of a glob."""


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path, relative to the target, is excluded. Raises ValueError for what is no pattern.

    What it returns raises SlowRegexError.
    """
    compiled = [_compile(pattern) for pattern in patterns]
    if not compiled:
        return lambda _: False
    return lambda path: any(one.fullmatch(path) for one in compiled)


def _compile(pattern: str) -> BoundedRegex:
    try:
        return BoundedRegex("".join(_translate(pattern)), DOT_ALL)
    except InvalidRegexError as error:
        raise ValueError(f"{pattern!r} is not an exclusion pattern: {error}") from None


def _translate(pattern: str) -> list[str]:
    parts, at, depth = [], 0, 0
    while at < len(pattern):
        part, at, change = _next(pattern, at, depth)
        depth += change
        parts.append(part)
    if depth:
        raise ValueError(f"{pattern!r} is not an exclusion pattern: a brace is not closed")
    return parts


def _next(pattern: str, at: int, depth: int) -> tuple[str, int, int]:
    """(regular expression, where to go on, how the depth of braces changes) of the next part of `pattern`."""
    char = pattern[at]
    if pattern.startswith("**", at):
        return ".*", at + 2, 0
    if char in "*?":
        return {"*": "[^/]*", "?": "[^/]"}[char], at + 1, 0
    if char == "\\":
        return re.escape(pattern[at + 1 : at + 2]), at + 2, 0
    if char == "[" and (end := pattern.find("]", at + 2)) > 0:
        return _class(pattern[at + 1 : end]), end + 1, 0
    return _brace(pattern, at, depth)


def _brace(pattern: str, at: int, depth: int) -> tuple[str, int, int]:
    char = pattern[at]
    if char == "{":
        if depth:
            raise ValueError(f"{pattern!r} is not an exclusion pattern: braces cannot be nested")
        return "(?:", at + 1, 1
    if char == "}" and depth:
        return ")", at + 1, -1
    return ("|" if char == "," and depth else re.escape(char)), at + 1, 0


def _class(content: str) -> str:
    negated = content.startswith("!")
    escaped = MEANING.sub(r"\\\g<0>", content[negated:])
    return f"(?!/)[{'^' if negated else ''}{escaped}]"
