"""Operations of multipart uploads."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.s3 import copy_source, header, lifecycle, listing, tag
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.checksum import MEMBERS, Expected
from afluente.services.s3.engine import check_text
from afluente.services.s3.event import CREATED, cause_of
from afluente.services.s3.multipart import Wanted, check_number
from afluente.services.s3.object_operation import ENCRYPTION, ObjectOperations, traits_of
from afluente.services.s3.operation import new_version
from afluente.services.s3.owner import owner
from afluente.services.s3.precondition import WriteCondition
from afluente.services.s3.upload import Upload, UploadedPart


class MultipartOperations(ObjectOperations):
    """CreateMultipartUpload to ListMultipartUploads."""

    def create_multipart_upload(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        header.check_encryption(request)
        upload = self._multipart.create(
            bucket.name,
            request["Key"],
            initiator=call.principal.arn,
            header=header.from_request(request),
            tags=tag.from_header(request.get("Tagging")),
            traits=traits_of(call, bucket, request),
            algorithm=request.get("ChecksumAlgorithm"),
            kind=request.get("ChecksumType"),
        )
        response = {"Bucket": bucket.name, "Key": upload.key, "UploadId": upload.id}
        return {**response, **ENCRYPTION, **_checksum(upload), **_abortion(bucket, upload)}

    def upload_part(self, call: Call, request: Request) -> Response:
        upload = self._upload(call, request)
        part, checksum = self._multipart.put_part(
            upload, request["PartNumber"], request.get("Body", b""), Expected(request)
        )
        return {"ETag": f'"{part.etag}"', **checksum, **ENCRYPTION}

    def upload_part_copy(self, call: Call, request: Request) -> Response:
        upload = self._upload(call, request)
        check_number(request["PartNumber"])
        source, file, version = self._open_source(call, request)
        with closing(file):
            piece = copy_source.parse_range(request.get("CopySourceRange"), source.size)
            part = self._multipart.copy_part(upload, request["PartNumber"], (file, *piece))
        result = {"ETag": f'"{part.etag}"', "LastModified": utc(part.modified_at_ms // 1000 * 1000)}
        return {"CopyPartResult": {**result, **_part_checksum(upload, part)}, **ENCRYPTION, **version}

    def complete_multipart_upload(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        wanted = [_wanted(part) for part in request.get("MultipartUpload", {}).get("Parts", [])]
        row = self._multipart.completed(bucket.name, request["Key"], request["UploadId"], wanted)
        if row is None:
            upload = self._upload(call, request)
            cause = cause_of(call, CREATED, "CompleteMultipartUpload")
            row = self._multipart.complete(upload, wanted, WriteCondition(request), request, cause)
        return {
            "Location": f"{call.endpoint}/{bucket.name}/{quote(row.key)}",
            "Bucket": bucket.name,
            "Key": row.key,
            "ETag": f'"{row.etag}"',
            **row.checksum.members(),
            **ENCRYPTION,
            **new_version(bucket, row),
            **lifecycle.expiration_header(row, bucket.lifecycle),
        }

    def abort_multipart_upload(self, call: Call, request: Request) -> Response:
        self._multipart.abort(self._bucket(call, request).name, request["Key"], request["UploadId"])
        return {}

    def list_parts(self, call: Call, request: Request) -> Response:
        bucket, upload = self._bucket(call, request), self._upload(call, request)
        marker, limit = request.get("PartNumberMarker", 0), listing.limit_of(request.get("MaxParts"), "max-parts")
        parts, truncated = self._multipart.parts(upload, marker, limit)
        response = {
            **{name: request[name] for name in ("Bucket", "Key", "UploadId")},
            "PartNumberMarker": marker,
            "NextPartNumberMarker": parts[-1].number if parts else 0,
            "MaxParts": limit,
            "IsTruncated": truncated,
            "Initiator": _initiator(upload),
            "Owner": owner(bucket.account),
            "StorageClass": upload.traits.storage_class,
        }
        shown = {"Parts": [_shown_part(upload, part) for part in parts]} if parts else {}
        return {**response, **shown, **_checksum(upload), **_abortion(bucket, upload)}

    def list_multipart_uploads(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        encode = listing.check_encoding(request.get("EncodingType"))
        limit = listing.limit_of(request.get("MaxUploads"), "max-uploads")
        prefix, delimiter, key_marker = (request.get(name, "") for name in ("Prefix", "Delimiter", "KeyMarker"))
        id_marker = request.get("UploadIdMarker", "") if key_marker else ""
        check_text(prefix, delimiter, key_marker, id_marker)
        page = self._multipart.page(
            bucket.name, prefix=prefix, delimiter=delimiter, key_marker=key_marker, id_marker=id_marker, limit=limit
        )
        last = page.items[-1] if page.items else None
        response = {
            "Bucket": bucket.name,
            "KeyMarker": encode(key_marker),
            "UploadIdMarker": id_marker,
            "NextKeyMarker": encode(page.last),
            "NextUploadIdMarker": last.id if last and last.key == page.last else "",
            "MaxUploads": limit,
            "IsTruncated": page.truncated,
        }
        optional = {
            "Prefix": encode(prefix),
            "Delimiter": encode(delimiter),
            "EncodingType": request.get("EncodingType"),
            "Uploads": [_shown(bucket, upload, encode(upload.key)) for upload in page.items],
            "CommonPrefixes": [{"Prefix": encode(group)} for group in page.prefixes],
        }
        return {**response, **{name: value for name, value in optional.items() if value}}

    def _upload(self, call: Call, request: Mapping[str, Any]) -> Upload:
        return self._multipart.get(self._bucket(call, request).name, request["Key"], request["UploadId"])


def _wanted(part: Mapping[str, Any]) -> Wanted:
    checksums = {name: part[member] for member, name in MEMBERS.items() if member in part}
    return Wanted(part.get("PartNumber", 0), part.get("ETag", ""), checksums)


def _checksum(upload: Upload) -> dict[str, str]:
    """What the caller chose; of a choice of ours, nothing is said until the upload is complete."""
    return {"ChecksumAlgorithm": upload.algorithm, "ChecksumType": upload.kind} if upload.explicit else {}


def _part_checksum(upload: Upload, part: UploadedPart) -> dict[str, str]:
    return {f"Checksum{upload.algorithm}": part.checksum} if upload.explicit else {}


def _shown_part(upload: Upload, part: UploadedPart) -> dict[str, Any]:
    return {
        "PartNumber": part.number,
        "LastModified": utc(part.modified_at_ms // 1000 * 1000),
        "ETag": f'"{part.etag}"',
        "Size": part.size,
        **_part_checksum(upload, part),
    }


def _initiator(upload: Upload) -> dict[str, str]:
    return {"ID": upload.initiator, "DisplayName": upload.initiator.rpartition(":")[2]}


def _shown(bucket: Bucket, upload: Upload, key: str) -> dict[str, Any]:
    return {
        "UploadId": upload.id,
        "Key": key,
        "Initiated": utc(upload.initiated_at_ms // 1000 * 1000),
        "StorageClass": upload.traits.storage_class,
        "Owner": owner(bucket.account),
        "Initiator": _initiator(upload),
        **_checksum(upload),
    }


def _abortion(bucket: Bucket, upload: Upload) -> dict[str, Any]:
    due = lifecycle.abortion_of(upload.key, upload.initiated_at_ms, bucket.lifecycle or ())
    return {"AbortDate": utc(due[0]), "AbortRuleId": due[1]} if due else {}
