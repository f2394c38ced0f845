"""Records that the Kinesis Producer Library packed into one, taken apart.

Source: "KPL aggregated record format", awslabs/amazon-kinesis-producer, aggregation-format.md: a magic number, a
protobuf message whose field 3 holds the records, whose field 3 again is the data, and the message's MD5.
"""

import hashlib
from collections.abc import Iterator

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
RECORDS_FIELD = 3
DATA_FIELD = 3
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def deaggregate(data: bytes) -> list[bytes]:
    """The records inside `data`; itself alone when it is not a well-formed aggregate."""
    if not data.startswith(MAGIC):
        return [data]
    message, digest = data[len(MAGIC) : -DIGEST_BYTES], data[-DIGEST_BYTES:]
    if hashlib.md5(message, usedforsecurity=False).digest() != digest:
        return [data]
    try:
        return [_data(record) for field, record in _fields(message) if field == RECORDS_FIELD] or [data]
    except ValueError:
        return [data]


def _data(record: bytes) -> bytes:
    found = [value for field, value in _fields(record) if field == DATA_FIELD]
    if not found:
        raise ValueError("a record without data")
    return found[-1]


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """(field number, bytes) of the message's length-delimited fields; the others are passed over."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == VARINT:
            _, position = _varint(message, position)
        elif kind in {FIXED64, FIXED32}:
            position += 8 if kind == FIXED64 else 4
        elif kind == BYTES:
            size, start = _varint(message, position)
            position = start + size
            if position > len(message):
                raise ValueError("a field is longer than the message")
            yield tag >> 3, message[start:position]
        else:
            raise ValueError(f"wire type {kind}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(message) or shift > 63:
            raise ValueError("a broken varint")
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
