"""Earlier versions of objects, and delete markers, as rows: of each key the latest first."""

from typing import Any

from afluente.services.s3 import traits
from afluente.services.s3.checksum import Checksum
from afluente.services.s3.object_row import NO_END, ObjectRow, packed, unpacked
from afluente.store.database import Database


class VersionRows:
    """The rows of all buckets. Writes join the thread's open transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, bucket: str, key: str, version: str) -> ObjectRow | None:
        return self._one("bucket = ? AND key = ? AND version = ?", bucket, key, version)

    def by_id(self, bucket: str, key: str, identifier: str) -> ObjectRow | None:
        return self._one("id = ? AND bucket = ? AND key = ? AND NOT marker", identifier, bucket, key)

    def special(self, bucket: str, key: str) -> list[ObjectRow]:
        """Those of the key's that have traits."""
        rows = self._database.read().execute(
            "SELECT * FROM version WHERE bucket = ? AND key = ? AND traits IS NOT NULL", (bucket, key)
        )
        return [_version(row) for row in rows]

    def top(self, bucket: str, key: str) -> ObjectRow | None:
        """The latest of the key's versions in this table."""
        return self._one("bucket = ? AND key = ? ORDER BY number DESC LIMIT 1", bucket, key)

    def any(self, bucket: str) -> bool:
        """Whether the bucket has such versions."""
        return self._one("bucket = ? LIMIT 1", bucket) is not None

    def names(self, identifier: str) -> bool:
        """Whether a version's file has that id."""
        found = self._database.read().execute("SELECT 1 FROM version WHERE id = ? AND NOT marker", (identifier,))
        return found.fetchone() is not None

    def put(self, row: ObjectRow) -> None:
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.bucket, row.key, row.number, row.version, row.is_marker, row.id, row.size, row.etag,
                    row.modified_at_ms, *row.checksum, *packed(row),
                    traits.packed(row.traits),
                ),
            )  # fmt: skip

    def delete(self, row: ObjectRow) -> None:
        with self._database.write() as db:
            db.execute(
                "DELETE FROM version WHERE bucket = ? AND key = ? AND number = ?", (row.bucket, row.key, row.number)
            )

    def scan(self, bucket: str, start: str, end: str | None, limit: int, after: tuple[str, int]) -> list[ObjectRow]:
        """Versions of keys from `start` to before `end`, without those of `after`'s key that are not earlier than it.

        By key, and of each key the latest first. `is_latest` is not known here.
        """
        rows = self._database.read().execute(
            "SELECT * FROM version WHERE bucket = ? AND key >= ? AND key < ? AND NOT (key = ? AND number >= ?) "
            "ORDER BY key, number DESC LIMIT ?",
            (bucket, start, NO_END if end is None else end, *after, limit),
        )
        return [_version(row) for row in rows]

    def _one(self, condition: str, *values: str) -> ObjectRow | None:
        row = (
            self._database.read().execute(f"SELECT * FROM version WHERE {condition}", values).fetchone()
        )  # conditions are written here
        return None if row is None else _version(row)


def _version(row: tuple[Any, ...]) -> ObjectRow:
    bucket, key, number, version, marker, identifier, size, etag, modified, algorithm, kind, value, *rest, more = row
    header, tags, parts = unpacked(*rest)
    return ObjectRow(
        bucket, key, identifier, aside=False, staged=False, size=size, etag=etag, modified_at_ms=modified,
        checksum=Checksum(algorithm, kind, value), header=header, tags=tags, parts=parts, version=version,
        number=number, traits=traits.unpacked(more), is_latest=False, is_marker=bool(marker),
    )  # fmt: skip
