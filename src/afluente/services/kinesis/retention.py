"""Increasing and decreasing how long a stream keeps its records."""

from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.stream import Key

MIN_HOURS, MAX_HOURS = 24, 8760


def increase(control: Control, key: Key, hours: int) -> None:
    """Keep records for longer. To ask for what is so already changes nothing, as on AWS."""
    with control.lock:
        stream = control.active(key)
        _check(hours)
        if hours < stream.retention_hours:
            raise InvalidArgumentException(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than "
                f"existing retention period ({stream.retention_hours} hours). Use DecreaseRetentionPeriod API."
            )
        if hours != stream.retention_hours:
            control.change(stream, retention_hours=hours)


def decrease(control: Control, key: Key, hours: int) -> None:
    """Keep records for less long; what is older is no longer given from then on."""
    with control.lock:
        stream = control.active(key)
        _check(hours)
        if hours > stream.retention_hours:
            raise InvalidArgumentException(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than "
                f"existing retention period ({stream.retention_hours} hours). Use IncreaseRetentionPeriod API."
            )
        if hours != stream.retention_hours:
            control.change(stream, retention_hours=hours)


def _check(hours: int) -> None:
    if hours < MIN_HOURS:
        raise InvalidArgumentException(
            f"Minimum allowed retention period is {MIN_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too short."
        )
    if hours > MAX_HOURS:
        raise InvalidArgumentException(
            f"Maximum allowed retention period is {MAX_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too long."
        )
