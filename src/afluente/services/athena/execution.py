"""Query executions: what GetQueryExecution tells, kept durably, listed newest first."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from afluente.core.clock import utc
from afluente.services.athena.error import InvalidRequestException
from afluente.store.database import Database

ENGINE_VERSION = {
    "SelectedEngineVersion": "Athena engine version 3",
    "EffectiveEngineVersion": "Athena engine version 3",
}

FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}

INTERRUPTED = "The query was interrupted: Afluente was stopped while it ran. Run it again."

STEPS = (
    """CREATE TABLE athena_query_execution (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL, region TEXT NOT NULL, work_group TEXT NOT NULL,
        token TEXT NOT NULL, final INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE INDEX athena_query_execution_by_group ON athena_query_execution (account, region, work_group, sequence);
    CREATE INDEX athena_query_execution_by_token ON athena_query_execution (account, region, token);
    CREATE INDEX athena_query_execution_open ON athena_query_execution (final) WHERE final = 0""",
    """ALTER TABLE athena_query_execution ADD COLUMN asked TEXT;
    CREATE INDEX athena_query_execution_by_asked ON athena_query_execution (account, region, work_group, asked)
        WHERE asked IS NOT NULL""",
)


DEFAULT_DATABASE = "default"


def database_of(context: dict[str, str]) -> str | None:
    """The database that a context names, which may stand in backticks, as in DDL (awswrangler sends it so)."""
    given = context.get("Database")
    return given.strip("`").lower() if given else None


class Execution(msgspec.Struct, kw_only=True):
    """One query execution. Times are milliseconds since the epoch."""

    id: str
    account: str
    region: str
    work_group: str
    query: str
    type: str
    subtype: str
    token: str
    context: dict[str, str]
    location: str
    """The folder of the results, with its last slash."""
    output: str
    """The result object's URI."""
    asked_location: str = ""
    encryption: str = ""
    parameters: list[str] = []
    state: str = "QUEUED"
    reason: str = ""
    error: dict[str, Any] | None = None
    submitted_at_ms: int
    started_at_ms: int | None = None
    completed_at_ms: int | None = None
    planning_ms: int | None = None
    scanned_bytes: int = 0
    manifest: str = ""
    columns: list[dict[str, Any]] | None = None
    """ColumnInfo of the result; None when there is none to get."""
    rows: int | None = None
    update_count: int | None = None
    reuse_minutes: int | None = None
    """How old a result may be that stands for this one's; None when none may."""
    reused: bool = False
    """The result is that of an earlier execution."""

    @property
    def asked(self) -> str:
        """A digest of what was asked and where its result goes: who asks the same may be given the same result."""
        asked = (self.query, self.context, self.parameters, self.location)
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()

    @property
    def context_database(self) -> str | None:
        """The database of the query's context."""
        return database_of(self.context)

    @property
    def database(self) -> str:
        """The same, or that which is meant where none is given."""
        return self.context_database or DEFAULT_DATABASE

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def engine_id(self) -> str:
        """The engine's own id of the query, as it stands in metadata and in the names of written files."""
        moment = utc(self.submitted_at_ms)
        return f"{moment:%Y%m%d_%H%M%S}_{int(self.id[:4], 16):05}_{self.id[-5:]}"

    def _result_configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = {"OutputLocation": self.output}
        if self.encryption:
            found["EncryptionConfiguration"] = {"EncryptionOption": self.encryption}
        return found

    def describe(self) -> dict[str, Any]:
        """The QueryExecution structure."""
        found: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.type,
            "SubstatementType": self.subtype,
            "ResultConfiguration": self._result_configuration(),
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": self._reuse()},
            "QueryExecutionContext": self.context,
            "Status": self._status(),
            "Statistics": self._statistics(),
            "WorkGroup": self.work_group,
            "EngineVersion": ENGINE_VERSION,
        }
        if self.parameters:
            found["ExecutionParameters"] = self.parameters
        return found

    def _reuse(self) -> dict[str, Any]:
        if self.reuse_minutes is None:
            return {"Enabled": False}
        return {"Enabled": True, "MaxAgeInMinutes": self.reuse_minutes}

    def _status(self) -> dict[str, Any]:
        found: dict[str, Any] = {"State": self.state, "SubmissionDateTime": utc(self.submitted_at_ms)}
        if self.reason:
            found["StateChangeReason"] = self.reason
        if self.completed_at_ms is not None:
            found["CompletionDateTime"] = utc(self.completed_at_ms)
        if self.error:
            found["AthenaError"] = self.error
        return found

    def _statistics(self) -> dict[str, Any]:
        found: dict[str, Any] = {"ResultReuseInformation": {"ReusedPreviousResult": self.reused}}
        if self.started_at_ms is not None:
            found["QueryQueueTimeInMillis"] = self.started_at_ms - self.submitted_at_ms
        if self.completed_at_ms is not None:
            started = self.started_at_ms or self.completed_at_ms
            found |= {
                "EngineExecutionTimeInMillis": self.completed_at_ms - started,
                "TotalExecutionTimeInMillis": self.completed_at_ms - self.submitted_at_ms,
                "DataScannedInBytes": self.scanned_bytes,
                "ServicePreProcessingTimeInMillis": 0,
                "ServiceProcessingTimeInMillis": 0,
            }
        if self.planning_ms is not None:
            found["QueryPlanningTimeInMillis"] = self.planning_ms
        if self.manifest:
            found["DataManifestLocation"] = self.manifest
        return found


def _nobody(execution: Execution, before: tuple[str, ...]) -> None:
    """Nobody is told."""


