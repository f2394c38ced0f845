"""Lists in pages: MaxItems and Marker in, IsTruncated and Marker out."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from afluente.core.provider import Request, Response
from afluente.services.iam.error import ValidationError

T = TypeVar("T")


def page(
    member: str, items: Sequence[T], request: Request, key: Callable[[T], str], show: Callable[[T], Any]
) -> Response:
    """One page of `items`, each shown by `show`, under `member`. The marker is the last one's key."""
    ordered = sorted(items, key=key)
    if "Marker" in request:
        after = _parse(request["Marker"])
        ordered = [item for item in ordered if key(item) > after]
    shown = ordered[: request.get("MaxItems", 100)]
    response: Response = {member: [show(item) for item in shown], "IsTruncated": len(shown) < len(ordered)}
    if response["IsTruncated"]:
        response["Marker"] = base64.urlsafe_b64encode(key(shown[-1]).encode()).decode()
    return response


def page_names(member: str, names: Sequence[str], request: Request) -> Response:
    """One page of plain names."""
    return page(member, names, request, str, str)


def _parse(marker: str) -> str:
    try:
        return base64.urlsafe_b64decode(marker).decode()
    except (binascii.Error, ValueError):
        raise ValidationError(f"Invalid Marker: {marker}") from None
