"""Where an object lies on disk.

An object of bucket `b` with the key `date=2026-01-01/part.parquet` lies at `<root>/b/date=2026-01-01/part.parquet`, so
that `ls` and any reader of files find it. Two kinds of keys cannot have such a path and lie *aside*, at
`<root>/b/.afluente/<name>`:

* awkward keys, which are no path at all: an empty segment (`a//b`, `a/`), `.` or `..`, NUL, a segment over 255 bytes,
  or a first segment `.afluente`;
* keys whose path is taken: `a` while `a/b` exists, which needs a folder there, and the other way round.

`<name>` is the percent-encoded key, or its beginning, `+` and the key's SHA-256 when that is over 255 bytes. Two keys
never share a path, and no path leads out of the bucket's folder.

The rule is pure but for one question: which of its two places does an object have? What the disk holds answers it (the
plain place holds a file, or else the object lies aside), so a process that has only the folder needs no database. The
engine that places objects decides from its rows, and an object never has both.
"""

from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

ASIDE = ".afluente"
"""The folder within a bucket's folder that holds what cannot lie under its plain key."""

NAME_BYTES = 255
"""The longest name that Linux file systems allow."""


def object_path(root: Path, bucket: str, key: str) -> Path:
    """Where the object is now; where a new one would most likely lie when there is none.

    `root` is the folder of all objects (`<data>/s3`).
    """
    plain, aside = plain_path(root, bucket, key), aside_path(root, bucket, key)
    if plain is None or (not plain.is_file() and aside.is_file()):
        return aside
    return plain


def plain_path(root: Path, bucket: str, key: str) -> Path | None:
    """The readable place of `key`; None when it has none."""
    segments = key.split("/")
    if segments[0] == ASIDE or not all(map(_is_ordinary, segments)):
        return None
    return bucket_path(root, bucket).joinpath(*segments)


def aside_path(root: Path, bucket: str, key: str) -> Path:
    """The place of `key` when it cannot have its readable one."""
    name = quote(key, safe="")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > NAME_BYTES:
        name = f"{name[:180]}+{sha256(key.encode()).hexdigest()}"
    return bucket_path(root, bucket) / ASIDE / name


def bucket_path(root: Path, bucket: str) -> Path:
    """The folder of `bucket`. Raises ValueError when that is not a bucket's name."""
    if bucket.startswith(".") or "/" in bucket or not _is_ordinary(bucket):
        raise ValueError(f"{bucket!r} is not the name of a bucket")
    return root / bucket


def _is_ordinary(segment: str) -> bool:
    return (
        segment not in {"", ".", ".."}
        and "\0" not in segment
        and (len(segment) * 4 <= NAME_BYTES or len(segment.encode()) <= NAME_BYTES)
    )
