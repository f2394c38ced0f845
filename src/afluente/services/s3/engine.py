"""S3's state and rules: buckets and objects, for the provider and for other services.

Multipart uploads are in multipart.py, versions in history.py, where the files lie in placement.py, and what lifecycle
rules do in expiry.py.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from msgspec.structs import replace

from afluente.core.clock import Clock
from afluente.core.error import AwsError, InternalFailure
from afluente.core.loop import Loop
from afluente.services.s3 import acl, checksum, listing, lock, policy, storage_class
from afluente.services.s3.access_log import AccessLogs
from afluente.services.s3.bucket import Bucket, Buckets, check_name
from afluente.services.s3.checksum import Checksum, Digests, Expected
from afluente.services.s3.error import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    BucketNotEmpty,
    EntityTooLarge,
    InvalidURI,
    KeyTooLongError,
    marker_not_allowed,
    no_such_bucket,
    no_such_key,
    no_such_version,
)
from afluente.services.s3.event import DELETE, MARKER, PUT, REMOVAL, TRANSITION, Cause
from afluente.services.s3.expiry import Expiry
from afluente.services.s3.header import DEFAULT_CONTENT_TYPE, Header
from afluente.services.s3.history import History
from afluente.services.s3.key_range import after_prefix
from afluente.services.s3.lifecycle_rule import Rule
from afluente.services.s3.notifier import Notifier
from afluente.services.s3.object_row import ObjectRow, ObjectRows
from afluente.services.s3.placement import Placement
from afluente.services.s3.precondition import UNCONDITIONAL, WriteCondition
from afluente.services.s3.schema import STEPS
from afluente.services.s3.stored_object import StoredFile, StoredObject
from afluente.services.s3.traits import PLAIN, Traits
from afluente.services.s3.traits import unpacked as unpacked_traits
from afluente.services.s3.transition import DEFAULT_MINIMUM
from afluente.services.s3.upload import Uploads
from afluente.store.blob import Blobs, Body
from afluente.store.database import Database

KEY_BYTES = 1024
MOST_BYTES_AT_ONCE = 5 << 30
SETTLE_MS = 5000
"""How long placed files may wait for their folders to be synced together. A crash meanwhile costs a moment at start."""
ITERATION = 1000


class Doomed(NamedTuple):
    """What `delete_many` is to delete."""

    key: str
    if_match: str | None = None
    version: str | None = None
    bypass: bool = False


Listener = Callable[[str, str], None]

log = logging.getLogger(__name__)


class S3Engine:
    """The buckets and objects of every account, with their files under `root`.

    What a crash left half done is done before the constructor returns. `notifier` tells others of events.
    """

    notifier: Notifier

    def __init__(self, database: Database, root: Path, clock: Clock) -> None:
        database.migrate("s3", STEPS)
        self.database = database
        self.clock = clock
        self.buckets = Buckets(database)
        self.rows = ObjectRows(database)
        self.blobs = Blobs(root)
        self.uploads = Uploads(database, self.blobs)
        self._placement = Placement(database, self.rows, self.blobs)
        self.history = History(database, self.rows, self._placement, self.blobs, clock)
        self._listeners: list[Listener] = []
        self._settling = Loop("s3-settle", self._settle, clock)
        self._settle_is_due = False
        self._expiry = Loop("s3-lifecycle", Expiry(self).run, clock)
        self.access_logs = AccessLogs(self, clock)
        self._recover()

    def start(self) -> None:
        """Start settling files, expiring objects and delivering logs."""
        self.access_logs.start()
        self._settling.start()
        self._expiry.start()

    def stop(self) -> None:
        """Stop all of that, and let go of the files."""
        self.access_logs.stop()
        self._expiry.stop()
        self._settling.stop()
        self._placement.settle()
        self.blobs.close()

    # The port: what other services use

    def bucket_exists(self, bucket: str) -> bool:
        """Whether there is a bucket of that name, whoever owns it."""
        return self.buckets.find(bucket) is not None

    def resource_policy(self, arn: str) -> tuple[str, str | None] | None:
        """Of a bucket's or an object's ARN: its owner's account, and policy and ACLs as one; None: no such bucket."""
        name, _, key = arn.split(":", 5)[5].partition("/")
        bucket = self.buckets.find(name)
        if bucket is None:
            return None
        restricts = bucket.policy and (bucket.public_access_block or {}).get("RestrictPublicBuckets")
        text = policy.restricted(bucket.policy, bucket.account) if restricts else bucket.policy
        return bucket.account, acl.policy_with(text, bucket, key, self.history.special)

    def cors_rules(self, name: str) -> list[dict[str, Any]] | None:
        """What web pages may send to the bucket, in AWS's shape; None: no such bucket."""
        bucket = self.buckets.find(name)
        return None if bucket is None else bucket.cors or []

    def put_object(
        self,
        bucket: str,
        key: str,
        data: bytes,
        *,
        content_type: str = DEFAULT_CONTENT_TYPE,
        content_encoding: str | None = None,
    ) -> StoredObject:
        """Store `data`. Joins an open transaction. Raises NoSuchBucket."""
        return self.stored(self.put(bucket, key, data, _header(content_type, content_encoding)))

    def put_file(
        self,
        bucket: str,
        key: str,
        path: Path,
        *,
        content_type: str = DEFAULT_CONTENT_TYPE,
        content_encoding: str | None = None,
    ) -> StoredObject:
        """Store the finished file at `path`, on the same file system, by moving it. Raises NoSuchBucket."""
        digests = Digests([checksum.DEFAULT])
        self._check_target(bucket, key)
        identifier = self.blobs.stage_file(path, digests.update)
        row = self._row((bucket, key), identifier, digests, _header(content_type, content_encoding))
        return self.stored(self.commit(row))

    def get_object(self, bucket: str, key: str) -> StoredObject:
        """Raises NoSuchBucket, NoSuchKey, and InvalidObjectState for what is archived."""
        row = self.head(bucket, key)
        storage_class.check_readable(row, self.clock.now_ms())
        return self.stored(row)

    def iter_objects(self, bucket: str, prefix: str = "", start_after: str = "") -> Iterator[StoredObject]:
        """The objects whose keys begin with `prefix` and come after `start_after`, in UTF-8 order."""
        self.buckets.get(bucket)
        start = listing.start_after(prefix, "", start_after)
        end = after_prefix(prefix) if prefix else None
        while start is not None:
            rows = list(self.rows.scan(bucket, start, end, ITERATION))
            yield from map(self.stored, rows)
            start = rows[-1].key + "\0" if len(rows) == ITERATION else None

    def iter_files(self, bucket: str, prefix: str = "") -> Iterator[StoredFile]:
        """The objects whose keys begin with `prefix`, in UTF-8 order, as little of them as a reader of many needs.

        Without those that are archived, restored or not: Athena and crawlers pass over them.
        """
        self.buckets.get(bucket)
        folder = f"{self.blobs.root}/{bucket}/"
        start = listing.start_after(prefix, "", "")
        end = after_prefix(prefix) if prefix else None
        while start is not None:
            rows = self.rows.files(bucket, start, end, ITERATION)
            for key, size, modified_at_ms, is_elsewhere, more in rows:
                if more is not None and unpacked_traits(more).storage_class in storage_class.ARCHIVED:
                    continue
                row = self.rows.get(bucket, key) if is_elsewhere else None
                elsewhere = str(self._placement.file(row)) if row is not None else ""
                yield StoredFile(key, size, modified_at_ms, folder, elsewhere)
            start = rows[-1][0] + "\0" if len(rows) == ITERATION else None

    def delete_object(self, bucket: str, key: str) -> None:
        """Delete the object, if there is one. Raises NoSuchBucket."""
        self.delete(bucket, key)

    def subscribe(self, listener: Listener) -> None:
        """Have `listener(bucket, key)` called after each put. It must be quick: the writers wait for it."""
        self._listeners.append(listener)

    # Buckets

    def create_bucket(self, bucket: Bucket) -> None:
        """Raises InvalidBucketName, BucketAlreadyExists, BucketAlreadyOwnedByYou.

        In us-east-1 the owner may create it again, which changes nothing.
        """
        check_name(bucket.name)
        with self.database.write():
            existing = self.buckets.find(bucket.name)
            if existing is None:
                self.buckets.put(bucket)
            elif existing.account != bucket.account:
                raise BucketAlreadyExists(
                    "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                    "system. Please select a different name and try again.",
                    BucketName=bucket.name,
                )
            elif bucket.region != "us-east-1" or existing.region != "us-east-1":
                raise BucketAlreadyOwnedByYou(
                    "Your previous request to create the named bucket succeeded and you already own it.",
                    BucketName=bucket.name,
                )

    def delete_bucket(self, name: str) -> None:
        """Delete the bucket and its unfinished uploads. Raises NoSuchBucket, BucketNotEmpty."""
        with self.database.write():
            is_versioned = self.buckets.get(name).versioning is not None
            if next(self.rows.scan(name, "", None, 1), None) is not None or self.history.versions.any(name):
                more = ". You must delete all versions in the bucket." if is_versioned else ""
                raise BucketNotEmpty(f"The bucket you tried to delete is not empty{more}", BucketName=name)
            for upload in list(self.uploads.scan(name, "", None)):
                self.uploads.delete(upload)
            self.buckets.delete(name)
            self._placement.delete_bucket(name)

    def set_lifecycle(self, name: str, rules: list[Rule] | None, minimum: str = DEFAULT_MINIMUM) -> None:
        """Replace the bucket's rules. `minimum`: see transition.py. Raises NoSuchBucket."""

        def change(bucket: Bucket) -> None:
            bucket.lifecycle, bucket.transition_minimum = rules, minimum

        self.buckets.change(name, change)
        self._expiry.wake()

    # Objects

    def put(
        self,
        bucket: str,
        key: str,
        body: Body,
        header: Header,
        *,
        tags: Mapping[str, str] | None = None,
        expected: Expected | None = None,
        condition: WriteCondition = UNCONDITIONAL,
        traits: Traits = PLAIN,
        cause: Cause = PUT,
    ) -> ObjectRow:
        """Store `body`, whose checksums are `expected`."""
        self._check_target(bucket, key)
        algorithm = (expected and expected.algorithm) or checksum.DEFAULT
        digests = Digests([algorithm])
        identifier = self.blobs.stage(body, digests.update)
        with self.discarding(identifier):
            if digests.size > MOST_BYTES_AT_ONCE:
                raise too_large(digests.size)
            if expected is not None:
                expected.check(digests)
            row = self._row((bucket, key), identifier, digests, header)
            return self.commit(replace(row, tags=dict(tags or {}), traits=traits), condition, cause=cause)

    def copy(
        self,
        source: ObjectRow,
        file: BinaryIO,
        target: tuple[str, str],
        *,
        algorithm: str,
        header: Header,
        tags: dict[str, str],
        traits: Traits,
        condition: WriteCondition,
        cause: Cause = PUT,
    ) -> ObjectRow:
        """Store the bytes of `source`, open as `file`, under `target` (bucket, key)."""
        self._check_target(*target)
        known = not source.parts and source.checksum.algorithm == algorithm
        digests = Digests([algorithm])
        identifier = self.blobs.stage_copy([(file, 0, source.size)], None if known else digests.update)
        etag = source.etag if known else digests.etag
        value = source.checksum.value if known else digests.value(algorithm)
        row = ObjectRow(
            *target, identifier, aside=False, staged=True, size=source.size, etag=etag,
            modified_at_ms=self.clock.now_ms(), checksum=Checksum(algorithm, "FULL_OBJECT", value), header=header,
            tags=tags, parts=(), traits=traits,
        )  # fmt: skip
        return self.commit(row, condition, cause=cause)

    def commit(
        self,
        row: ObjectRow,
        condition: WriteCondition = UNCONDITIONAL,
        also: Callable[[], None] = lambda: None,
        cause: Cause = PUT,
        *,
        keeps_file: bool = False,
    ) -> ObjectRow:
        """Make the staged `row` the object of its key, `also` in the same transaction.

        The file goes if that fails, but for one that is something else's, too (`keeps_file`).
        """

        def change() -> ObjectRow:
            bucket = self.buckets.get(row.bucket)
            also()
            existing = self.rows.get(row.bucket, row.key)
            condition.check(row.key, existing)
            placed = replace(row, aside=self._placement.lies_aside(row.bucket, row.key, existing))
            if bucket.versioning:
                placed = self.history.succeed(bucket, lock.protected(bucket, placed), existing)
            self.rows.put(placed)
            self._placement.put(placed, existing)
            self._note(bucket, placed, cause)
            self.database.after_commit(partial(self._announce, placed))
            return placed

        with nullcontext() if keeps_file else self.discarding(row.id):
            return self.database.write_together(change)

    def head(self, bucket: str, key: str, version: str | None = None, method: str = "GET") -> ObjectRow:
        """The object, or that version of it. Raises NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed."""
        check_key(key)
        row = self.rows.get(bucket, key) if version is None else self.history.find(bucket, key, version)
        if row is not None and not row.is_marker:
            return row
        self.buckets.get(bucket)
        if version is None:
            marker = self.history.find(bucket, key, None)
            raise no_such_key(key, None if marker is None else marker.version)
        if row is None:
            raise no_such_version(key, version)
        raise marker_not_allowed(row.version, row.last_modified, method)

    def open(
        self, bucket: str, key: str, check: Callable[[ObjectRow], object] = lambda _: None, version: str | None = None
    ) -> tuple[ObjectRow, BinaryIO]:
        """The object, after `check`, and its file, which is exactly that object's however often it is replaced."""
        while True:
            row = self.head(bucket, key, version)
            check(row)
            file = self._placement.open(row)
            if self.rows.is_current(row) if row.is_latest else self.history.versions.names(row.id):
                if file is None:
                    raise InternalFailure(f"The file of object {key} is missing from the data folder.")
                return row, file
            if file is not None:
                file.close()

    def delete(
        self,
        bucket: str,
        key: str,
        if_match: str | None = None,
        version: str | None = None,
        *,
        bypass: bool = False,
        cause: Cause = REMOVAL,
    ) -> ObjectRow | None:
        """Delete the object, if there is one, or that version of it, its governance bypassed.

        Raises NoSuchBucket, AccessDenied when a lock holds it, and as the condition says.

        Returns the version that is gone, or the delete marker that a bucket with versioning has instead.
        """
        check_text(key)
        with self.database.write():
            owner = self.buckets.get(bucket)
            row = self.rows.get(bucket, key) if version is None else self.history.find(bucket, key, version)
            if if_match is not None:
                WriteCondition({"IfMatch": if_match}, takes_any=True).check(key, row)
            self.database.after_commit(self._wake_settling)
            if version is None and owner.versioning:
                marker = self.history.mark(owner, key, row)
                self._note(owner, marker, cause.becoming(MARKER))
                return marker
            if row is not None:
                lock.check_delete(row, self.clock.now_ms(), bypass=bypass)
                self.history.delete(row)
                self._note(owner, row, cause.becoming(DELETE))
            return row

    def delete_many(
        self, bucket: str, items: Iterable[Doomed], cause: Cause = REMOVAL
    ) -> Iterator[tuple[Doomed, ObjectRow | AwsError | None]]:
        """Delete each in one transaction. Yields each with what `delete` says of it."""
        results: list[tuple[Doomed, ObjectRow | AwsError | None]] = []
        with self.database.write():
            for item in items:
                try:
                    row = self.delete(bucket, item.key, item.if_match, item.version, bypass=item.bypass, cause=cause)
                    results.append((item, row))
                except AwsError as error:
                    results.append((item, error))
        return iter(results)

    def change(
        self,
        bucket: str,
        key: str,
        version: str | None,
        change: Callable[[ObjectRow], ObjectRow],
        cause: Cause | None = None,
    ) -> ObjectRow:
        """Make what `change` makes of it of the object's row, or that version's. Raises as `head` does."""
        with self.database.write():
            row = self.store(change(self.head(bucket, key, version, "PUT")))
            if cause is not None:
                self._note(self.buckets.get(bucket), row, cause)
            return row

    def move(self, row: ObjectRow) -> None:
        """`row` has got another storage class by a rule. In the transaction that it was read in."""
        self._note(self.buckets.get(row.bucket), self.store(row), TRANSITION)

    def store(self, row: ObjectRow) -> ObjectRow:
        """Replace what is remembered of a version whose bytes stay. In the transaction that it was read in."""
        (self.rows if row.is_latest else self.history.versions).put(row)
        return row

    def page(self, bucket: str, *, prefix: str, delimiter: str, after: str, limit: int) -> listing.Page[ObjectRow]:
        """One page of the objects after `after`."""

        def seek(start: str, end: str | None) -> Iterator[tuple[str, ObjectRow]]:
            for row in self.rows.scan(bucket, start, end, limit + 1):
                yield row.key, row

        start = listing.start_after(prefix, delimiter, after)
        return listing.page(seek, prefix=prefix, delimiter=delimiter, start=start, limit=limit)

    def stored(self, row: ObjectRow) -> StoredObject:
        """The object as other services see it."""
        return StoredObject(
            row.bucket, row.key, row.size, row.etag, row.modified_at_ms, row.header["ContentType"],
            row.header.get("ContentEncoding"), self._placement.file(row),
            row.traits is PLAIN or storage_class.is_readable(row, self.clock.now_ms()),
        )  # fmt: skip

    def discarding(self, identifier: str) -> "_Discarding":
        """A block after which the staged file is gone if it raised."""
        return _Discarding(self.blobs, identifier)

    def _check_target(self, bucket: str, key: str) -> None:
        """Before any work on bytes that have nowhere to go."""
        if not self.bucket_exists(bucket):
            raise no_such_bucket(bucket)
        check_key(key)

    def _row(self, target: tuple[str, str], identifier: str, digests: Digests, header: Header) -> ObjectRow:
        (algorithm,) = digests.algorithms
        return ObjectRow(
            *target, identifier, aside=False, staged=True, size=digests.size, etag=digests.etag,
            modified_at_ms=self.clock.now_ms(), header=header, tags={}, parts=(),
            checksum=Checksum(algorithm, "FULL_OBJECT", digests.value(algorithm)),
        )  # fmt: skip

    def _note(self, bucket: Bucket, row: ObjectRow, cause: Cause) -> None:
        """Tell of it whom the bucket's configuration names, in the transaction in which it happens."""
        if bucket.notification:
            self.notifier.note(bucket, row, cause)

    def _announce(self, row: ObjectRow) -> None:
        self._wake_settling()
        for listener in self._listeners:
            try:
                listener(row.bucket, row.key)
            except Exception:  # the object is stored, whatever a listener makes of it
                log.exception("a listener failed on %s of bucket %s", row.key, row.bucket)

    def _wake_settling(self) -> None:
        if not self._settle_is_due:
            self._settle_is_due = True
            self._settling.wake()

    def _settle(self) -> int | None:
        self._settle_is_due = False
        if not self._placement.settle() and not self._placement.is_unsettled():
            return None
        self._settle_is_due = True
        return self.clock.now_ms() + SETTLE_MS

    def _recover(self) -> None:
        while self._placement.settle():
            pass
        self.blobs.sweep(self.uploads.staged_ids() | {row.id for row in self.rows.staged(-1)})


class _Discarding:
    def __init__(self, blobs: Blobs, identifier: str) -> None:
        self._blobs = blobs
        self._identifier = identifier

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is not None and issubclass(kind, Exception):
            self._blobs.discard(self._identifier)


def check_text(*texts: str) -> None:
    """Raises InvalidURI for what is no Unicode text."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise InvalidURI("Couldn't parse the specified URI.") from None


def check_key(key: str) -> None:
    """Raises KeyTooLongError, InvalidURI."""
    check_text(key)
    size = len(key.encode())
    if size > KEY_BYTES:
        raise KeyTooLongError("Your key is too long", Size=str(size), MaxSizeAllowed=str(KEY_BYTES))


def too_large(size: int) -> EntityTooLarge:
    """More bytes than one request may carry."""
    return EntityTooLarge(
        "Your proposed upload exceeds the maximum allowed size",
        ProposedSize=str(size),
        MaxSizeAllowed=str(MOST_BYTES_AT_ONCE),
    )


def _header(content_type: str, content_encoding: str | None) -> Header:
    header: Header = {"ContentType": content_type}
    if content_encoding is not None:
        header["ContentEncoding"] = content_encoding
    return header
