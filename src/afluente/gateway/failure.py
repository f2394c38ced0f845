"""Errors from before it is known what service a request is for, in the format that its head suggests."""

from afluente.core.error import AwsError
from afluente.gateway.credential import IncompleteSignature
from afluente.gateway.identification import RPC_TYPES, UnknownContentType
from afluente.wire.binding import FORM
from afluente.wire.codec import CBOR, JSON
from afluente.wire.fault import resolve
from afluente.wire.message import HttpRequest, HttpResponse
from afluente.wire.rpc_v2 import HEADER, MEDIA_TYPE
from afluente.wire.xml_writer import DECLARATION, element, escape, legible


def fail_unbound(request: HttpRequest, error: AwsError, request_id: str) -> HttpResponse:
    """The response that carries `error`."""
    if isinstance(error, UnknownContentType):
        return _xml(error.status, "<UnknownOperationException/>", request_id)
    if HEADER in request.headers or ("x-amz-target" in request.headers and request.media_type in RPC_TYPES):
        return _rpc(request, _named(error, "IncompleteSignatureException"), request_id)
    if request.media_type == FORM:
        return _query(_named(error, "IncompleteSignature"), request_id)
    fault = resolve(None, _named(error, "AuthorizationHeaderMalformed"))
    inner = element("Code", escape(fault.code)) + element("Message", escape(fault.message))
    return _xml(fault.status, element("Error", inner + element("RequestId", request_id)), request_id)


def _named(error: AwsError, signature_code: str) -> AwsError:
    """Each protocol has its own code for a broken Authorization header."""
    if isinstance(error, IncompleteSignature):
        return AwsError(error.message, code=signature_code)
    return error


def _rpc(request: HttpRequest, error: AwsError, request_id: str) -> HttpResponse:
    is_v2 = HEADER in request.headers
    media_type = MEDIA_TYPE if is_v2 else request.media_type
    codec = CBOR if "cbor" in media_type else JSON
    fault = resolve(None, error)
    headers = {"Content-Type": media_type, "x-amzn-RequestId": request_id, **({HEADER: "rpc-v2-cbor"} if is_v2 else {})}
    return HttpResponse(fault.status, headers, codec.encode(fault.as_tree()))


def _query(error: AwsError, request_id: str) -> HttpResponse:
    fault = resolve(None, error)
    inner = element("Type", "Sender") + element("Code", escape(fault.code)) + element("Message", escape(fault.message))
    body = element("ErrorResponse", element("Error", inner) + element("RequestId", request_id))
    return _xml(fault.status, body, request_id)


def _xml(status: int, body: str, request_id: str) -> HttpResponse:
    headers = {"Content-Type": "application/xml", "x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
    return HttpResponse(status, headers, (DECLARATION + legible(body)).encode("utf-8", "replace"))
