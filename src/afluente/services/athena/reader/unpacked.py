"""Text files in compressions that the engine does not read: a copy in the query's folder, of what is inside.

By the key's extension, as Athena tells: bzip2, Hadoop's blocks of Snappy, and zlib's deflate.
"""

import bz2
import dataclasses
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.file import DataFile, Part

CHUNK = 1 << 20
MOST_BYTES = 8 << 30
"""A file that is larger inside is refused, not let onto the disk."""

BROKEN = (OSError, EOFError, ValueError, zlib.error)


def unpacked(parts: Sequence[Part], folder: Path) -> tuple[list[Part], int]:
    """The parts, with files that the engine reads; and how many bytes more these have than the objects."""
    excess = 0
    done = []
    for part in parts:
        files = tuple(_unpacked(file, folder) for file in part.files)
        pairs = zip(files, part.files, strict=True)
        excess += sum(Path(copy.path).stat().st_size - file.size for copy, file in pairs if copy is not file)
        done.append(dataclasses.replace(part, files=files))
    return done, excess


def _unpacked(file: DataFile, folder: Path) -> DataFile:
    read = next((read for extension, read in READERS.items() if file.uri.endswith(extension)), None)
    if read is None:
        return file
    copy = folder / f"unpacked-{len(list(folder.iterdir()))}"
    written = 0
    try:
        with Path(file.path).open("rb") as source, copy.open("wb") as target:
            for chunk in read(source):
                written += target.write(chunk)
                if written > MOST_BYTES:
                    raise QueryFailure("EXCEEDED_LOCAL_MEMORY_LIMIT", f"{file.uri} is larger than {MOST_BYTES} bytes")
    except BROKEN as error:
        raise QueryFailure("HIVE_CURSOR_ERROR", f"Failed to read file at {file.uri}: {error}") from None
    return dataclasses.replace(file, path=str(copy), compressed=False)


def _bzip2(source: IO[bytes]) -> Iterator[bytes]:
    with bz2.BZ2File(source) as inside:
        while chunk := inside.read(CHUNK):
            yield chunk


def _deflate(source: IO[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    while chunk := inflater.unconsumed_tail or source.read(CHUNK):
        yield inflater.decompress(chunk, CHUNK)
    yield inflater.flush()
    if not inflater.eof:
        raise EOFError("the stream ends before its end")


def _snappy(source: IO[bytes]) -> Iterator[bytes]:
    """Hadoop's blocks: how long it is in plain, then parts, each after its length, until it is complete."""
    import pyarrow as pa  # noqa: PLC0415  # heavy, and few files are of Snappy

    codec = pa.Codec("snappy")
    while header := source.read(4):
        left = _length(header)
        while left > 0:
            compressed = source.read(_length(source.read(4)))
            part: bytes = codec.decompress(compressed, _plain_length(compressed), asbytes=True)
            if not part:
                raise ValueError("an empty part of a Snappy block")
            left -= len(part)
            yield part


def _length(header: bytes) -> int:
    length = int.from_bytes(header, "big")
    if len(header) < 4 or length > MOST_BYTES:
        raise ValueError("not Hadoop's framing of Snappy")
    return length


def _plain_length(block: bytes) -> int:
    """The uncompressed length, which a block begins with: seven bits to a byte, the low ones first."""
    length = 0
    for index, byte in enumerate(block[:5]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return length
    raise ValueError("not a Snappy block")


READERS: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {
    ".bz2": _bzip2, ".deflate": _deflate, ".snappy": _snappy,
}  # fmt: skip
"""By the end of the key."""
