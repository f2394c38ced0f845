"""The NextToken of Glue's lists: where a page ended, and until when the token holds."""

import base64
import binascii
import json
from datetime import timedelta

from afluente.services.glue.error import InvalidInputException

HOLDS = timedelta(hours=24)


def encode(last: str, now_ms: int) -> str:
    """The token of a page whose last entry is `last`, given out at `now_ms`."""
    expires_ms = now_ms + int(HOLDS.total_seconds() * 1000)
    return base64.b64encode(json.dumps({"lastEvaluatedKey": last, "expiration": expires_ms}).encode()).decode()


def decode(token: str | None, now_ms: int) -> str:
    """The entry after which to go on; the empty text, which is before all, without a token.

    Raises InvalidInputException when the token was not given out here, or holds no more.
    """
    if not token:
        return ""
    try:
        content = json.loads(base64.b64decode(token, validate=True))
        last, expires_ms = content["lastEvaluatedKey"], content["expiration"]
    except (binascii.Error, ValueError, TypeError, KeyError):
        raise InvalidInputException("Invalid NextToken.") from None
    if not isinstance(last, str) or not isinstance(expires_ms, int):
        raise InvalidInputException("Invalid NextToken.")
    if expires_ms < now_ms:
        raise InvalidInputException("NextToken has expired.")
    return last
