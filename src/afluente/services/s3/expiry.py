"""What lifecycle rules do, each midnight: objects and versions expire, uploads are aborted. The rules: lifecycle.py."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from afluente.services.s3 import lifecycle
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.lifecycle import DAY_MS, Rule
from afluente.services.s3.object_row import ObjectRow

if TYPE_CHECKING:
    from afluente.services.s3.engine import S3Engine

BATCH = 1000


class Expiry:
    """Expires what is in `engine`'s buckets."""

    def __init__(self, engine: "S3Engine") -> None:
        self._engine = engine
        self._database = engine.database

    def run(self) -> int | None:
        """Do what the rules of all buckets ask for now. Returns when to do so again, the next midnight."""
        now_ms = self._engine.clock.now_ms()
        buckets = [bucket for bucket in self._engine.buckets if bucket.lifecycle]
        for bucket in buckets:
            rules = bucket.lifecycle or []
            for batch in self._expired(bucket, rules, now_ms):
                self._delete(bucket, batch)
            self._abort_uploads(bucket.name, rules, now_ms)
        return (now_ms // DAY_MS + 1) * DAY_MS if buckets else None

    def _expired(self, bucket: Bucket, rules: list[Rule], now_ms: int) -> Iterator[list[ObjectRow]]:
        """Batches of versions to delete; of the latest, an object gets a delete marker where there is versioning."""
        for rows in self._batches(bucket):
            expired: list[ObjectRow] = []
            for _, versions in groupby(rows, lambda row: row.key):
                expired += lifecycle.expired(list(versions), rules, now_ms)
            yield expired

    def _batches(self, bucket: Bucket) -> Iterator[list[ObjectRow]]:
        """All versions of the bucket, each key's in one batch."""
        start: str | None = ""
        while start is not None:
            if bucket.versioning is None:
                rows = list(self._engine.rows.scan(bucket.name, start, None, BATCH))
            else:
                rows = list(self._engine.history.scan(bucket.name, start, None, BATCH))
            is_last = len(rows) < BATCH
            if not is_last and bucket.versioning:
                rows = self._with_all_of_last_key(bucket.name, rows)
            yield rows
            start = None if is_last else rows[-1].key + "\0"

    def _with_all_of_last_key(self, bucket: str, rows: list[ObjectRow]) -> list[ObjectRow]:
        last = rows[-1]
        after = (last.key, last.number)
        return [*rows, *self._engine.history.versions.scan(bucket, last.key, last.key + "\0", -1, after)]

    def _delete(self, bucket: Bucket, rows: list[ObjectRow]) -> None:
        with self._database.write():
            for row in rows:
                current = self._engine.history.find(row.bucket, row.key, row.version)
                if current is None or (current.id, current.is_latest) != (row.id, row.is_latest):
                    continue  # changed since it was looked at: the next midnight decides
                keeps = bucket.versioning and row.is_latest and not row.is_marker
                self._engine.delete(
                    bucket.name, row.key, version=row.version if bucket.versioning and not keeps else None
                )

    def _abort_uploads(self, bucket: str, rules: list[Rule], now_ms: int) -> None:
        uploads = self._engine.uploads
        with self._database.write():
            for upload in list(uploads.scan(bucket, "", None)):
                due = lifecycle.abortion_of(upload.key, upload.initiated_at_ms, rules)
                if due and due[0] <= now_ms:
                    uploads.delete(upload)
