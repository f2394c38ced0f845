"""What has still to be told to others: written in the transaction of what it tells of, kept until it is taken.

So each is delivered at least once, however the process ends. Those of a lane come in order, on a thread that it has
while there are any: one that fails or is slow holds up no other.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.store.database import Database

STEPS = (
    """
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, lane TEXT NOT NULL, payload TEXT NOT NULL,
        failures INTEGER NOT NULL, made_at_ms INTEGER NOT NULL, due_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX outbox_lane ON outbox (name, lane, due_at_ms, id)
    """,
)


class Parcel(NamedTuple):
    """One thing to tell: where, what, how often that failed, and since when it waits."""

    lane: str
    payload: str
    failures: int
    made_at_ms: int


Deliver = Callable[[Parcel], int | None]
"""Tells it, and returns None when there is no more to do; or the time in milliseconds at which to try again."""


class Outbox:
    """The parcels of one sender, by its `name`."""

    def __init__(self, database: Database, name: str, deliver: Deliver, clock: Clock) -> None:
        database.migrate("outbox", STEPS)
        self._database = database
        self._name = name
        self._deliver = deliver
        self._clock = clock
        self._lock = threading.Lock()
        self._lanes: dict[str, Loop] = {}
        self._runs = False

    def start(self) -> None:
        """Take up what a former process has left."""
        self._runs = True
        rows = self._database.read().execute("SELECT DISTINCT lane FROM outbox WHERE name = ?", (self._name,))
        for (lane,) in rows.fetchall():
            self._wake(lane)

    def stop(self, interrupt: Callable[[], None] = lambda: None) -> None:
        """Tell nobody any more. `interrupt` ends what is being told, which will be told again."""
        with self._lock:
            self._runs = False
            lanes = list(self._lanes.values())
        interrupt()
        for lane in lanes:
            lane.stop()

    def add(self, lane: str, payload: str, *, due_at_ms: int | None = None, failures: int = 0) -> None:
        """Have it told, now or then. Belongs in an open transaction."""
        now_ms = self._clock.now_ms()
        with self._database.write() as db:
            db.execute(
                "INSERT INTO outbox (name, lane, payload, failures, made_at_ms, due_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                (self._name, lane, payload, failures, now_ms, now_ms if due_at_ms is None else due_at_ms),
            )
            self._database.after_commit(partial(self._wake, lane))

    def _wake(self, lane: str) -> None:
        with self._lock:
            if self._runs and lane not in self._lanes:
                name = f"{self._name}-{lane.rpartition(':')[2]}"
                self._lanes[lane] = Loop(name, partial(self._step, lane), self._clock)
                self._lanes[lane].start()
            loop = self._lanes.get(lane)
        if loop is not None:
            loop.wake()

    def _step(self, lane: str) -> int | None:
        """One parcel that is due; then the next at once. Returns when the next is due."""
        now_ms, read = self._clock.now_ms(), self._database.read()
        row = read.execute(
            "SELECT id, lane, payload, failures, made_at_ms FROM outbox WHERE name = ? AND lane = ? AND due_at_ms <= ? "
            "ORDER BY id LIMIT 1",
            (self._name, lane, now_ms),
        ).fetchone()
        if row is not None:
            self._tell(row[0], Parcel(*row[1:]))
            return now_ms
        with self._lock:  # a parcel that is committed after this look finds the lane gone, and opens it again
            due_ms = self._next_ms(lane)
            if due_ms is None and self._runs:
                self._lanes.pop(lane).stop()
        return due_ms

    def _next_ms(self, lane: str) -> int | None:
        """When the lane's next parcel is due."""
        (due_ms,) = self._database.read().execute(
            "SELECT min(due_at_ms) FROM outbox WHERE name = ? AND lane = ?", (self._name, lane)
        ).fetchone()  # fmt: skip
        return None if due_ms is None else int(due_ms)

    def _tell(self, identifier: int, parcel: Parcel) -> None:
        due_ms = self._deliver(parcel)
        if due_ms is not None and not self._runs:
            return  # it failed because the process ends
        with self._database.write() as db:
            if due_ms is None:
                db.execute("DELETE FROM outbox WHERE id = ?", (identifier,))
            else:
                db.execute(
                    "UPDATE outbox SET failures = failures + 1, due_at_ms = ? WHERE id = ?", (due_ms, identifier)
                )
