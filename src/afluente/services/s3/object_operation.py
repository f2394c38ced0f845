"""Operations on objects: put, get, head, copy, delete, tags, attributes."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from msgspec.structs import replace

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.error import AwsError
from afluente.core.provider import STATUS, FileSlice, Request, Response
from afluente.services.s3 import acl, byte_range, copy_source, header, lifecycle, lock, storage_class, tag, version_id
from afluente.services.s3 import checksum as checksums
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.checksum import Expected
from afluente.services.s3.engine import MOST_BYTES_AT_ONCE, Doomed
from afluente.services.s3.error import (
    InvalidPartNumber,
    InvalidRequest,
    MalformedXML,
    MethodNotAllowed,
    MissingRequestBodyError,
    invalid_argument,
)
from afluente.services.s3.event import CREATED, REMOVED, RESTORED, TAGGED, cause_of
from afluente.services.s3.listing import limit_of
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.operation import (
    Operations,
    check_owner,
    hides_missing,
    new_version,
    shown_version,
    version_of,
)
from afluente.services.s3.precondition import WriteCondition, check_read, check_source
from afluente.services.s3.traits import PLAIN, STANDARD, Traits

ENCRYPTION = {"ServerSideEncryption": "AES256"}
CHANGES = frozenset({"ServerSideEncryption", "StorageClass", "WebsiteRedirectLocation"})
"""What makes a copy onto itself a change."""

IN_MEMORY_BYTES = 64 << 10
"""Bodies up to here are read at once; larger ones the gateway sends from the file."""

MOST_DELETED = 1000


class ObjectOperations(Operations):
    """PutObject to GetObjectAttributes."""

    def put_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        header.check_encryption(request)
        expected = Expected(request)
        lock.check_digest(expected, request, bucket)
        row = self._engine.put(
            bucket.name,
            request["Key"],
            request.get("Body", b""),
            header.from_request(request),
            tags=tag.from_header(request.get("Tagging")),
            expected=expected,
            condition=WriteCondition(request),
            traits=traits_of(call, bucket, request),
            cause=cause_of(call, CREATED, "Post" if call.by_form else "Put"),
        )
        return {
            "ETag": f'"{row.etag}"',
            **row.checksum.members(),
            **ENCRYPTION,
            **new_version(bucket, row),
            **_expiration(bucket, row),
        }

    @hides_missing
    def get_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        row, file = self._engine.open(
            bucket.name,
            request["Key"],
            lambda row: _check_get(row, request, call.arrived_at_ms),
            version_of(bucket, request),
        )
        try:
            response = self._described(call, bucket, row, request)
            offset, length = _slice(row, request) or (0, row.size)
            return {**response, "Body": _body(file, offset, length)}
        except BaseException:
            file.close()
            raise

    @hides_missing
    def head_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        row = self._engine.head(bucket.name, request["Key"], version_of(bucket, request))
        check_read(row, request, call.arrived_at_ms)
        return self._described(call, bucket, row, request)

    def delete_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        version = version_of(bucket, request)
        bypass = lock.check_bypass(bucket, request)
        row = self._engine.delete(
            bucket.name, request["Key"], request.get("IfMatch"), version, bypass=bypass, cause=cause_of(call, REMOVED)
        )
        shown = {"DeleteMarker": True} if row is not None and row.is_marker else {}
        version = version or (row.version if row is not None and row.is_marker else None)
        return {**shown, "VersionId": version} if version else shown

    def delete_objects(self, call: Call, request: Request) -> Response:
        bucket, wanted = self._bucket(call, request), request["Delete"]["Objects"]
        if not 1 <= len(wanted) <= MOST_DELETED:
            raise MalformedXML
        bypass = lock.check_bypass(bucket, request)
        refused: list[tuple[Doomed, AwsError]] = []
        allowed: list[Doomed] = []
        for item in wanted:
            doomed = Doomed(item["Key"], item.get("ETag"), item.get("VersionId"), bypass)
            try:
                for action in _deleting(doomed):
                    self._check(call, action, f"{bucket.arn}/{doomed.key}")
                allowed.append(doomed._replace(version=version_of(bucket, item)))
            except AwsError as error:
                refused.append((doomed, error))
        results = [*refused, *self._engine.delete_many(bucket.name, allowed, cause_of(call, REMOVED))]
        errors = [_undeleted(doomed, result) for doomed, result in results if isinstance(result, AwsError)]
        deleted = [_deleted(doomed, result) for doomed, result in results if not isinstance(result, AwsError)]
        response = {} if request["Delete"].get("Quiet") else {"Deleted": deleted}
        return {**response, "Errors": errors} if errors else response

    def copy_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        header.check_encryption(request)
        source, file, version = self._open_source(call, request)
        with closing(file):
            is_named = copy_source.parse(request["CopySource"]).version is not None
            _check_copy(source, request, names_version=is_named and bool(version))
            row = self._engine.copy(
                source,
                file,
                (bucket.name, request["Key"]),
                algorithm=checksums.supported(request.get("ChecksumAlgorithm", source.checksum.algorithm)),
                header=header.from_request(request)
                if _replaces(request, "MetadataDirective")
                else header.copied(source.header, request),
                tags=tag.from_header(request.get("Tagging")) if _replaces(request, "TaggingDirective") else source.tags,
                traits=traits_of(call, bucket, request),
                condition=WriteCondition(request),
                cause=cause_of(call, CREATED, "Copy"),
            )
        result = {"ETag": f'"{row.etag}"', "LastModified": row.last_modified, **row.checksum.members()}
        described = {**ENCRYPTION, **version, **new_version(bucket, row), **_expiration(bucket, row)}
        return {"CopyObjectResult": result, **described}

    def restore_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if "RestoreRequest" not in request:
            raise MissingRequestBodyError("Request Body is empty")
        is_extended = False

        def change(row: ObjectRow) -> ObjectRow:
            nonlocal is_extended
            is_extended = storage_class.is_readable(row, call.arrived_at_ms)
            return storage_class.restored(row, request["RestoreRequest"], call.arrived_at_ms)

        self._engine.change(
            bucket.name, request["Key"], version_of(bucket, request), change, cause_of(call, RESTORED, "Post")
        )
        return {STATUS: 200} if is_extended else {}

    def put_object_tagging(self, call: Call, request: Request) -> Response:
        tags = tag.from_set(request["Tagging"]["TagSet"], tag.MOST_OF_OBJECT)
        return self._set_tags(call, request, tags, "Put")

    @hides_missing
    def get_object_tagging(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        row = self._engine.head(bucket.name, request["Key"], version_of(bucket, request))
        return {"TagSet": tag.to_set(row.tags), **shown_version(bucket, row)}

    def delete_object_tagging(self, call: Call, request: Request) -> Response:
        return self._set_tags(call, request, {}, "Delete")

    @hides_missing
    def get_object_attributes(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        row = self._engine.head(bucket.name, request["Key"], version_of(bucket, request))
        every: dict[str, Any] = {
            "ETag": row.etag,
            "Checksum": row.checksum.without_count().members(),
            "ObjectParts": _parts(row, request),
            "StorageClass": row.traits.storage_class,
            "ObjectSize": row.size,
        }
        wanted = {name for value in request["ObjectAttributes"] for name in value.split(",")}
        if not wanted <= set(every):
            raise invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", ",".join(wanted))
        shown = {name: value for name, value in every.items() if name in wanted and value is not None}
        return {"LastModified": row.last_modified, **shown_version(bucket, row), **shown}

    def _open_source(self, call: Call, request: Mapping[str, Any]) -> tuple[ObjectRow, BinaryIO, Response]:
        """The source of a copy, after its conditions, and what the answer says of its version."""
        source = copy_source.parse(request["CopySource"])
        bucket = self._engine.buckets.get(source.bucket)
        check_owner(bucket, call, request.get("ExpectedSourceBucketOwner"))
        version = version_id.check(source.version, bucket.versioning)
        try:
            row, file = self._engine.open(
                source.bucket, source.key, lambda row: _check_source(row, request, call.arrived_at_ms), version
            )
        except MethodNotAllowed:
            raise InvalidRequest(
                "The source of a copy request may not specifically refer to a delete marker by version id."
            ) from None
        return row, file, {"CopySourceVersionId": row.version} if bucket.versioning else {}

    def _set_tags(self, call: Call, request: Request, tags: dict[str, str], event: str) -> Response:
        bucket = self._bucket(call, request)
        row = self._engine.change(
            bucket.name,
            request["Key"],
            version_of(bucket, request),
            lambda row: replace(row, tags=tags),
            cause_of(call, TAGGED, event),
        )
        return dict(shown_version(bucket, row))

    def _described(self, call: Call, bucket: Bucket, row: ObjectRow, request: Request) -> Response:
        response = _described(bucket, row, request)
        if row.traits is not PLAIN:
            response |= storage_class.members(row, call.arrived_at_ms) | self._lock(call, row)
        return response

    def _lock(self, call: Call, row: ObjectRow) -> Response:
        """What of the version's lock the caller may see."""
        retention, hold = row.traits.retention, row.traits.legal_hold
        shown: Response = {}
        if retention is not None and self._may(call, "s3:GetObjectRetention", row):
            shown |= {"ObjectLockMode": retention.mode, "ObjectLockRetainUntilDate": utc(retention.until_ms)}
        if hold is not None and self._may(call, "s3:GetObjectLegalHold", row):
            shown["ObjectLockLegalHoldStatus"] = "ON" if hold else "OFF"
        return shown

    def _may(self, call: Call, action: str, row: ObjectRow) -> bool:
        try:
            self._check(call, action, f"arn:aws:s3:::{row.bucket}/{row.key}")
        except AwsError:
            return False
        return True


