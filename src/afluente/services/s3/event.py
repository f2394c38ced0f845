"""What S3 tells of an object: the record of a notification.

Source: "Event message structure", Amazon S3 User Guide; fields as recorded from AWS.
"""

import base64
import threading
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.object_row import ObjectRow

CREATED = "ObjectCreated"
REMOVED = "ObjectRemoved"
EXPIRED = "LifecycleExpiration"
TAGGED = "ObjectTagging"
RETAINED = "ObjectRetention"
GRANTED = "ObjectAcl"
RESTORED = "ObjectRestore"
MOVED = "LifecycleTransition"
DELETE = "Delete"
MARKER = "DeleteMarkerCreated"

LATER_KINDS = (EXPIRED, MOVED, TAGGED, RETAINED, GRANTED)
"""Came with version 2.3 of the record; the others are told in version 2.1."""
SIZED_KINDS = (CREATED, RESTORED, MOVED)
UNORDERED_KINDS = (TAGGED, RETAINED, GRANTED)
"""Have no sequencer."""
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"
"""A delete marker's."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What happens to an object, and on whose behalf: `kind:detail` is the event's name, or `kind` alone.

    Without a principal, a service of this process does it.
    """

    kind: str
    detail: str = ""
    principal: str = ""
    address: str = "127.0.0.1"
    request_id: str = "00000000-0000-4000-a000-000000000000"

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.detail}" if self.detail else self.kind

    def becoming(self, detail: str) -> "Cause":
        """The same, now that it is known what it comes to."""
        return replace(self, detail=detail)


PUT = Cause(CREATED, "Put")
REMOVAL = Cause(REMOVED)
EXPIRY = Cause(EXPIRED, principal="s3.amazonaws.com", address="s3.amazonaws.com")
TRANSITION = replace(EXPIRY, kind=MOVED)


def cause_of(call: Call, kind: str, detail: str = "") -> Cause:
    """What a caller's request causes."""
    who = call.principal
    principal = "Anonymous" if who.kind == "anonymous" else f"AWS:{who.user_id}"
    address = (call.conditions or {}).get("aws:sourceip", "127.0.0.1")
    return Cause(kind, detail, principal, address, call.request_id)


class Sequencer:
    """Numbers that grow from event to event, and over restarts, as long as the clock does."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, now_ms: int) -> str:
        """18 hexadecimal digits."""
        with self._lock:
            self._last = max(self._last + 1, now_ms << 16)
            return f"{self._last:018X}"


def record_of(
    bucket: Bucket, row: ObjectRow, cause: Cause, *, configuration: str, sequencer: str, now_ms: int
) -> dict[str, Any]:
    """The record of what `cause` did to `row`."""
    moved = {"lifecycleEventData": {"transitionEventData": {"destinationStorageClass": row.traits.storage_class}}}
    return {
        "eventVersion": "2.3" if cause.kind in LATER_KINDS else "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": utc(now_ms).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now_ms % 1000:03d}Z",
        "eventName": cause.name,
        "userIdentity": {"principalId": cause.principal or f"AWS:{bucket.account}"},
        "requestParameters": {"sourceIPAddress": cause.address},
        "responseElements": {
            "x-amz-request-id": cause.request_id,
            "x-amz-id-2": base64.b64encode(cause.request_id.encode()).decode(),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": bucket.account}, "arn": bucket.arn},
            "object": _object(bucket, row, cause, sequencer),
        },
        **(moved if cause.kind == MOVED else {}),
    }


def _object(bucket: Bucket, row: ObjectRow, cause: Cause, sequencer: str) -> dict[str, Any]:
    # as Java encodes forms: the space is a plus
    told: dict[str, Any] = {"key": quote_plus(row.key, safe="/*").replace("~", "%7E")}
    if cause.kind in SIZED_KINDS:
        told["size"] = row.size
    if cause.detail != DELETE or cause.kind == TAGGED:
        told["eTag"] = row.etag or EMPTY_ETAG
    if bucket.versioning:
        told["versionId"] = row.version
    return told if cause.kind in UNORDERED_KINDS else {**told, "sequencer": sequencer}
