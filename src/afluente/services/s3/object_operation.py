"""Operations on objects: put, get, head, copy, delete, tags, attributes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import FileSlice, Request, Response
from afluente.services.s3 import byte_range, copy_source, header, lifecycle, tag
from afluente.services.s3 import checksum as checksums
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.checksum import Expected
from afluente.services.s3.engine import MOST_BYTES_AT_ONCE
from afluente.services.s3.error import InvalidPartNumber, InvalidRequest, MalformedXML, invalid_argument
from afluente.services.s3.listing import limit_of
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.operation import Operations, check_owner, check_version, hides_missing
from afluente.services.s3.precondition import WriteCondition, check_read, check_source

ENCRYPTION = {"ServerSideEncryption": "AES256"}
IN_MEMORY_BYTES = 64 << 10
"""Bodies up to here are read at once; larger ones the gateway sends from the file."""

MOST_DELETED = 1000


class ObjectOperations(Operations):
    """PutObject to GetObjectAttributes."""

    def put_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        header.check_storage(request, bucket.ownership)
        row = self._engine.put(
            bucket.name,
            request["Key"],
            request.get("Body", b""),
            header.from_request(request),
            tags=tag.from_header(request.get("Tagging")),
            expected=Expected(request),
            condition=WriteCondition(request),
        )
        return {"ETag": f'"{row.etag}"', **row.checksum.members(), **ENCRYPTION, **_expiration(bucket, row)}

    @hides_missing
    def get_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        check_version(request.get("VersionId"))
        row, file = self._engine.open(
            bucket.name, request["Key"], lambda row: check_read(row, request, call.arrived_at_ms)
        )
        try:
            response = _described(bucket, row, request)
            offset, length = _slice(row, request) or (0, row.size)
            return {**response, "Body": _body(file, offset, length)}
        except BaseException:
            file.close()
            raise

    @hides_missing
    def head_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        check_version(request.get("VersionId"))
        row = self._engine.head(bucket.name, request["Key"])
        check_read(row, request, call.arrived_at_ms)
        return _described(bucket, row, request)

    def delete_object(self, call: Call, request: Request) -> Response:
        check_version(request.get("VersionId"))
        self._engine.delete(self._bucket(call, request).name, request["Key"], request.get("IfMatch"))
        return {}

    def delete_objects(self, call: Call, request: Request) -> Response:
        bucket, wanted = self._bucket(call, request), request["Delete"]["Objects"]
        if not 1 <= len(wanted) <= MOST_DELETED:
            raise MalformedXML
        for item in wanted:
            check_version(item.get("VersionId"))
        denied = dict(self._denied(call, bucket, wanted))
        allowed = [(item["Key"], item.get("ETag")) for item in wanted if item["Key"] not in denied]
        results = [*denied.items(), *self._engine.delete_many(bucket.name, allowed)]
        errors = [{"Key": key, "Code": e.code, "Message": e.message} for key, e in results if e is not None]
        deleted = [{"Key": key} for key, error in results if error is None]
        response = {} if request["Delete"].get("Quiet") else {"Deleted": deleted}
        return {**response, "Errors": errors} if errors else response

    def _denied(
        self, call: Call, bucket: Bucket, wanted: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[str, AwsError]]:
        """The keys that the caller may not delete, and why."""
        for item in wanted:
            action = "s3:DeleteObjectVersion" if item.get("VersionId") else "s3:DeleteObject"
            try:
                self._check(call, action, f"{bucket.arn}/{item['Key']}")
            except AwsError as error:
                yield item["Key"], error

    def copy_object(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        header.check_storage(request, bucket.ownership)
        source, file = self._open_source(call, request)
        with closing(file):
            _check_copy(source, request)
            row = self._engine.copy(
                source,
                file,
                (bucket.name, request["Key"]),
                algorithm=checksums.supported(request.get("ChecksumAlgorithm", source.checksum.algorithm)),
                header=header.from_request(request) if _replaces(request, "MetadataDirective") else source.header,
                tags=tag.from_header(request.get("Tagging")) if _replaces(request, "TaggingDirective") else source.tags,
                condition=WriteCondition(request),
            )
        result = {"ETag": f'"{row.etag}"', "LastModified": row.last_modified, **row.checksum.members()}
        return {"CopyObjectResult": result, **ENCRYPTION, **_expiration(bucket, row)}

    def put_object_tagging(self, call: Call, request: Request) -> Response:
        tags = tag.from_set(request["Tagging"]["TagSet"], tag.MOST_OF_OBJECT)
        return self._set_tags(call, request, tags)

    @hides_missing
    def get_object_tagging(self, call: Call, request: Request) -> Response:
        check_version(request.get("VersionId"))
        return {"TagSet": tag.to_set(self._engine.head(self._bucket(call, request).name, request["Key"]).tags)}

    def delete_object_tagging(self, call: Call, request: Request) -> Response:
        return self._set_tags(call, request, {})

    @hides_missing
    def get_object_attributes(self, call: Call, request: Request) -> Response:
        check_version(request.get("VersionId"))
        row = self._engine.head(self._bucket(call, request).name, request["Key"])
        every: dict[str, Any] = {
            "ETag": row.etag,
            "Checksum": row.checksum.members(),
            "ObjectParts": _parts(row, request),
            "StorageClass": "STANDARD",
            "ObjectSize": row.size,
        }
        wanted = {name for value in request["ObjectAttributes"] for name in value.split(",")}
        if not wanted <= set(every):
            raise invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", ",".join(wanted))
        shown = {name: value for name, value in every.items() if name in wanted and value is not None}
        return {"LastModified": row.last_modified, **shown}

    def _open_source(self, call: Call, request: Mapping[str, Any]) -> tuple[ObjectRow, BinaryIO]:
        """The source of a copy, after its conditions."""
        source = copy_source.parse(request["CopySource"])
        check_owner(self._engine.buckets.get(source.bucket), call, request.get("ExpectedSourceBucketOwner"))
        return self._engine.open(*source, lambda row: check_source(row, request, call.arrived_at_ms))

    def _set_tags(self, call: Call, request: Request, tags: dict[str, str]) -> Response:
        check_version(request.get("VersionId"))
        self._engine.set_tags(self._bucket(call, request).name, request["Key"], tags)
        return {}


def _described(bucket: Bucket, row: ObjectRow, request: Mapping[str, Any]) -> Response:
    """The members that GetObject and HeadObject share, for the slice that is asked for."""
    piece = _slice(row, request)
    response = {
        **header.to_response(row.header),
        **header.overrides(request),
        **ENCRYPTION,
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


def _body(file: BinaryIO, offset: int, length: int) -> bytes | FileSlice:
    if length > IN_MEMORY_BYTES:
        return FileSlice(Path(file.name), offset, length, file)
    with closing(file):
        file.seek(offset)
        return file.read(length)


def _check_copy(source: ObjectRow, request: Mapping[str, Any]) -> None:
    same = (source.bucket, source.key) == (request["Bucket"], request["Key"])
    if same and not _replaces(request, "MetadataDirective") and "ServerSideEncryption" not in request:
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
