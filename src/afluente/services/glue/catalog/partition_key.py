"""A partition's values as one text: the key it is stored and ordered by."""

from collections.abc import Sequence

SEPARATOR = "\x1f"
ESCAPE = "\x1e"


def join(values: Sequence[str]) -> str:
    """The key of `values`; different values have different keys."""
    return SEPARATOR.join(map(_escape, values))


def split(key: str) -> list[str]:
    """The values that were joined to `key`."""
    return [_unescape(part) for part in key.split(SEPARATOR)]


def bounds(values: Sequence[str], count: int) -> tuple[str, str]:
    """(low, high): the keys of the partitions with `count` values that begin with `values` lie in low <= key < high."""
    if not values:
        return "", chr(0x10FFFF)
    low = join(values)
    return (low, low + "\x00") if len(values) == count else (low + SEPARATOR, low + chr(ord(SEPARATOR) + 1))


def _escape(value: str) -> str:
    if SEPARATOR not in value and ESCAPE not in value:
        return value
    return value.replace(ESCAPE, ESCAPE + "0").replace(SEPARATOR, ESCAPE + "1")


def _unescape(part: str) -> str:
    if ESCAPE not in part:
        return part
    return part.replace(ESCAPE + "1", SEPARATOR).replace(ESCAPE + "0", ESCAPE)
