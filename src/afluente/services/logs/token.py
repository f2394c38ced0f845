"""Opaque tokens of CloudWatch Logs: a place among events, or a name to go on after."""

import base64
import binascii
from typing import NamedTuple

from afluente.services.logs.error import InvalidParameterException

INVALID = "The specified nextToken is invalid."


class Place(NamedTuple):
    """A place in the order of events: the event's time and its id."""

    time_ms: int
    id: int

    def digits(self) -> str:
        """56 digits, as AWS's event ids and page tokens have."""
        return f"{self.time_ms:020d}{self.id:036d}"

    @staticmethod
    def parse(digits: str) -> "Place":
        """The place that `digits` spell. Raises InvalidParameterException."""
        if len(digits) != 56 or not digits.isascii() or not digits.isdigit():
            raise InvalidParameterException(INVALID)
        return Place(min(int(digits[:20]), 2**62), min(int(digits[20:]), 2**62))


def parse_direction(token: str) -> tuple[bool, Place]:
    """(forward?, place) of a GetLogEvents token such as `f/000...`."""
    direction, _, digits = token.partition("/")
    if direction not in {"f", "b"}:
        raise InvalidParameterException(INVALID)
    return direction == "f", Place.parse(digits)


def name_token(name: str) -> str:
    """The token of a listing that goes on after `name`."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def parse_name(token: str) -> str:
    """The name that `name_token` was given. Raises InvalidParameterException."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidParameterException(INVALID) from None
