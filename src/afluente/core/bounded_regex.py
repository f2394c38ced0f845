"""Regular expressions that users write: matched for a bounded time, and without holding up other threads.

They are Java's on AWS. The `regex` package reads nearly all of that language (sets in sets, `\\p{Alpha}`, flags that
hold from where they stand, possessive repetition), lets other threads go on while it matches, and can give up.
"""

from collections.abc import Callable, Iterator
from typing import Any

import regex

LONGEST_S = 0.5
"""For one text. An expression that does not backtrack without end takes microseconds."""

IGNORE_CASE = int(regex.IGNORECASE)
DOT_ALL = int(regex.DOTALL)


class InvalidRegexError(ValueError):
    """The text is no regular expression; says why."""


class SlowRegexError(Exception):
    """The expression backtracks without end on one of the texts, or nearly so."""

    def __init__(self, expression: str) -> None:
        super().__init__(
            f"The regular expression {expression} takes more than {LONGEST_S} s on one text, as it tries the same part "
            "in ever more ways. Make its repetitions exclude each other, or use possessive ones (a++)."
        )


class BoundedRegex:
    """The expression `text`; `flags` is IGNORE_CASE, DOT_ALL or both. Each method raises SlowRegexError."""

    def __init__(self, text: str, flags: int = 0) -> None:
        """Raises InvalidRegexError."""
        self.text = text
        try:
            self._pattern = regex.compile(text, regex.VERSION1 | flags)
        except (regex.error, RecursionError, OverflowError) as error:
            raise InvalidRegexError(str(error)) from None

    @property
    def groups(self) -> int:
        """How many groups capture."""
        return int(self._pattern.groups)

    def search(self, text: str, start: int = 0) -> Any:
        """The first match at `start` or after, or None."""
        return self._bounded(lambda: self._pattern.search(text, start, timeout=LONGEST_S))

    def fullmatch(self, text: str) -> Any:
        """The match of all of `text`, or None."""
        return self._bounded(lambda: self._pattern.fullmatch(text, timeout=LONGEST_S))

    def matches(self, text: str) -> Iterator[Any]:
        """All matches, one after the other."""
        found: list[Any] = self._bounded(lambda: list(self._pattern.finditer(text, timeout=LONGEST_S)))
        return iter(found)

    def replaced(self, text: str, replacement: str) -> str:
        """`text` with each match replaced; `replacement` is Python's template. InvalidRegexError for a wrong one."""
        try:
            return str(self._bounded(lambda: self._pattern.sub(replacement, text, timeout=LONGEST_S)))
        except (regex.error, IndexError) as error:
            raise InvalidRegexError(str(error)) from None

    def _bounded(self, match: Callable[[], Any]) -> Any:
        try:
            return match()
        except TimeoutError:
            raise SlowRegexError(self.text) from None
