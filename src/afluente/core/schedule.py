"""Schedules of Glue and EventBridge: `cron(minutes hours day-of-month month day-of-week year)`, always in UTC.

Days of the week count from 1, Sunday. One of day-of-month and day-of-week must be `?`. Only reads and computes; who
runs what at the computed time is the business of crawlers, triggers and rules.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError

from afluente.core.clock import utc

FORM = re.compile(r"cron\((?P<fields>[^()]*)\)")
DAY_OF_WEEK = re.compile(r"(?P<step>/\d+)|(?P<last>\d+|[A-Za-z]{3})L\b|#(?P<nth>\d)|(?P<day>\d+)")
YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule expression that has been understood."""

    expression: str
    _cron: str

    @staticmethod
    def parse(expression: str) -> "Schedule":
        """The schedule that `expression` spells. Raises ValueError that says what is wrong with it."""
        match = FORM.fullmatch(expression.strip())
        if match is None:
            raise ValueError("it does not have the form cron(fields)")
        cron = _standard_cron(match["fields"].split())
        try:
            croniter(cron)
        except (CroniterError, ValueError, KeyError) as error:
            raise ValueError(str(error)) from None
        return Schedule(expression, cron)

    def next_ms(self, after_ms: int) -> int | None:
        """The first time of the schedule after `after_ms`; None when there is none left."""
        try:
            due = croniter(self._cron, utc(after_ms), ret_type=datetime).get_next(datetime)
        except CroniterBadDateError:
            return None
        return int(due.timestamp() * 1000)


def _standard_cron(fields: list[str]) -> str:
    if len(fields) != 6:
        raise ValueError(f"it has {len(fields)} fields where six are needed")
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError("exactly one of day-of-month and day-of-week must be ?")
    if "?" in minutes + hours + month + year:
        raise ValueError("? stands for a day only")
    if any(int(number) not in YEARS for number in re.findall(r"(?<!/)\b\d+", year)):
        raise ValueError(f"years run from {YEARS[0]} to {YEARS[-1]}")
    days = "*" if day_of_month == "?" else day_of_month
    weekdays = "*" if day_of_week == "?" else _from_sunday_zero(day_of_week)
    if year == "*":
        return f"{minutes} {hours} {days} {month} {weekdays}"
    return f"{minutes} {hours} {days} {month} {weekdays} 0 {year}"


def _from_sunday_zero(field: str) -> str:
    """`field` as cron elsewhere writes it, where Sunday is 0 and the last Friday is `L5`."""
    if field.upper() == "L":
        return "6"
    return DAY_OF_WEEK.sub(_shift_day, field)


def _shift_day(match: re.Match[str]) -> str:
    if match["last"]:
        return f"L{_shift(match['last'])}"
    return _shift(match["day"]) if match["day"] else match[0]


def _shift(day: str) -> str:
    if not day.isdecimal():
        return str(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT").index(day.upper()))
    if not 1 <= int(day) <= 7:
        raise ValueError("days of the week run from 1 (Sunday) to 7")
    return str(int(day) - 1)
