"""The runs of every job, newest first, in a table of their own: what a run is on disk."""

from collections.abc import Iterator
from typing import Any

import msgspec

from afluente.store.database import Database

STEPS = (
    "CREATE TABLE glue_job_run (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, account TEXT NOT NULL, "
    "region TEXT NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX glue_job_run_id ON glue_job_run (account, region, job, id);"
    "CREATE INDEX glue_job_run_state ON glue_job_run (state)",
)

BUSY = ("STARTING", "RUNNING", "STOPPING")
"""The states of runs that count against a job's concurrency."""

ENDED = ("STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "EXPIRED")

JobKey = tuple[str, str, str]
Run = dict[str, Any]
"""A run's members in AWS spelling; times are `StartedOnMs`, `LastModifiedOnMs`, `CompletedOnMs`."""


class RunStore:
    """Runs in `database`, by (account, region, job) and id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("glue_job_run", STEPS)

    def add(self, key: JobKey, run: Run) -> None:
        """Store a new run."""
        with self._database.write() as db:
            db.execute(
                "INSERT INTO glue_job_run (id, account, region, job, state, body) VALUES (?, ?, ?, ?, ?, ?)",
                (run["Id"], *key, run["JobRunState"], msgspec.json.encode(run)),
            )

    def change(self, key: JobKey, run_id: str, **changes: Any) -> Run:
        """Set members of a run; the run as it is now."""
        with self._database.write() as db:
            run = self.get(key, run_id)
            if run is None:  # the job was deleted while it ran
                return {"Id": run_id, "JobName": key[2], **changes}
            run |= changes
            db.execute(
                "UPDATE glue_job_run SET state = ?, body = ? WHERE account = ? AND region = ? AND job = ? AND id = ?",
                (run["JobRunState"], msgspec.json.encode(run), *key, run_id),
            )
            return run

    def get(self, key: JobKey, run_id: str) -> Run | None:
        """The run, or None."""
        row = (
            self._database.read()
            .execute(
                "SELECT body FROM glue_job_run WHERE account = ? AND region = ? AND job = ? AND id = ?", (*key, run_id)
            )
            .fetchone()
        )
        return None if row is None else msgspec.json.decode(row[0])

    def page(self, key: JobKey, before: int | None, limit: int) -> list[tuple[int, Run]]:
        """(number, run) of up to `limit` runs of a job, newest first, those older than number `before`."""
        rows = self._database.read().execute(
            "SELECT number, body FROM glue_job_run WHERE account = ? AND region = ? AND job = ? AND number < ? "
            "ORDER BY number DESC LIMIT ?",
            (*key, before if before is not None else 2**62, limit),
        )
        return [(number, msgspec.json.decode(body)) for number, body in rows.fetchall()]

    def count_busy(self, key: JobKey) -> int:
        """How many runs of a job have begun and not ended."""
        marks = ", ".join("?" * len(BUSY))
        row = (
            self._database.read()
            .execute(
                "SELECT count(*) FROM glue_job_run WHERE account = ? AND region = ? AND job = ? "
                f"AND state IN ({marks})",
                (*key, *BUSY),
            )
            .fetchone()
        )
        return int(row[0])

    def first_waiting(self, key: JobKey) -> Run | None:
        """The run of a job that has waited longest for its turn, or None."""
        row = (
            self._database.read()
            .execute(
                "SELECT body FROM glue_job_run WHERE account = ? AND region = ? AND job = ? AND state = 'WAITING' "
                "ORDER BY number LIMIT 1",
                key,
            )
            .fetchone()
        )
        return None if row is None else msgspec.json.decode(row[0])

    def in_states(self, *states: str) -> Iterator[tuple[JobKey, Run]]:
        """Every run, of any job, in one of these states, oldest first."""
        marks = ", ".join("?" * len(states))
        rows = self._database.read().execute(
            f"SELECT account, region, job, body FROM glue_job_run WHERE state IN ({marks}) ORDER BY number", states
        )
        for account, region, job, body in rows.fetchall():
            yield (account, region, job), msgspec.json.decode(body)

    def latest(self, limit: int) -> list[Run]:
        """The newest runs of all jobs."""
        rows = self._database.read().execute("SELECT body FROM glue_job_run ORDER BY number DESC LIMIT ?", (limit,))
        return [msgspec.json.decode(body) for (body,) in rows.fetchall()]

    def delete_all(self, key: JobKey) -> None:
        """Forget every run of a job."""
        with self._database.write() as db:
            db.execute("DELETE FROM glue_job_run WHERE account = ? AND region = ? AND job = ?", key)
