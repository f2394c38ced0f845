"""Job bookmarks: how far each source of a job has been read, so that the next run takes only what is new.

The state is written when a run's script commits, never before: a run that fails starts over.
"""

from typing import Any

from afluente.services.glue.error import EntityNotFoundException
from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]
Entry = dict[str, Any]


class Bookmarks:
    """The bookmarks of every job, keyed (account, region, job)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries = Documents(database, "glue_job_bookmark")

    def get(self, key: Key) -> Entry:
        """Raises EntityNotFoundException when no run of the job has committed one."""
        entry = self._entries.get(key)
        if entry is None:
            raise EntityNotFoundException(f"Continuation for job {key[2]} not found")
        return entry

    def sources(self, key: Key) -> dict[str, Any]:
        """What is remembered of each source, by its transformation context."""
        entry = self._entries.get(key)
        return entry["sources"] if entry else {}

    def run_number(self, key: Key) -> int:
        """The number that the next run to commit gets; output names carry it."""
        entry = self._entries.get(key)
        return entry["run"] + 1 if entry else 1

    def commit(self, key: Key, run_id: str, attempt: int, sources: dict[str, Any]) -> None:
        """Remember `sources`, over what was known of each of them."""
        with self._database.write():
            before = self._entries.get(key) or {"version": 0, "run": 0, "run_id": None, "sources": {}}
            again = before["run_id"] == run_id
            self._entries.put(
                key,
                {
                    "version": before["version"] + 1,
                    "run": before["run"] + (0 if again else 1),
                    "attempt": attempt,
                    "run_id": run_id,
                    "previous_run_id": before.get("previous_run_id") if again else before["run_id"],
                    "sources": before["sources"] | sources,
                },
            )

    def reset(self, key: Key) -> Entry:
        """Forget every source of the job: its next run reads everything."""
        with self._database.write():
            entry = self.get(key) | {"sources": {}, "run_id": None, "previous_run_id": None, "run": 0, "attempt": 0}
            self._entries.put(key, entry | {"version": entry["version"] + 1})
            return self.get(key)

    def delete(self, key: Key) -> None:
        """Forget the job."""
        self._entries.delete(key)
