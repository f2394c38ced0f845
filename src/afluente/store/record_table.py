"""The record log's SQLite file: its schema, its tuning, and every statement. Knows no threads and no queue.

Tuning, measured on batches of 4 frames of 27 KB: pages of 16 KiB hold a frame in few pages and keep the commit of a
single small record as cheap as with 4 KiB; a checkpoint every 4 MiB costs the committing writer about 10 ms, where
16 MiB cost 30 to 80 ms at the same throughput.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from afluente.store.record_frame import CorruptFrame, Frame

PAGE_BYTES = 16_384
CHECKPOINT_BYTES = 4 << 20
INSERT_ROWS = 200
"""Frames in one INSERT. One statement is one transaction and one release of the interpreter's lock."""

IDLE_READERS = 4
"""Connections kept for the next reader; each holds up to half a MiB of pages."""

FRAMES = """CREATE TABLE IF NOT EXISTS frame (
    id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, position INTEGER NOT NULL, count INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL) STRICT"""
# Covers every question but "what is in it", so that seeking never touches the pages of payloads.
PLACES = "CREATE UNIQUE INDEX IF NOT EXISTS place ON frame (partition, position, count, time_ms)"
# Where a partition goes on when every frame of it has been trimmed: positions are never given twice.
ENDS = """CREATE TABLE IF NOT EXISTS ending (
    partition INTEGER PRIMARY KEY, position INTEGER NOT NULL, time_ms INTEGER NOT NULL) STRICT"""
# The last number given to a partition: dropped ones must not come back.
NUMBERS = "CREATE TABLE IF NOT EXISTS numbering (id INTEGER PRIMARY KEY CHECK (id = 0), last INTEGER NOT NULL) STRICT"


