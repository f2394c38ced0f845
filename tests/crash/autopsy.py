"""What lies in a data folder between a death and the next start: every version that a row describes, whole."""

import hashlib
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any


def check_objects(folder: Path) -> None:
    """Each row's bytes are in its staged file, or else in its place (`docs/storage-format.md`)."""
    root = folder / "s3"
    for identifier, size, etag in _rows(folder, "version", "SELECT id, size, etag FROM version WHERE NOT marker"):
        _check(root / ".versions" / identifier, size, etag)
    latest = _rows(folder, "object", "SELECT bucket, key, id, aside, staged, size, etag FROM object")
    for bucket, key, identifier, aside, staged, size, etag in latest:
        path = root / ".staged" / identifier
        if not (staged and path.exists()):
            path = root / bucket / key
        if not aside:
            _check(path, size, etag)


def _check(path: Path, size: int, etag: str) -> None:
    assert path.is_file(), f"{path} is missing"
    assert path.stat().st_size == size, f"{path} is not what its row says"
    if "-" not in etag:
        found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        assert found == etag, f"{path} is not what its row says"


def _rows(folder: Path, table: str, query: str) -> list[tuple[Any, ...]]:
    """Of a copy of the database, so that the next start finds it as it was left."""
    with tempfile.TemporaryDirectory() as copy:
        for path in folder.glob("meta.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        database = sqlite3.connect(Path(copy) / "meta.db")
        try:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                return []
            return database.execute(query).fetchall()
        finally:
            database.close()
