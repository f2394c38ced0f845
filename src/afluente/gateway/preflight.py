"""CORS preflights: a browser asks whether a page may send a request.

The JSON and Query services, at `/`, let every page of this machine ask. S3 goes by its buckets' rules.
"""

from afluente.core.error import AwsError
from afluente.core.identifier import request_id
from afluente.gateway import origin
from afluente.gateway.bucket_origin import BadRequest, BucketOrigins
from afluente.gateway.failure import fail_unbound
from afluente.wire.binding import binding_of
from afluente.wire.message import HttpRequest, HttpResponse


def answer(request: HttpRequest, buckets: BucketOrigins) -> HttpResponse:
    """The response to an OPTIONS request. Reads the database: for worker threads."""
    bucket, _ = buckets.place(request)
    try:
        if "origin" not in request.headers:
            raise BadRequest("Insufficient information. Origin request header needed.")
        if bucket:
            return HttpResponse(200, buckets.preflight(request))
        origin.check(request.method, request.query, request.headers)
    except AwsError as error:
        if bucket:
            return binding_of("s3", request).fail(error, request_id())
        return fail_unbound(request, error, request_id())
    return HttpResponse(200, origin.preflight(request.headers))
