"""The events of log streams: stored in time order, read in either direction, expired."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from afluente.services.logs.token import Place
from afluente.store.database import Database

EVENT_OVERHEAD_BYTES = 26
"""What AWS counts for each event besides its message."""

PAGE_BYTES = 1_048_576
SCAN_LIMIT = 100_000
"""Events that one FilterLogEvents looks at before it answers with a token to go on."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event and where it stands."""

    place: Place
    stream: str
    ingested_at_ms: int
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, and where to go on (None: it saw everything)."""

    events: list[Event]
    after: Place | None


def event_bytes(message: str) -> int:
    """The size that limits and stored bytes count."""
    return len(message.encode()) + EVENT_OVERHEAD_BYTES


def insert(
    db: sqlite3.Connection, group_id: int, stream_id: int, events: Sequence[tuple[int, str]], ingested_at_ms: int
) -> None:
    """Store `events` (milliseconds, message) and bring the counters of stream and group up to date."""
    rows = ((group_id, stream_id, time_ms, ingested_at_ms, message) for time_ms, message in events)
    db.executemany(
        "INSERT INTO log_event (group_id, stream_id, time_ms, ingested_at_ms, message) VALUES (?, ?, ?, ?, ?)", rows
    )
    times = [time_ms for time_ms, _ in events]
    db.execute(
        "UPDATE log_stream SET first_event_ms = min(coalesce(first_event_ms, ?1), ?1), "
        "last_event_ms = max(coalesce(last_event_ms, ?2), ?2), last_ingested_ms = ?3 WHERE id = ?4",
        (min(times), max(times), ingested_at_ms, stream_id),
    )
    size = sum(event_bytes(message) for _, message in events)
    db.execute("UPDATE log_group SET stored_bytes = stored_bytes + ? WHERE id = ?", (size, group_id))


def expire(db: sqlite3.Connection, group_id: int, before_ms: int) -> None:
    """Remove the group's events older than `before_ms`."""
    old = db.execute("SELECT message FROM log_event WHERE group_id = ? AND time_ms < ?", (group_id, before_ms))
    size = sum(event_bytes(message) for (message,) in old)
    db.execute("DELETE FROM log_event WHERE group_id = ? AND time_ms < ?", (group_id, before_ms))
    db.execute("UPDATE log_group SET stored_bytes = max(0, stored_bytes - ?) WHERE id = ?", (size, group_id))


def page(
    database: Database, stream_id: int, *, start_ms: int, end_ms: int, place: Place | None, forward: bool, limit: int
) -> list[Event]:
    """Up to `limit` events, or a page of bytes, next to `place` in one direction; always in time order.

    start_ms is included, end_ms is not.
    """
    comparison, order = (">", "ASC") if forward else ("<", "DESC")
    origin = place or (Place(-1, -1) if forward else Place(2**62, 2**62))
    cursor = database.read().execute(
        "SELECT time_ms, id, '', ingested_at_ms, message FROM log_event WHERE stream_id = ? AND time_ms >= ? "
        f"AND time_ms < ? AND (time_ms, id) {comparison} (?, ?) ORDER BY time_ms {order}, id {order} LIMIT ?",
        (stream_id, start_ms, end_ms, *origin, limit),
    )
    events = list(_up_to_a_page(_events(cursor)))
    return events if forward else events[::-1]


def search(
    database: Database,
    group_id: int,
    streams: dict[int, str],
    matches: Callable[[str], bool],
    *,
    start_ms: int,
    end_ms: int,
    after: Place | None,
    limit: int,
) -> Found:
    """The group's events of `streams` (name by id) whose message matches. start_ms and end_ms are both included."""
    cursor = database.read().execute(
        "SELECT time_ms, id, stream_id, ingested_at_ms, message FROM log_event WHERE group_id = ? "
        "AND time_ms >= ? AND time_ms <= ? AND (time_ms, id) > (?, ?) ORDER BY time_ms, id LIMIT ?",
        (group_id, start_ms, end_ms, *(after or Place(-1, -1)), SCAN_LIMIT + 1),
    )
    found: list[Event] = []
    size, last = 0, after
    for seen, (time_ms, event_id, stream_id, ingested_at_ms, message) in enumerate(cursor):
        if len(found) >= limit or size >= PAGE_BYTES or seen >= SCAN_LIMIT:
            return Found(found, last)
        last = Place(time_ms, event_id)
        if stream_id in streams and matches(message):
            found.append(Event(last, streams[stream_id], ingested_at_ms, message))
            size += event_bytes(message)
    return Found(found, None)


def _events(cursor: sqlite3.Cursor) -> Iterator[Event]:
    for time_ms, event_id, stream, ingested_at_ms, message in cursor:
        yield Event(Place(time_ms, event_id), stream, ingested_at_ms, message)


def _up_to_a_page(events: Iterable[Event]) -> Iterator[Event]:
    size = 0
    for event in events:
        size += event_bytes(event.message)
        if size > PAGE_BYTES and size > event_bytes(event.message):
            return
        yield event
