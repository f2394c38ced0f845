"""Presigned URLs: whether their time is over."""

import re
from datetime import UTC, datetime
from typing import Any

from afluente.core.error import AwsError
from afluente.wire.message import HttpRequest
from afluente.wire.timestamp import from_milliseconds, to_iso8601, to_milliseconds

MAX_EXPIRES_S = 604_800
MOST_AHEAD_MS = 900_000
"""A URL that is signed for later would outlive its week."""

DIGITS = re.compile(r"\d{1,9}")


class AuthorizationQueryParametersError(AwsError):
    """Parameters of a presigned URL that cannot be."""


class AccessDenied(AwsError):
    """The URL is too old, or too new."""

    status = 403


def check_expiry(request: HttpRequest, now_ms: int) -> None:
    """Raise AccessDenied when the presigned URL has expired by `now_ms`, or is of a time to come."""
    try:
        parameters = request.parameters()
    except ValueError:
        raise AuthorizationQueryParametersError("The query string is not UTF-8.") from None
    signed_ms = _signed_ms(parameters.get("X-Amz-Date", ""))
    expires_s = parameters.get("X-Amz-Expires", "")
    if not DIGITS.fullmatch(expires_s):
        raise AuthorizationQueryParametersError("X-Amz-Expires should be a number")
    if int(expires_s) > MAX_EXPIRES_S:
        raise AuthorizationQueryParametersError(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            "604800 seconds"
        )
    if signed_ms > now_ms + MOST_AHEAD_MS:
        raise AccessDenied("Request is not valid yet")
    end_ms = signed_ms + int(expires_s) * 1000
    if end_ms < now_ms:
        members: dict[str, Any] = {
            "X-Amz-Expires": expires_s,
            "Expires": to_iso8601(from_milliseconds(end_ms), milliseconds=False),
            "ServerTime": to_iso8601(from_milliseconds(now_ms), milliseconds=False),
        }
        raise AccessDenied("Request has expired", **members)


def _signed_ms(text: str) -> int:
    try:
        return to_milliseconds(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    except ValueError:
        raise AuthorizationQueryParametersError(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from None
