"""JSON documents by key in the metadata database: enough for everything small that a service remembers.

A key is a tuple of texts, such as `(account, region, name)`; scans are in key order. Values are what JSON can hold;
datetimes go in as milliseconds, by the caller's choice of member names (`created_at_ms`).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from afluente.store.database import Database

SEPARATOR = "\x1f"
"""Between the parts of a key; sorts before every printable character, so a prefix scan is a range scan."""

STEPS = (
    "CREATE TABLE document (kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key)) "
    "STRICT, WITHOUT ROWID",
)


class Documents:
    """The documents of one `kind` (`"glue_job"`). Writes join the thread's open transaction, else commit alone."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database = database
        self._kind = kind
        database.migrate("document", STEPS)

    def put(self, key: tuple[str, ...], body: dict[str, Any]) -> None:
        """Store `body` under `key`, over what was there."""
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?)",
                (self._kind, SEPARATOR.join(key), msgspec.json.encode(body)),
            )

    def get(self, key: tuple[str, ...]) -> dict[str, Any] | None:
        """The document under `key`, or None."""
        row = (
            self._database.read()
            .execute("SELECT body FROM document WHERE kind = ? AND key = ?", (self._kind, SEPARATOR.join(key)))
            .fetchone()
        )
        return None if row is None else msgspec.json.decode(row[0])

    def delete(self, key: tuple[str, ...]) -> bool:
        """Remove the document under `key`; whether there was one."""
        with self._database.write() as db:
            cursor = db.execute("DELETE FROM document WHERE kind = ? AND key = ?", (self._kind, SEPARATOR.join(key)))
            return cursor.rowcount > 0

    def delete_under(self, prefix: tuple[str, ...]) -> int:
        """Remove every document whose key begins with `prefix`; how many there were."""
        low, high = _range(prefix)
        with self._database.write() as db:
            return db.execute(
                "DELETE FROM document WHERE kind = ? AND key >= ? AND key < ?", (self._kind, low, high)
            ).rowcount

    def scan(
        self, prefix: tuple[str, ...] = (), *, after: tuple[str, ...] | None = None, limit: int = -1
    ) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
        """(key, document) of every key that begins with `prefix` and comes after `after`, in order."""
        low, high = _range(prefix)
        rows = (
            self._database.read()
            .execute(
                "SELECT key, body FROM document WHERE kind = ? AND key >= ? AND key < ? AND key > ? "
                "ORDER BY key LIMIT ?",
                (self._kind, low, high, SEPARATOR.join(after) if after else "", limit),
            )
            .fetchall()
        )
        for key, body in rows:
            yield tuple(key.split(SEPARATOR)), msgspec.json.decode(body)


def _range(prefix: tuple[str, ...]) -> tuple[str, str]:
    if not prefix:
        return "", chr(0x10FFFF)
    low = SEPARATOR.join(prefix) + SEPARATOR
    return low, low[:-1] + chr(ord(SEPARATOR) + 1)
