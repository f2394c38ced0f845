"""Answers in JSON."""

from typing import Any

import msgspec

from afluente.console.site import HEADERS
from afluente.wire.message import HttpResponse

JSON = {**HEADERS, "Cache-Control": "no-store", "Content-Type": "application/json"}


def json_answer(body: Any) -> HttpResponse:
    """A page's data."""
    return HttpResponse(200, dict(JSON), msgspec.json.encode(body))


def failed(status: int, message: str) -> HttpResponse:
    """Why there is none."""
    return HttpResponse(status, dict(JSON), msgspec.json.encode({"message": message}))
