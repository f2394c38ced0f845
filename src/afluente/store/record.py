"""How the records of one frame lie in its payload. Where frames lie, and how they become durable, is the log's.

A payload is columns, little-endian:

    1 byte   version, 1
    4 bytes  n, the number of records
    4n bytes the length of each key
    4n bytes the length of each record's data
    the keys, back to back
    the data, back to back: what a delivery without a delimiter writes, as one slice
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

VERSION = 1
HEAD = struct.Struct("<BI")


def encode(records: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The payload that holds these (key, data) pairs."""
    return encode_columns([key for key, _ in records], [data for _, data in records])


def encode_columns(keys: Sequence[bytes], data: Sequence[bytes]) -> bytes:
    """The payload of records given as two columns of the same length."""
    n = len(keys)
    lengths = struct.pack(f"<{2 * n}I", *map(len, keys), *map(len, data))
    return b"".join((HEAD.pack(VERSION, n), lengths, *keys, *data))


def encode_texts(keys: Sequence[str], data: Sequence[bytes]) -> bytes:
    """`encode_columns` of keys that are text. What is done once for all keys takes a third of one by one."""
    text = "".join(keys)
    if not text.isascii():
        return encode_columns(list(map(str.encode, keys)), data)
    n = len(keys)
    lengths = struct.pack(f"<{2 * n}I", *map(len, keys), *map(len, data))
    return b"".join((HEAD.pack(VERSION, n), lengths, text.encode(), *data))


def decode(payload: bytes) -> list[tuple[bytes, bytes]]:
    """The (key, data) pairs in `payload`. Raises ValueError when it is no payload of ours."""
    keys, data = decode_columns(payload)
    return list(zip(keys, data, strict=True))


def decode_columns(payload: bytes) -> tuple[list[bytes], list[bytes]]:
    """The keys and the data in `payload`. Raises ValueError when it is no payload of ours."""
    lengths, n, start = _lengths(payload)
    bounds = pairwise(accumulate(lengths, initial=start))
    slices = [payload[low:high] for low, high in bounds]
    return slices[:n], slices[n:]


def data_block(payload: bytes, skip: int = 0) -> bytes:
    """The data of every record but the first `skip`, back to back. Raises ValueError as `decode` does."""
    lengths, n, start = _lengths(payload)
    return payload[start + sum(lengths[: n + skip]) :]


def data_pieces(payload: bytes, first: int, last: int) -> list[bytes]:
    """The data of records `first` to `last` (exclusive), one by one. Raises ValueError as `decode` does."""
    lengths, n, start = _lengths(payload)
    wanted = lengths[n + first : n + last]
    bounds = pairwise(accumulate(wanted, initial=start + sum(lengths[: n + first])))
    return [payload[low:high] for low, high in bounds]


def data_columns(payload: bytes, first: int, last: int) -> tuple[memoryview, memoryview]:
    """Of records `first` to `last` (exclusive): the lengths, 4 bytes little-endian each, and the data, back to back."""
    lengths, n, start = _lengths(payload)
    low = start + sum(lengths[: n + first])
    view, place = memoryview(payload), HEAD.size + 4 * n
    return view[place + 4 * first : place + 4 * last], view[low : low + sum(lengths[n + first : n + last])]


def size(keys: Iterable[bytes], data: Iterable[bytes]) -> int:
    """The bytes that AWS counts against limits: data and partition keys."""
    return sum(map(len, keys)) + sum(map(len, data))


def payload_size(payload: bytes) -> int:
    """`size` of the records in a payload that `encode` made."""
    return len(payload) - HEAD.size - 8 * int(HEAD.unpack_from(payload)[1])


def _lengths(payload: bytes) -> tuple[tuple[int, ...], int, int]:
    try:
        version, n = HEAD.unpack_from(payload)
        if version != VERSION:
            raise ValueError(f"a record payload of version {version}; this Afluente reads version {VERSION}")
        lengths = struct.unpack_from(f"<{2 * n}I", payload, HEAD.size)
    except struct.error as error:
        raise ValueError(f"a record payload that ends too early: {error}") from None
    start = HEAD.size + 8 * n
    if start + sum(lengths) != len(payload):
        raise ValueError(f"a record payload of {len(payload)} bytes where {start + sum(lengths)} are announced")
    return lengths, n, start
