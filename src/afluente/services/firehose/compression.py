"""The compression formats of delivered objects, fed piece by piece; the same input gives the same bytes each time.

Sources: snappy-java's stream format (Xerial) for Snappy, Hadoop's block framing for HADOOP_SNAPPY; names and content
encodings as AWS delivers them.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

XERIAL_HEADER = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)
XERIAL_BLOCK_BYTES = 32 * 1024
HADOOP_BLOCK_BYTES = 256 * 1024
GZIP_LEVEL = 6
GZIP_WINDOW = 31
EPOCH = (1980, 1, 1, 0, 0, 0)


class Encoder(Protocol):
    """Takes the object's bytes in pieces; what comes back, joined, is the encoded object."""

    def feed(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class Plain:
    """UNCOMPRESSED."""

    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class Gzip:
    """One gzip member without a time stamp."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW)

    def feed(self, data: bytes) -> bytes:
        return self._deflate.compress(data)

    def finish(self) -> bytes:
        return self._deflate.flush()


class Zip:
    """An archive with one deflated entry, `name`."""

    def __init__(self, name: str) -> None:
        self._written = _Written()
        self._archive = zipfile.ZipFile(self._written, "w")
        entry = zipfile.ZipInfo(name, EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._entry = self._archive.open(entry, "w", force_zip64=True)

    def feed(self, data: bytes) -> bytes:
        self._entry.write(data)
        return self._written.take()

    def finish(self) -> bytes:
        self._entry.close()
        self._archive.close()
        return self._written.take()


class _Written(io.RawIOBase):
    """A sink that cannot seek, so that zipfile writes sizes after the data."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class Blocks:
    """Snappy in blocks of `block_bytes`, each framed by `frame(plain, compressed)`, after `header`."""

    def __init__(self, header: bytes, block_bytes: int, frame: Callable[[bytes, bytes], bytes]) -> None:
        import pyarrow as pa  # noqa: PLC0415  # heavy, and hardly anyone wants Snappy

        self._codec: Any = pa.Codec("snappy")
        self._pending = bytearray()
        self._header = header
        self._block_bytes = block_bytes
        self._frame = frame

    def feed(self, data: bytes) -> bytes:
        self._pending += data
        whole = len(self._pending) // self._block_bytes * self._block_bytes
        return self._encode(whole)

    def finish(self) -> bytes:
        return self._encode(len(self._pending))

    def _encode(self, size: int) -> bytes:
        out, self._header = [self._header], b""
        for start in range(0, size, self._block_bytes):
            block = bytes(self._pending[start : min(start + self._block_bytes, size)])
            out.append(self._frame(block, self._codec.compress(block, asbytes=True)))
        del self._pending[:size]
        return b"".join(out)


def _xerial_frame(_: bytes, compressed: bytes) -> bytes:
    return struct.pack(">i", len(compressed)) + compressed


def _hadoop_frame(plain: bytes, compressed: bytes) -> bytes:
    return struct.pack(">ii", len(plain), len(compressed)) + compressed


class Compression(NamedTuple):
    """A format: what comes after the object's name, its Content-Encoding, and an encoder for one object's id."""

    extension: str
    content_encoding: str | None
    encoder: Callable[[str], Encoder]


FORMATS = {
    "UNCOMPRESSED": Compression("", None, lambda _: Plain()),
    "GZIP": Compression(".gz", "gzip", lambda _: Gzip()),
    "ZIP": Compression(".zip", "zip", Zip),
    "Snappy": Compression(".snappy", "snappy-java", lambda _: Blocks(XERIAL_HEADER, XERIAL_BLOCK_BYTES, _xerial_frame)),
    "HADOOP_SNAPPY": Compression(".snappy", "hadoop-snappy", lambda _: Blocks(b"", HADOOP_BLOCK_BYTES, _hadoop_frame)),
}
