"""The models' patterns, which are Java regular expressions, as matchers of whole texts."""

import re
from collections.abc import Callable
from functools import cache

SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
"""In a Java character class: everything beyond the first plane, as pairs of UTF-16 units."""


@cache
def matcher(pattern: str) -> Callable[[str], bool]:
    r"""Whether a text matches `pattern` as a whole.

    Java's `\w`, `\d` and `\s` are ASCII. Patterns with Unicode classes (`\p{L}`) are beyond `re` and go to `regex`,
    which is imported only then.
    """
    translated = pattern.replace(SURROGATES, r"\U00010000-\U0010FFFF")
    try:
        compiled = re.compile(translated, re.ASCII)
    except re.error:
        return _unicode_matcher(translated)
    return lambda text: compiled.fullmatch(text) is not None


def _unicode_matcher(pattern: str) -> Callable[[str], bool]:
    import regex  # noqa: PLC0415  # 30 ms that most starts do not need

    compiled = regex.compile(pattern, regex.V1)
    return lambda text: compiled.fullmatch(text) is not None
