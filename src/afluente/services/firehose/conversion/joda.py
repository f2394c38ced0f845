"""Joda-Time's `DateTimeFormat` patterns, for reading, in the US locale and UTC.

As Joda reads: a number takes as many digits as it may and gives none back, texts match in any case, and what a pattern
leaves out is that of 1970-01-01T00:00:00.000. Source: the documentation of org.joda.time.format.DateTimeFormat.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.firehose.java_time import DAYS, MONTHS

OLDEST_TWO_DIGIT_YEAR = 1946
"""Two-digit years are the hundred from here on. Joda counts from 80 years before now; here it must not move."""

MOST_YEAR_DIGITS = 9
NUMERIC = frozenset("yYMdDHhKkmsS")
UNSUPPORTED = frozenset("GCxwez")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MS = timedelta(milliseconds=1)

_TOKEN = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)(?:'|$)|([^A-Za-z']+)", re.DOTALL)

Parse = Callable[[str], int | None]


class Field(NamedTuple):
    """A part of a pattern: what it matches, what it sets, and to which number a text sets it."""

    pattern: str
    name: str = ""
    number: Callable[[str], int] = int


def compile_pattern(pattern: str) -> Parse:
    """The function that reads a text by `pattern` into milliseconds since the epoch; None when it does not fit.

    Raises ValueError when the pattern is not one of Joda's, NotImplemented when a letter of it is not supported.
    """
    tokens = list(_TOKEN.finditer(pattern))
    if not tokens:
        raise ValueError("Invalid pattern specification")
    after = [token.group(0) for token in tokens[1:]] + [""]
    fields = [_part(token, _is_number(next_one)) for token, next_one in zip(tokens, after, strict=True)]
    matcher = re.compile("".join(f"({field.pattern})" for field in fields), re.IGNORECASE)

    def parse(text: str) -> int | None:
        match = matcher.fullmatch(text)
        if match is None:
            return None
        pairs = zip(fields, match.groups(), strict=True)
        return _milliseconds({field.name: field.number(part) for field, part in pairs if field.name})

    return parse


def _part(token: re.Match[str], number_follows: bool) -> Field:
    text, quoted, other = token.group(0), token.group(2), token.group(3)
    if quoted is not None:
        return Field(re.escape(quoted.replace("''", "'") or "'"))
    return Field(re.escape(other)) if other is not None else _field(text[0], len(text), number_follows)


def _is_number(token: str) -> bool:
    return token[:1] in NUMERIC and not token.startswith("MMM")


def _field(letter: str, count: int, number_follows: bool) -> Field:
    if letter in UNSUPPORTED or (letter == "Z" and count > 2):
        raise Unsupported(f"Firehose: the letter {letter} in a pattern of TimestampFormats is not supported")
    if letter in {"y", "Y"}:
        return _year_field(count, number_follows)
    if letter == "S":
        return Field(f"[0-9]{{1,{count}}}+", "ms", lambda text: int(text.ljust(3, "0")[:3]))
    if letter == "M" and count > 2:
        return _text_field("month", MONTHS, first=1)
    if letter in FIELDS:
        return FIELDS[letter]
    raise ValueError(f"Illegal pattern component: {letter * count}")


def _year_field(count: int, number_follows: bool) -> Field:
    if count != 2:
        return Field(f"[+-]?[0-9]{{1,{count if number_follows else MOST_YEAR_DIGITS}}}+", "year")
    return Field(f"[+-]?[0-9]{{1,{2 if number_follows else MOST_YEAR_DIGITS}}}+", "year", _two_digit_year)


def _two_digit_year(text: str) -> int:
    if len(text) != 2 or not text.isdecimal():
        return int(text)
    return OLDEST_TWO_DIGIT_YEAR + (int(text) - OLDEST_TWO_DIGIT_YEAR) % 100


def _text_field(name: str, names: tuple[str, ...], first: int) -> Field:
    numbers = {text.lower(): place for place, full in enumerate(names, first) for text in (full, full[:3])}
    return Field("|".join(sorted(numbers, key=len, reverse=True)), name, lambda text: numbers[text.lower()])


def _offset(text: str) -> int:
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if text[0] == "-" else minutes


def _number(name: str, most: int = 2) -> Field:
    return Field(f"[0-9]{{1,{most}}}+", name)


FIELDS = {
    "M": _number("month"), "d": _number("day"), "D": _number("day_of_year", 3), "H": _number("hour"),
    "k": _number("hour_from_1"), "h": _number("half_from_1"), "K": _number("half"), "m": _number("minute"),
    "s": _number("second"), "a": _text_field("afternoon", ("AM", "PM"), first=0),
    "E": _text_field("weekday", DAYS, first=0), "Z": Field(r"Z|[+-][0-9]{2}(?::?[0-9]{2})?", "offset", _offset),
}  # fmt: skip


def _milliseconds(fields: dict[str, int]) -> int | None:
    """The time that the fields say; None when they say none."""
    hour = _hour(fields)
    if hour is None:
        return None
    try:
        day = datetime(fields.get("year", 1970), fields.get("month", 1), fields.get("day", 1), tzinfo=UTC)
        if "day_of_year" in fields:
            day = _nth_day(day.year, fields["day_of_year"])
        time = day.replace(hour=hour, minute=fields.get("minute", 0), second=fields.get("second", 0))
    except ValueError:
        return None
    return (time - EPOCH) // ONE_MS + fields.get("ms", 0) - fields.get("offset", 0) * 60_000


def _nth_day(year: int, number: int) -> datetime:
    day = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=number - 1)
    if day.year != year:
        raise ValueError(f"{year} has no day {number}")
    return day


def _hour(fields: dict[str, int]) -> int | None:
    """The hour of the day, from whichever fields there are; None when one is out of its range."""
    if "half_from_1" in fields or "half" in fields:
        half = fields.get("half", fields.get("half_from_1", 0) % 12 if 1 <= fields.get("half_from_1", 1) <= 12 else 12)
        return half + 12 * fields.get("afternoon", 0) if half < 12 else None
    if "hour_from_1" in fields:
        return fields["hour_from_1"] % 24 if 1 <= fields["hour_from_1"] <= 24 else None
    return fields.get("hour", 0) + 12 * (fields.get("afternoon", 0) if "hour" not in fields else 0)
