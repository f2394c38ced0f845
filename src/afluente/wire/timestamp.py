"""Timestamps on the wire: epoch seconds, ISO 8601 and RFC 1123, from and to aware UTC datetimes."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_milliseconds(milliseconds: float) -> datetime:
    """The datetime that many milliseconds after the epoch. Raises ValueError outside the years 1 to 9999."""
    try:
        return EPOCH + timedelta(milliseconds=round(milliseconds))
    except (OverflowError, ValueError):
        raise ValueError(f"{milliseconds!r} is no time") from None


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def to_seconds(moment: datetime) -> float:
    """Seconds since the epoch; the fraction is milliseconds."""
    return to_milliseconds(moment) / 1000


def from_text(text: str) -> datetime:
    """The datetime of an ISO 8601 or RFC 1123 text; without a zone it is UTC. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _from_rfc1123(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is no time") from None


def _from_rfc1123(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, IndexError, OverflowError):  # what the parser lets through for some malformed texts
        raise ValueError(f"{text!r} is no time") from None


def to_iso8601(moment: datetime, *, milliseconds: bool) -> str:
    """`2026-01-01T00:00:00Z`, or with milliseconds `2026-01-01T00:00:00.000Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds" if milliseconds else "seconds")
    return text.removesuffix("+00:00") + "Z"


def to_rfc1123(moment: datetime) -> str:
    """`Thu, 01 Jan 2026 00:00:00 GMT`."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)
