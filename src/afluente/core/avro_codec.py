"""The compressions of Avro's blocks that fastavro leaves to packages which are not here, by way of Arrow.

Source: the Avro specification, "Required Codecs" and "Optional Codecs".
"""

import io
import zlib
from typing import IO, Any

import fastavro._write
import fastavro.read
import pyarrow as pa

CHECKSUM_BYTES = 4


def add_codecs() -> None:
    """Let fastavro read and write them."""
    fastavro.read.BLOCK_READERS.update(snappy=_snappy, zstandard=_zstandard)
    fastavro._write.BLOCK_WRITERS.update(snappy=_write_snappy, zstandard=_write_zstandard)  # type: ignore[attr-defined]  # noqa: SLF001  # compiled; the only table of them


def _snappy(file: IO[bytes]) -> IO[bytes]:
    """A block and the CRC-32 of what is in it. It begins with its size inside, seven bits to a byte."""
    block = file.read(_long(file))
    compressed, checksum = block[:-CHECKSUM_BYTES], block[-CHECKSUM_BYTES:]
    plain = pa.Codec("snappy").decompress(compressed, _varint(io.BytesIO(compressed)), asbytes=True)
    if zlib.crc32(plain).to_bytes(CHECKSUM_BYTES, "big") != checksum:
        raise ValueError("a block does not match its checksum")
    return io.BytesIO(plain)


def _zstandard(file: IO[bytes]) -> IO[bytes]:
    block: Any = pa.CompressedInputStream(pa.BufferReader(file.read(_long(file))), "zstd")
    return io.BytesIO(block.read())


def _long(file: IO[bytes]) -> int:
    number = _varint(file)
    return (number >> 1) ^ -(number & 1)


def _varint(file: IO[bytes]) -> int:
    number = shift = 0
    while byte := file.read(1):
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return number
        shift += 7
    raise EOFError("a block that is cut off")


def _write_snappy(file: IO[bytes], block: bytes, _: int | None) -> None:
    checksum = zlib.crc32(block).to_bytes(CHECKSUM_BYTES, "big")
    _write_block(file, pa.Codec("snappy").compress(block, asbytes=True) + checksum)


def _write_zstandard(file: IO[bytes], block: bytes, _: int | None) -> None:
    _write_block(file, pa.Codec("zstd").compress(block, asbytes=True))


def _write_block(file: IO[bytes], block: bytes) -> None:
    size = len(block) << 1
    while size > 0x7F:
        file.write(bytes([size & 0x7F | 0x80]))
        size >>= 7
    file.write(bytes([size]) + block)
