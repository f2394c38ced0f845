"""What S3 tells EventBridge of an object: the kind and the detail of an event.

Source: "EventBridge event message structure", Amazon S3 User Guide.
"""

from typing import Any

from afluente.services.s3.bucket import Bucket
from afluente.services.s3.event import (
    CREATED,
    DELETE,
    EMPTY_ETAG,
    EXPIRED,
    GRANTED,
    MOVED,
    REMOVED,
    RESTORED,
    TAGGED,
    Cause,
)
from afluente.services.s3.object_row import ObjectRow

SOURCE = "aws.s3"
TYPES = {
    CREATED: "Object Created",
    REMOVED: "Object Deleted",
    EXPIRED: "Object Deleted",
    GRANTED: "Object ACL Updated",
    MOVED: "Object Storage Class Changed",
    RESTORED: "Object Restore Initiated",
}
REASONS = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}


def type_of(cause: Cause) -> str | None:
    """The event's detail-type; None for what EventBridge is not told."""
    if cause.kind == TAGGED:
        return "Object Tags Deleted" if cause.detail == DELETE else "Object Tags Added"
    return TYPES.get(cause.kind)


def detail_of(bucket: Bucket, row: ObjectRow, cause: Cause, sequencer: str) -> dict[str, Any]:
    """The event's detail. The key is as it is, other than in notifications to queues."""
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": _object(bucket, row, cause, sequencer),
        "request-id": cause.request_id,
        "requester": bucket.account,
        "source-ip-address": cause.address,
    }
    if cause.kind in (EXPIRED, MOVED):
        del detail["request-id"], detail["source-ip-address"]
        detail["requester"] = cause.principal
    if cause.kind == CREATED:
        detail["reason"] = REASONS[cause.detail]
    if cause.kind in (REMOVED, EXPIRED):
        detail["reason"] = "DeleteObject" if cause.kind == REMOVED else "Lifecycle Expiration"
        detail["deletion-type"] = "Permanently Deleted" if cause.detail == DELETE else "Delete Marker Created"
    if cause.kind == MOVED:
        detail["destination-storage-class"] = row.traits.storage_class
    if cause.kind == RESTORED:
        detail["source-storage-class"] = row.traits.storage_class
    return detail


def _object(bucket: Bucket, row: ObjectRow, cause: Cause, sequencer: str) -> dict[str, Any]:
    told: dict[str, Any] = {"key": row.key}
    if cause.kind in (CREATED, RESTORED, MOVED):
        told["size"] = row.size
    if cause.kind not in (REMOVED, EXPIRED) or cause.detail != DELETE:
        told["etag"] = row.etag or EMPTY_ETAG
    if bucket.versioning:
        told["version-id"] = row.version
    return told if cause.kind in (TAGGED, GRANTED) else {**told, "sequencer": sequencer}
