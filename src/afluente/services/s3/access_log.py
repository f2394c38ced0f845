"""Server access logs: one line per request to a bucket, which come to another bucket as objects, now and then.

As on AWS they are delivered as well as can be: what waits for its delivery is in memory, and gone when the process is
killed. The lines: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from afluente.core.access import Access
from afluente.core.clock import Clock, utc
from afluente.core.error import AwsError
from afluente.core.loop import Loop
from afluente.services.s3.acl import LOG_DELIVERY
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.owner import owner
from afluente.services.s3.port import Permissions

if TYPE_CHECKING:
    from afluente.services.s3.engine import S3Engine

INTERVAL_MS = 300_000
MOST_WAITING = 20_000
"""When so many lines wait, they are delivered at once; what comes while that fails pushes out the oldest."""

_PLAIN = "".join(chr(code) for code in range(32, 127) if chr(code) != '"')

SERVICE = "logging.s3.amazonaws.com"
SUBRESOURCES = {
    "acl": "ACL", "attributes": "OBJECT_ATTRIBUTES", "cors": "CORS", "delete": "MULTI_OBJECT_DELETE",
    "encryption": "ENCRYPTION", "legal-hold": "OBJECT_LOCK_LEGALHOLD", "lifecycle": "LIFECYCLE",
    "location": "LOCATION", "logging": "LOGGING_STATUS", "notification": "NOTIFICATION",
    "object-lock": "OBJECT_LOCK_CONFIGURATION", "ownershipControls": "OWNERSHIP_CONTROLS", "policy": "BUCKETPOLICY",
    "policyStatus": "POLICY_STATUS", "publicAccessBlock": "PUBLIC_ACCESS_BLOCK", "restore": "OBJECT",
    "retention": "OBJECT_LOCK_RETENTION", "tagging": "OBJECT_TAGGING", "uploadId": "UPLOAD", "uploads": "UPLOADS",
    "versioning": "VERSIONING", "versions": "BUCKETVERSIONS",
}  # fmt: skip

log = logging.getLogger(__name__)


class AccessLogs:
    """The lines that wait, of the buckets whose requests are logged. `authority` reads policies of their targets."""

    def __init__(self, engine: "S3Engine", clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self.authority: Permissions | None = None
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, int, str]] = deque(maxlen=MOST_WAITING)
        self._logged = {bucket.name for bucket in engine.buckets if bucket.logging}
        self._loop = Loop("s3-access-log", self._step, clock)
        self._due_ms: int | None = None
        self._is_serving = self._is_running = False

    def start(self) -> None:
        """Start delivering, as soon as there is a bucket whose requests are logged."""
        with self._lock:
            self._is_serving = True
            self._run()

    def stop(self) -> None:
        """Deliver what waits, and end."""
        with self._lock:
            self._is_serving = False
        if self._is_running:
            self._loop.stop()
        self.deliver()

    def follow(self, bucket: Bucket) -> None:
        """Take note of a bucket's configuration."""
        with self._lock:
            (self._logged.add if bucket.logging else self._logged.discard)(bucket.name)
            self._run()

    def _run(self) -> None:
        if self._is_serving and self._logged and not self._is_running:
            self._is_running = True
            self._loop.start()

    def note(self, path: str, access: Callable[[], Access]) -> None:
        """Log the request, if its bucket's are."""
        if not self._logged:
            return
        name = path.split("/", 2)[1]
        if name in self._logged:
            found = access()
            with self._lock:
                self._waiting.append((name, found.call.arrived_at_ms, line(found)))
                if self._due_ms is None:
                    self._due_ms = self._clock.now_ms() + INTERVAL_MS
                    self._loop.wake()
                elif len(self._waiting) == MOST_WAITING:
                    self._due_ms = self._clock.now_ms()
                    self._loop.wake()

    def _step(self) -> int | None:
        if self._due_ms is not None and self._due_ms <= self._clock.now_ms():
            self.deliver()
        return self._due_ms

    def deliver(self) -> None:
        """Put what waits into the target buckets: an object per bucket, and per day where the key asks for it."""
        with self._lock:
            waiting, self._due_ms = list(self._waiting), None
            self._waiting.clear()
        objects: dict[tuple[str, str], list[str]] = {}
        now_ms = self._clock.now_ms()
        for name, time_ms, text in waiting:
            bucket = self._engine.buckets.find(name)
            if bucket is not None and bucket.logging is not None:
                objects.setdefault((name, _prefix(bucket, time_ms, now_ms)), []).append(text)
        for (name, prefix), lines in objects.items():
            key = f"{prefix}{utc(now_ms):%Y-%m-%d-%H-%M-%S}-{secrets.token_hex(8).upper()}"
            self._put(name, key, "".join(lines))

    def may(self, bucket: Bucket, target: Bucket, key: str) -> bool:
        """Whether S3 may put the logs of `bucket` into `target`, under `key`: by the target's ACL or its policy."""
        return _lets_log(target) or (
            self.authority is not None
            and self.authority.service_may(
                SERVICE, "s3:PutObject", f"{target.arn}/{key}", source_arn=bucket.arn, source_account=bucket.account
            )
        )

    def _put(self, name: str, key: str, text: str) -> None:
        try:
            bucket = self._engine.buckets.get(name)
            target = self._engine.buckets.get((bucket.logging or {}).get("TargetBucket", ""))
            if self.may(bucket, target, key):
                self._engine.put_object(target.name, key, text.encode(), content_type="text/plain")
                return
            log.warning("the access log of bucket %s is dropped: S3 may not write %s to %s", name, key, target.name)
        except AwsError as error:
            log.warning("the access log of bucket %s is dropped: %s", name, error)


