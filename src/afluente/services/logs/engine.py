"""Log groups and log streams: state and rules. Events themselves are in event.py."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.services.logs import event
from afluente.services.logs.error import (
    InvalidParameterException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    TooManyTagsException,
)
from afluente.services.logs.schema import STEPS
from afluente.store.database import Database

RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
DAY_MS = 86_400_000
OLDEST_MS = 14 * DAY_MS
NEWEST_MS = 2 * 3_600_000
BATCH_BYTES = 1_048_576
EXPIRY_INTERVAL_MS = 3_600_000
"""Expired events go within the hour; AWS promises 72 hours."""


@dataclass(frozen=True, slots=True)
class Group:
    """A log group's row."""

    id: int
    account: str
    region: str
    name: str
    created_at_ms: int
    retention_days: int | None
    stored_bytes: int
    tags: dict[str, str]

    @property
    def arn(self) -> str:
        """Without the trailing `:*` that AWS shows in places."""
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.name}"


@dataclass(frozen=True, slots=True)
class Stream:
    """A log stream's row."""

    id: int
    group_id: int
    name: str
    created_at_ms: int
    first_event_ms: int | None
    last_event_ms: int | None
    last_ingested_ms: int | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Indexes into a PutLogEvents batch: events before `too_old_end` and from `too_new_start` on were not taken."""

    too_old_end: int | None
    expired_end: int | None
    too_new_start: int | None


class LogsEngine:
    """CloudWatch Logs of every account and region, in `database`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._expiry = Loop("logs-expiry", self._expire, clock)
        database.migrate("logs", STEPS)

    def start(self) -> None:
        """Start expiring events."""
        self._expiry.start()

    def stop(self) -> None:
        """Stop expiring events."""
        self._expiry.stop()

    def create_group(self, account: str, region: str, name: str, tags: dict[str, str]) -> None:
        """Raises ResourceAlreadyExistsException."""
        with self._database.write() as db:
            try:
                db.execute(
                    "INSERT INTO log_group (account, region, name, created_at_ms, tags) VALUES (?, ?, ?, ?, ?)",
                    (account, region, name, self._clock.now_ms(), json.dumps(tags)),
                )
            except sqlite3.IntegrityError:
                raise ResourceAlreadyExistsException("The specified log group already exists") from None

    def delete_group(self, group: Group) -> None:
        """Remove the group, its streams and their events."""
        with self._database.write() as db:
            db.execute("DELETE FROM log_group WHERE id = ?", (group.id,))

    def group(self, account: str, region: str, name: str) -> Group:
        """Raises ResourceNotFoundException."""
        found = self._find_group(account, region, name)
        if found is None:
            raise ResourceNotFoundException("The specified log group does not exist.")
        return found

    def groups(self, account: str, region: str, *, prefix: str, holding: str, after: str, limit: int) -> list[Group]:
        """The groups whose name begins with `prefix`, holds `holding` and comes after `after`, by name."""
        rows = self._database.read().execute(
            "SELECT * FROM log_group WHERE account = ? AND region = ? AND name > ? "
            "AND substr(name, 1, length(?4)) = ?4 AND instr(name, ?) ORDER BY name LIMIT ?",
            (account, region, after, prefix, holding, limit),
        )
        return [_group(row) for row in rows]

    def set_retention(self, group: Group, days: int | None) -> None:
        """Keep the group's events for `days` (None: for ever)."""
        if days is not None and days not in RETENTION_DAYS:
            allowed = ", ".join(map(str, RETENTION_DAYS))
            raise InvalidParameterException(
                f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{allowed}]"
            )
        with self._database.write() as db:
            db.execute("UPDATE log_group SET retention_days = ? WHERE id = ?", (days, group.id))
        self._expiry.wake()

    def set_tags(self, group: Group, tags: dict[str, str]) -> None:
        """Replace the group's tags."""
        if len(tags) > 50:
            raise TooManyTagsException("The resource can have no more than 50 tags.", resourceName=group.arn)
        with self._database.write() as db:
            db.execute("UPDATE log_group SET tags = ? WHERE id = ?", (json.dumps(tags), group.id))

    def create_stream(self, group: Group, name: str) -> None:
        """Raises ResourceAlreadyExistsException."""
        with self._database.write() as db:
            try:
                db.execute(
                    "INSERT INTO log_stream (group_id, name, created_at_ms) VALUES (?, ?, ?)",
                    (group.id, name, self._clock.now_ms()),
                )
            except sqlite3.IntegrityError:
                raise ResourceAlreadyExistsException("The specified log stream already exists") from None

    def delete_stream(self, stream: Stream) -> None:
        """Remove the stream and its events."""
        with self._database.write() as db:
            rows = db.execute("SELECT message FROM log_event WHERE stream_id = ?", (stream.id,))
            size = sum(event.event_bytes(message) for (message,) in rows)
            db.execute("DELETE FROM log_stream WHERE id = ?", (stream.id,))
            db.execute("UPDATE log_group SET stored_bytes = stored_bytes - ? WHERE id = ?", (size, stream.group_id))

    def stream(self, group: Group, name: str) -> Stream:
        """Raises ResourceNotFoundException."""
        found = self._find_stream(group, name)
        if found is None:
            raise ResourceNotFoundException("The specified log stream does not exist.")
        return found

    def streams(self, group: Group, prefix: str = "") -> list[Stream]:
        """The group's streams whose name begins with `prefix`, by name."""
        rows = self._database.read().execute(
            "SELECT * FROM log_stream WHERE group_id = ? AND substr(name, 1, length(?2)) = ?2 ORDER BY name",
            (group.id, prefix),
        )
        return [Stream(*row) for row in rows]

    def put_events(self, group: Group, stream: Stream, events: Sequence[tuple[int, str]]) -> Rejected:
        """Store what of a PutLogEvents batch is neither too old nor too new. Raises InvalidParameterException."""
        _check_batch(events)
        now_ms = self._clock.now_ms()
        expired_before_ms = now_ms - group.retention_days * DAY_MS if group.retention_days else 0
        expired = sum(time_ms < expired_before_ms for time_ms, _ in events)
        old = sum(time_ms < now_ms - OLDEST_MS for time_ms, _ in events)
        new = sum(time_ms > now_ms + NEWEST_MS for time_ms, _ in events)
        taken = events[max(expired, old) : len(events) - new]
        if taken:
            with self._database.write() as db:
                event.insert(db, group.id, stream.id, taken, now_ms)
        return Rejected(old or None, expired or None, len(events) - new if new else None)

    def append(self, account: str, region: str, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
        """The port for other services: store (milliseconds, message) events; group and stream are made if missing."""
        if not events:
            return
        with self._database.write() as db:
            if self._find_group(account, region, group) is None:
                self.create_group(account, region, group, {})
            target = self.group(account, region, group)
            if self._find_stream(target, stream) is None:
                self.create_stream(target, stream)
            event.insert(db, target.id, self.stream(target, stream).id, events, self._clock.now_ms())

    def needed_to_append(self, account: str, region: str, group: str, stream: str) -> list[tuple[str, str]]:
        """The actions, with their resources, that `append` to this log stream takes now."""
        prefix = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:"
        found = self._find_group(account, region, group)
        needed = [] if found else [("logs:CreateLogGroup", prefix)]
        if found is None or self._find_stream(found, stream) is None:
            needed.append(("logs:CreateLogStream", prefix + stream))
        return [*needed, ("logs:PutLogEvents", prefix + stream)]

    def _find_group(self, account: str, region: str, name: str) -> Group | None:
        row = (
            self._database.read()
            .execute("SELECT * FROM log_group WHERE account = ? AND region = ? AND name = ?", (account, region, name))
            .fetchone()
        )
        return _group(row) if row else None

    def _find_stream(self, group: Group, name: str) -> Stream | None:
        row = (
            self._database.read()
            .execute("SELECT * FROM log_stream WHERE group_id = ? AND name = ?", (group.id, name))
            .fetchone()
        )
        return Stream(*row) if row else None

    def _expire(self) -> int | None:
        rows = self._database.read().execute("SELECT id, retention_days FROM log_group WHERE retention_days > 0")
        kept = rows.fetchall()
        now_ms = self._clock.now_ms()
        for group_id, days in kept:
            with self._database.write() as db:
                event.expire(db, group_id, now_ms - days * DAY_MS)
        return now_ms + EXPIRY_INTERVAL_MS if kept else None


def _group(row: Sequence[Any]) -> Group:
    columns = [*row[:-1], json.loads(row[-1])]
    return Group(*columns)


def _check_batch(events: Sequence[tuple[int, str]]) -> None:
    times = [time_ms for time_ms, _ in events]
    if times != sorted(times):
        raise InvalidParameterException("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > DAY_MS:
        raise InvalidParameterException(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )
    size = sum(event.event_bytes(message) for _, message in events)
    if size > BATCH_BYTES:
        raise InvalidParameterException(f"Upload too large: {size} bytes exceeds limit of {BATCH_BYTES}")
