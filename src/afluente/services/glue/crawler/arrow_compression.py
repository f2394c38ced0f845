"""The compressions that need pyarrow: Zstandard, LZ4 and Snappy."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa

SNAPPY_COMPRESSED, SNAPPY_PLAIN = 0x00, 0x01


def read(path: Path, compression: str, count: int) -> bytes:
    """The first `count` bytes inside a file that is compressed by `zstd` or `lz4`. Raises OSError, ValueError."""
    data: bytes = pa.CompressedInputStream(pa.OSFile(str(path)), compression).read(count)
    return data


def read_snappy(file: IO[bytes], count: int) -> bytes:
    """The first `count` bytes inside a file in Snappy's framing format. Raises OSError, ValueError."""
    return b"".join(_blocks(file, count))[:count]


def _blocks(file: IO[bytes], count: int) -> Iterator[bytes]:
    """The chunks of Snappy's framing format: type, length in 3 bytes, checksum in 4, then a block."""
    codec, found = pa.Codec("snappy"), 0
    while found < count and len(header := file.read(4)) == 4:
        chunk = file.read(int.from_bytes(header[1:], "little"))
        if header[0] == SNAPPY_COMPRESSED:
            block = codec.decompress(chunk[4:], _length(chunk[4:]), asbytes=True)
        elif header[0] == SNAPPY_PLAIN:
            block = chunk[4:]
        else:
            continue
        found += len(block)
        yield block


def _length(block: bytes) -> int:
    """The uncompressed length, which a block begins with: seven bits to a byte, the low ones first."""
    length = 0
    for index, byte in enumerate(block[:5]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return length
    raise ValueError("not a Snappy block")
