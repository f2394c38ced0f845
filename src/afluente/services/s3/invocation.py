"""Events on their way to functions: kept until the function has taken them, tried three times as Lambda does.

An event is written with what it tells of, in one transaction; so each is delivered at least once, however the process
ends. Each function has a thread of its own, and its events come in order.
Source: "Error handling for asynchronous invocations", AWS Lambda Developer Guide.
"""

import logging
import threading
from contextlib import suppress
from functools import partial

from afluente.core.arn import Arn
from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.function.invocation import Function, InvocationFailed
from afluente.function.registry import Registry, function_name
from afluente.services.s3.port import LogSink
from afluente.store.database import Database

STEPS = (
    """
    CREATE TABLE s3_invocation (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL, payload TEXT NOT NULL, failures INTEGER NOT NULL,
        due_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX s3_invocation_of_function ON s3_invocation (arn, due_at_ms, id)
    """,
)
PAUSES_MS = (60_000, 120_000)
"""Before the second and the third try; after that, the event is dropped."""

log = logging.getLogger(__name__)


class Invocations:
    """The events that functions have still to be told of."""

    def __init__(self, database: Database, functions: Registry, logs: LogSink, clock: Clock) -> None:
        database.migrate("s3_invocation", STEPS)
        self.database = database
        self.functions = functions
        self.logs = logs
        self.clock = clock
        self._lock = threading.Lock()
        self._couriers: dict[str, Courier] = {}
        self._runs = False

    def start(self) -> None:
        """Take up what a former process has left."""
        self._runs = True
        for (arn,) in self.database.read().execute("SELECT DISTINCT arn FROM s3_invocation").fetchall():
            self._wake(arn)

    def stop(self) -> None:
        """End what runs; it will be tried again."""
        with self._lock:
            self._runs = False
            couriers = list(self._couriers.values())
        for courier in couriers:
            courier.stop()

    def exists(self, arn: str) -> bool:
        """Whether there is such a function."""
        return self.functions.find(arn) is not None

    def add(self, arn: str, payload: str) -> None:
        """Have the function told. Belongs in an open transaction."""
        with self.database.write() as db:
            db.execute(
                "INSERT INTO s3_invocation (arn, payload, failures, due_at_ms) VALUES (?, ?, 0, ?)",
                (arn, payload, self.clock.now_ms()),
            )
            self.database.after_commit(partial(self._wake, arn))

    def _wake(self, arn: str) -> None:
        with self._lock:
            if self._runs and arn not in self._couriers:
                self._couriers[arn] = Courier(self, arn)
            courier = self._couriers.get(arn)
        if courier is not None:
            courier.wake()


class Courier:
    """Tells one function of its events, one by one."""

    def __init__(self, invocations: Invocations, arn: str) -> None:
        self._invocations = invocations
        self._database = invocations.database
        self._arn = arn
        self._function: Function = invocations.functions.function(arn)
        self._is_stopping = False
        self._loop = Loop(f"s3-function-{function_name(arn)}", self._step, invocations.clock)
        self._loop.start()

    def wake(self) -> None:
        self._loop.wake()

    def stop(self) -> None:
        self._is_stopping = True
        self._function.close()
        self._loop.stop()

    def _step(self) -> int | None:
        """One event that is due; then the next at once. Returns when the next is due."""
        now_ms, read = self._invocations.clock.now_ms(), self._database.read()
        row = read.execute(
            "SELECT id, payload, failures FROM s3_invocation WHERE arn = ? AND due_at_ms <= ? ORDER BY id LIMIT 1",
            (self._arn, now_ms),
        ).fetchone()
        if row is not None:
            self._deliver(*row)
            return now_ms
        (due_ms,) = read.execute("SELECT min(due_at_ms) FROM s3_invocation WHERE arn = ?", (self._arn,)).fetchone()
        return None if due_ms is None else int(due_ms)

    def _deliver(self, identifier: int, payload: str, failures: int) -> None:
        try:
            printed = self._function.invoke(payload.encode()).printed
        except InvocationFailed as failure:
            if not self._is_stopping:
                self._failed(identifier, failures, str(failure))
            return
        self._remove(identifier)
        self._print(printed)

    def _failed(self, identifier: int, failures: int, reason: str) -> None:
        self._print(reason)
        if failures == len(PAUSES_MS):
            log.warning("%s failed three times: an event of S3 is dropped: %s", self._arn, reason)
            self._remove(identifier)
            return
        due_ms = self._invocations.clock.now_ms() + PAUSES_MS[failures]
        with self._database.write() as db:
            db.execute(
                "UPDATE s3_invocation SET failures = failures + 1, due_at_ms = ? WHERE id = ?", (due_ms, identifier)
            )

    def _remove(self, identifier: int) -> None:
        with self._database.write() as db:
            db.execute("DELETE FROM s3_invocation WHERE id = ?", (identifier,))

    def _print(self, text: str) -> None:
        """Where Lambda puts what functions print; a log that cannot be written holds nothing up."""
        if not text:
            return
        with suppress(Exception):
            arn, group = Arn.parse(self._arn), f"/aws/lambda/{function_name(self._arn)}"
            event = self._invocations.clock.now_ms(), text
            self._invocations.logs.append(arn.account, arn.region, group, "local", [event])
