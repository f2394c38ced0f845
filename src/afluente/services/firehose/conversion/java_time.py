"""How Java reads dates and times: java.sql.Timestamp.valueOf, java.sql.Date.valueOf.

Both are lenient: one-digit fields pass, and 31 February is 3 March. Times are nanoseconds since the epoch that wrap
around at 64 bits, as AWS's writer holds them: 999999999999 seconds are in the year 2092.
"""

import re
from datetime import date, timedelta

EPOCH = date(1970, 1, 1)
DAY_S = 86_400
NANOSECONDS = 1_000_000_000
MILLISECOND_NS = 1_000_000

_DATE = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_DATE_ALONE = re.compile(_DATE)
_TIMESTAMP = re.compile(_DATE + r" +([0-9]{1,9}):([0-9]{1,9}):([0-9]{1,9})(?:\.([0-9]{1,9}))?")

TIMESTAMP_FORM = "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"
"""What Java says of a text that is no timestamp."""


def date_value_of(text: str) -> int | None:
    """Days since the epoch of a `yyyy-[m]m-[d]d`; None for anything else."""
    match = _DATE_ALONE.fullmatch(text)
    return _days(*map(int, match.groups())) if match else None


def timestamp_value_of(text: str) -> int | None:
    """Nanoseconds since the epoch of a `yyyy-[m]m-[d]d hh:mm:ss[.f...]`; None for anything else."""
    match = _TIMESTAMP.fullmatch(text.strip(" "))
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    days = _days(year, month, day)
    if days is None:
        return None
    seconds = days * DAY_S + hour * 3600 + minute * 60 + second
    return wrapped(seconds * NANOSECONDS + int((match[7] or "0").ljust(9, "0")))


def wrapped(nanoseconds: int) -> int:
    """As it comes out of a signed 64-bit counter of nanoseconds."""
    return (nanoseconds + 2**63) % 2**64 - 2**63


def _days(year: int, month: int, day: int) -> int | None:
    if not (year and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    return (date(year, month, 1) + timedelta(days=day - 1) - EPOCH).days
