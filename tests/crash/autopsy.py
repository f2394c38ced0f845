"""What lies in a data folder between a death and the next start: every object that a row describes, whole."""

import hashlib
import shutil
import sqlite3
import tempfile
from pathlib import Path


def check_objects(folder: Path) -> None:
    """Each row's bytes are in its staged file, or else in its place (`docs/storage-format.md`)."""
    root = folder / "s3"
    for bucket, key, identifier, aside, staged, size, etag in _rows(folder):
        path = root / ".staged" / identifier
        if not (staged and path.exists()):
            path = root / bucket / key
        if aside or "-" in etag:
            continue
        assert path.is_file(), f"{bucket}/{key}: {path} is missing"
        found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        assert (path.stat().st_size, found) == (size, etag), f"{bucket}/{key}: {path} is not what its row says"


def _rows(folder: Path) -> list[tuple[str, str, str, bool, bool, int, str]]:
    """Of a copy of the database, so that the next start finds it as it was left."""
    with tempfile.TemporaryDirectory() as copy:
        for path in folder.glob("meta.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        database = sqlite3.connect(Path(copy) / "meta.db")
        try:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'object'").fetchone():
                return []
            return database.execute("SELECT bucket, key, id, aside, staged, size, etag FROM object").fetchall()
        finally:
            database.close()
