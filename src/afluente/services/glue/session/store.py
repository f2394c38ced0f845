"""Sessions and their statements on disk: dicts in AWS spelling, with `...OnMs` for times."""

from collections.abc import Iterator
from typing import Any

from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]
"""(account, region, session)"""

Document = dict[str, Any]


class SessionStore:
    """Every account's sessions and statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions = Documents(database, "glue_session")
        self._statements = Documents(database, "glue_session_statement")

    def add(self, key: Key, session: Document) -> bool:
        """Keep a new session; False when there is one of that id."""
        with self._database.write():
            if self._sessions.get(key) is not None:
                return False
            self._sessions.put(key, session)
            return True

    def get(self, key: Key) -> Document | None:
        """The session, or None."""
        return self._sessions.get(key)

    def scan(self, *prefix: str, after: Key | None = None, limit: int = -1) -> Iterator[tuple[Key, Document]]:
        """(key, session) of a region, or of all, by id."""
        for key, session in self._sessions.scan(prefix, after=after, limit=limit):
            yield (key[0], key[1], key[2]), session

    def change(self, key: Key, **members: Any) -> Document:
        """The session, with these members changed; one that was deleted meanwhile stays so."""
        with self._database.write():
            session = self._sessions.get(key)
            changed = {**(session or {}), **members}
            if session is not None:
                self._sessions.put(key, changed)
            return changed

    def delete(self, key: Key) -> None:
        """Forget the session and its statements."""
        with self._database.write():
            self._sessions.delete(key)
            self._statements.delete_under(key)

    def add_statement(self, key: Key, code: str) -> int:
        """Keep a new statement of the session; its number, from 0 on."""
        with self._database.write():
            session = self._sessions.get(key) or {}
            number = int(session.get("Statements", 0))
            self._sessions.put(key, {**session, "Statements": number + 1})
            self._statements.put(_place(key, number), {"Id": number, "Code": code, "State": "WAITING", "Progress": 0.0})
            return number

    def statement(self, key: Key, number: int) -> Document | None:
        """The statement, or None."""
        return self._statements.get(_place(key, number))

    def statements(self, key: Key, after: int = -1, limit: int = -1) -> list[Document]:
        """The session's statements with numbers over `after`, in order."""
        start = _place(key, after) if after >= 0 else None
        return [statement for _, statement in self._statements.scan(key, after=start, limit=limit)]

    def change_statement(self, key: Key, number: int, **members: Any) -> None:
        """Change these members of a statement that is still there."""
        with self._database.write():
            statement = self.statement(key, number)
            if statement is not None:
                self._statements.put(_place(key, number), {**statement, **members})


def _place(key: Key, number: int) -> tuple[str, ...]:
    return (*key, f"{number:010d}")
