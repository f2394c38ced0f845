"""What a frame of a processed log holds: records with their routes, and how far their source has been processed.

The payload is one of `store/record.py`. Its first record is the header, as JSON: `positions`, the next record to
process of each partition of the source, `routes`, as their texts, and how many `records` the source had and a function
`dropped`. Each further record is a processed one; its key
is, little-endian:

    4 bytes  the index of its route in the header
    8 bytes  when it arrived, milliseconds since the epoch
    the rest JSON, when the record may have to be described in an error object: `Detail`
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from afluente.services.firehose.history import Batch
from afluente.store import record
from afluente.store.record_frame import Frame

KEY = struct.Struct("<IQ")


class Header(msgspec.Struct):
    """How far the source has been processed when the frame's records have been, and where they go.

    records: how many of the source's there were. dropped: how many, of these or of what they were taken apart into, a
    function dropped.
    """

    positions: dict[int, int]
    routes: list[str]
    records: int = -1
    dropped: int = 0


class Detail(msgspec.Struct, omit_defaults=True):
    """What an error record says of a record beside its data; `raw` is the data before decompression, as base64."""

    sequence_number: str = ""
    subsequence: int = 0
    raw: bytes = b""


class Processed(NamedTuple):
    """One record that has been processed."""

    route: str
    data: bytes
    arrived_at_ms: int
    detail: Detail | None = None


def encode(
    positions: Mapping[int, int], records: Sequence[Processed], *, source_records: int = -1, dropped: int = 0
) -> bytes:
    """The payload with these records, what they came of, and the positions that come after that."""
    routes = list(dict.fromkeys(item.route for item in records))
    index = {route: number for number, route in enumerate(routes)}
    header = Header(dict(positions), routes, source_records, dropped)
    keys = [KEY.pack(index[item.route], item.arrived_at_ms) + _encoded(item.detail) for item in records]
    return record.encode_columns([b"", *keys], [msgspec.json.encode(header), *(item.data for item in records)])


def header_of(frame: Frame) -> Header:
    """The frame's header."""
    (data,) = record.data_pieces(frame.payload, 0, 1)
    return msgspec.json.decode(data, type=Header)


def batch_of(frame: Frame) -> Batch:
    """What the frame says came of which records."""
    header = header_of(frame)
    return Batch(header.positions, frame.position + 1, frame.end, frame.time_ms, header.records, header.dropped)


class Share(NamedTuple):
    """The records of one frame that go one way: columns of the same length. `positions` ascend."""

    route: str
    positions: Sequence[int]
    keys: Sequence[bytes]
    data: Sequence[bytes]


def shares(frame: Frame) -> Iterator[Share]:
    """A frame's records by route."""
    keys, data = record.decode_columns(frame.payload)
    routes = msgspec.json.decode(data[0], type=Header).routes
    members: list[list[int]] = [[] for _ in routes]
    for number in range(1, frame.count):
        members[KEY.unpack_from(keys[number])[0]].append(number)
    for route, mine in zip(routes, members, strict=True):
        yield Share(
            route,
            [frame.position + number for number in mine],
            [keys[number] for number in mine],
            [data[number] for number in mine],
        )


def arrival_ms(key: bytes) -> int:
    """When the record with that key arrived."""
    return int(KEY.unpack_from(key)[1])


def detail(key: bytes) -> Detail:
    """What is known of the record with that key."""
    return msgspec.json.decode(key[KEY.size :], type=Detail) if len(key) > KEY.size else Detail()


def _encoded(item: Detail | None) -> bytes:
    return b"" if item is None else msgspec.json.encode(item)
