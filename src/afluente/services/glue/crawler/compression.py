"""Compressed files: which compression, and the head of what is inside."""

import bz2
import gzip
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"\x82SNAPPY\x00", "snappy"),
)
"""What compressed files begin with; Snappy's framing format, and snappy-java's."""


PARQUET = b"PAR1"
MOST_BLOCK_BYTES = 16_777_216


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, decompressed. `disk_size`: how many bytes on disk they come from, about."""

    data: bytes
    truncated: bool
    compression: str
    disk_size: int


def read_head(path: str, limit: int) -> Head | None:
    """The first `limit` bytes inside the file at `path`; None when it is compressed and cannot be read."""
    with open(path, "rb") as file:  # noqa: PTH123  # of thousands of files, making Paths takes long
        start = file.read(len(PARQUET))
        if start == PARQUET:  # what it holds, its end says
            return Head(start, True, "none", len(start))
        start += file.read(limit - len(start))
        size = file.seek(0, 2)
        compression = next((name for magic, name in MAGIC if start.startswith(magic)), "none")
        if compression == "none" and is_hadoop_snappy(start, size):
            compression = "snappy"
        if compression == "none":
            return Head(start, size > limit, compression, len(start))
        file.seek(0)
        try:
            data = _decompress(file, path, compression, limit + 1)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, RuntimeError):
            return None
        read = min(size, file.tell()) if len(data) > limit else size
    return Head(data[:limit], len(data) > limit, compression, read)


def is_hadoop_snappy(start: bytes, size: int) -> bool:
    """Is it in Hadoop's framing of Snappy, which begins with no mark but the lengths of its first block?"""
    plain, compressed = int.from_bytes(start[:4], "big"), int.from_bytes(start[4:8], "big")
    if len(start) < 10 or not 0 < compressed <= size - 8 or not 0 < plain <= MOST_BLOCK_BYTES:
        return False
    return 0 < snappy_length(start[8:13]) <= plain


def snappy_length(block: bytes) -> int:
    """The uncompressed length, which a block begins with: seven bits to a byte, the low ones first; 0 for none."""
    length = 0
    for index, byte in enumerate(block[:5]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return length
    return 0


def _decompress(file: IO[bytes], path: str, compression: str, count: int) -> bytes:
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
