"""Pages of the List operations: a slice, and an opaque token that says where the next begins."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from afluente.services.athena.error import InvalidRequestException

MOST = 50

Item = TypeVar("Item")


def token_of(place: int) -> str:
    """The token of a place."""
    return base64.urlsafe_b64encode(f"place:{place}".encode()).decode()


def place_of(token: str | None) -> int | None:
    """The place that `token` stands for; None without one. Raises InvalidRequestException for one that is not ours."""
    if token is None:
        return None
    try:
        head, _, place = base64.urlsafe_b64decode(token).decode().partition(":")
    except (binascii.Error, ValueError):
        head, place = "", ""
    if head != "place" or not place.isdecimal():
        raise InvalidRequestException(f"Malformed nextPageToken {token}")
    return int(place)


def sliced(member: str, items: Sequence[Item], request: dict[str, Any], most: int = MOST) -> dict[str, Any]:
    """The page of `items` that `request` asks for, under `member`."""
    start = place_of(request.get("NextToken")) or 0
    end = start + (request.get("MaxResults") or most)
    answer: dict[str, Any] = {member: list(items[start:end])}
    if end < len(items):
        answer["NextToken"] = token_of(end)
    return answer
