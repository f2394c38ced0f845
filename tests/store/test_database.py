"""The metadata database and its documents."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.store.data_folder import DataFolderError
from afluente.store.database import Database
from afluente.store.document import Documents


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "meta.db")
    yield database
    database.close()


def test_write_that_raises_leaves_nothing(database: Database) -> None:
    documents = Documents(database, "thing")

    def write() -> None:
        with database.write():
            documents.put(("a",), {"n": 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert documents.get(("a",)) is None


def test_write_nested_commits_once_at_the_end(database: Database) -> None:
    documents, seen = Documents(database, "thing"), list[object]()
    with database.write():
        documents.put(("a",), {"n": 1})
        assert documents.get(("a",)) == {"n": 1}
        reader = threading.Thread(target=lambda: seen.append(documents.get(("a",))))
        reader.start()
        reader.join()
    assert seen == [None]
    assert documents.get(("a",)) == {"n": 1}


def test_documents_survive_a_reopening(tmp_path: Path) -> None:
    first = Database(tmp_path / "meta.db")
    Documents(first, "thing").put(("a", "b"), {"n": [1, 2]})
    first.close()
    second = Database(tmp_path / "meta.db")
    assert Documents(second, "thing").get(("a", "b")) == {"n": [1, 2]}
    second.close()


def test_scan_is_in_order_and_of_the_prefix_alone(database: Database) -> None:
    documents = Documents(database, "thing")
    for key in [("a", "2"), ("a", "1"), ("ab", "1"), ("b", "1"), ("a", "10")]:
        documents.put(key, {})
    assert [key for key, _ in documents.scan(("a",))] == [("a", "1"), ("a", "10"), ("a", "2")]
    assert [key for key, _ in documents.scan(("a",), after=("a", "1"), limit=1)] == [("a", "10")]


def test_delete_under_removes_the_prefix_alone(database: Database) -> None:
    documents = Documents(database, "thing")
    for key in [("a", "1"), ("a", "2"), ("ab", "1")]:
        documents.put(key, {})
    assert documents.delete_under(("a",)) == 2
    assert [key for key, _ in documents.scan()] == [("ab", "1")]


def test_migrate_refuses_what_a_newer_version_has_written(database: Database) -> None:
    newer = ("CREATE TABLE part (a)", "ALTER TABLE part ADD COLUMN b")
    database.migrate("part", newer)
    with pytest.raises(DataFolderError, match="newer Afluente"):
        database.migrate("part", newer[:1])
    database.migrate("part", newer)  # what it was is still known


def test_migrate_runs_each_step_once(database: Database) -> None:
    database.migrate("part", ("CREATE TABLE part (a)",))
    database.migrate("part", ("CREATE TABLE part (a)", "ALTER TABLE part ADD COLUMN b; CREATE INDEX i ON part (b)"))
    with database.write() as db:
        db.execute("INSERT INTO part (a, b) VALUES (1, 2)")
    assert database.read().execute("SELECT a, b FROM part").fetchall() == [(1, 2)]


KEYS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x1f\x00")), min_size=2, max_size=2)


@given(st.dictionaries(KEYS.map(tuple), st.integers(), max_size=20))
def test_documents_scan_returns_what_was_put(
    tmp_path_factory: pytest.TempPathFactory, bodies: dict[tuple[str, str], int]
) -> None:
    database = Database(tmp_path_factory.mktemp("db") / "meta.db")
    documents = Documents(database, "thing")
    with database.write():
        for key, number in bodies.items():
            documents.put(key, {"n": number})
    assert {key: body["n"] for key, body in documents.scan()} == bodies
    database.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_threads_that_have_ended_leave_no_connection_open(database: Database, tmp_path: Path) -> None:
    def read() -> None:
        database.read().execute("SELECT 1").fetchone()

    def files() -> int:
        opened = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.exists()]
        return sum(path.is_relative_to(tmp_path) for path in opened)

    read()
    before = files()
    for _ in range(20):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert files() <= before + 3  # SQLite may put off closing a few
