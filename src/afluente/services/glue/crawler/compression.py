"""Compressed files: which compression, and the head of what is inside."""

import bz2
import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, decompressed. `disk_size`: how many bytes on disk they come from, about."""

    data: bytes
    truncated: bool
    compression: str
    disk_size: int


def read_head(path: Path, limit: int) -> Head | None:
    """The first `limit` bytes inside the file at `path`; None when it is compressed and cannot be read."""
    with path.open("rb") as file:
        start = file.read(limit)
        size = file.seek(0, 2)
        compression = next((name for magic, name in MAGIC if start.startswith(magic)), "none")
        if compression == "none":
            return Head(start, size > limit, compression, len(start))
        file.seek(0)
        try:
            data = _decompress(file, path, compression, limit + 1)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, RuntimeError):
            return None
        read = min(size, file.tell()) if len(data) > limit else size
    return Head(data[:limit], len(data) > limit, compression, read)


def _decompress(file: IO[bytes], path: Path, compression: str, count: int) -> bytes:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=file).read(count)
    if compression == "bzip2":
        return bz2.BZ2File(file).read(count)
    if compression == "zip":
        return _unzip(file, count)
    from afluente.services.glue.crawler import arrow_compression  # noqa: PLC0415  # pyarrow takes long to load

    if compression == "snappy":
        return arrow_compression.read_snappy(file, count)
    return arrow_compression.read(path, compression, count)


def _unzip(file: IO[bytes], count: int) -> bytes:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise ValueError("an archive of several files, which crawlers do not read")
        with archive.open(members[0]) as member:
            return member.read(count)
