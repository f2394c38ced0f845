"""Date patterns: MySQL's (`date_format`, `date_parse`) and Joda's (`format_datetime`), as DuckDB's strftime wants them.

Sources: Trino's documentation of "MySQL date functions" and of "Java date functions".
"""

import re

from afluente.services.athena.error import QueryFailure

MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip

JODA = {
    "yyyy": "%Y", "y": "%Y", "YYYY": "%Y", "Y": "%Y", "yy": "%y", "YY": "%y", "xxxx": "%G", "ww": "%V", "MMMM": "%B",
    "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "DDD": "%j", "EEEE": "%A", "EEE": "%a", "E": "%a",
    "e": "%u", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSS": "%g", "SSSSSS": "%f", "a": "%p", "Z": "%z", "ZZ": "%z",
}  # fmt: skip

_JODA_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


def mysql(pattern: str) -> str:
    """The strftime pattern of a MySQL one. Raises QueryFailure for a letter that Trino does not support."""
    parts = []
    for character in re.findall(r"%.|[^%]|%$", pattern, re.DOTALL):
        if not character.startswith("%"):
            parts.append(character)
        elif character[1:] in MYSQL:
            parts.append(MYSQL[character[1:]])
        elif character[1:] in "DUuVwX":
            message = f"%{character[1:]} not supported in date format string"
            raise QueryFailure("INVALID_FUNCTION_ARGUMENT", message)
        else:
            parts.append(character[1:])
    return "".join(parts)


ZONE_TOKENS = frozenset({"Z", "ZZ", "z"})
"""The letters of Joda's patterns that stand for the zone, which strftime does not know here."""

TERADATA = {
    "yyyy": "%Y", "yy": "%y", "mm": "%m", "dd": "%d", "hh24": "%H", "hh": "%I", "mi": "%M", "ss": "%S",
}  # fmt: skip


def teradata(pattern: str) -> str:
    """The strftime pattern of a Teradata one. Raises QueryFailure for letters that have no counterpart."""
    parts = re.split(r"(yyyy|yy|mm|dd|hh24|hh|mi|ss)", pattern)
    for part in parts[::2]:
        if re.search(r"[A-Za-z%]", part):
            raise QueryFailure("INVALID_FUNCTION_ARGUMENT", f"Failed to tokenize string [{part}]")
    return "".join(TERADATA.get(part, part) for part in parts)


def joda_pieces(pattern: str) -> list[str]:
    """A Joda pattern as strftime patterns, with the ZONE_TOKENS standing alone between them."""
    pieces = [""]
    for match in _JODA_TOKEN.finditer(pattern):
        if match[0] in ZONE_TOKENS:
            pieces += [match[0], ""]
        else:
            pieces[-1] += joda(match[0])
    return [piece for piece in pieces if piece]


def joda(pattern: str) -> str:
    """The strftime pattern of a Joda one. Raises QueryFailure for letters that have no counterpart."""
    parts = []
    for match in _JODA_TOKEN.finditer(pattern):
        text = match[0]
        if match[1] is not None:
            parts.append((match[1].replace("''", "'") or "'").replace("%", "%%"))
        elif match[2] is None:
            parts.append(text.replace("%", "%%"))
        elif text in JODA:
            parts.append(JODA[text])
        else:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have the date pattern {text!r}")
    return "".join(parts)
