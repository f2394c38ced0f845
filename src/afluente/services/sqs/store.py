"""The stored messages: put, picked, deleted, counted. Every change belongs in an open transaction."""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from afluente.services.sqs.message import Attributes, Message
from afluente.services.sqs.queue import Queue
from afluente.store.database import Database

COLUMNS = (
    "id, message_id, body, attributes, trace_header, sender, group_id, deduplication_id, source, sent_at_ms, "
    "visible_at_ms, first_received_at_ms, receives, received"
)
_FREE_GROUP = (
    "AND NOT EXISTS (SELECT 1 FROM sqs_message other WHERE other.queue = sqs_message.queue "
    "AND other.group_id = sqs_message.group_id AND other.visible_at_ms > ? AND other.receives > 0) "
)


class StoredMessage(NamedTuple):
    """A message's row."""

    id: int
    message_id: str
    body: str
    attributes: bytes | None
    trace_header: str | None
    sender: str
    group_id: str | None
    deduplication_id: str | None
    source: str | None
    sent_at_ms: int
    visible_at_ms: int
    first_received_at_ms: int | None
    receives: int
    received: int

    def message_attributes(self) -> dict[str, dict[str, Any]]:
        """In AWS's shape."""
        return msgspec.msgpack.decode(self.attributes) if self.attributes else {}


class Counts(NamedTuple):
    """How many messages are visible, in flight, delayed."""

    visible: int
    in_flight: int
    delayed: int


