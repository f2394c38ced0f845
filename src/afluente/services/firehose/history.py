"""What was delivered, object by object: which records of the log each object holds, when it was sealed, and why.

An intent goes when its object is there; what it said of the records stays here, for the record passport and the ledger.
Written in the transaction that settles a delivery, one row for each object and range, never one for each record; rows
older than KEPT_MS, as long as Kinesis keeps records at most, are removed on the way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from afluente.store.database import Database

KEPT_MS = 366 * 86_400_000
REMOVED = 8
"""How many outdated rows go with each delivery: more than come."""

STEPS = (
    """
    CREATE TABLE firehose_delivery (
        id INTEGER PRIMARY KEY AUTOINCREMENT, stream_id TEXT NOT NULL, sealed_at_ms INTEGER NOT NULL,
        key TEXT NOT NULL, body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX firehose_delivery_of_stream ON firehose_delivery (stream_id, id);
    CREATE INDEX firehose_delivery_of_key ON firehose_delivery (key);
    CREATE TABLE firehose_delivered_range (
        stream_id TEXT NOT NULL, partition INTEGER NOT NULL, reader TEXT NOT NULL, route TEXT NOT NULL,
        stop INTEGER NOT NULL, start INTEGER NOT NULL, delivery INTEGER NOT NULL,
        PRIMARY KEY (stream_id, partition, reader, route, stop)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX firehose_range_of_delivery ON firehose_delivered_range (delivery);
    CREATE TABLE firehose_batch (
        stream_id TEXT NOT NULL, partition INTEGER NOT NULL, stop INTEGER NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (stream_id, partition, stop)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE firehose_origin (
        stream_id TEXT NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL,
        PRIMARY KEY (stream_id, partition)
    ) STRICT, WITHOUT ROWID
    """,
)


class Range(msgspec.Struct, frozen=True, array_like=True):
    """The records [start, end) of a partition of the record log; of a processed log, those that go `route`'s way."""

    partition: int
    start: int
    end: int
    route: str = ""


class Delivered(msgspec.Struct, frozen=True, omit_defaults=True):
    """One object that was delivered, and which records it holds, in this order. `error_key`: of those not converted."""

    reader: str
    bucket: str
    key: str
    version: int
    records: int
    size_bytes: int
    sealed_at_ms: int
    ranges: list[Range]
    error_key: str = ""
    oldest_ms: int | None = None
    full: bool = False
    given_up: str = ""
    compression: str = "UNCOMPRESSED"
    delimited: bool = False
    id: int = 0


class Batch(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a batch of source records: [first, last) of the processed log.

    positions: of each partition of the source, the position after the batch. dropped: how many a function dropped.
    records: how many log records of the source it had; -1 where that was not yet noted.
    """

    positions: dict[int, int]
    first: int
    last: int
    processed_at_ms: int
    records: int = -1
    dropped: int = 0


class Counts(NamedTuple):
    """Batches together: their source records, those dropped, and what came of them. known: all of it was noted."""

    records: int
    dropped: int
    outputs: int
    known: bool


class History:
    """The past deliveries of every delivery stream, told apart by the stream's `id`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("firehose_history", STEPS)

    def note(self, stream_id: str, delivered: Delivered) -> None:
        """Remember a delivery. Joins the open transaction."""
        with self._database.write() as db:
            body = msgspec.json.encode(delivered)
            row = (stream_id, delivered.sealed_at_ms, delivered.key, body)
            number = db.execute(
                "INSERT INTO firehose_delivery (stream_id, sealed_at_ms, key, body) VALUES (?, ?, ?, ?)", row
            ).lastrowid
            db.executemany(
                "INSERT OR REPLACE INTO firehose_delivered_range VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (stream_id, span.partition, delivered.reader, span.route, span.end, span.start, number)
                    for span in delivered.ranges
                ],
            )
            self._remove_old(stream_id, delivered.sealed_at_ms - KEPT_MS)

    def _remove_old(self, stream_id: str, before_ms: int) -> None:
        with self._database.write() as db:
            oldest = db.execute(
                "SELECT id, sealed_at_ms FROM firehose_delivery WHERE stream_id = ? ORDER BY id LIMIT ?",
                (stream_id, REMOVED),
            ).fetchall()
            for number, sealed_at_ms in oldest:
                if sealed_at_ms >= before_ms:
                    break
                db.execute("DELETE FROM firehose_delivered_range WHERE delivery = ?", (number,))
                db.execute("DELETE FROM firehose_delivery WHERE id = ?", (number,))

    def note_origins(self, stream_id: str, positions: Mapping[int, int]) -> None:
        """Remember where partitions were begun to be read, unless that is known. Joins the open transaction."""
        with self._database.write() as db:
            db.executemany(
                "INSERT OR IGNORE INTO firehose_origin VALUES (?, ?, ?)",
                [(stream_id, partition, position) for partition, position in positions.items()],
            )

    def note_batches(self, stream_id: str, batches: Sequence[Batch]) -> None:
        """Remember what came of batches, those that are known already too. Joins the open transaction."""
        if not batches:
            return
        with self._database.write() as db:
            db.executemany(
                "INSERT OR IGNORE INTO firehose_batch VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (stream_id, partition, stop, batch.first, batch.last, msgspec.json.encode(batch))
                    for batch in batches
                    for partition, stop in batch.positions.items()
                ],
            )

    def forget(self, stream_id: str) -> None:
        """Remove all that is known of a delivery stream."""
        with self._database.write() as db:
            for table in ("firehose_delivery", "firehose_delivered_range", "firehose_batch", "firehose_origin"):
                db.execute(f"DELETE FROM {table} WHERE stream_id = ?", (stream_id,))

    def after(self, stream_id: str, number: int, limit: int) -> list[Delivered]:
        """Deliveries in the order in which they were settled, those after the one with that id."""
        return self._deliveries("stream_id = ? AND id > ? ORDER BY id LIMIT ?", stream_id, number, limit)

    def under(self, stream_id: str, bucket: str, key: str) -> list[Delivered]:
        """The deliveries that put that object."""
        found = self._deliveries("stream_id = ? AND key = ? ORDER BY id", stream_id, key)
        return [item for item in found if item.bucket == bucket]

    def holding(self, stream_id: str, partition: int, first: int, last: int) -> list[Delivered]:
        """The deliveries with records of [first, last), by any reader and route."""
        return self._deliveries(
            "id IN (SELECT delivery FROM firehose_delivered_range WHERE stream_id = ? AND partition = ? "
            "AND stop > ? AND start < ?) ORDER BY id",
            stream_id, partition, first, last,
        )  # fmt: skip

    def batch_of(self, stream_id: str, partition: int, position: int) -> Batch | None:
        """The batch that the source's record was processed in."""
        return next(
            self._batches("partition = ? AND stop > ? ORDER BY stop LIMIT 1", stream_id, partition, position), None
        )

    def batches(self, stream_id: str) -> Iterator[Batch]:
        """Every batch, some of them several times."""
        return self._batches("1 ORDER BY first", stream_id)

    def origins(self, stream_id: str) -> dict[int, int]:
        """By partition, the first record that was read."""
        rows = self._database.read().execute(
            "SELECT partition, position FROM firehose_origin WHERE stream_id = ?", (stream_id,)
        )
        return dict(rows.fetchall())

    def first_delivered(self, stream_id: str) -> dict[int, int]:
        """By partition, the first record that is known to have been delivered to the destination."""
        rows = self._database.read().execute(
            "SELECT partition, min(start) FROM firehose_delivered_range "
            "WHERE stream_id = ? AND reader = 'primary' GROUP BY partition",
            (stream_id,),
        )
        return dict(rows.fetchall())

    def _deliveries(self, condition: str, *values: object) -> list[Delivered]:
        rows = self._database.read().execute(f"SELECT id, body FROM firehose_delivery WHERE {condition}", values)
        return [
            msgspec.structs.replace(msgspec.json.decode(body, type=Delivered), id=number)
            for number, body in rows.fetchall()
        ]

    def _batches(self, condition: str, *values: object) -> Iterator[Batch]:
        rows = self._database.read().execute(
            f"SELECT body FROM firehose_batch WHERE stream_id = ? AND {condition}", values
        )
        return (msgspec.json.decode(body, type=Batch) for (body,) in rows.fetchall())


def counted(batches: Iterable[Batch]) -> Counts:
    """The batches together, each once."""
    each = {batch.first: batch for batch in batches}.values()
    return Counts(
        sum(max(0, batch.records) for batch in each),
        sum(batch.dropped for batch in each),
        sum(batch.last - batch.first for batch in each),
        all(batch.records >= 0 for batch in each),
    )
