"""Queues: what is remembered of each, and where they are stored."""

import json
import sqlite3
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from afluente.services.sqs.attribute import DEFAULTS
from afluente.store.database import Database

Key = tuple[str, str, str]
"""Account, region, name."""

COLUMNS = "id, account, region, name, created_at_ms, modified_at_ms, purged_at_ms, attributes, tags"


class Redrive(NamedTuple):
    """Where messages go that were received `most` times."""

    arn: str
    most: int


class Queue:
    """A queue. `attributes` are those that were set, in AWS's spelling; `tags` by key."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        (self.id, self.account, self.region, self.name, self.created_at_ms, self.modified_at_ms, self.purged_at_ms,
         attributes, tags) = row  # fmt: skip
        self.attributes: dict[str, str] = json.loads(attributes)
        self.tags: dict[str, str] = json.loads(tags)

    @property
    def key(self) -> Key:
        return self.account, self.region, self.name

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"

    @property
    def is_fifo(self) -> bool:
        return "FifoQueue" in self.attributes

    def number(self, name: str) -> int:
        """An attribute that is a number."""
        return int(self.attributes.get(name, DEFAULTS.get(name, "0")))

    def oldest_ms(self, now_ms: int) -> int:
        """What was sent by then has expired."""
        return now_ms - self.number("MessageRetentionPeriod") * 1000

    @cached_property
    def redrive(self) -> Redrive | None:
        """The redrive policy, if there is one."""
        policy = json.loads(self.attributes.get("RedrivePolicy", "null"))
        return None if policy is None else Redrive(policy["deadLetterTargetArn"], int(policy["maxReceiveCount"]))


class Queues:
    """The stored queues. Writes join the thread's open transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: Key) -> Queue | None:
        row = self._database.read().execute(
            f"SELECT {COLUMNS} FROM sqs_queue WHERE account = ? AND region = ? AND name = ?", key
        ).fetchone()  # fmt: skip
        return None if row is None else Queue(row)

    def by_arn(self, arn: str) -> Queue | None:
        parts = arn.split(":")
        is_queue = len(parts) == 6 and parts[:3] == ["arn", "aws", "sqs"]
        return self.find((parts[4], parts[3], parts[5])) if is_queue else None

    def page(self, account: str, region: str, prefix: str, after: str, limit: int) -> list[Queue]:
        """At most `limit` queues whose names begin with `prefix` and come after `after`, in order."""
        rows = self._database.read().execute(
            f"SELECT {COLUMNS} FROM sqs_queue WHERE account = ? AND region = ? AND name > ? "
            "AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?",
            (account, region, after, len(prefix), prefix, limit),
        )  # fmt: skip
        return [Queue(row) for row in rows.fetchall()]

    def __iter__(self) -> Iterator[Queue]:
        for row in self._database.read().execute(f"SELECT {COLUMNS} FROM sqs_queue ORDER BY id").fetchall():
            yield Queue(row)

    def add(self, key: Key, now_ms: int, attributes: dict[str, str], tags: dict[str, str]) -> None:
        with self._database.write() as db:
            db.execute(
                "INSERT INTO sqs_queue (account, region, name, created_at_ms, modified_at_ms, attributes, tags) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*key, now_ms, now_ms, json.dumps(attributes), json.dumps(tags)),
            )

    def set(self, queue: Queue, **columns: Any) -> None:
        """Replace columns; mappings are stored as JSON."""
        values = [json.dumps(value) if isinstance(value, dict) else value for value in columns.values()]
        with self._database.write() as db:
            db.execute(
                f"UPDATE sqs_queue SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",
                (*values, queue.id),
            )

    def delete(self, queue: Queue, now_ms: int) -> None:
        """With all its messages; when that was is remembered, as the name is not free at once."""
        with self._database.write() as db:
            db.execute("DELETE FROM sqs_queue WHERE id = ?", (queue.id,))
            db.execute("INSERT OR REPLACE INTO sqs_deleted_queue VALUES (?, ?, ?, ?)", (*queue.key, now_ms))

    def deleted_since(self, key: Key, time_ms: int) -> bool:
        """Was the last queue of that name deleted after `time_ms`?"""
        row: sqlite3.Row | None = self._database.read().execute(
            "SELECT deleted_at_ms FROM sqs_deleted_queue WHERE account = ? AND region = ? AND name = ?", key
        ).fetchone()  # fmt: skip
        return row is not None and row[0] > time_ms

    def forget_deleted(self, time_ms: int) -> None:
        """The names of queues that were deleted by then are free."""
        with self._database.write() as db:
            db.execute("DELETE FROM sqs_deleted_queue WHERE deleted_at_ms <= ?", (time_ms,))
