"""ListObjects and ListObjectsV2.

Source of the paging rules: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from typing import Any

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.s3 import listing
from afluente.services.s3.engine import check_text
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.operation import Operations, owner


class ListOperations(Operations):
    """Both versions of listing."""

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

    def _page(
        self, call: Call, request: Request, after: str, *, show_owner: bool
    ) -> tuple[listing.Page[ObjectRow], Response]:
        bucket = self._bucket(call, request)
        encode = listing.check_encoding(request.get("EncodingType"))
        limit = listing.limit_of(request.get("MaxKeys"), "max-keys")
        prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
        check_text(prefix, delimiter, after)
        page = self._engine.page(bucket.name, prefix=prefix, delimiter=delimiter, after=after, limit=limit)
        shown = [_shown(row, encode(row.key)) for row in page.items]
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


def _shown(row: ObjectRow, key: str) -> dict[str, Any]:
    return {
        "Key": key,
        "LastModified": row.last_modified,
        "ETag": f'"{row.etag}"',
        "ChecksumAlgorithm": [row.checksum.algorithm],
        "ChecksumType": row.checksum.kind,
        "Size": row.size,
        "StorageClass": "STANDARD",
    }
