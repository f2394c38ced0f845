"""Times as people write them."""

import re
from datetime import date

INVALID = "INVALID_FUNCTION_ARGUMENT"
PARTS = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
DURATION_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
ORDINAL = re.compile(r"(\d{4})-(\d{3})")


def iso_date(text: str) -> str:
    """A date of ISO 8601: also of a week (`2026-W01-5`) or of a day in its year (`2026-002`)."""
    ordinal = ORDINAL.fullmatch(text)
    try:
        if ordinal:
            return date.fromordinal(date(int(ordinal[1]), 1, 1).toordinal() + int(ordinal[2]) - 1).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f'{INVALID}: Invalid format: "{text}"') from None


def readable_seconds(seconds: float) -> str:
    """`3762` as `1 hour, 2 minutes, 42 seconds`."""
    rest, parts = round(seconds), []
    for name, size in PARTS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return ", ".join(parts) or "0 seconds"


def duration_ms(text: str) -> float:
    """`3.5m` in milliseconds."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*", text)
    if match is None or match[2] not in DURATION_MS:
        raise ValueError(f"{INVALID}: duration is not a valid data duration string: {text}")
    return float(match[1]) * DURATION_MS[match[2]]


FUNCTIONS = (
    ("athena_iso_date", iso_date, ("VARCHAR",), "VARCHAR"),
    ("athena_readable_seconds", readable_seconds, ("DOUBLE",), "VARCHAR"),
    ("athena_duration_ms", duration_ms, ("VARCHAR",), "DOUBLE"),
)