class Executions:
    """The executions, on disk; those that run are also in memory, where their state changes first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("athena", STEPS)
        self._open: dict[str, Execution] = {}
        self.observer: Callable[[Execution, tuple[str, ...]], None] = _nobody
        """Told of each new state, and of the states before it, in the transaction that keeps it if one does."""

    def add(self, execution: Execution) -> None:
        """Keep a new execution."""
        given = (execution.id, execution.account, execution.region, execution.work_group, execution.token)
        self._write(
            execution,
            (),
            "INSERT INTO athena_query_execution (id, account, region, work_group, token, asked, final, body) "
            "VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
            (*given, execution.asked if execution.subtype == "SELECT" else None, _body(execution)),
        )
        self._open[execution.id] = execution

    def begin(self, execution: Execution, now_ms: int) -> None:
        """It runs from now on. That is not kept: what is open has failed when the process starts again."""
        execution.started_at_ms = now_ms
        execution.state = "RUNNING"
        self.observer(execution, ("QUEUED",))

    def finish(self, execution: Execution, kept: Callable[[], None] = lambda: None) -> None:
        """Keep the end of an execution; joins an open transaction. Once it is on disk `kept` is called, and then
        anyone sees it."""
        self._finish(execution, ("QUEUED",) if execution.started_at_ms is None else ("QUEUED", "RUNNING"), kept)

    def _finish(self, execution: Execution, before: tuple[str, ...], kept: Callable[[], None]) -> None:
        def commit() -> None:
            kept()
            self._open.pop(execution.id, None)

        self._write(
            execution,
            before,
            "UPDATE athena_query_execution SET final = 1, body = ? WHERE id = ?",
            (_body(execution), execution.id),
            commit,
        )

    def is_open(self, execution: Execution) -> bool:
        """Whether it has no end yet."""
        return execution.id in self._open

    def _write(
        self,
        execution: Execution,
        before: tuple[str, ...],
        statement: str,
        values: tuple[Any, ...],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        def change() -> None:
            with self._database.write() as db:
                db.execute(statement, values)
                self.observer(execution, before)
                self._database.after_commit(after)

        self._database.write_together(change)

    def fail_interrupted(self, now_ms: int) -> None:
        """End those that were open when the process ended: nothing of them runs any more."""
        error = {"ErrorCategory": 1, "ErrorType": 200, "Retryable": True, "ErrorMessage": INTERRUPTED}
        with self._database.write():
            for (body,) in (
                self._database.read().execute("SELECT body FROM athena_query_execution WHERE final = 0").fetchall()
            ):
                execution = msgspec.json.decode(body, type=Execution)
                execution.state, execution.reason, execution.error = "FAILED", INTERRUPTED, error
                execution.completed_at_ms = max(now_ms, execution.submitted_at_ms)
                self._finish(execution, ("QUEUED", "RUNNING"), lambda: None)  # as far as one can tell

    @property
    def open(self) -> list[Execution]:
        """Those that are queued or running."""
        return list(self._open.values())

    def get(self, account: str, region: str, id: str) -> Execution:
        """The execution called `id`. Raises InvalidRequestException when there is none."""
        found = self.find(account, region, id)
        if found is None:
            raise InvalidRequestException(f"QueryExecution {id} was not found", "QUERY_EXECUTION_NOT_FOUND")
        return found

    def find(self, account: str, region: str, id: str) -> Execution | None:
        """The execution called `id`, or None."""
        running = self._open.get(id)
        if running is not None:
            return running if (running.account, running.region) == (account, region) else None
        return self._one("account = ? AND region = ? AND id = ?", account, region, id)

    def of_token(self, account: str, region: str, token: str) -> Execution | None:
        """The execution that a client's token began, or None."""
        return self._one("account = ? AND region = ? AND token = ?", account, region, token)

    def earlier(self, execution: Execution) -> Execution | None:
        """The newest execution whose result may stand for `execution`'s by what was asked and by age, or None."""
        if execution.reuse_minutes is None:
            return None
        bodies = self._database.read().execute(
            "SELECT body FROM athena_query_execution "
            "WHERE account = ? AND region = ? AND work_group = ? AND asked = ? ORDER BY sequence DESC",
            (execution.account, execution.region, execution.work_group, execution.asked),
        )
        oldest_ms = execution.submitted_at_ms - execution.reuse_minutes * 60_000
        for (body,) in bodies:
            found = msgspec.json.decode(body, type=Execution)
            if (found.completed_at_ms or execution.submitted_at_ms) < oldest_ms:
                return None
            if found.state == "SUCCEEDED" and not found.reused:
                return found
        return None

    def _one(self, condition: str, *values: str) -> Execution | None:
        row = (
            self._database.read()
            .execute(f"SELECT body FROM athena_query_execution WHERE {condition}", values)
            .fetchone()
        )
        return None if row is None else msgspec.json.decode(row[0], type=Execution)

    def ids(
        self, account: str, region: str, work_group: str, before: int | None, limit: int
    ) -> Iterator[tuple[int, str]]:
        """(sequence, id) of a work group's executions, newest first, those before the sequence `before`."""
        yield from (
            self._database.read()
            .execute(
                "SELECT sequence, id FROM athena_query_execution WHERE account = ? AND region = ? AND work_group = ? "
                "AND sequence < ? ORDER BY sequence DESC LIMIT ?",
                (account, region, work_group, 1 << 62 if before is None else before, limit),
            )
            .fetchall()
        )

    def delete(self, account: str, region: str, work_group: str) -> None:
        """Forget a work group's executions."""
        with self._database.write() as db:
            db.execute(
                "DELETE FROM athena_query_execution WHERE account = ? AND region = ? AND work_group = ?",
                (account, region, work_group),
            )


def _body(execution: Execution) -> bytes:
    return msgspec.json.encode(execution)
