"""What a request says about its signer: access key, region and service of the signing scope. Nothing is verified."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from afluente.core.error import AwsError
from afluente.wire.message import HttpRequest

NAME = re.compile(r"[a-z0-9-]{1,64}")
SIGNATURES = ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")


class IncompleteSignature(AwsError):
    """An Authorization header without what a signature needs."""


@dataclass(frozen=True, slots=True)
class Credential:
    """The signer of a request. Old signatures (AWS key:signature) have neither region nor service."""

    access_key_id: str
    region: str = ""
    service: str = ""
    session_token: str | None = None


def credential_of(request: HttpRequest) -> Credential | None:
    """The credential of the Authorization header or of a presigned URL; None when unsigned.

    Raises IncompleteSignature.
    """
    header = request.headers.get("authorization")
    if header is not None:
        return of_header(header, request.headers)
    if "X-Amz-Credential=" in request.query or "AWSAccessKeyId=" in request.query:
        return _of_query(request)
    return None


def of_header(header: str, headers: Mapping[str, str]) -> Credential:
    """The credential of an Authorization header. Raises IncompleteSignature."""
    start = header.find("Credential=")
    if not header.startswith(SIGNATURES) or start < 0:
        return _old(header)
    end = header.find(",", start)
    return _scope(header[start + 11 : end if end > 0 else None].strip(), headers.get("x-amz-security-token"))


def of_form(fields: Mapping[str, str]) -> Credential | None:
    """The credential of a form that uploads to S3, by its fields in lower case; None when unsigned."""
    if "x-amz-credential" in fields:
        return _scope(fields["x-amz-credential"], fields.get("x-amz-security-token"))
    if "awsaccesskeyid" in fields:
        return Credential(fields["awsaccesskeyid"], "", "s3", fields.get("x-amz-security-token"))
    return None


def _of_query(request: HttpRequest) -> Credential:
    try:
        parameters = request.parameters()
    except ValueError:
        raise IncompleteSignature("The query string is not UTF-8.") from None
    if "X-Amz-Credential" in parameters:
        return _scope(parameters["X-Amz-Credential"], parameters.get("X-Amz-Security-Token"))
    return Credential(parameters.get("AWSAccessKeyId", ""), "", "s3", parameters.get("x-amz-security-token"))


@lru_cache(maxsize=1024)
def _scope(text: str, token: str | None) -> Credential:
    parts = text.rsplit("/", 4)
    if len(parts) != 5 or not parts[0] or not NAME.fullmatch(parts[2]) or not NAME.fullmatch(parts[3]):
        raise IncompleteSignature(f"Credential must have at least 5 slash-delimited elements, got '{text}'.")
    return Credential(parts[0], parts[2], parts[3], token)


def _old(header: str) -> Credential:
    scheme, _, rest = header.partition(" ")
    key, colon, _ = rest.partition(":")
    if scheme != "AWS" or not colon or not key:
        raise IncompleteSignature("Authorization header requires 'Credential' parameter.")
    return Credential(key, "", "s3")
