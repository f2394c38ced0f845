"""Which tags AWS takes: the characters of keys and values."""

import re
from collections.abc import Iterable, Mapping

from afluente.services.kinesis.error import InvalidArgumentException

ALLOWED = re.compile(r"[\w\s.:/=+\-%@]*")


def checked(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The tags themselves. Raises InvalidArgumentException for a character that AWS does not take."""
    check_characters([*tags.keys(), *tags.values()])
    return tags


def check_characters(texts: Iterable[str]) -> None:
    """Raises InvalidArgumentException for a character that AWS does not take."""
    if not all(ALLOWED.fullmatch(text) for text in texts):
        raise InvalidArgumentException(
            "Some tags contain invalid characters. Valid characters: "
            "Unicode letters, digits, white space, _ . / = + - % @."
        )


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as answers list them, by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
