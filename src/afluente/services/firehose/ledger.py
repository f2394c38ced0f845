"""What of each delivery stream has been delivered: durable positions, the deliveries under way, and totals.

A delivery stream has readers: the delivery to its destination, that to its backup, and the processing stage; each
keeps its own positions. A delivery is first written down as an intent (which records, under which key), then carried
out, then settled: positions move and the intent goes in one transaction. What a crash interrupts is carried out again
from the intent: the same records under the same key, so that nothing is missing and nothing is there twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.history import Batch, Delivered, History, Range
from afluente.store.database import Database

PRIMARY, BACKUP, PROCESSING = "primary", "backup", "processing"
"""The readers of a delivery stream."""

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
    """
    ALTER TABLE firehose_position RENAME TO firehose_old_position;
    CREATE TABLE firehose_position (
        stream_id TEXT NOT NULL, reader TEXT NOT NULL, partition INTEGER NOT NULL, route TEXT NOT NULL,
        position INTEGER NOT NULL, PRIMARY KEY (stream_id, reader, partition, route)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO firehose_position SELECT stream_id, 'primary', partition, '', position FROM firehose_old_position;
    DROP TABLE firehose_old_position;
    ALTER TABLE firehose_intent RENAME TO firehose_old_intent;
    CREATE TABLE firehose_intent (
        stream_id TEXT NOT NULL, reader TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (stream_id, reader, number)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO firehose_intent SELECT stream_id, 'primary', 0, body FROM firehose_old_intent;
    DROP TABLE firehose_old_intent;
    ALTER TABLE firehose_total RENAME TO firehose_old_total;
    CREATE TABLE firehose_total (
        stream_id TEXT NOT NULL, reader TEXT NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL,
        objects INTEGER NOT NULL, last_key TEXT NOT NULL, PRIMARY KEY (stream_id, reader)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO firehose_total SELECT stream_id, 'primary', records, bytes, objects, last_key FROM firehose_old_total;
    DROP TABLE firehose_old_total
    """,
)


class Table(msgspec.Struct, frozen=True):
    """A Glue table as it was when an object was sealed: its columns (name, Hive type), or why there are none."""

    catalog_id: str
    database: str
    name: str
    region: str
    version_id: str
    catalog_arn: str
    columns: list[tuple[str, str]] = []
    failure: str = ""

    def changed(self, **members: Any) -> "Table":
        """A copy with other values."""
        return msgspec.structs.replace(self, **members)


class GivenUp(msgspec.Struct, frozen=True):
    """Why records could not be delivered where they belong."""

    code: str
    message: str
    attempts: int


class Intent(msgspec.Struct, frozen=True):
    """One object to be delivered: all that is needed to make the same bytes under the same key again.

    Records that cannot be converted go to a second object, under `error_key`.
    """

    ranges: list[Range]
    key: str
    object_id: str
    destination: Configuration
    version: int
    size_bytes: int
    records: int = 0
    oldest_ms: int | None = None
    sealed_at_ms: int = 0
    error_key: str = ""
    table: Table | None = None
    given_up: GivenUp | None = None
    """Why the records are delivered as error records."""
    full: bool = False
    """Whether it was its size that made it due, not its age."""


class Total(msgspec.Struct, frozen=True, array_like=True):
    """What a reader of a delivery stream has delivered since that was created."""

    records: int = 0
    bytes: int = 0
    objects: int = 0
    last_key: str = ""


class Progress:
    """How far one reader of one delivery stream is."""

    def __init__(self, database: Database, history: History, stream_id: str, reader: str) -> None:
        self._database = database
        self._history = history
        self._key = (stream_id, reader)

    def positions(self) -> dict[int, int]:
        """The next record of each partition that is read."""
        rows = self._database.read().execute(
            "SELECT partition, position FROM firehose_position WHERE stream_id = ? AND reader = ? AND route = ''",
            self._key,
        )
        return dict(rows.fetchall())

    def least_position(self, partition: int) -> int:
        """Where the slowest reader of the delivery stream is in a partition: what comes before, all have read."""
        row = (
            self._database.read()
            .execute(
                "SELECT min(position) FROM firehose_position WHERE stream_id = ? AND partition = ? AND route = ''",
                (self._key[0], partition),
            )
            .fetchone()
        )
        return int(row[0] or 0)

    def route_positions(self, partition: int) -> dict[str, int]:
        """The next record of each route of a processed log that is further than the log's own position."""
        rows = self._database.read().execute(
            "SELECT route, position FROM firehose_position "
            "WHERE stream_id = ? AND reader = ? AND partition = ? AND route <> ''",
            (*self._key, partition),
        )
        return dict(rows.fetchall())

    def start_at(self, positions: Mapping[int, int]) -> None:
        """Begin to read partitions at these positions."""
        with self._database.write() as db:
            db.executemany(
                "INSERT OR REPLACE INTO firehose_position VALUES (?, ?, ?, '', ?)",
                [(*self._key, partition, position) for partition, position in positions.items()],
            )
            self._history.note_origins(self._key[0], positions)

    def intents(self) -> list[Intent]:
        """The deliveries that were under way."""
        rows = self._database.read().execute(
            "SELECT body FROM firehose_intent WHERE stream_id = ? AND reader = ? ORDER BY number", self._key
        )
        return [msgspec.json.decode(row[0], type=Intent) for row in rows.fetchall()]

    def total(self) -> Total:
        """What has been delivered."""
        row = (
            self._database.read()
            .execute(
                "SELECT records, bytes, objects, last_key FROM firehose_total WHERE stream_id = ? AND reader = ?",
                self._key,
            )
            .fetchone()
        )
        return Total(*row) if row else Total()

    def move_on(
        self,
        *,
        settled: Sequence[Intent],
        under_way: Sequence[Intent],
        floor: Range | None = None,
        batches: Sequence[Batch] = (),
    ) -> None:
        """Settle deliveries and write down all those that are now under way, as one commit.

        floor: of a processed log, the position up to which every route has been delivered (`end`). batches: what of
        that log has been read since.
        """
        with self._database.write() as db:
            for intent in settled:
                self._settle(intent)
                self._history.note(self._key[0], _delivered(self._key[1], intent))
            self._history.note_batches(self._key[0], batches)
            if floor is not None:
                self._raise_floor(floor)
            db.execute("DELETE FROM firehose_intent WHERE stream_id = ? AND reader = ?", self._key)
            db.executemany(
                "INSERT INTO firehose_intent VALUES (?, ?, ?, ?)",
                [(*self._key, number, msgspec.json.encode(intent)) for number, intent in enumerate(under_way)],
            )

    def hand_over(self, other: "Progress") -> None:
        """Let another reader go on where this one is."""
        other.start_at(self.positions())
        self.forget()

    def forget(self) -> None:
        """Read nothing any more."""
        with self._database.write() as db:
            db.execute("DELETE FROM firehose_position WHERE stream_id = ? AND reader = ?", self._key)

    def _settle(self, intent: Intent) -> None:
        with self._database.write() as db:
            db.executemany(
                "INSERT OR REPLACE INTO firehose_position VALUES (?, ?, ?, ?, ?)",
                [(*self._key, item.partition, item.route, item.end) for item in intent.ranges],
            )
            db.execute(
                "INSERT INTO firehose_total VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO UPDATE SET "
                "records = records + ?3, bytes = bytes + ?4, objects = objects + 1, last_key = ?5",
                (*self._key, intent.records or record_count(intent.ranges), intent.size_bytes, intent.key),
            )

    def _raise_floor(self, floor: Range) -> None:
        with self._database.write() as db:
            self.start_at({floor.partition: floor.end})
            db.execute(
                "DELETE FROM firehose_position "
                "WHERE stream_id = ? AND reader = ? AND partition = ? AND route <> '' AND position <= ?",
                (*self._key, floor.partition, floor.end),
            )


class Ledger:
    """The readers of every delivery stream."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("firehose", STEPS)
        self.history = History(database)

    def progress(self, stream_id: str, reader: str) -> Progress:
        """How far a reader is."""
        return Progress(self._database, self.history, stream_id, reader)

    def forget(self, stream_id: str) -> None:
        """Remove all that is known of a delivery stream."""
        with self._database.write() as db:
            for table in ("firehose_position", "firehose_intent", "firehose_total"):
                db.execute(f"DELETE FROM {table} WHERE stream_id = ?", (stream_id,))
            self.history.forget(stream_id)


def record_count(ranges: Iterable[Range]) -> int:
    """How many records of the log the ranges cover."""
    return sum(item.end - item.start for item in ranges)


def _delivered(reader: str, intent: Intent) -> Delivered:
    """What is remembered of a delivery when its intent is gone."""
    destination = Destination.of(intent.destination)
    return Delivered(
        reader=reader,
        bucket=destination.bucket,
        key=intent.key,
        version=intent.version,
        records=intent.records or record_count(intent.ranges),
        size_bytes=intent.size_bytes,
        oldest_ms=intent.oldest_ms,
        sealed_at_ms=intent.sealed_at_ms,
        full=intent.full,
        given_up=intent.given_up.code if intent.given_up else "",
        ranges=intent.ranges,
        error_key=intent.error_key,
        compression=intent.destination["CompressionFormat"],
        delimited=bool(destination.delimiter),
    )