def _check_get(row: ObjectRow, request: Mapping[str, Any], now_ms: int) -> None:
    check_read(row, request, now_ms)
    storage_class.check_readable(row, now_ms)


def _check_source(row: ObjectRow, request: Mapping[str, Any], now_ms: int) -> None:
    check_source(row, request, now_ms)
    storage_class.check_readable(row, now_ms, is_source=True)


def traits_of(call: Call, bucket: Bucket, request: Request) -> Traits:
    """What the headers of a write make of its object."""
    traits = lock.from_request(request, bucket, call.arrived_at_ms)
    asked, grants = storage_class.from_request(request), acl.of_object(request, bucket, call.principal)
    return traits if (asked, grants) == (STANDARD, None) else replace(traits, storage_class=asked, acl=grants)


def _described(bucket: Bucket, row: ObjectRow, request: Mapping[str, Any]) -> Response:
    """The members that GetObject and HeadObject share, for the slice that is asked for."""
    piece = _slice(row, request)
    response = {
        **header.to_response(row.header),
        **header.overrides(request),
        **ENCRYPTION,
        **shown_version(bucket, row),
        **_expiration(bucket, row),
        "AcceptRanges": "bytes",
        "ContentLength": piece[1] if piece else row.size,
        "ETag": f'"{row.etag}"',
        "LastModified": row.last_modified,
    }
    if piece:
        response["ContentRange"] = byte_range.content_range(*piece, row.size)
    if request.get("ChecksumMode", "").upper() == "ENABLED" and (not piece or piece == (0, row.size)):
        response.update(row.checksum.members())
    if row.tags:
        response["TagCount"] = len(row.tags)
    if row.parts and "PartNumber" in request:
        response["PartsCount"] = len(row.parts)
    return response


