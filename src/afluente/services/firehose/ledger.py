"""What of each delivery stream has been delivered: durable positions, the delivery under way, and totals.

A delivery is first written down as an intent (which records, under which key), then carried out, then settled:
positions move and the intent goes in one transaction. What a crash interrupts is carried out again from the intent:
the same records under the same key, so that nothing is missing and nothing is there twice.
"""

from collections.abc import Sequence

import msgspec

from afluente.services.firehose.destination import Configuration
from afluente.store.database import Database

STEPS = (
    """
    CREATE TABLE firehose_position (
        stream_id TEXT NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL,
        PRIMARY KEY (stream_id, partition)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE firehose_intent (stream_id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE firehose_total (
        stream_id TEXT PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL, objects INTEGER NOT NULL,
        last_key TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)


class Range(msgspec.Struct, frozen=True, array_like=True):
    """The records [start, end) of a partition of the record log."""

    partition: int
    start: int
    end: int


class Intent(msgspec.Struct, frozen=True):
    """One object to be delivered: all that is needed to make the same bytes under the same key again."""

    ranges: list[Range]
    key: str
    object_id: str
    destination: Configuration
    version: int
    size_bytes: int


class Total(msgspec.Struct, frozen=True, array_like=True):
    """What a delivery stream has delivered since it was created."""

    records: int = 0
    bytes: int = 0
    objects: int = 0
    last_key: str = ""


class Ledger:
    """The deliveries of every delivery stream, by its id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("firehose", STEPS)

    def positions(self, stream_id: str) -> dict[int, int]:
        """The next record to deliver of each partition that the delivery stream reads."""
        rows = self._database.read().execute(
            "SELECT partition, position FROM firehose_position WHERE stream_id = ?", (stream_id,)
        )
        return dict(rows.fetchall())

    def start_at(self, stream_id: str, partition: int, position: int) -> None:
        """Begin to read a partition at `position`."""
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO firehose_position VALUES (?, ?, ?)", (stream_id, partition, position))

    def intent(self, stream_id: str) -> Intent | None:
        """The delivery that was under way."""
        row = (
            self._database.read()
            .execute("SELECT body FROM firehose_intent WHERE stream_id = ?", (stream_id,))
            .fetchone()
        )
        return msgspec.json.decode(row[0], type=Intent) if row else None

    def total(self, stream_id: str) -> Total:
        """What has been delivered."""
        row = (
            self._database.read()
            .execute("SELECT records, bytes, objects, last_key FROM firehose_total WHERE stream_id = ?", (stream_id,))
            .fetchone()
        )
        return Total(*row) if row else Total()

    def move_on(self, stream_id: str, *, delivered: Intent | None, intended: Intent | None) -> None:
        """Settle one delivery and write down the next, as one commit. Either may be missing."""
        with self._database.write() as db:
            if delivered:
                self._settle(stream_id, delivered)
            db.execute("DELETE FROM firehose_intent WHERE stream_id = ?", (stream_id,))
            if intended:
                body = msgspec.json.encode(intended)
                db.execute("INSERT INTO firehose_intent VALUES (?, ?)", (stream_id, body))

    def forget(self, stream_id: str) -> None:
        """Remove all that is known of a delivery stream."""
        with self._database.write() as db:
            for table in ("firehose_position", "firehose_intent", "firehose_total"):
                db.execute(f"DELETE FROM {table} WHERE stream_id = ?", (stream_id,))

    def _settle(self, stream_id: str, delivered: Intent) -> None:
        with self._database.write() as db:
            db.executemany(
                "UPDATE firehose_position SET position = ? WHERE stream_id = ? AND partition = ?",
                [(item.end, stream_id, item.partition) for item in delivered.ranges],
            )
            db.execute(
                "INSERT INTO firehose_total VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT DO UPDATE SET "
                "records = records + ?2, bytes = bytes + ?3, objects = objects + 1, last_key = ?4",
                (stream_id, record_count(delivered.ranges), delivered.size_bytes, delivered.key),
            )


def record_count(ranges: Sequence[Range]) -> int:
    """How many records of the log the ranges cover."""
    return sum(item.end - item.start for item in ranges)