class Messages:
    """The messages of all queues."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def _db(self) -> sqlite3.Connection:
        return self._database.read()

    def add(self, queue: Queue, message_id: str, message: Message, sender: str, *, now_ms: int) -> int:
        """The new row's id. It is visible when its delay, or else the queue's, is over."""
        delay_s = queue.number("DelaySeconds") if message.delay_s is None else message.delay_s
        cursor = self._db.execute(
            "INSERT INTO sqs_message (queue, message_id, body, attributes, trace_header, sender, group_id, "
            "deduplication_id, sent_at_ms, visible_at_ms, receives, received) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (queue.id, message_id, message.body, _packed(message.attributes), message.trace_header, sender,
             message.group_id, message.deduplication_id, now_ms, now_ms + delay_s * 1000),
        )  # fmt: skip
        assert cursor.lastrowid is not None  # noqa: S101  # of an INSERT
        return cursor.lastrowid

    def sent_before(self, queue: Queue, scope: str, identifier: str, since_ms: int) -> tuple[int, str] | None:
        """Row and message id of the message that had this deduplication id after `since_ms`."""
        row: tuple[int, str] | None = self._db.execute(
            "SELECT message, message_id FROM sqs_deduplication "
            "WHERE queue = ? AND scope = ? AND id = ? AND sent_at_ms > ?", (queue.id, scope, identifier, since_ms),
        ).fetchone()  # fmt: skip
        return row

    def remember(self, queue: Queue, scope: str, identifier: str, sent: tuple[int, str], now_ms: int) -> None:
        """What deduplication goes by."""
        row = (queue.id, scope, identifier, *sent, now_ms)
        self._db.execute("INSERT OR REPLACE INTO sqs_deduplication VALUES (?, ?, ?, ?, ?, ?)", row)

    def pick(self, queue: Queue, limit: int, now_ms: int) -> list[StoredMessage]:
        """Messages that may be received now: in order, and in a FIFO queue of no group that somebody works on."""
        order, groups, more = ("id", _FREE_GROUP, (now_ms,)) if queue.is_fifo else ("visible_at_ms, id", "", ())
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM sqs_message WHERE queue = ? AND visible_at_ms <= ? AND sent_at_ms > ? {groups}"
            f"ORDER BY {order} LIMIT ?", (queue.id, now_ms, queue.oldest_ms(now_ms), *more, limit),
        )  # fmt: skip
        return [StoredMessage(*row) for row in rows.fetchall()]

    def peek(self, queue: Queue, after: int, limit: int, now_ms: int) -> list[tuple[int, str]]:
        """Row and body of messages that may be received now, by row."""
        rows = self._db.execute(
            "SELECT id, body FROM sqs_message WHERE queue = ? AND id > ? AND visible_at_ms <= ? AND sent_at_ms > ? "
            "ORDER BY id LIMIT ?",
            (queue.id, after, now_ms, queue.oldest_ms(now_ms), limit),
        )
        found: list[tuple[int, str]] = rows.fetchall()
        return found

    def remove(self, queue: Queue, rows: Sequence[int]) -> None:
        self._db.executemany("DELETE FROM sqs_message WHERE id = ? AND queue = ?", [(row, queue.id) for row in rows])

    def take(self, message: StoredMessage, visible_at_ms: int, now_ms: int) -> StoredMessage:
        """Somebody receives it, and works on it until then."""
        self._db.execute(
            "UPDATE sqs_message SET visible_at_ms = ?, receives = receives + 1, received = received + 1, "
            "first_received_at_ms = coalesce(first_received_at_ms, ?) WHERE id = ?",
            (visible_at_ms, now_ms, message.id),
        )
        first_ms = now_ms if message.first_received_at_ms is None else message.first_received_at_ms
        return message._replace(received=message.received + 1, first_received_at_ms=first_ms)

    def find(self, queue: Queue, identifier: int) -> StoredMessage | None:
        row = self._db.execute(
            f"SELECT {COLUMNS} FROM sqs_message WHERE id = ? AND queue = ?", (identifier, queue.id)
        ).fetchone()
        return None if row is None else StoredMessage(*row)

    def delete(self, message: StoredMessage) -> None:
        self._db.execute("DELETE FROM sqs_message WHERE id = ?", (message.id,))

    def show_at(self, message: StoredMessage, visible_at_ms: int) -> None:
        self._db.execute("UPDATE sqs_message SET visible_at_ms = ? WHERE id = ?", (visible_at_ms, message.id))

    def move(self, message: StoredMessage, target: Queue, source: str | None, now_ms: int) -> None:
        """Into another queue. In a standard one its age goes on, in a FIFO one it begins anew."""
        sent_at_ms = now_ms if target.is_fifo else message.sent_at_ms
        self._db.execute(
            "UPDATE sqs_message SET queue = ?, source = ?, receives = 0, visible_at_ms = ?, sent_at_ms = ? "
            "WHERE id = ?",
            (target.id, source, now_ms, sent_at_ms, message.id),
        )

    def renew(self, message: StoredMessage, target: Queue, message_id: str, now_ms: int) -> None:
        """Into another queue, as a new message with a new id."""
        self._db.execute(
            "UPDATE sqs_message SET queue = ?, message_id = ?, source = NULL, receives = 0, received = 0, "
            "first_received_at_ms = NULL, visible_at_ms = ?, sent_at_ms = ? WHERE id = ?",
            (target.id, message_id, now_ms, now_ms, message.id),
        )

    def delay(self, queue: Queue, delay_s: int) -> None:
        """A FIFO queue's new delay is that of the messages in it too."""
        self._db.execute(
            "UPDATE sqs_message SET visible_at_ms = sent_at_ms + ? WHERE queue = ? AND receives = 0",
            (delay_s * 1000, queue.id),
        )

    def purge(self, queue: Queue) -> None:
        self._db.execute("DELETE FROM sqs_message WHERE queue = ?", (queue.id,))

    def expire(self, queue: Queue, now_ms: int) -> None:
        """Delete what is older than the queue retains."""
        self._db.execute(
            "DELETE FROM sqs_message WHERE queue = ? AND sent_at_ms <= ?", (queue.id, queue.oldest_ms(now_ms))
        )

    def forget(self, time_ms: int) -> None:
        """Deduplication no longer goes by what was sent by then."""
        self._db.execute("DELETE FROM sqs_deduplication WHERE sent_at_ms <= ?", (time_ms,))

    def next_visible_ms(self, queue: Queue, now_ms: int) -> int | None:
        """When the next message becomes visible by itself."""
        row = self._db.execute(
            "SELECT min(visible_at_ms) FROM sqs_message WHERE queue = ? AND visible_at_ms > ?", (queue.id, now_ms)
        ).fetchone()
        due_ms: int | None = row[0]
        return due_ms

    def oldest_ms(self, queue: Queue, now_ms: int) -> int | None:
        """When the oldest message was sent."""
        row = self._db.execute(
            "SELECT min(sent_at_ms) FROM sqs_message WHERE queue = ? AND sent_at_ms > ?",
            (queue.id, queue.oldest_ms(now_ms)),
        ).fetchone()
        sent_at_ms: int | None = row[0]
        return sent_at_ms

    def counts(self, queue: Queue, now_ms: int) -> Counts:
        # most are visible, and counted in the index alone; a plus keeps a column out of the choice of the index
        row = self._db.execute(
            "SELECT (SELECT count(*) FROM sqs_message WHERE queue = :queue AND visible_at_ms <= :now) - "
            "(SELECT count(*) FROM sqs_message WHERE queue = :queue AND sent_at_ms <= :oldest "
            "AND +visible_at_ms <= :now), "
            "count(*) FILTER (WHERE receives > 0), count(*) FILTER (WHERE receives = 0) "
            "FROM sqs_message WHERE queue = :queue AND visible_at_ms > :now AND +sent_at_ms > :oldest",
            {"now": now_ms, "queue": queue.id, "oldest": queue.oldest_ms(now_ms)},
        ).fetchone()
        return Counts(*row)


def _packed(attributes: Attributes) -> bytes | None:
    return msgspec.msgpack.encode(dict(attributes)) if attributes else None
