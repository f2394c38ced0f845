"""When access keys and roles were last used: noted in memory on every request, and written down when Afluente stops."""

from collections.abc import Callable

import msgspec

from afluente.core.clock import Clock
from afluente.store.database import Database
from afluente.store.document import Documents


class Use(msgspec.Struct):
    """When, for which service and in which region; empty where that is not known."""

    at_ms: int
    service: str
    region: str


class LastUses:
    """The last use of each of one kind, by id."""

    def __init__(self, database: Database, kind: str, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._documents = Documents(database, kind)
        self._noted: dict[str, Use] = {}

    def note(self, id_: str, service: str, region: str) -> None:
        """It is being used."""
        self._noted[id_] = Use(self._clock.now_ms() // 1000 * 1000, service, region)

    def of(self, id_: str) -> Use | None:
        """When it was last used, if ever."""
        body = self._documents.get((id_,))
        return self._noted.get(id_) or (None if body is None else msgspec.convert(body, Use))

    def forget(self, id_: str) -> None:
        """It is gone; within the caller's transaction."""
        self._noted.pop(id_, None)
        self._documents.delete((id_,))

    def keep(self, exists: Callable[[str], bool]) -> None:
        """Write down what was noted of those that exist."""
        noted, self._noted = self._noted, {}
        if noted:
            with self._database.write():
                for id_, use in noted.items():
                    if exists(id_):
                        self._documents.put((id_,), msgspec.to_builtins(use))
