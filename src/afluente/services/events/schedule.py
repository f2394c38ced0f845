"""When a scheduled rule comes due: `rate(5 minutes)` or `cron(...)`, in UTC."""

import re

from afluente.core.error import ValidationException
from afluente.core.schedule import Schedule

_RATE = re.compile(r"rate\((?P<value>\d{1,6}) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


def next_ms(expression: str, after_ms: int) -> int | None:
    """The first time after `after_ms`, None for none; a rate counts from there. Raises ValidationException."""
    rate = _RATE.fullmatch(expression)
    if rate is not None and int(rate["value"]) > 0 and (int(rate["value"]) > 1) is bool(rate["plural"]):
        return after_ms + int(rate["value"]) * UNITS_MS[rate["unit"]]
    if expression.startswith("cron("):
        try:
            return Schedule.parse(expression).next_ms(after_ms)
        except ValueError:
            pass
    raise ValidationException("Parameter ScheduleExpression is not valid.")
