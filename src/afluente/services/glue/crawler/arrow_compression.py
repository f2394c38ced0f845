"""The compressions that need pyarrow: Zstandard, LZ4 and Snappy."""

from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from afluente.services.glue.crawler.compression import snappy_length

SNAPPY_COMPRESSED, SNAPPY_PLAIN = 0x00, 0x01
XERIAL = b"\x82SNAPPY\x00"


def read(path: str, compression: str, count: int) -> bytes:
    """The first `count` bytes inside a file that is compressed by `zstd` or `lz4`. Raises OSError, ValueError."""
    data: bytes = pa.CompressedInputStream(pa.OSFile(path), compression).read(count)
    return data


def read_snappy(file: IO[bytes], count: int) -> bytes:
    """The first `count` bytes inside a file of Snappy blocks, however framed. Raises OSError, ValueError."""
    start = file.read(len(XERIAL))
    if start == XERIAL:
        file.seek(16)
        blocks = _xerial(file)
    else:
        file.seek(0)
        blocks = _framed(file) if start.startswith(b"\xff\x06\x00\x00s") else _hadoop(file)
    parts: list[bytes] = []
    found = 0
    for block in blocks:
        parts.append(block)
        found += len(block)
        if found >= count:
            break
    return b"".join(parts)[:count]


def _framed(file: IO[bytes]) -> Iterator[bytes]:
    """The chunks of Snappy's framing format: type, length in 3 bytes, checksum in 4, then a block."""
    while len(header := file.read(4)) == 4:
        chunk = file.read(int.from_bytes(header[1:], "little"))
        if header[0] == SNAPPY_COMPRESSED:
            yield _block(chunk[4:])
        elif header[0] == SNAPPY_PLAIN:
            yield chunk[4:]


def _xerial(file: IO[bytes]) -> Iterator[bytes]:
    """The blocks of snappy-java's format: a length in 4 bytes before each."""
    while len(header := file.read(4)) == 4:
        yield _block(file.read(int.from_bytes(header, "big")))


def _hadoop(file: IO[bytes]) -> Iterator[bytes]:
    """Hadoop's blocks: how long it is in plain, then one or more parts with their lengths until it is complete."""
    while len(header := file.read(4)) == 4:
        left = int.from_bytes(header, "big")
        while left > 0 and len(header := file.read(4)) == 4:
            part = _block(file.read(int.from_bytes(header, "big")))
            left -= len(part)
            yield part


def _block(compressed: bytes) -> bytes:
    data: bytes = pa.Codec("snappy").decompress(compressed, snappy_length(compressed), asbytes=True)
    return data
