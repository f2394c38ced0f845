"""The condition keys of S3 that say how a request is signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
"""

from contextlib import suppress
from datetime import UTC, datetime

from afluente.wire.message import HttpRequest
from afluente.wire.timestamp import to_milliseconds

VERSION_4 = "AWS4-HMAC-SHA256"
VERSION_2 = "AWS"


def signature_conditions(request: HttpRequest, now_ms: int) -> dict[str, str]:
    """`s3:authType` and its like; of a request that nobody signed, none of them."""
    found = _signed(request)
    if not found:
        return {}
    kind, version, signed_at = found
    keys = {"s3:authtype": kind, "s3:signatureversion": version}
    if version == VERSION_2:
        keys["s3:signatureage"] = "0"
    elif kind != "REST-HEADER":
        with suppress(ValueError):
            signed = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            keys["s3:signatureage"] = str(max(now_ms - to_milliseconds(signed), 0))
    if "x-amz-content-sha256" in request.headers:
        keys["s3:x-amz-content-sha256"] = request.headers["x-amz-content-sha256"]
    return keys


def _signed(request: HttpRequest) -> tuple[str, str, str] | None:
    """(by what, by which version, when)."""
    headers = request.headers
    if request.by_form:
        version = headers.get("x-amz-algorithm", VERSION_2)
        return ("POST", version, headers.get("x-amz-date", "")) if request.signer else None
    if "authorization" in headers:
        return "REST-HEADER", VERSION_4 if headers["authorization"].startswith("AWS4-") else VERSION_2, ""
    if "Signature=" not in request.query:
        return None
    given: dict[str, str] = {}
    with suppress(ValueError):  # not UTF-8: nothing that was signed
        given = request.parameters()
    if "X-Amz-Signature" in given:
        return "REST-QUERY-STRING", VERSION_4, given.get("X-Amz-Date", "")
    return ("REST-QUERY-STRING", VERSION_2, "") if "Signature" in given else None
