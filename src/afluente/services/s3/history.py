"""Versions: what a put or a delete makes of the version before it, and a deleted version of the one behind it.

A version that is no longer the latest has its file in `.versions` (`store/blob.py`): linked there before the commit
that makes it so, unlinked after the commit that ends it. So no version depends on the order in which files are moved,
and a crash leaves at most a file that no row names.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
"""

import heapq
import itertools
from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace

from afluente.core.clock import Clock
from afluente.services.s3 import listing
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.checksum import DEFAULT, Checksum
from afluente.services.s3.error import invalid_argument
from afluente.services.s3.object_row import NULL, ObjectRow, ObjectRows
from afluente.services.s3.placement import Placement
from afluente.services.s3.traits import PLAIN
from afluente.services.s3.version_id import new_version_id, number_of
from afluente.services.s3.version_row import VersionRows
from afluente.store.blob import Blobs
from afluente.store.database import Database

BEFORE_ALL = ("", 0)


class History:
    """The versions of `rows` in buckets with versioning. All changes belong in an open transaction."""

    def __init__(self, database: Database, rows: ObjectRows, placement: Placement, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._rows = rows
        self._placement = placement
        self._blobs = blobs
        self._clock = clock
        self.versions = VersionRows(database)
        blobs.sweep_versions(self.versions.names)

    def find(self, bucket: str, key: str, version: str | None) -> ObjectRow | None:
        """The version, or with None the latest: an object or a delete marker."""
        row = self._rows.get(bucket, key)
        if version is None:
            return row or self._marker(bucket, key)
        if row is not None and row.version == version:
            return row
        found = self.versions.get(bucket, key, version)
        if found is None or row is not None:
            return found
        top = self.versions.top(bucket, key)
        return replace(found, is_latest=top is not None and top.number == found.number)

    def special(self, bucket: str, key: str) -> Iterator[ObjectRow]:
        """The versions with traits."""
        row = self._rows.get(bucket, key)
        if row is not None and row.traits is not PLAIN:
            yield row
        yield from self.versions.special(bucket, key)

    def by_id(self, bucket: str, key: str, identifier: str) -> ObjectRow | None:
        """The version whose file has that id."""
        row = self._rows.get(bucket, key)
        return row if row is not None and row.id == identifier else self.versions.by_id(bucket, key, identifier)

    def succeed(self, bucket: Bucket, row: ObjectRow, existing: ObjectRow | None) -> ObjectRow:
        """`row` as the next version of its key; `existing`, which it replaces, is kept as far as the bucket wants."""
        number = self._next_number(row.bucket, row.key, existing)
        version = new_version_id(number) if bucket.versioning == "Enabled" else NULL
        self._retire(row, existing, version)
        return replace(row, version=version, number=number)

    def mark(self, bucket: Bucket, key: str, existing: ObjectRow | None) -> ObjectRow:
        """Put a delete marker on top."""
        marker = ObjectRow(
            bucket.name, key, "", aside=False, staged=False, size=0, etag="", modified_at_ms=self._clock.now_ms(),
            checksum=Checksum(DEFAULT, "FULL_OBJECT", ""), header={}, tags={}, parts=(), is_marker=True,
        )  # fmt: skip
        marker = self.succeed(bucket, marker, existing)
        if existing is not None:
            self._rows.delete(existing)
            self._placement.delete(existing)
        self.versions.put(marker)
        return marker

    def delete(self, row: ObjectRow) -> None:
        """Delete that version for good; the one before it becomes the latest, if it was."""
        if row.is_latest and not row.is_marker:
            self._rows.delete(row)
            self._placement.delete(row)
        else:
            self._drop(row)
        if row.is_latest:
            self._promote(row.bucket, row.key)

    def page(
        self, bucket: str, *, prefix: str, delimiter: str, marker: tuple[str, str], limit: int
    ) -> listing.Page[ObjectRow]:
        """One page of versions behind `marker` (key, version id)."""
        key, version = marker
        after, start = BEFORE_ALL, listing.start_after(prefix, delimiter, key)
        if version:
            after, start = (key, self._number(bucket, key, version)), max(prefix, key)

        def seek(start: str, end: str | None) -> Iterator[tuple[str, ObjectRow]]:
            for row in self.scan(bucket, start, end, limit + 1, after):
                yield row.key, row

        return listing.page(seek, prefix=prefix, delimiter=delimiter, start=start, limit=limit)

    def scan(
        self, bucket: str, start: str, end: str | None, limit: int, after: tuple[str, int] = BEFORE_ALL
    ) -> Iterator[ObjectRow]:
        """At most `limit` versions (-1: all) behind `after` (key, number): by key, and of each the latest first."""
        most = None if limit < 0 else limit
        objects = self._rows.scan(bucket, start, end, -1 if most is None else most + 1)
        earlier = self.versions.scan(bucket, start, end, limit, after)
        unlisted = (row for row in objects if row.key != after[0] or row.number < after[1])
        rows = itertools.islice(heapq.merge(unlisted, earlier, key=lambda row: (row.key, -row.number)), most)
        for key, group in itertools.groupby(rows, lambda row: row.key):
            is_first = key != after[0]
            for row in group:
                yield (
                    (row if row.is_latest else replace(row, is_latest=True))
                    if is_first
                    else self._if_latest(row, after)
                )
                is_first = False

    def _if_latest(self, row: ObjectRow, after: tuple[str, int]) -> ObjectRow:
        """Behind a marker whose version was deleted meanwhile, the latest may follow."""
        if row.key != after[0] or self._rows.get(row.bucket, row.key) is not None:
            return row
        top = self.versions.top(row.bucket, row.key)
        return replace(row, is_latest=top is not None and top.number == row.number)

    def _number(self, bucket: str, key: str, version: str) -> int:
        if version != NULL:
            return number_of(version)
        row = self.find(bucket, key, NULL)
        if row is None:
            raise invalid_argument("Invalid version id specified", "version-id-marker", version)
        return row.number

    def _marker(self, bucket: str, key: str) -> ObjectRow | None:
        """The latest version of a key without an object, which is a delete marker."""
        top = self.versions.top(bucket, key)
        return None if top is None else replace(top, is_latest=True)

    def _next_number(self, bucket: str, key: str, existing: ObjectRow | None) -> int:
        latest = existing or self.versions.top(bucket, key)
        return max(latest.number + 1 if latest else 1, self._clock.now_ms())

    def _retire(self, row: ObjectRow, existing: ObjectRow | None, version: str) -> None:
        """Keep `existing` as an earlier version; but what has the id of the `version` to come is replaced by `row`."""
        if existing is not None and existing.version != version:
            self._blobs.keep(self._placement.file(existing), existing.id)
            self.versions.put(existing)
        replaced = self.versions.get(row.bucket, row.key, NULL) if version == NULL else None
        if replaced is not None:
            self._drop(replaced)

    def _promote(self, bucket: str, key: str) -> None:
        top = self.versions.top(bucket, key)
        if top is None or top.is_marker:
            return
        self._blobs.restage(top.id)
        self._drop(top)
        row = replace(top, aside=self._placement.lies_aside(bucket, key, None), staged=True, is_latest=True)
        self._rows.put(row)
        self._placement.put(row, None)

    def _drop(self, row: ObjectRow) -> None:
        self.versions.delete(row)
        if not row.is_marker:
            self._database.after_commit(partial(self._discard, row.id))

    def _discard(self, identifier: str) -> None:
        if not self.versions.names(identifier):  # the same transaction may have made it an earlier version again
            self._blobs.discard_version(identifier)
