"""Java's `DateTimeFormatter` patterns, in the US locale, as `!{timestamp:...}` takes them.

Times have second precision: AWS fills fractions with zeros. Weeks begin on Sunday, week 1 holds 1 January.
Source: java.time.format.DateTimeFormatter, "Patterns for Formatting and Parsing".
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from afluente.core.error import NotImplemented as Unsupported

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
ORDINALS = ("1st", "2nd", "3rd", "4th")
SHORT, FULL, NARROW = 3, 4, 5

TOKEN = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)'|([^A-Za-z'])", re.DOTALL)
REFUSED = frozenset("CIJPRTUVbfijloprt")
"""Letters that AWS rejects when the delivery stream is created."""

RESERVED = frozenset("{}#")
Format = Callable[[datetime], str]


def compile_pattern(pattern: str) -> Format:
    """The function that formats a time by `pattern`. Raises ValueError when the pattern is not one, NotImplemented."""
    parts: list[Format] = []
    position = 0
    while position < len(pattern):
        match = TOKEN.match(pattern, position)
        if match is None:
            raise ValueError("an unclosed quote")
        parts.append(_part(match))
        position = match.end()
    return lambda time: "".join(part(time) for part in parts)


def _part(match: re.Match[str]) -> Format:
    text, quoted, other = match.group(0), match.group(2), match.group(3)
    if quoted is not None:
        literal = quoted.replace("''", "'") or "'"
        return lambda _: literal
    if other is not None:
        if other in RESERVED:
            raise ValueError(f"{other} is reserved")
        return (lambda _: "") if other in "[]" else (lambda _: other)  # brackets mark sections optional for parsing
    return _field(text[0], len(text))


def _field(letter: str, count: int) -> Format:
    if letter in REFUSED:
        raise ValueError(f"the letter {letter}")
    if letter in NUMBERS:
        longest, number = NUMBERS[letter]
        if count > longest:
            raise ValueError(f"too many {letter}")
        return lambda time: str(number(time)).zfill(count)
    if letter in TEXTS:
        longest, text = TEXTS[letter]
        if count > longest:
            raise ValueError(f"too many {letter}")
        return lambda time: text(time, count)
    raise Unsupported(f"the letter {letter} in a timestamp expression is not supported")


def _year(year: int, count: int) -> str:
    return f"{year % 100:02d}" if count == 2 else str(year).zfill(count)


def _styled(name: str, count: int) -> str:
    return {SHORT: name[:3], FULL: name, NARROW: name[0]}[max(count, SHORT)]


def _month(time: datetime, count: int) -> str:
    return str(time.month).zfill(count) if count < SHORT else _styled(MONTHS[time.month - 1], count)


def _quarter(time: datetime, count: int) -> str:
    quarter = (time.month + 2) // 3
    if count < SHORT:
        return str(quarter).zfill(count)
    return {SHORT: f"Q{quarter}", FULL: f"{ORDINALS[quarter - 1]} quarter", NARROW: str(quarter)}[count]


def _sunday_first(time: datetime) -> int:
    return time.isoweekday() % 7


def _day_of_week(time: datetime, count: int) -> str:
    return _styled(DAYS[_sunday_first(time)], count)


def _local_day_of_week(time: datetime, count: int) -> str:
    return str(_sunday_first(time) + 1).zfill(count) if count < SHORT else _day_of_week(time, count)


def _week_year(time: datetime) -> int:
    saturday = time + timedelta(days=6 - _sunday_first(time))
    return saturday.year


def _week(time: datetime) -> int:
    if _week_year(time) != time.year:
        return 1
    first = time.replace(month=1, day=1)
    return (time.timetuple().tm_yday - 1 + _sunday_first(first)) // 7 + 1


def _week_of_month(time: datetime) -> int:
    return (time.day - 1 + _sunday_first(time.replace(day=1))) // 7 + 1


def _second_of_day(time: datetime) -> int:
    return (time.hour * 60 + time.minute) * 60 + time.second


def _offset(time: datetime) -> tuple[str, int, int, int]:
    total = round((time.utcoffset() or timedelta()).total_seconds())
    size = abs(total)
    return "-" if total < 0 else "+", size // 3600, size // 60 % 60, size % 60


def _iso_offset(time: datetime, count: int) -> str:
    sign, hours, minutes, seconds = _offset(time)
    colon = ":" if count in {3, 5} else ""
    text = f"{sign}{hours:02d}"
    if count > 1 or minutes:
        text += f"{colon}{minutes:02d}"
    return text + (f"{colon}{seconds:02d}" if count > 3 and seconds else "")


def _iso_offset_or_z(time: datetime, count: int) -> str:
    return "Z" if not any(_offset(time)[1:]) else _iso_offset(time, count)


def _gmt_offset(time: datetime, count: int) -> str:
    if count not in {1, 4}:
        raise ValueError("O takes 1 or 4 letters")
    sign, hours, minutes, _ = _offset(time)
    if not hours and not minutes:
        return "GMT"
    if count == 4:
        return f"GMT{sign}{hours:02d}:{minutes:02d}"
    return f"GMT{sign}{hours}" + (f":{minutes:02d}" if minutes else "")


def _zone_offset(time: datetime, count: int) -> str:
    if count == 4:
        return _gmt_offset(time, 4)
    return _iso_offset_or_z(time, 5) if count == 5 else _iso_offset(time, 2)


def _zone_name(time: datetime, count: int) -> str:
    if count == 4:
        raise Unsupported("zzzz in a timestamp expression is not supported")
    return time.tzname() or "UTC"


NUMBERS: Mapping[str, tuple[int, Callable[[datetime], int]]] = {
    "d": (2, lambda time: time.day),
    "D": (3, lambda time: time.timetuple().tm_yday),
    "F": (1, lambda time: (time.day - 1) % 7 + 1),
    "w": (2, _week),
    "W": (1, _week_of_month),
    "h": (2, lambda time: (time.hour - 1) % 12 + 1),
    "H": (2, lambda time: time.hour),
    "k": (2, lambda time: (time.hour - 1) % 24 + 1),
    "K": (2, lambda time: time.hour % 12),
    "m": (2, lambda time: time.minute),
    "s": (2, lambda time: time.second),
    "S": (9, lambda _: 0),
    "n": (19, lambda _: 0),
    "A": (19, lambda time: _second_of_day(time) * 1000),
    "N": (19, lambda time: _second_of_day(time) * 1_000_000_000),
}
"""Letter: (most repetitions, the number that is padded with zeros to as many digits)."""

TEXTS: Mapping[str, tuple[int, Callable[[datetime, int], str]]] = {
    "G": (5, lambda _, count: {SHORT: "AD", FULL: "Anno Domini", NARROW: "A"}[max(count, SHORT)]),
    "u": (19, lambda time, count: _year(time.year, count)),
    "y": (19, lambda time, count: _year(time.year, count)),
    "Y": (19, lambda time, count: _year(_week_year(time), count)),
    "M": (5, _month),
    "L": (5, _month),
    "Q": (5, _quarter),
    "q": (5, _quarter),
    "E": (5, _day_of_week),
    "e": (5, _local_day_of_week),
    "c": (5, _local_day_of_week),
    "a": (1, lambda time, _: "AM" if time.hour < 12 else "PM"),
    "x": (5, _iso_offset),
    "X": (5, _iso_offset_or_z),
    "O": (4, _gmt_offset),
    "Z": (5, _zone_offset),
    "z": (4, _zone_name),
}
