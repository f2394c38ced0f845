"""What the options' values are read as. Each raises ArgumentTypeError, one clear sentence, for what it is not."""

import argparse
from datetime import UTC, datetime, timedelta

MOST_SHARDS = 200


def port(text: str) -> int:
    """A TCP port; 0 stands for a free one."""
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port from 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """How many of something, one at least."""
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 1000")
    return int(text)


def shards(text: str) -> int:
    """How many shards, as the template has them."""
    if not text.isdigit() or not 1 <= int(text) <= MOST_SHARDS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST_SHARDS}")
    return int(text)


def whole(text: str) -> int:
    """A number from 0 up."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 up")
    return int(text)


def minutes(text: str) -> int:
    """Minutes that divide an hour."""
    if not text.isdigit() or not 1 <= int(text) <= 60 or 60 % int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number of minutes that divides an hour")
    return int(text)


def share(text: str) -> float:
    """A probability."""
    number = _number(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 1")
    return number


def seconds(text: str) -> float:
    """A length of time."""
    number = _number(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above zero")
    return number


def amount(text: str) -> float:
    """A rate, a count or a sum of money; zero is one too."""
    number = _number(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number from zero up")
    return number


def length(text: str) -> timedelta:
    """A length of time, such as 8h."""
    from afluente.deployment import lifetime  # noqa: PLC0415 - boto3 is slow to import

    try:
        return lifetime.length(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def moment(text: str) -> datetime:
    """A time: so long ago, such as 90m or 2h, or in ISO 8601, in UTC unless it says another zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC) - length(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def tag(text: str) -> tuple[str, str]:
    """A tag, key and value."""
    key, separator, value = text.partition("=")
    if not separator or not key or key.lower().startswith("aws:") or len(key) > 128 or len(value) > 256:
        raise argparse.ArgumentTypeError(f"{text} is not KEY=VALUE")
    return key, value


def _number(text: str) -> float:
    """The number that `text` is; below zero when it is none, or not finite."""
    try:
        number = float(text)
    except ValueError:
        return -1.0
    return number if number < float("inf") else -1.0
