"""Lists in pages of a hundred, or as many as MaxResults says: NextToken in and out."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from afluente.core.provider import Request, Response
from afluente.services.cloudformation.error import ValidationError

PAGE = 100
T = TypeVar("T")


def page(
    member: str, items: Sequence[T], request: Request, key: Callable[[T], str], show: Callable[[T], Any]
) -> Response:
    """One page of `items` under `member`. The token is the key of the last one shown."""
    limit = request.get("MaxResults", PAGE)
    keys = [key(item) for item in items]
    start = 0
    if "NextToken" in request:
        if request["NextToken"] not in keys:
            raise ValidationError("The specified NextToken is invalid")
        start = keys.index(request["NextToken"]) + 1
    response: Response = {member: [show(item) for item in items[start : start + limit]]}
    if start + limit < len(items):
        response["NextToken"] = keys[start + limit - 1]
    return response
