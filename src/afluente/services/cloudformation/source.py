"""A request's template: given in the request, or lying in S3 under a URL."""

import re
from urllib.parse import unquote, urlsplit

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import FileSlice, Invoke, Request
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.stack_policy import check_policy

MAX_BODY_BYTES = 51_200
MAX_OBJECT_BYTES = 1_000_000


def template_of(call: Call, request: Request, invoke: Invoke) -> str:
    """The template's text. Raises ValidationError when there is none, or both, or it is too long."""
    body, url = request.get("TemplateBody"), request.get("TemplateURL")
    if (body is None) == (url is None):
        raise ValidationError("Either Template URL or Template Body must be specified.")
    if url is not None:
        return _fetch(call, *_place(url, call.endpoint), invoke)
    if len(str(body).encode()) > MAX_BODY_BYTES:
        raise ValidationError(
            f"1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: Member must "
            f"have length less than or equal to {MAX_BODY_BYTES}"
        )
    return str(body)


def policy_of(call: Call, request: Request, invoke: Invoke, member: str = "StackPolicy") -> str | None:
    """The stack policy in a request, or None. Raises ValidationError when there are two, or it is none."""
    body, url = request.get(f"{member}Body"), request.get(f"{member}URL")
    if body is not None and url is not None:
        raise ValidationError(f"You cannot specify both {member}Body and {member}URL")
    if url is not None:
        body = _fetch(call, *_place(url, call.endpoint), invoke)
    return None if body is None else check_policy(body)


def object_text(call: Call, location: str, invoke: Invoke) -> str:
    """The text of the object at `s3://bucket/key`. Raises ValidationError."""
    found = re.fullmatch("s3://([^/]+)/(.+)", location, re.DOTALL)
    if found is None:
        raise ValidationError(f"Transform AWS::Include failed with: {location} is not of the form s3://bucket/key.")
    return _fetch(call, found[1], found[2], invoke)


def _fetch(call: Call, bucket: str, key: str, invoke: Invoke) -> str:
    try:
        body = invoke(call, "s3", "GetObject", {"Bucket": bucket, "Key": key})["Body"]
    except AwsError as error:
        raise ValidationError(f"S3 error: {error.message}") from None
    if isinstance(body, FileSlice):
        if body.length > MAX_OBJECT_BYTES:
            raise ValidationError("Template may not exceed 1000000 bytes in size.")
        with body.path.open("rb") as file:
            file.seek(body.offset)
            body = file.read(body.length)
    try:
        return bytes(body).decode()
    except UnicodeDecodeError:
        raise ValidationError("Template format error: unsupported structure.") from None


def _place(url: str, endpoint: str) -> tuple[str, str]:
    """Bucket and key of a URL in path style or virtual-host style, at AWS's hosts or at this endpoint."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    hosted = re.fullmatch(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)*(?:amazonaws\.com|localhost\S*)", host)
    bucket = hosted["bucket"] if hosted else None
    if parts.scheme not in {"http", "https"} or not (hosted or parts.netloc == urlsplit(endpoint).netloc):
        raise ValidationError("TemplateURL must be a supported URL.")
    if not bucket:
        bucket, _, path = path.partition("/")
    if not bucket or not path:
        raise ValidationError("TemplateURL must be a supported URL.")
    return bucket, path
