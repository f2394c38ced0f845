"""Multipart uploads and their parts as rows. Parts' files stay staged until the upload ends."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from afluente.services.s3 import traits
from afluente.services.s3.checksum import Kind
from afluente.services.s3.error import no_such_upload
from afluente.services.s3.object_row import NO_END
from afluente.services.s3.traits import PLAIN, Traits
from afluente.store.blob import Blobs
from afluente.store.database import Database

REMEMBERED_MS = 86_400_000
"""So long a completed upload may be completed again, as clients do that heard no answer."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way. `explicit`: the caller asked for the checksum algorithm, so parts must have no other."""

    bucket: str
    key: str
    id: str
    initiated_at_ms: int
    initiator: str
    algorithm: str
    kind: Kind
    explicit: bool
    header: dict[str, Any]
    tags: dict[str, str]
    traits: Traits = PLAIN


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """A part. `id` names its staged file; `etag` has no quotes; `checksum` is of the upload's algorithm."""

    upload: str
    number: int
    id: str
    size: int
    etag: str
    modified_at_ms: int
    checksum: str


def new_upload_id(now_ms: int) -> str:
    """An id that sorts by the time it was made."""
    return f"{now_ms:012x}{secrets.token_urlsafe(36)}"


class Uploads:
    """The uploads of all buckets. Writes join the thread's open transaction."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def put(self, upload: Upload) -> None:
        with self._database.write() as db:
            db.execute(
                "INSERT INTO upload VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    upload.bucket, upload.key, upload.id, upload.initiated_at_ms, upload.initiator, upload.algorithm,
                    upload.kind, upload.explicit, msgspec.json.encode(upload.header), msgspec.json.encode(upload.tags),
                    traits.packed(upload.traits),
                ),
            )  # fmt: skip

    def get(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Raises NoSuchUpload."""
        cursor = self._database.read().execute(
            "SELECT * FROM upload WHERE bucket = ? AND key = ? AND id = ?", (bucket, key, upload_id)
        )
        row = cursor.fetchone()
        if row is None:
            raise no_such_upload(upload_id)
        return _upload(row)

    def delete(self, upload: Upload, *, keep: str | None = None) -> None:
        """Forget the upload and its parts, and remove their files after the commit; `keep` has become an object's."""
        for part in self.parts(upload):
            if part.id != keep:
                self._database.after_commit(partial(self._blobs.discard, part.id))
        with self._database.write() as db:
            db.execute("DELETE FROM upload WHERE id = ?", (upload.id,))

    def complete(self, upload: Upload, identifier: str, now_ms: int) -> None:
        """Remember that the upload became the object `identifier`."""
        with self._database.write() as db:
            db.execute("DELETE FROM completed WHERE completed_at_ms < ?", (now_ms - REMEMBERED_MS,))
            db.execute(
                "INSERT INTO completed VALUES (?, ?, ?, ?, ?)",
                (upload.id, upload.bucket, upload.key, identifier, now_ms),
            )

    def became(self, bucket: str, key: str, upload_id: str) -> str | None:
        """The id of the object that a completed upload became."""
        found = self._database.read().execute(
            "SELECT id FROM completed WHERE bucket = ? AND key = ? AND upload = ?", (bucket, key, upload_id)
        )
        row = found.fetchone()
        return None if row is None else str(row[0])

    def scan(self, bucket: str, start: str, end: str | None, after: tuple[str, str] = ("", "")) -> Iterator[Upload]:
        """The uploads of keys from `start` to before `end`, behind `after` (key, id), in order."""
        cursor = self._database.read().cursor()
        try:
            cursor.execute(
                "SELECT * FROM upload WHERE bucket = ? AND key >= ? AND key < ? AND (key, id) > (?, ?) "
                "ORDER BY key, id",
                (bucket, start, NO_END if end is None else end, *after),
            )
            for row in cursor:
                yield _upload(row)
        finally:
            cursor.close()

    def has(self, bucket: str, key: str, upload_id: str) -> bool:
        found = self._database.read().execute(
            "SELECT 1 FROM upload WHERE bucket = ? AND key = ? AND id = ?", (bucket, key, upload_id)
        )
        return found.fetchone() is not None

    def put_part(self, part: UploadedPart) -> None:
        """Store the part over one of the same number, whose file goes after the commit."""
        with self._database.write() as db:
            for (old,) in db.execute("SELECT id FROM part WHERE upload = ? AND number = ?", (part.upload, part.number)):
                self._database.after_commit(partial(self._blobs.discard, old))
            db.execute(
                "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?)",
                (part.upload, part.number, part.id, part.size, part.etag, part.modified_at_ms, part.checksum),
            )

    def parts(self, upload: Upload, after: int = 0, limit: int = -1) -> Sequence[UploadedPart]:
        """The parts with numbers over `after`, in order."""
        rows = self._database.read().execute(
            "SELECT * FROM part WHERE upload = ? AND number > ? ORDER BY number LIMIT ?", (upload.id, after, limit)
        )
        return [UploadedPart(*row) for row in rows]

    def staged_ids(self) -> set[str]:
        """The ids of all parts' files."""
        return {identifier for (identifier,) in self._database.read().execute("SELECT id FROM part")}


_decode = msgspec.json.Decoder(dict[str, Any]).decode


def _upload(row: tuple[Any, ...]) -> Upload:
    bucket, key, identifier, initiated, initiator, algorithm, kind, explicit, header, tags, more = row
    return Upload(
        bucket,
        key,
        identifier,
        initiated,
        initiator,
        algorithm,
        kind,
        bool(explicit),
        _decode(header),
        _decode(tags),
        traits.unpacked(more),
    )
