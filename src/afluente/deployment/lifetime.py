"""A stack's time to live: a tag that says until when. Nothing removes a stack by itself; `destroy --expired` does."""

import re
from datetime import UTC, datetime, timedelta

from afluente.deployment.stack import Stack

TAG = "afluente:expires"
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
FORM = re.compile(r"(?P<number>[1-9][0-9]{0,4})(?P<unit>[mhd])")
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def length(text: str) -> timedelta:
    """What `90m`, `8h` or `7d` say. Raises ValueError."""
    match = FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is not a length of time, such as 90m, 8h or 7d")
    return timedelta(**{UNITS[match["unit"]]: int(match["number"])})


def tag_value(expires: datetime) -> str:
    """How the tag says it, in UTC."""
    return expires.astimezone(UTC).strftime(STAMP)


def expires(stack: Stack) -> datetime | None:
    """Until when the stack is to live; None when it says nothing that can be understood."""
    try:
        return datetime.strptime(stack.tags.get(TAG, ""), STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_expired(stack: Stack, now: datetime) -> bool:
    """Whether its time is over."""
    until = expires(stack)
    return until is not None and until <= now
