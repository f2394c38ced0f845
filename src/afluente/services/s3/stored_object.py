"""An object as other services see it."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class StoredObject:
    """`etag` has no quotes; `path` is the file, to be read and never written, and not at all unless `is_readable`:
    what is archived has to be restored first.
    """

    bucket: str
    key: str
    size: int
    etag: str
    last_modified_ms: int
    content_type: str
    content_encoding: str | None
    path: Path
    is_readable: bool = True


class StoredFile(NamedTuple):
    """The little of an object that who lists millions needs; `elsewhere` is set when it lies not under its key."""

    key: str
    size: int
    last_modified_ms: int
    folder: str
    elsewhere: str = ""

    @property
    def path(self) -> str:
        """The file, to be read and never written."""
        return self.elsewhere or self.folder + self.key
