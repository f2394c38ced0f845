"""Operations that AWS does not have, under /_afluente/: answered in JSON, and authorised as AWS's are.

A route is called as an operation of a service is: signed by a client for that service, and from no foreign web page.
What the caller may do, the route itself asks.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from afluente.core.call import Call
from afluente.core.error import AwsError, InternalFailure
from afluente.gateway import origin
from afluente.wire.message import HttpRequest, HttpResponse

log = logging.getLogger(__name__)

Answer = Callable[[Call, Mapping[str, str]], Any]
"""Takes who asks and the query's parameters; gives what msgspec writes as JSON. Runs on a worker thread."""


@dataclass(frozen=True, slots=True)
class LocalRoute:
    """service: whose clients ask. operation: what the call is told as."""

    service: str
    operation: str
    answer: Answer


class Entrance(Protocol):
    """Who says who calls."""

    def enter(self, request: HttpRequest, service: str, operation: str) -> Call:
        """Raises what an operation would."""


def answer(route: LocalRoute, entrance: Entrance, request: HttpRequest) -> HttpResponse:
    """The response, whatever happens. For worker threads."""
    try:
        call = entrance.enter(request, route.service, route.operation)
        response = HttpResponse(200, body=msgspec.json.encode(route.answer(call, request.parameters())))
    except AwsError as error:
        response = _failure(error)
    except ValueError as error:
        response = _failure(AwsError(str(error), code="ValidationException"))
    except Exception:  # the edge: every fault becomes an answer
        log.exception("%s failed", request.path)
        response = _failure(InternalFailure("Afluente failed. The cause is in its log."))
    response.headers |= {"Content-Type": "application/json", **origin.allowances(request.headers)}
    return response


def _failure(error: AwsError) -> HttpResponse:
    return HttpResponse(error.http_status, body=msgspec.json.encode({"code": error.code, "message": error.message}))
