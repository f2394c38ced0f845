"""Java's patterns of dates and times as DuckDB's (strftime's).

Source: https://spark.apache.org/docs/3.5.4/sql-ref-datetime-pattern.html
"""

import re

TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
FIELDS = {
    "yyyy": "%Y", "yyy": "%Y", "y": "%Y", "yy": "%y", "MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B", "LL": "%m",
    "L": "%-m",
    "LLL": "%b", "LLLL": "%B", "dd": "%d", "d": "%-d", "DDD": "%j", "D": "%-j", "HH": "%H", "H": "%-H",
    "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g", "SSSSSS": "%f",
    "a": "%p", "E": "%a",
    "EE": "%a", "EEE": "%a", "EEEE": "%A", "uuuu": "%Y",
}  # fmt: skip
ZONES = {"X": "%z", "XX": "%z", "XXX": "%z", "Z": "%z", "ZZ": "%z", "ZZZ": "%z", "xxx": "%z", "z": "%Z", "VV": "%Z"}
"""To read alone: times have no zone to write but UTC."""
WRITTEN_ZONES = {"X": "Z", "XX": "Z", "XXX": "Z", "Z": "+0000", "xxx": "+00:00", "z": "UTC", "VV": "Etc/UTC"}


def strftime(pattern: str, *, reads: bool = False) -> str:
    """The pattern as an SQL text. Raises NotImplementedError for a field that DuckDB does not have, by its letters."""
    parts = [_part(match, reads=reads) for match in TOKEN.finditer(pattern)]
    return "'" + "".join(parts).replace("'", "''") + "'"


def _part(match: re.Match[str], *, reads: bool) -> str:
    text = match[0]
    if match[1] is not None:
        return (match[1].replace("''", "'") or "'").replace("%", "%%")
    if match[2] is None:
        return text.replace("%", "%%")
    if text in FIELDS:
        return FIELDS[text].replace("-", "") if reads else FIELDS[text]
    zone = (ZONES if reads else WRITTEN_ZONES).get(text)
    if zone is None:
        raise NotImplementedError(f"the date pattern {text} is not supported")
    return zone
