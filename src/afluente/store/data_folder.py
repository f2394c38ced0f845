"""The data folder: where everything durable lies, who owns it, and which format it has.

afluente.json   {"format": 2}: marks the folder as ours
.lock           held by the running process
meta.db         the metadata database
log/            the record log
s3/             the objects, as plain files
tmp/            files being written; emptied at every start
"""

import fcntl
import json
import os
import shutil
from pathlib import Path

from afluente.store.blob import sync_file, sync_folder

FORMAT = 2
MARK = "afluente.json"
METADATA = "meta.db"


class DataFolderError(Exception):
    """The folder cannot be used; the message is one sentence that says why and what to do."""


class DataFolder:
    """A data folder at `path`, made when missing, held by this process until `close`.

    Raises DataFolderError when the folder is another program's, of a newer format, or in use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._claim()
        self._lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise DataFolderError(
                f"The data folder {path} is in use by another afluente; stop that one, or give another --data."
            ) from None
        shutil.rmtree(self.tmp, ignore_errors=True)
        for folder in (self.tmp, self.objects, self.records):
            folder.mkdir(exist_ok=True)
        sync_folder(self.path)

    @property
    def tmp(self) -> Path:
        """Files being written, on the same file system as the objects."""
        return self.path / "tmp"

    @property
    def objects(self) -> Path:
        """The root of the S3 objects."""
        return self.path / "s3"

    @property
    def metadata(self) -> Path:
        """The metadata database."""
        return self.path / METADATA

    @property
    def records(self) -> Path:
        """The folder of the record log."""
        return self.path / "log"

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._lock)

    def _claim(self) -> None:
        mark = self.path / MARK
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not mark.exists():
                self._mark(mark)
            version = json.loads(mark.read_text())["format"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataFolderError(f"The data folder {self.path} cannot be used: {error}") from None
        if version != FORMAT:
            raise DataFolderError(
                f"The data folder {self.path} has format {version}; this Afluente has format {FORMAT}. "
                "Give another --data, or use the Afluente that wrote it."
            )

    def _mark(self, mark: Path) -> None:
        """Make the folder ours, so that a crash leaves it ours or empty but for a draft of the mark."""
        draft = mark.with_suffix(".new")
        if any(entry != draft for entry in self.path.iterdir()):
            raise DataFolderError(f"{self.path} is not empty and not an Afluente data folder; give another --data.")
        draft.write_text(json.dumps({"format": FORMAT}) + "\n")
        sync_file(draft)
        draft.replace(mark)
        sync_folder(self.path)
        sync_folder(self.path.parent)
