"""Opaque tokens: a number after which a listing goes on, and what it is a listing of."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.services.cloudwatch.error import InvalidNextToken


class Token(msgspec.Struct, frozen=True, array_like=True):
    """`request` is a digest of the request without its token, which the next page must ask for too."""

    after: int
    request: str


def make(after: int, request: Mapping[str, Any]) -> str:
    """The token of a page that goes on after `after`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(Token(after, _digest(request)))).decode()


def read(request: Mapping[str, Any]) -> int:
    """Where the request goes on; 0 without a token. Raises InvalidNextToken."""
    text = request.get("NextToken")
    if text is None:
        return 0
    try:
        token = msgspec.json.decode(base64.b64decode(text, altchars=b"-_", validate=True), type=Token)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidNextToken("The specified NextToken is invalid.") from None
    if token.request != _digest(request) or token.after < 0:
        raise InvalidNextToken("The specified NextToken is not of this request.")
    return token.after


def _digest(request: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in request.items() if name != "NextToken"}
    return hashlib.sha256(msgspec.json.encode(rest, order="sorted")).hexdigest()[:16]
