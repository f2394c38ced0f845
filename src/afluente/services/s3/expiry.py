"""What lifecycle rules do, each midnight: versions expire or change their storage class, uploads are aborted.

The rules: lifecycle.py, transition.py.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afluente.services.s3 import lifecycle, lock, transition
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.event import EXPIRY
from afluente.services.s3.lifecycle_rule import DAY_MS, Rule
from afluente.services.s3.object_row import ObjectRow

if TYPE_CHECKING:
    from afluente.services.s3.engine import S3Engine

BATCH = 1000


class Expiry:
    """Expires and moves what is in `engine`'s buckets."""

    def __init__(self, engine: "S3Engine") -> None:
        self._engine = engine
        self._database = engine.database

    def run(self) -> int | None:
        """Do what the rules of all buckets ask for now. Returns when to do so again, the next midnight."""
        now_ms = self._engine.clock.now_ms()
        buckets = [bucket for bucket in self._engine.buckets if bucket.lifecycle]
        for bucket in buckets:
            for rows in self._batches(bucket):
                self._apply(bucket, rows, now_ms)
            self._abort_uploads(bucket.name, bucket.lifecycle or [], now_ms)
        return (now_ms // DAY_MS + 1) * DAY_MS if buckets else None

    def _apply(self, bucket: Bucket, rows: list[ObjectRow], now_ms: int) -> None:
        """Of the latest versions that expire, an object gets a delete marker where there is versioning."""
        rules, minimum = bucket.lifecycle or [], bucket.transition_minimum
        expired: list[ObjectRow] = []
        moved: list[tuple[ObjectRow, str]] = []
        for _, group in groupby(rows, lambda row: row.key):
            versions = list(group)
            gone = lifecycle.expired(versions, rules, now_ms)
            expired += gone
            moved += [each for each in transition.due(versions, rules, now_ms, minimum) if each[0] not in gone]
        if moved:
            self._move(moved)
        if expired:
            self._delete(bucket, expired, now_ms)

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

    def _move(self, moved: list[tuple[ObjectRow, str]]) -> None:
        with self._database.write():
            for row, storage_class in moved:
                current = self._unchanged(row)
                if current is not None:
                    traits = replace(current.traits, storage_class=storage_class, restore=None)
                    self._engine.move(replace(current, traits=traits))

    def _delete(self, bucket: Bucket, rows: list[ObjectRow], now_ms: int) -> None:
        with self._database.write():
            for row in rows:
                current = self._unchanged(row)
                keeps = bucket.versioning and row.is_latest and not row.is_marker
                if current is None or (lock.is_held(current, now_ms) and not keeps):
                    continue
                version = row.version if bucket.versioning and not keeps else None
                self._engine.delete(bucket.name, row.key, version=version, cause=EXPIRY)

    def _unchanged(self, row: ObjectRow) -> ObjectRow | None:
        """The row as it is now; None when the version is another one since: the next midnight decides."""
        current = self._engine.history.find(row.bucket, row.key, row.version)
        is_same = current is not None and (current.id, current.is_latest) == (row.id, row.is_latest)
        return current if is_same else None

    def _abort_uploads(self, bucket: str, rules: list[Rule], now_ms: int) -> None:
        uploads = self._engine.uploads
        with self._database.write():
            for upload in list(uploads.scan(bucket, "", None)):
                due = lifecycle.abortion_of(upload.key, upload.initiated_at_ms, rules)
                if due and due[0] <= now_ms:
                    uploads.delete(upload)