class FrameTable:
    """The frames in the SQLite file at `path`, made when missing. One thread at a time may call what writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = self._connect(cache_kib=4096)
        self._writer.execute(f"PRAGMA page_size={PAGE_BYTES}")
        self._writer.execute("PRAGMA journal_mode=WAL")
        self._writer.execute("PRAGMA synchronous=FULL")
        self._writer.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_BYTES // PAGE_BYTES}")
        self._writer.execute(f"PRAGMA journal_size_limit={8 * CHECKPOINT_BYTES}")
        for statement in (FRAMES, PLACES, ENDS, NUMBERS):
            self._writer.execute(statement)
        self._readers: list[sqlite3.Connection] = []

    def _connect(self, cache_kib: int) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=256)
        db.execute("PRAGMA busy_timeout=10000")
        db.execute(f"PRAGMA cache_size=-{cache_kib}")
        return db

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        try:
            db = self._readers.pop()
        except IndexError:
            db = self._connect(cache_kib=512)
        try:
            yield db
        finally:
            if len(self._readers) < IDLE_READERS:
                self._readers.append(db)
            else:
                db.close()

    def insert(self, frames: Sequence[Frame]) -> None:
        """Store `frames`, all or none, on disk when this returns. Raises sqlite3.Error."""
        if len(frames) <= INSERT_ROWS:
            self._insert(frames)
            return
        with self._transaction():
            for start in range(0, len(frames), INSERT_ROWS):
                self._insert(frames[start : start + INSERT_ROWS])

    def _insert(self, frames: Sequence[Frame]) -> None:
        values: list[object] = []
        for frame in frames:
            values += (frame.partition, frame.position, frame.count, frame.time_ms, frame.checksum(), frame.payload)
        rows = ",".join(["(?,?,?,?,?,?)"] * len(frames))
        self._writer.execute(
            f"INSERT INTO frame (partition, position, count, time_ms, crc, payload) VALUES {rows}", values
        )

    def new_partitions(self, count: int) -> range:
        """The next numbers for partitions, on disk when this returns."""
        # Two plain statements: RETURNING leaves its transaction open until the cursor is read to the end.
        with self._transaction():
            self._writer.execute(
                "INSERT INTO numbering VALUES (0, ?1) ON CONFLICT (id) DO UPDATE SET last = last + ?1", (count,)
            )
            row: tuple[int] = self._writer.execute("SELECT last FROM numbering").fetchone()
        return range(row[0] - count + 1, row[0] + 1)

    def read(self, partition: int, position: int, limit_bytes: int, limit_records: int) -> list[Frame]:
        """Frames that hold `position` or later, in order: one at least if there is one, then up to the limits."""
        frames: list[Frame] = []
        with self._reader() as db, closing(db.cursor()) as cursor:
            cursor.execute(
                "SELECT position, count, time_ms, payload, crc FROM frame WHERE partition = ?1 AND position >= "
                "coalesce((SELECT max(position) FROM frame WHERE partition = ?1 AND position <= ?2), 0) "
                "ORDER BY position",
                (partition, position),
            )
            for start, count, time_ms, payload, crc in cursor:
                frame = Frame(partition, start, count, time_ms, payload)
                if frame.checksum() != crc:
                    raise CorruptFrame(frame, self._path)
                if frame.end <= position:
                    continue
                if frames and len(payload) > limit_bytes:
                    break
                limit_bytes -= len(payload)
                frames.append(frame)
                if limit_bytes <= 0 or frame.end - max(position, frames[0].position) >= limit_records:
                    break
        return frames

    def before(self, partition: int, position: int) -> tuple[int, int, int] | None:
        """(position, count, time_ms) of the last frame that begins before `position`."""
        with self._reader() as db:
            row: tuple[int, int, int] | None = db.execute(
                "SELECT position, count, time_ms FROM frame WHERE partition = ? AND position < ? "
                "ORDER BY position DESC LIMIT 1",
                (partition, position),
            ).fetchone()
            return row

    def first(self, partition: int) -> tuple[int, int] | None:
        """(position, time_ms) of the first frame."""
        with self._reader() as db:
            row: tuple[int, int] | None = db.execute(
                "SELECT position, time_ms FROM frame WHERE partition = ? ORDER BY position LIMIT 1", (partition,)
            ).fetchone()
            return row

    def ends(self) -> dict[int, tuple[int, int]]:
        """(position after the last record, time_ms of the last frame) of every partition."""
        with self._reader() as db:
            found = {
                partition: (position, time_ms) for partition, position, time_ms in db.execute("SELECT * FROM ending")
            }
            # An index of millions of frames is stepped through from partition to partition, not scanned.
            for (partition,) in db.execute(
                "WITH RECURSIVE held(partition) AS (SELECT min(partition) FROM frame UNION ALL "
                "SELECT (SELECT min(partition) FROM frame WHERE partition > held.partition) FROM held "
                "WHERE held.partition IS NOT NULL) SELECT partition FROM held WHERE partition IS NOT NULL"
            ).fetchall():
                position, count, time_ms = db.execute(
                    "SELECT position, count, time_ms FROM frame WHERE partition = ? ORDER BY position DESC LIMIT 1",
                    (partition,),
                ).fetchone()
                found[partition] = (position + count, time_ms)
            return found

    def delete_before(self, partition: int, position: int, frames: int) -> int:
        """Remove up to `frames` of the frames that end at `position` or before; how many were removed."""
        with self._transaction():
            self._writer.execute(
                "INSERT OR REPLACE INTO ending SELECT partition, position + count, time_ms FROM frame "
                "WHERE partition = ? ORDER BY position DESC LIMIT 1",
                (partition,),
            )
            return self._writer.execute(
                "DELETE FROM frame WHERE id IN (SELECT id FROM frame WHERE partition = ?1 AND position < ?2 "
                "AND position + count <= ?2 ORDER BY position LIMIT ?3)",
                (partition, position, frames),
            ).rowcount

    def forget(self, partition: int) -> None:
        """Remove what is known of a partition without frames."""
        self._writer.execute("DELETE FROM ending WHERE partition = ?", (partition,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._rollback()
            raise
        try:
            self._writer.execute("COMMIT")
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        # SQLite has already rolled back by itself after some errors, a full disk among them.
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def close(self) -> None:
        """Close every connection; the write-ahead log is folded into the file."""
        while self._readers:
            self._readers.pop().close()
        self._writer.close()
