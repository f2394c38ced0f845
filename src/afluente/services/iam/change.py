"""When anything changes that permissions depend on, what was concluded from the old state no longer counts."""

from afluente.store.database import Database


class Changes:
    """A number that grows with every committed change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.number = 0

    def note(self) -> None:
        """Something is being changed in the open transaction of this thread."""
        self._database.after_commit(self._grow)

    def _grow(self) -> None:
        self.number += 1
