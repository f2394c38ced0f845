"""The metadata database: one SQLite file, one writer at a time, durable at commit.

`write` may be nested in one thread: the outermost block is the transaction, so several engines' calls can commit as
one. Readers have a connection per thread and see the last commit (write-ahead log).
"""

import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from afluente.store.data_folder import DataFolderError

Result = TypeVar("Result")


class Database:
    """A SQLite file at `path`, made when missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[Callable[[], None]] = []
        self._waiting: deque[_Entry[Any]] = deque()
        self._local = threading.local()
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._readers_lock = threading.Lock()
        self._writer = self._connect()
        with self.write() as db:
            db.execute("CREATE TABLE IF NOT EXISTS component (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=512)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA busy_timeout=10000")
        db.execute("PRAGMA foreign_keys=ON")
        return db

    def migrate(self, component: str, steps: Sequence[str]) -> None:
        """Bring `component`'s tables up to date: `steps[n]` leads from version n to n + 1 and is never edited later.

        Raises DataFolderError when they are of a version that is not known yet.
        """
        with self.write() as db:
            row = db.execute("SELECT version FROM component WHERE name = ?", (component,)).fetchone()
            version = row[0] if row else 0
            if version > len(steps):
                raise DataFolderError(
                    f"The data folder {self._path.parent} was written by a newer Afluente ({component} has version "
                    f"{version}; this one knows {len(steps)}). Use that one, or give another --data."
                )
            for step in steps[version:]:
                for statement in _statements(step):
                    db.execute(statement)
            db.execute("INSERT OR REPLACE INTO component VALUES (?, ?)", (component, len(steps)))

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The writing connection, in a transaction that is committed and synced when the outermost block ends.

        An exception rolls back all of it.
        """
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._writer.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._writer
                if outermost:
                    self._writer.execute("COMMIT")
            except BaseException:
                if outermost:
                    self._after_commit.clear()
                    if self._writer.in_transaction:  # a COMMIT that failed may have rolled back by itself
                        self._writer.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1
            if outermost:
                self._run_after_commit()

    def write_together(self, work: Callable[[], Result]) -> Result:
        """What `work` returns, which ran in a transaction; calls that wait at the same time share one commit.

        Each is undone alone when it raises, and its exception raised here. Inside `write` it is part of that.
        """
        if self._is_mine():
            return work()
        entry = _Entry(work)
        self._waiting.append(entry)
        with self._lock:
            if not entry.is_done:
                self._commit_waiting()
        return entry.outcome()

    def waiting(self) -> int:
        """How many calls of `write_together` wait for a commit."""
        return len(self._waiting)

    def _commit_waiting(self) -> None:
        entries = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            with self.write():
                for entry in entries:
                    self._run_alone(entry)
        except BaseException as error:
            for entry in entries:
                entry.error = entry.error or error
        finally:
            for entry in entries:
                entry.is_done = True

    def _run_alone(self, entry: "_Entry[Any]") -> None:
        after = len(self._after_commit)
        self._writer.execute("SAVEPOINT entry")
        try:
            entry.result = entry.work()
        except BaseException as error:
            entry.error = error
            del self._after_commit[after:]
            self._writer.execute("ROLLBACK TO entry")
        self._writer.execute("RELEASE entry")

    def _is_mine(self) -> bool:
        """Whether a transaction of this thread is open."""
        if self._depth and self._lock.acquire(blocking=False):
            try:
                return self._depth > 0  # the lock is re-entrant: holding it here means the transaction is this thread's
            finally:
                self._lock.release()
        return False

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do `action`, which must not raise, once the open transaction is committed; never if it is rolled back.

        Actions run in the order they came, before another thread may write: so what they do elsewhere (to files)
        happens in the order of the commits. Call this inside `write`.
        """
        self._after_commit.append(action)

    def _run_after_commit(self) -> None:
        actions, self._after_commit = self._after_commit, []
        for action in actions:
            action()

    def read(self) -> sqlite3.Connection:
        """A connection for reading: the writer's own inside this thread's transaction, else this thread's."""
        if self._is_mine():
            return self._writer
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = _Reader(self._connect())
            with self._readers_lock:
                self._readers.add(reader)
        return reader.db

    def close(self) -> None:
        """Close every connection; the write-ahead log is folded into the file."""
        with self._lock:
            with self._readers_lock:
                for reader in self._readers:
                    reader.db.close()
            self._writer.close()


class _Reader:
    """A thread's connection, which is closed when the thread has ended."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __del__(self) -> None:
        self.db.close()


class _Entry(Generic[Result]):
    """Work that waits for a commit, and what came of it."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self.work = work
        self.is_done = False
        self.result: Result | None = None
        self.error: BaseException | None = None

    def outcome(self) -> Result:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # set when there is no error


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, which end in ';': not every ';' ends one, as in the body of a trigger."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
