"""An object as other services see it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoredObject:
    """`etag` has no quotes; `path` is the file, to be read and never written."""

    bucket: str
    key: str
    size: int
    etag: str
    last_modified_ms: int
    content_type: str
    content_encoding: str | None
    path: Path
