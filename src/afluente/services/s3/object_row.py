"""Objects as rows: what S3 remembers of each, in the order of their keys' UTF-8 bytes.

The rows of earlier versions and delete markers are in version_row.py.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from afluente.core.clock import utc
from afluente.services.s3 import traits
from afluente.services.s3.checksum import Checksum
from afluente.services.s3.traits import PLAIN, Traits
from afluente.store.database import Database

Part = tuple[int, int, str]
"""A part of a finished object: number, size, checksum (of the object's algorithm)."""

NULL = "null"
"""The version id of what was put while the bucket's versioning was not enabled."""

NO_END = b""
"""In SQLite every blob comes after every text."""


class ObjectRow(msgspec.Struct, frozen=True):
    """An object. `id` names its staged file and changes with each put; `etag` has no quotes.

    aside: where the file lies (`store/key_path.py`).
    staged: not yet known to lie there durably.
    header: the members `ContentType`, `CacheControl` ... and `Metadata`.
    version: the version id, `null` for an object of a bucket without versioning.
    number: larger for a later version of the same key.
    traits: what few objects have.
    is_latest, is_marker: see schema.py; a delete marker has neither bytes nor header.
    """

    bucket: str
    key: str
    id: str
    aside: bool
    staged: bool
    size: int
    etag: str
    modified_at_ms: int
    checksum: Checksum
    header: dict[str, Any]
    tags: dict[str, str]
    parts: tuple[Part, ...]
    version: str = NULL
    number: int = 0
    traits: Traits = PLAIN
    is_latest: bool = True
    is_marker: bool = False

    @property
    def last_modified(self) -> datetime:
        """To the second, as S3 has it."""
        return utc(self.modified_at_ms // 1000 * 1000)


class ObjectRows:
    """The rows of all buckets. Writes join the thread's open transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, bucket: str, key: str) -> ObjectRow | None:
        cursor = self._database.read().execute("SELECT * FROM object WHERE bucket = ? AND key = ?", (bucket, key))
        row = cursor.fetchone()
        return None if row is None else _object(row)

    def is_current(self, row: ObjectRow) -> bool:
        """Whether that very object is still the one under its key."""
        found = self._database.read().execute(
            "SELECT 1 FROM object WHERE bucket = ? AND key = ? AND id = ?", (row.bucket, row.key, row.id)
        )
        return found.fetchone() is not None

    def put(self, row: ObjectRow) -> None:
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.bucket, row.key, row.id, row.aside, row.staged, row.size, row.etag, row.modified_at_ms,
                    *row.checksum, *packed(row), row.version, row.number, traits.packed(row.traits),
                ),
            )  # fmt: skip

    def delete(self, row: ObjectRow) -> None:
        with self._database.write() as db:
            db.execute("DELETE FROM object WHERE bucket = ? AND key = ?", (row.bucket, row.key))

    def scan(self, bucket: str, start: str, end: str | None, limit: int = -1) -> Iterator[ObjectRow]:
        """The objects whose keys are at or after `start` and before `end`, in order."""
        cursor = self._database.read().cursor()
        try:
            cursor.execute(
                "SELECT * FROM object WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
                (bucket, start, NO_END if end is None else end, limit),
            )
            for row in cursor:
                yield _object(row)
        finally:
            cursor.close()

    def files(
        self, bucket: str, start: str, end: str | None, limit: int
    ) -> list[tuple[str, int, int, int, bytes | None]]:
        """(key, size, modified_at_ms, whether the file may lie elsewhere than under its key, traits) of the same."""
        return (
            self._database.read()
            .execute(
                "SELECT key, size, modified_at_ms, aside OR staged, traits FROM object "
                "WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
                (bucket, start, NO_END if end is None else end, limit),
            )
            .fetchall()
        )

    def needs_folder(self, bucket: str, key: str) -> bool:
        """Whether an object lies under `key` as a folder: `a/b` for `a`."""
        start = key + "/"
        found = self._database.read().execute(
            "SELECT 1 FROM object WHERE bucket = ? AND key >= ? AND key < ? AND NOT aside LIMIT 1",
            (bucket, start, key + chr(ord("/") + 1)),
        )
        return found.fetchone() is not None

    def lies_plainly(self, bucket: str, key: str) -> bool:
        """Whether there is an object of that key, and its file lies under it."""
        found = self._database.read().execute(
            "SELECT 1 FROM object WHERE bucket = ? AND key = ? AND NOT aside", (bucket, key)
        )
        return found.fetchone() is not None

    def staged(self, limit: int) -> list[ObjectRow]:
        """Objects that are not known to lie durably in their place."""
        return [
            _object(row) for row in self._database.read().execute("SELECT * FROM object WHERE staged LIMIT ?", (limit,))
        ]

    def set_settled(self, rows: list[ObjectRow]) -> None:
        with self._database.write() as db:
            db.executemany(
                "UPDATE object SET staged = 0 WHERE bucket = ? AND key = ? AND id = ?",
                [(row.bucket, row.key, row.id) for row in rows],
            )


def packed(row: ObjectRow) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Header, tags and parts, as they are stored."""
    return _packed(row.header), _packed(row.tags), _packed(row.parts)


def unpacked(
    header: bytes, tags: bytes | None, parts: bytes | None
) -> tuple[dict[str, Any], dict[str, str], tuple[Part, ...]]:
    """What `packed` packed."""
    return _decode_header(header), _decode_header(tags) if tags else {}, _decode_parts(parts) if parts else ()


def _packed(value: dict[str, Any] | tuple[Part, ...]) -> bytes | None:
    return msgspec.json.encode(value) if value else b"{}" if isinstance(value, dict) else None


_decode_header = msgspec.json.Decoder(dict[str, Any]).decode
_decode_parts = msgspec.json.Decoder(tuple[Part, ...]).decode


def _object(row: tuple[Any, ...] | sqlite3.Row) -> ObjectRow:
    bucket, key, identifier, aside, staged, size, etag, modified, algorithm, kind, value, *rest = row
    *rest, version, number, more = rest
    return ObjectRow(
        bucket, key, identifier, bool(aside), bool(staged), size, etag, modified, Checksum(algorithm, kind, value),
        *unpacked(*rest), version, number, traits.unpacked(more),
    )  # fmt: skip