def _slice(row: ObjectRow, request: Mapping[str, Any]) -> tuple[int, int] | None:
    """(offset, length) of the part or range that is asked for; None: the whole object."""
    number = request.get("PartNumber")
    if number is None:
        return byte_range.parse(request.get("Range"), row.size)
    if "Range" in request:
        raise InvalidRequest("Cannot specify both Range header and partNumber query parameter")
    sizes = [size for _, size, _ in row.parts] or [row.size]
    if number < 1:
        raise invalid_argument("PartNumber must be an integer between 1 and 10000, inclusive", "partNumber", number)
    if number > len(sizes):
        raise InvalidPartNumber(
            "The requested partnumber is not satisfiable",
            ActualPartCount=str(len(sizes)),
            PartNumberRequested=str(number),
        )
    return (sum(sizes[: number - 1]), sizes[number - 1]) if row.size else None


def _deleting(doomed: Doomed) -> Iterator[str]:
    """The actions that it takes to delete it."""
    yield "s3:DeleteObjectVersion" if doomed.version else "s3:DeleteObject"
    if doomed.bypass:
        yield "s3:BypassGovernanceRetention"


def _deleted(doomed: Doomed, row: ObjectRow | None) -> dict[str, Any]:
    """What DeleteObjects says of what is gone, and of a delete marker that was made."""
    version = {"VersionId": doomed.version} if doomed.version else {}
    marker = {"DeleteMarker": True, "DeleteMarkerVersionId": row.version} if row is not None and row.is_marker else {}
    return {"Key": doomed.key, **version, **marker}


def _undeleted(doomed: Doomed, error: AwsError) -> dict[str, str]:
    version = {"VersionId": doomed.version} if doomed.version else {}
    return {"Key": doomed.key, **version, "Code": error.code, "Message": error.message}


def _body(file: BinaryIO, offset: int, length: int) -> bytes | FileSlice:
    if length > IN_MEMORY_BYTES:
        return FileSlice(Path(file.name), offset, length, file)
    with closing(file):
        file.seek(offset)
        return file.read(length)


def _check_copy(source: ObjectRow, request: Mapping[str, Any], *, names_version: bool) -> None:
    """`names_version`: a version is copied, if only the latest, to become one more."""
    same = (source.bucket, source.key) == (request["Bucket"], request["Key"])
    changes = _replaces(request, "MetadataDirective") or not CHANGES.isdisjoint(request)
    if same and not changes and not names_version:
        raise InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
    if source.size > MOST_BYTES_AT_ONCE:
        raise InvalidRequest(
            "The specified copy source is larger than the maximum allowable size for a copy source: "
            f"{MOST_BYTES_AT_ONCE}"
        )


def _replaces(request: Mapping[str, Any], member: str) -> bool:
    directive = request.get(member, "COPY")
    if directive not in {"COPY", "REPLACE"}:
        what = member.removesuffix("Directive").lower()
        raise invalid_argument(f"Unknown {what} directive.", f"x-amz-{what}-directive", directive)
    return bool(directive == "REPLACE")


def _parts(row: ObjectRow, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `ObjectParts` of GetObjectAttributes; None for an object that was put in one piece."""
    if not row.parts:
        return None
    marker, limit = request.get("PartNumberMarker", 0), limit_of(request.get("MaxParts"), "max-parts")
    rest = [part for part in row.parts if part[0] > marker]
    shown = rest[:limit]
    parts = [{"PartNumber": n, "Size": size, f"Checksum{row.checksum.algorithm}": value} for n, size, value in shown]
    return {
        "TotalPartsCount": len(row.parts),
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1][0] if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(rest) > len(shown),
        **({"Parts": parts} if parts else {}),
    }


def _expiration(bucket: Bucket, row: ObjectRow) -> dict[str, str]:
    return lifecycle.expiration_header(row, bucket.lifecycle)
