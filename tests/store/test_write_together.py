"""Transactions that share a commit, and actions that wait for one."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from afluente.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "meta.db")
    database.migrate("test", ("CREATE TABLE item (name TEXT PRIMARY KEY) STRICT",))
    yield database
    database.close()


def insert(database: Database, name: str) -> str:
    with database.write() as db:
        db.execute("INSERT INTO item VALUES (?)", (name,))
    return name


def names(database: Database) -> list[str]:
    return [name for (name,) in database.read().execute("SELECT name FROM item ORDER BY name")]


def test_write_together_returns_what_work_returns_once_it_is_committed(database: Database) -> None:
    assert database.write_together(lambda: insert(database, "a")) == "a"
    assert names(database) == ["a"]


def test_write_together_raises_what_work_raises_and_undoes_it(database: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        insert(database, "a")
        database.after_commit(lambda: done.append("a"))
        raise KeyError("no")

    with pytest.raises(KeyError):
        database.write_together(fail)
    insert(database, "b")
    assert names(database) == ["b"]
    assert not done


def test_write_together_of_many_threads_fails_alone_and_commits_once(database: Database) -> None:
    committed: list[str] = []
    outcomes: dict[str, str] = {}
    commits = 0

    def count_commit(statement: str) -> None:
        nonlocal commits
        commits += statement == "COMMIT"

    def work(name: str) -> str:
        insert(database, name)
        database.after_commit(lambda: committed.append(name))
        if name.startswith("bad"):
            raise ValueError(name)
        return name

    def run(name: str) -> None:
        try:
            outcomes[name] = database.write_together(lambda: work(name))
        except ValueError as error:
            outcomes[name] = f"error {error}"

    wanted = [f"{kind}{number}" for number in range(8) for kind in ("good", "bad")]
    threads = [threading.Thread(target=run, args=(name,)) for name in wanted]
    with database.write() as db:
        db.set_trace_callback(count_commit)
        for thread in threads:
            thread.start()
        while database.waiting() < len(threads):
            threading.Event().wait(0.001)
    for thread in threads:
        thread.join()
    db.set_trace_callback(None)
    good = [name for name in wanted if name.startswith("good")]
    assert names(database) == sorted(good) == sorted(committed)
    assert outcomes == {name: name if name in good else f"error {name}" for name in wanted}
    assert commits == 2, "the block that held them all up, and one for all of them"


def test_write_together_within_a_transaction_is_part_of_it(database: Database) -> None:
    def fail() -> None:
        with database.write():
            database.write_together(lambda: insert(database, "a"))
            raise KeyError("no")

    with pytest.raises(KeyError):
        fail()
    assert names(database) == []


def test_write_together_when_the_commit_fails_tells_everybody(database: Database) -> None:
    with database.write() as db:
        db.execute("CREATE TABLE child (item TEXT REFERENCES item (name) DEFERRABLE INITIALLY DEFERRED) STRICT")

    def orphan() -> None:
        with database.write() as db:
            db.execute("INSERT INTO child VALUES ('nobody')")

    with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
        database.write_together(orphan)
    insert(database, "b")
    assert names(database) == ["b"]


def test_after_commit_waits_for_the_outermost_block(database: Database) -> None:
    seen: list[list[str]] = []
    with database.write():
        with database.write():
            insert(database, "a")
            database.after_commit(lambda: seen.append(names(database)))
        assert not seen
    assert seen == [["a"]]


def test_after_commit_may_write(database: Database) -> None:
    with database.write():
        database.after_commit(lambda: (insert(database, "later"), None)[1])
    assert names(database) == ["later"]
