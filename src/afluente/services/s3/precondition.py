"""Conditional requests: If-Match and its kin, for reads, for the source of a copy, and for writes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from afluente.core import error
from afluente.core.clock import utc
from afluente.services.s3.error import NotModified, no_such_key, precondition_failed
from afluente.services.s3.object_row import ObjectRow


def matches(etags: str, etag: str) -> bool:
    """Whether `etag` is among those of an If-Match or If-None-Match header."""
    return any(item.strip().removeprefix("W/").strip('"') in {etag, "*"} for item in etags.split(","))


def check_read(row: ObjectRow, request: Mapping[str, Any], now_ms: int) -> None:
    """Raises PreconditionFailed or NotModified."""
    failed, unmodified = _failed(row, request, "If", now_ms)
    if failed:
        raise precondition_failed(failed)
    if unmodified:
        raise NotModified("Not Modified", ETag=f'"{row.etag}"', LastModified=row.last_modified)


def check_source(row: ObjectRow, request: Mapping[str, Any], now_ms: int) -> None:
    """Of the source of a copy. Raises PreconditionFailed."""
    failed, unmodified = _failed(row, request, "CopySourceIf", now_ms)
    if failed or unmodified:
        raise precondition_failed(f"x-amz-copy-source-{failed or unmodified}")


def _failed(row: ObjectRow, request: Mapping[str, Any], member: str, now_ms: int) -> tuple[str, str]:
    """The header that fails the request, and the header that says the caller has the object already."""
    match, none_match = request.get(f"{member}Match"), request.get(f"{member}NoneMatch")
    since, until = request.get(f"{member}ModifiedSince"), request.get(f"{member}UnmodifiedSince")
    failed = unmodified = ""
    if match is not None:
        failed = "" if matches(match, row.etag) else "If-Match"
    elif until is not None and row.last_modified > until:
        failed = "If-Unmodified-Since"
    if none_match is not None:
        unmodified = "If-None-Match" if matches(none_match, row.etag) else ""
    elif since is not None and _unmodified(row.last_modified, since, now_ms):
        unmodified = "If-Modified-Since"
    return failed, unmodified


def _unmodified(modified: datetime, since: datetime, now_ms: int) -> bool:
    """A date in the future is no date of the past: such a condition is left aside (RFC 9110, 13.1.3)."""
    return modified <= since <= utc(now_ms)


class WriteCondition:
    """If-Match and If-None-Match of a request that writes. Raises NotImplemented for what S3 does not do either.

    takes_any: `If-Match: *` is a condition, as for deletes: there has to be an object.
    """

    def __init__(self, request: Mapping[str, Any], *, takes_any: bool = False) -> None:
        self._match: str | None = request.get("IfMatch")
        self._none_match: str | None = request.get("IfNoneMatch")
        if self._none_match is not None and (self._none_match != "*" or self._match is not None):
            raise _not_implemented("If-None-Match")
        if self._match is not None and self._match.strip('"') == "*" and not takes_any:
            raise _not_implemented("If-Match")

    def check(self, key: str, existing: ObjectRow | None) -> None:
        """Raises PreconditionFailed, or NoSuchKey when there is nothing that could match."""
        if self._none_match is not None and existing is not None:
            raise precondition_failed("If-None-Match")
        if self._match is not None:
            if existing is None:
                raise no_such_key(key)
            if not matches(self._match, existing.etag):
                raise precondition_failed("If-Match")


UNCONDITIONAL = WriteCondition({})


def _not_implemented(header: str) -> error.NotImplemented:
    return error.NotImplemented(
        "A header you provided implies functionality that is not implemented",
        Header=header,
        additionalMessage="We don't accept the provided value of If-Match or If-None-Match header for this API",
    )
