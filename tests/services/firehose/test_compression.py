import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.firehose.compression import FORMATS


def unzip(data: bytes) -> bytes:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.namelist() == ["some-uuid"]
    assert archive.infolist()[0].compress_type == zipfile.ZIP_DEFLATED
    return archive.read("some-uuid")


def frames(data: bytes, head: str) -> Iterator[tuple[tuple[int, ...], bytes]]:
    position = 0
    while position < len(data):
        sizes = struct.unpack_from(head, data, position)
        position += struct.calcsize(head)
        yield sizes, data[position : position + sizes[-1]]
        position += sizes[-1]


def snappy_size(block: bytes) -> int:
    """The length that a Snappy block announces, a varint."""
    size = shift = 0
    for byte in block:
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return size


def inflate(block: bytes) -> bytes:
    codec: Any = pa.Codec("snappy")
    data: bytes = codec.decompress(block, snappy_size(block), asbytes=True)
    return data


def xerial(data: bytes) -> bytes:
    assert data[:16] == bytes.fromhex("82 53 4e 41 50 50 59 00 00000001 00000001")
    return b"".join(inflate(block) for _, block in frames(data[16:], ">i"))


def hadoop(data: bytes) -> bytes:
    blocks = [(sizes[0], inflate(block)) for sizes, block in frames(data, ">ii")]
    assert all(announced == len(plain) for announced, plain in blocks)
    return b"".join(plain for _, plain in blocks)


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "UNCOMPRESSED": bytes,
    "GZIP": gzip.decompress,
    "ZIP": unzip,
    "Snappy": xerial,
    "HADOOP_SNAPPY": hadoop,
}


def encode(name: str, pieces: list[bytes]) -> bytes:
    encoder = FORMATS[name].encoder("some-uuid")
    return b"".join([*(encoder.feed(piece) for piece in pieces), encoder.finish()])


@pytest.mark.parametrize("name", FORMATS)
@given(pieces=st.lists(st.binary(max_size=40_000), max_size=6))
def test_compression_returns_the_same_bytes(name: str, pieces: list[bytes]) -> None:
    assert DECODERS[name](encode(name, pieces)) == b"".join(pieces)


@pytest.mark.parametrize("name", FORMATS)
def test_compression_does_not_depend_on_how_the_bytes_were_cut(name: str) -> None:
    text = b'{"idtemp": "1", "data": "0.84", "type": "powerfactor"}' * 10_000
    pieces = [text[start : start + 7_777] for start in range(0, len(text), 7_777)]
    assert encode(name, [text]) == encode(name, pieces)
