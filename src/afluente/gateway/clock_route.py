"""`/_afluente/clock`: what time it is here, and moving it on, where the clock can be moved (`clock` movable).

GET tells it. POST `?advance=SECONDS` moves it on; what comes due by that happens then, as after so long a wait.
"""

import math
from typing import Any

import msgspec

from afluente.core.clock import Clock, MovableClock, utc
from afluente.core.error import AwsError
from afluente.gateway import origin
from afluente.gateway.authorization import is_local
from afluente.wire.message import HttpRequest, HttpResponse

PATH = "/_afluente/clock"
MOST_S = 10 * 366 * 86_400
"""Ten years at once."""


def is_clock(request: HttpRequest) -> bool:
    """Whether the request is for the clock. No bucket can have such a name."""
    return request.path == PATH and request.method in {"GET", "POST"}


def answer(request: HttpRequest, clock: Clock) -> HttpResponse:
    """The time, after moving it; or why it was not moved."""
    try:
        status, told = 200, _answer(request, clock)
    except AwsError as error:
        status, told = error.http_status, {"code": error.code, "message": error.message}
    return HttpResponse(status, {"Content-Type": "application/json"}, msgspec.json.encode(told))


def _answer(request: HttpRequest, clock: Clock) -> dict[str, Any]:
    if not is_local(request.peer):
        raise _refusal(403, "AccessDenied", "The clock is for this machine alone.")
    origin.check(request.method, request.query, request.headers)
    if request.method == "POST":
        _move(clock, request)
    return _told(clock)


def _move(clock: Clock, request: HttpRequest) -> None:
    if not isinstance(clock, MovableClock):
        raise _refusal(409, "ClockNotMovable", "This is the machine's clock. To move time, serve with --clock movable.")
    try:
        advance_s = float(request.parameters().get("advance", ""))
    except ValueError:
        advance_s = math.nan
    if not 0 <= advance_s <= MOST_S:
        raise _refusal(400, "InvalidArgument", f"advance takes seconds from 0 to {MOST_S}, such as ?advance=3600")
    clock.advance(advance_s)


def _told(clock: Clock) -> dict[str, Any]:
    ahead_ms = clock.ahead_ms if isinstance(clock, MovableClock) else 0
    now = utc(clock.now_ms()).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"now": now, "ahead_s": ahead_ms / 1000, "movable": isinstance(clock, MovableClock)}


def _refusal(status: int, code: str, message: str) -> AwsError:
    return AwsError(message, status=status, code=code)
