"""ListObjects, ListObjectsV2 and ListObjectVersions.

Source of the paging rules: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from collections.abc import Callable
from typing import Any

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.s3 import listing, storage_class
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.engine import check_text
from afluente.services.s3.error import invalid_argument
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.operation import Operations
from afluente.services.s3.owner import owner


class ListOperations(Operations):
    """The ways of listing."""

    def list_objects(self, call: Call, request: Request) -> Response:
        page, response = self._page(call, request, request.get("Marker", ""), show_owner=True)
        response["Marker"] = listing.check_encoding(request.get("EncodingType"))(request.get("Marker", ""))
        if page.truncated and request.get("Delimiter"):
            response["NextMarker"] = listing.check_encoding(request.get("EncodingType"))(page.last)
        return response

    def list_objects_v2(self, call: Call, request: Request) -> Response:
        token = request.get("ContinuationToken")
        after = request.get("StartAfter", "") if token is None else listing.read_token(token)
        page, response = self._page(call, request, after, show_owner=request.get("FetchOwner", False))
        response["KeyCount"] = len(page)
        if token is not None:
            response["ContinuationToken"] = token
        elif "StartAfter" in request:
            response["StartAfter"] = listing.check_encoding(request.get("EncodingType"))(request["StartAfter"])
        if page.truncated:
            response["NextContinuationToken"] = listing.token(page.last)
        return response

    def list_object_versions(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        encode = listing.check_encoding(request.get("EncodingType"))
        limit = listing.limit_of(request.get("MaxKeys"), "max-keys")
        prefix, delimiter, key, version = (
            request.get(name, "") for name in ("Prefix", "Delimiter", "KeyMarker", "VersionIdMarker")
        )
        if not version and "VersionIdMarker" in request and "KeyMarker" in request:
            raise invalid_argument("A version-id marker cannot be empty.", "version-id-marker", "")
        if version and not key:
            raise invalid_argument(
                "A version-id marker cannot be specified without a key marker.", "version-id-marker", version
            )
        check_text(prefix, delimiter, key)
        page = self._engine.history.page(
            bucket.name, prefix=prefix, delimiter=delimiter, marker=(key, version), limit=limit
        )
        more = _optional(call, request)
        response: dict[str, Any] = {
            "Name": bucket.name,
            "Prefix": encode(prefix),
            "KeyMarker": encode(key),
            "VersionIdMarker": version,
            "MaxKeys": limit,
            "IsTruncated": page.truncated,
        }
        last = page.items[-1] if page.items else None
        optional = {
            "Delimiter": encode(delimiter),
            "EncodingType": request.get("EncodingType"),
            "NextKeyMarker": encode(page.last) if page.truncated else "",
            "NextVersionIdMarker": last.version if page.truncated and last and last.key == page.last else "",
            "Versions": [
                more(_shown_version(bucket, row, encode(row.key)), row) for row in page.items if not row.is_marker
            ],
            "DeleteMarkers": [_shown_marker(bucket, row, encode(row.key)) for row in page.items if row.is_marker],
            "CommonPrefixes": [{"Prefix": encode(group)} for group in page.prefixes],
        }
        return {**response, **{name: value for name, value in optional.items() if value}}

    def _page(
        self, call: Call, request: Request, after: str, *, show_owner: bool
    ) -> tuple[listing.Page[ObjectRow], Response]:
        bucket = self._bucket(call, request)
        encode = listing.check_encoding(request.get("EncodingType"))
        limit = listing.limit_of(request.get("MaxKeys"), "max-keys")
        prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
        check_text(prefix, delimiter, after)
        page = self._engine.page(bucket.name, prefix=prefix, delimiter=delimiter, after=after, limit=limit)
        more = _optional(call, request)
        shown = [more(_shown(row, encode(row.key)), row) for row in page.items]
        if show_owner:
            shown = [{**each, "Owner": owner(bucket.account)} for each in shown]
        response: dict[str, Any] = {
            "Name": bucket.name,
            "Prefix": encode(prefix),
            "MaxKeys": limit,
            "IsTruncated": page.truncated,
        }
        optional = {
            "Delimiter": encode(delimiter),
            "EncodingType": request.get("EncodingType"),
            "Contents": shown,
            "CommonPrefixes": [{"Prefix": encode(group)} for group in page.prefixes],
        }
        return page, {**response, **{name: value for name, value in optional.items() if value}}


def _optional(call: Call, request: Request) -> Callable[[dict[str, Any], ObjectRow], dict[str, Any]]:
    """What adds to an object what is shown of it only when it is asked for."""
    if "RestoreStatus" not in request.get("OptionalObjectAttributes", ()):
        return lambda shown, _: shown
    return lambda shown, row: shown | storage_class.status(row, call.arrived_at_ms)


def _shown(row: ObjectRow, key: str) -> dict[str, Any]:
    return {
        "Key": key,
        "LastModified": row.last_modified,
        "ETag": f'"{row.etag}"',
        "ChecksumAlgorithm": [row.checksum.algorithm],
        "ChecksumType": row.checksum.kind,
        "Size": row.size,
        "StorageClass": row.traits.storage_class,
    }


def _shown_version(bucket: Bucket, row: ObjectRow, key: str) -> dict[str, Any]:
    return {**_shown(row, key), "VersionId": row.version, "IsLatest": row.is_latest, "Owner": owner(bucket.account)}


def _shown_marker(bucket: Bucket, row: ObjectRow, key: str) -> dict[str, Any]:
    return {
        "Owner": owner(bucket.account),
        "Key": key,
        "VersionId": row.version,
        "IsLatest": row.is_latest,
        "LastModified": row.last_modified,
    }