def _lets_log(target: Bucket) -> bool:
    """Whether the ACL of the target bucket lets S3 write logs."""
    granted = {grant.permission for grant in target.acl or () if grant.grantee == LOG_DELIVERY}
    return target.ownership != "BucketOwnerEnforced" and granted >= {"WRITE", "READ_ACP"}


def _prefix(bucket: Bucket, time_ms: int, now_ms: int) -> str:
    configuration: dict[str, Any] = bucket.logging or {}
    prefix = str(configuration.get("TargetPrefix", ""))
    partitioned = configuration.get("TargetObjectKeyFormat", {}).get("PartitionedPrefix")
    if partitioned is None:
        return prefix
    day = utc(time_ms if partitioned.get("PartitionDateSource") == "EventTime" else now_ms)
    return f"{prefix}{bucket.account}/{bucket.region}/{bucket.name}/{day:%Y/%m/%d}/"


def line(access: Access) -> str:
    """The request's line."""
    call, answer = access.call, access.answer
    _, bucket, key = (*access.path.split("/", 2), "", "")[:3]
    is_anonymous = call.principal.kind == "anonymous"
    requester = owner(call.account)["ID"] if call.principal.kind == "root" else call.principal.arn
    uri = f"{access.method} {access.path}{'?' if access.query else ''}{access.query} HTTP/1.1"
    version, kind = _signature(access)
    fields = [
        owner(call.account)["ID"], bucket, f"[{utc(call.arrived_at_ms):%d/%b/%Y:%H:%M:%S +0000}]", access.peer,
        "" if is_anonymous else requester, call.request_id, _operation(access, bool(key)), key, _quoted(uri),
        str(access.status), access.error, str(access.sent or ""), _size(access), str(access.took_ms),
        str(access.took_ms), _quoted(access.headers.get("referer", "")),
        _quoted(access.headers.get("user-agent", "")), answer.get("x-amz-version-id", ""),
        answer.get("x-amz-id-2", ""), version, "", kind, access.headers.get("host", ""), "", "", "",
    ]  # fmt: skip
    return " ".join(field or "-" for field in fields) + "\n"


def _operation(access: Access, is_object: bool) -> str:
    names = dict(parse_qsl(access.query, keep_blank_values=True))
    found = next((name for name in SUBRESOURCES if name in names), None)
    resource = SUBRESOURCES[found] if found else "OBJECT" if is_object else "BUCKET"
    if found == "tagging" and not is_object:
        resource = "TAGGING"
    if access.method == "PUT" and found == "uploadId":
        resource = "PART"
    if access.call.by_form:
        return "REST.POST.OBJECT"
    verb = "COPY" if access.method == "PUT" and "x-amz-copy-source" in access.headers else access.method
    return f"REST.{verb}.{resource}"


def _size(access: Access) -> str:
    headers = access.headers
    if access.method == "PUT":
        return headers.get("x-amz-decoded-content-length", headers.get("content-length", ""))
    if access.method in {"GET", "HEAD"} and "ETag" in access.answer:
        whole = access.answer.get("Content-Range", "").rpartition("/")[2]
        return whole or access.answer.get("Content-Length", str(access.sent))
    return ""


def _signature(access: Access) -> tuple[str, str]:
    """Version and kind."""
    header = access.headers.get("authorization", "")
    if header:
        return "SigV4" if header.startswith("AWS4") else "SigV2", "AuthHeader"
    if "Signature=" in access.query:
        return "SigV4" if "X-Amz-Signature=" in access.query else "SigV2", "QueryString"
    return "", ""


def _quoted(text: str) -> str:
    return f'"{quote(text, safe=_PLAIN) if text else "-"}"'
