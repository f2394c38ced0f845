"""Where the files of latest versions lie, kept in step with their rows. Of earlier ones: history.py.

A put commits a row that names a staged file; only then is the file moved into place, so a row never describes other
bytes than the object has. A delete commits an entry in `trash`; only then is the file removed. Both are done in the
order of the commits, and are *settled* (row unmarked, entry dropped) once the folders are synced. What a crash
interrupts between commit and settling is simply done again.
"""

import logging
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from afluente.services.s3.object_row import ObjectRow, ObjectRows
from afluente.store.blob import Blobs
from afluente.store.database import Database
from afluente.store.key_path import aside_path, bucket_path, plain_path

BATCH = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trash:
    """A file to remove: `path` is relative to the root."""

    id: int
    bucket: str
    path: str


class Placement:
    """The files of `rows`, under `blobs.root`."""

    def __init__(self, database: Database, rows: ObjectRows, blobs: Blobs) -> None:
        self._database = database
        self._rows = rows
        self._blobs = blobs

    def path(self, row: ObjectRow) -> Path:
        """Where the file lies, or will: see `staged`."""
        plain = None if row.aside else plain_path(self._blobs.root, row.bucket, row.key)
        return plain or aside_path(self._blobs.root, row.bucket, row.key)

    def file(self, row: ObjectRow) -> Path:
        """Where the file lies at this instant."""
        if not row.is_latest:
            return self._blobs.version_path(row.id)
        staged = self._blobs.staged_path(row.id)
        return staged if row.staged and staged.exists() else self.path(row)

    def open(self, row: ObjectRow) -> BinaryIO | None:
        """The file; None when it is not there, as for an object that was replaced meanwhile."""
        paths = [self._blobs.staged_path(row.id)] if row.staged else []
        paths.append(self.path(row) if row.is_latest else self._blobs.version_path(row.id))
        for path in paths:
            try:
                return path.open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
        return None

    def lies_aside(self, bucket: str, key: str, existing: ObjectRow | None) -> bool:
        """Whether a new object of `key` has to lie aside; one that is replaced stays where it is."""
        if existing is not None:
            return existing.aside
        plain = plain_path(self._blobs.root, bucket, key)
        return plain is None or self._is_taken(bucket, key) or self._is_foreign(bucket, plain)

    def _is_taken(self, bucket: str, key: str) -> bool:
        parents = [key[:end] for end, character in enumerate(key) if character == "/"]
        return self._rows.needs_folder(bucket, key) or any(self._rows.lies_plainly(bucket, each) for each in parents)

    def _is_foreign(self, bucket: str, plain: Path) -> bool:
        """Whether something that is no object of ours stands in the way."""
        if plain.is_dir():
            return True
        top = bucket_path(self._blobs.root, bucket)
        nearest = next(folder for folder in plain.parents if folder == top or os.path.lexists(folder))
        return os.path.lexists(nearest) and not nearest.is_dir()

    def put(self, row: ObjectRow, existing: ObjectRow | None) -> None:
        """Have the file of `row` moved into place after the commit of the open transaction."""
        with self._database.write() as db:
            db.execute("DELETE FROM trash WHERE path = ?", (self._relative(row),))
        self._database.after_commit(partial(self._place, row))
        if existing is not None and existing.staged:
            self._database.after_commit(partial(self._blobs.discard, existing.id))

    def delete(self, row: ObjectRow) -> None:
        """Have the file of `row` removed after the commit of the open transaction."""
        relative = self._relative(row)
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO trash (bucket, path) VALUES (?, ?)", (row.bucket, relative))
        self._database.after_commit(partial(self._remove, row.bucket, relative))
        if row.staged:
            self._database.after_commit(partial(self._blobs.discard, row.id))

    def delete_bucket(self, bucket: str) -> None:
        """Have the bucket's folders removed after the commit, unless something foreign lies in them."""
        nothing = aside_path(self._blobs.root, bucket, ".")
        self._database.after_commit(partial(self._blobs.remove, nothing, self._blobs.root))

    def settle(self) -> int:
        """Make one batch durable, repeating what failed or was interrupted. How many are settled now."""
        rows, trash = self._rows.staged(BATCH), self._trash(BATCH)
        with self._database.write():
            for row in rows:
                if self._rows.is_current(row):
                    self._place(row, logging.DEBUG)
            for item in trash:
                if self._is_trash(item):
                    self._remove(item.bucket, item.path, logging.DEBUG)
        rows = [row for row in rows if not self._blobs.is_staged(row.id, self.path(row))]
        trash = [item for item in trash if not (self._blobs.root / item.path).is_file()]
        self._blobs.sync_placed([*map(self.path, rows), *(self._blobs.root / item.path for item in trash)])
        if rows or trash:
            with self._database.write() as db:
                self._rows.set_settled(rows)
                db.executemany("DELETE FROM trash WHERE id = ?", [(item.id,) for item in trash])
        return len(rows) + len(trash)

    def is_unsettled(self) -> bool:
        """Whether there is more to settle, or something that could not be."""
        return bool(self._rows.staged(1) or self._trash(1))

    def _trash(self, limit: int) -> list[Trash]:
        return [Trash(*row) for row in self._database.read().execute("SELECT * FROM trash LIMIT ?", (limit,))]

    def _relative(self, row: ObjectRow) -> str:
        return str(self.path(row).relative_to(self._blobs.root))

    def _place(self, row: ObjectRow, level: int = logging.WARNING) -> None:
        try:
            self._blobs.place(row.id, self.path(row))
        except OSError as error:  # committed all the same: it is read from its staged file until settling succeeds
            log.log(level, "cannot move %s of bucket %s into place, trying again: %s", row.key, row.bucket, error)

    def _remove(self, bucket: str, relative: str, level: int = logging.WARNING) -> None:
        try:
            self._blobs.remove(self._blobs.root / relative, bucket_path(self._blobs.root, bucket))
        except OSError as error:
            log.log(level, "cannot remove %s, trying again: %s", relative, error)

    def _is_trash(self, item: Trash) -> bool:
        """Still: since, an object may have been put there."""
        return self._database.read().execute("SELECT 1 FROM trash WHERE id = ?", (item.id,)).fetchone() is not None
