"""CORS preflights: a browser asks whether a page may send a request.

The JSON and Query services, at `/`, let every page of this machine ask. S3 goes by its buckets' CORS configurations,
which Afluente does not have, so its answer is AWS's for a bucket without one.
"""

from afluente.core.error import AwsError
from afluente.core.identifier import request_id
from afluente.gateway import origin
from afluente.gateway.failure import fail_unbound
from afluente.wire.message import HttpRequest, HttpResponse


class BadRequest(AwsError):
    """No preflight at all."""


class AccessForbidden(AwsError):
    """A preflight that is turned down."""

    status = 403


def answer(request: HttpRequest) -> HttpResponse:
    """The response to an OPTIONS request."""
    try:
        origin.check(request.method, request.query, request.headers)
        if "origin" not in request.headers:
            raise BadRequest("Insufficient information. Origin request header needed.")
        if request.path != "/":
            raise AccessForbidden("CORSResponse: CORS is not enabled for this bucket.")
    except AwsError as error:
        return fail_unbound(request, error, request_id())
    return HttpResponse(200, origin.preflight(request.headers))
