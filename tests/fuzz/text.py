"""Texts to send: fitting a Java pattern, at the edges of what a length allows, or odd in themselves."""

import re
from collections.abc import Sequence
from functools import cache
from random import Random
from re import _constants, _parser  # type: ignore[attr-defined]  # the parser of `re` is not typed
from typing import Any

ODD = (
    "",
    " ",
    "\x00",
    "\r\n",
    "null",
    "None",
    "true",
    "-1",
    "0",
    "1e400",
    "NaN",
    "*",
    "/",
    "//",
    ".",
    "..",
    "../../../../etc/passwd",
    "a/../b",
    "%00",
    "%2e%2e%2f",
    "%",
    "?",
    "#",
    "&",
    "'",
    '"',
    "`",
    "\\",
    "'; DROP TABLE document; --",
    "<a>&b;</a>",
    "<![CDATA[x]]>",
    "{}",
    "[]",
    "${jndi}",
    "!{timestamp:yyyy/MM/dd}",
    "!{",
    "arn:",
    "arn:aws:kinesis:us-east-1:000000000000:stream/",
    "arn:aws:s3:::",
    "s3://",
    "s3://base-raw",
    "ünïcödé",
    "日本語",
    "👩‍👩‍👧",
    "e\u0301",
    "\u202e\u0000\ufeff",
    "\ud800",
    "\udfff\ud800",
    "\U0010ffff",
    "\x1f",
    "\x7f",
    "İ",
)

POSIX = {
    r"\p{L}": "A-Za-zé",
    r"\p{N}": "0-9",
    r"\p{Z}": " ",
    r"\p{M}": "\u0301",
    r"\p{P}": "!-/",
    r"\p{S}": "$+",
    r"\p{Alnum}": "A-Za-z0-9",
    r"\p{Alpha}": "A-Za-z",
    r"\p{Digit}": "0-9",
    r"\p{Graph}": "!-~",
    r"\p{Print}": " -~",
    r"\p{ASCII}": "\x00-\x7f",
}
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_WORD": ALPHABET[:-2] + "_",
    "CATEGORY_SPACE": " \t\n",
    "CATEGORY_NOT_DIGIT": ALPHABET,
    "CATEGORY_NOT_WORD": " -./",
    "CATEGORY_NOT_SPACE": ALPHABET,
}
MOST_REPEATS = 12


def odd(random: Random) -> str:
    """A text that has broken programs before."""
    if random.random() < 0.1:
        return random.choice("a中\u0000/\ud83d") * random.choice([1, 255, 256, 1024, 5000, 70_000])
    return random.choice(ODD)


def plain(random: Random, low: int, high: int) -> str:
    """Harmless characters, `low` to `high` of them."""
    return "".join(random.choices(ALPHABET, k=random.randint(low, max(low, high))))


def fitting(pattern: str, random: Random) -> str | None:
    """A text that fits the Java `pattern` as far as this understands it; None when it does not."""
    parsed = _parse(pattern)
    return None if parsed is None else _sample(parsed, random)


@cache
def _parse(pattern: str) -> Any:
    for name, characters in POSIX.items():
        inside = re.sub(rf"(\[[^\]]*){re.escape(name)}", lambda found, c=characters: found[1] + c, pattern)  # type: ignore[misc]
        pattern = inside.replace(name, f"[{characters}]")
    try:
        return _parser.parse(pattern)
    except (re.error, OverflowError):
        return None


def _sample(parsed: Any, random: Random) -> str:
    return "".join(_one(str(kind), value, random) for kind, value in parsed)


def _one(kind: str, value: Any, random: Random) -> str:
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL" | "ANY":
            return random.choice(ALPHABET)
        case "IN":
            return _of_set(value, random)
        case "BRANCH":
            return _sample(random.choice(value[1]), random)
        case "SUBPATTERN":
            return _sample(value[3], random)
        case "ATOMIC_GROUP":
            return _sample(value, random)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, inner = value
            most = low + MOST_REPEATS if high is _constants.MAXREPEAT else min(int(high), low + MOST_REPEATS)
            return "".join(_sample(inner, random) for _ in range(random.randint(low, most)))
        case _:  # positions and looks ahead
            return ""


def _of_set(items: Sequence[tuple[Any, Any]], random: Random) -> str:
    kind, value = random.choice(items)
    match str(kind):
        case "NEGATE":
            return random.choice(ALPHABET)
        case "LITERAL":
            return chr(value)
        case "RANGE":
            return chr(random.randint(value[0], value[1]))
        case _:
            return random.choice(CATEGORIES.get(str(value), ALPHABET))
