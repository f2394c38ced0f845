"""Multipart uploads: parts in, one object out.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

from afluente.services.s3 import checksum, listing
from afluente.services.s3.checksum import Digests, Expected, Kind
from afluente.services.s3.engine import MOST_BYTES_AT_ONCE, S3Engine, check_key, too_large
from afluente.services.s3.error import (
    BadDigest,
    EntityTooSmall,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    invalid_argument,
    no_such_upload,
)
from afluente.services.s3.event import Cause
from afluente.services.s3.header import Header
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.precondition import WriteCondition
from afluente.services.s3.traits import Traits
from afluente.services.s3.upload import Upload, UploadedPart, new_upload_id
from afluente.store.blob import Body

SMALLEST_PART_BYTES = 5 << 20
MOST_PARTS = 10_000


class Wanted(NamedTuple):
    """A part as the caller of CompleteMultipartUpload names it. `checksums` are those given, by algorithm."""

    number: int
    etag: str
    checksums: dict[str, str]


class Multipart:
    """The uploads of `engine`'s buckets."""

    def __init__(self, engine: S3Engine) -> None:
        self._engine = engine
        self._database = engine.database
        self._clock = engine.clock

    def create(
        self,
        bucket: str,
        key: str,
        *,
        initiator: str,
        header: Header,
        tags: dict[str, str],
        traits: Traits,
        algorithm: str | None,
        kind: str | None,
    ) -> Upload:
        """Begin an upload. Raises NoSuchBucket, InvalidRequest."""
        check_key(key)
        if kind is not None and algorithm is None:
            raise InvalidRequest(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        chosen = checksum.supported(algorithm or checksum.DEFAULT)
        now_ms = self._clock.now_ms()
        upload = Upload(
            bucket, key, new_upload_id(now_ms), now_ms, initiator, chosen, checksum.kind_of(chosen, kind),
            algorithm is not None, header, tags, traits,
        )  # fmt: skip
        with self._database.write():
            self._engine.buckets.get(bucket)
            self._engine.uploads.put(upload)
        return upload

    def get(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Raises NoSuchBucket, NoSuchUpload."""
        self._engine.buckets.get(bucket)
        return self._engine.uploads.get(bucket, key, upload_id)

    def abort(self, bucket: str, key: str, upload_id: str) -> None:
        """Forget the upload and its parts. Raises NoSuchUpload."""
        with self._database.write():
            self._engine.uploads.delete(self.get(bucket, key, upload_id))

    def put_part(
        self, upload: Upload, number: int, body: Body, expected: Expected
    ) -> tuple[UploadedPart, dict[str, str]]:
        """Store a part. Also returns the checksum members of the answer."""
        check_number(number)
        if upload.explicit and expected.algorithm not in {None, upload.algorithm}:
            raise InvalidRequest(
                f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.lower()}, actual checksum "
                f"Type: {str(expected.algorithm).lower()}"
            )
        digests = Digests({upload.algorithm, expected.algorithm or upload.algorithm})
        identifier = self._engine.blobs.stage(body, digests.update)
        with self._engine.discarding(identifier):
            expected.check(digests)
            part = self._store(upload, number, identifier, digests)
        shown = expected.algorithm or (upload.algorithm if upload.explicit else None)
        return part, {f"Checksum{shown}": digests.value(shown)} if shown else {}

    def copy_part(self, upload: Upload, number: int, source: tuple[BinaryIO, int, int]) -> UploadedPart:
        """Store the bytes of `source` (open file, offset, length) as a part."""
        check_number(number)
        digests = Digests([upload.algorithm])
        identifier = self._engine.blobs.stage_copy([source], digests.update)
        with self._engine.discarding(identifier):
            return self._store(upload, number, identifier, digests)

    def _store(self, upload: Upload, number: int, identifier: str, digests: Digests) -> UploadedPart:
        if digests.size > MOST_BYTES_AT_ONCE:
            raise too_large(digests.size)
        value = digests.value(upload.algorithm)
        part = UploadedPart(upload.id, number, identifier, digests.size, digests.etag, self._clock.now_ms(), value)
        with self._database.write():
            if not self._engine.uploads.has(upload.bucket, upload.key, upload.id):
                raise no_such_upload(upload.id)
            self._engine.uploads.put_part(part)
        return part

    def parts(self, upload: Upload, after: int, limit: int) -> tuple[Sequence[UploadedPart], bool]:
        """At most `limit` parts with numbers over `after`, and whether there are more."""
        found = self._engine.uploads.parts(upload, min(after, MOST_PARTS), limit + 1)
        return found[:limit], bool(limit) and len(found) > limit

    def page(
        self, bucket: str, *, prefix: str, delimiter: str, key_marker: str, id_marker: str, limit: int
    ) -> listing.Page[Upload]:
        """One page of uploads, by key and then by time."""
        uploads = self._engine.uploads
        after = ("", "")
        start = listing.start_after(prefix, delimiter, key_marker)
        if key_marker and id_marker:
            if not uploads.has(bucket, key_marker, id_marker):
                raise invalid_argument("Invalid uploadId marker", "upload-id-marker", id_marker)
            after, start = (key_marker, id_marker), max(prefix, key_marker)

        def seek(start: str, end: str | None) -> Any:
            return ((upload.key, upload) for upload in uploads.scan(bucket, start, end, after))

        return listing.page(seek, prefix=prefix, delimiter=delimiter, start=start, limit=limit)

    def complete(
        self,
        upload: Upload,
        wanted: Sequence[Wanted],
        condition: WriteCondition,
        request: Mapping[str, Any],
        cause: Cause,
    ) -> ObjectRow:
        """Make the object of the wanted parts. The other parts are dropped."""
        parts = self._chosen(upload, wanted)
        row = self._assembled(upload, parts)
        is_part = len(parts) == 1  # and stays the upload's, until the object is there
        with nullcontext() if is_part else self._engine.discarding(row.id):
            _check_whole(row, request)
            condition.check(upload.key, self._engine.rows.get(upload.bucket, upload.key))
            return self._engine.commit(
                row, condition, lambda: self._finish(upload, parts, row), cause, keeps_file=is_part
            )

    def completed(self, bucket: str, key: str, upload_id: str, wanted: Sequence[Wanted]) -> ObjectRow | None:
        """The object that an upload became which was completed before with just these parts, if it is still there."""
        identifier = self._engine.uploads.became(bucket, key, upload_id)
        row = self._engine.history.by_id(bucket, key, identifier) if identifier else None
        return row if row is not None and _joined(wanted) == row.etag else None

    def _chosen(self, upload: Upload, wanted: Sequence[Wanted]) -> list[UploadedPart]:
        if not wanted:
            raise InvalidRequest("You must specify at least one part")
        if any(one.number >= other.number for one, other in pairwise(wanted)):
            raise InvalidPartOrder(
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
                UploadId=upload.id,
            )
        stored = {part.number: part for part in self._engine.uploads.parts(upload)}
        parts = [_matching(upload, stored.get(each.number), each) for each in wanted]
        for part in parts[:-1]:
            if part.size < SMALLEST_PART_BYTES:
                raise EntityTooSmall(
                    "Your proposed upload is smaller than the minimum allowed size",
                    ProposedSize=str(part.size),
                    MinSizeAllowed=str(SMALLEST_PART_BYTES),
                    PartNumber=str(part.number),
                    ETag=part.etag,
                )
        return parts

    def _assembled(self, upload: Upload, parts: Sequence[UploadedPart]) -> ObjectRow:
        return ObjectRow(
            upload.bucket, upload.key, self._joined_file(upload, parts), aside=False, staged=True,
            size=sum(part.size for part in parts), etag=checksum.joined_etag([part.etag for part in parts]),
            modified_at_ms=self._clock.now_ms(), header=upload.header, tags=upload.tags,
            traits=upload.traits,
            checksum=checksum.joined(upload.algorithm, upload.kind, [(part.checksum, part.size) for part in parts]),
            parts=tuple((part.number, part.size, part.checksum) for part in parts),
        )  # fmt: skip

    def _joined_file(self, upload: Upload, parts: Sequence[UploadedPart]) -> str:
        """One part's file is the object's; several are copied behind each other."""
        if len(parts) == 1:
            return parts[0].id
        with ExitStack() as files:
            try:
                sources = [
                    (files.enter_context(self._engine.blobs.staged_path(part.id).open("rb")), 0, part.size)
                    for part in parts
                ]
            except FileNotFoundError:  # aborted, completed or a part replaced meanwhile
                raise no_such_upload(upload.id) from None
            return self._engine.blobs.stage_copy(sources)

    def _finish(self, upload: Upload, parts: Sequence[UploadedPart], row: ObjectRow) -> None:
        """In the transaction of the commit: nothing may have changed since the parts were read."""
        current = {part.id for part in self._engine.uploads.parts(self.get(upload.bucket, upload.key, upload.id))}
        if not current.issuperset(part.id for part in parts):
            raise _invalid_part(upload, parts[0].number, parts[0].etag)
        self._engine.uploads.delete(upload, keep=parts[0].id if len(parts) == 1 else None)
        self._engine.uploads.complete(upload, row.id, row.modified_at_ms)


def check_number(number: int) -> None:
    """Raises InvalidArgument."""
    if not 1 <= number <= MOST_PARTS:
        raise invalid_argument(
            f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive", "partNumber", number
        )


def _matching(upload: Upload, part: UploadedPart | None, wanted: Wanted) -> UploadedPart:
    etag = wanted.etag.strip('"')
    if part is None or etag != part.etag:
        raise _invalid_part(upload, wanted.number, etag)
    given = wanted.checksums.get(upload.algorithm)
    if given is None and upload.kind == "COMPOSITE" and upload.explicit:
        raise InvalidRequest(
            f"The upload was created using a {upload.algorithm.lower()} checksum. The complete request must include "
            f"the checksum for each part. It was missing for part {wanted.number} in the request."
        )
    if given is not None and given != part.checksum:
        raise _invalid_part(upload, wanted.number, etag)
    return part


def _joined(wanted: Sequence[Wanted]) -> str:
    try:
        return checksum.joined_etag([part.etag.strip('"') for part in wanted])
    except ValueError:
        return ""


def _invalid_part(upload: Upload, number: int, etag: str) -> InvalidPart:
    return InvalidPart(
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
        "entity tag may not match the part's entity tag.",
        UploadId=upload.id,
        PartNumber=str(number),
        ETag=etag,
    )


def _check_whole(row: ObjectRow, request: Mapping[str, Any]) -> None:
    """What the caller says of the whole object."""
    algorithm, kind, value = row.checksum
    given = {name: request[member] for member, name in checksum.MEMBERS.items() if member in request}
    wanted_kind: Kind | None = request.get("ChecksumType")
    if wanted_kind is not None and wanted_kind != kind:
        raise InvalidRequest(
            f"The upload was created using the {kind} checksum mode. The complete request must use the same checksum "
            "mode."
        )
    for name, text in given.items():
        if name != algorithm or text.partition("-")[0] != value.partition("-")[0]:
            raise BadDigest(f"The {name.lower()} you specified did not match the calculated checksum.")
    if request.get("MpuObjectSize", row.size) != row.size:
        raise InvalidRequest(
            f"The provided 'x-amz-mp-object-size' header value {request['MpuObjectSize']} does not match what was "
            f"computed: {row.size}"
        )
