"""Records that the Kinesis Producer Library packed into one, taken apart.

Source: "KPL aggregated record format", awslabs/amazon-kinesis-producer, aggregation-format.md: a magic number, a
protobuf message whose field 1 holds the partition keys and field 3 the records, of which field 1 is the index of the
key and field 3 the data; and the message's MD5.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAGIC = b"\xf3\x89\x9a\xc2"
DIGEST_BYTES = 16
KEY_TABLE_FIELD, RECORDS_FIELD = 1, 3
KEY_FIELD, DATA_FIELD = 1, 3
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def may_hold(data: bytes) -> bool:
    """Whether an aggregate may be in `data`. One byte is looked for at memory speed, and texts do not have it."""
    return MAGIC[:1] in data and MAGIC in data


class Inner(NamedTuple):
    """A record inside an aggregate."""

    data: bytes
    partition_key: str


def deaggregate(data: bytes) -> list[bytes]:
    """The data of the records inside `data`; itself alone when it is not a well-formed aggregate."""
    return [inner.data for inner in inner_records(data)] or [data]


def inner_records(data: bytes) -> list[Inner]:
    """The records inside `data`; none when it is not a well-formed aggregate."""
    if not data.startswith(MAGIC):
        return []
    message, digest = data[len(MAGIC) : -DIGEST_BYTES], data[-DIGEST_BYTES:]
    if hashlib.md5(message, usedforsecurity=False).digest() != digest:
        return []
    try:
        fields = list(_fields(message))
        keys = [value.decode() for field, value in fields if field == KEY_TABLE_FIELD and isinstance(value, bytes)]
        records = [value for field, value in fields if field == RECORDS_FIELD and isinstance(value, bytes)]
        return [_inner(record, keys) for record in records]
    except (ValueError, IndexError):
        return []


def _inner(record: bytes, keys: Sequence[str]) -> Inner:
    fields = dict(_fields(record))
    data, key = fields.get(DATA_FIELD), fields.get(KEY_FIELD, 0)
    if not isinstance(data, bytes) or not isinstance(key, int):
        raise ValueError("a record without data")  # noqa: TRY004  # malformed, whatever is there instead
    return Inner(data, keys[key] if keys else "")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of the message's numbers and length-delimited fields; the others are passed over."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == VARINT:
            number, position = _varint(message, position)
            yield tag >> 3, number
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
