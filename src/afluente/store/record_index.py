"""Where the frames of one segment are: by partition, one entry in so many bytes, so that it stays small.

In memory while the segment grows, then in a file beside it, `<number>.index`, which can be made again from the segment:

    8  "AFLUEIDX"   4  checksum, CRC-32C of what follows   4  version, 1   8  the segment's number   8  its mark
    8  where the segment ends                              4  n, the number of partitions            4  zeros

then n summaries of 48 bytes, by partition, and for each of them the columns of its entries, 8 bytes a value:

    4  partition   4  m, the number of entries   8  first position   8  the position after the last
    8  arrival of the first record, ms           8  of the last      8  zeros
    8m positions   8m arrivals   8m offsets

All numbers are little-endian and unsigned.
"""

import struct
import sys
from array import array
from bisect import bisect_left, bisect_right

from msgspec import Struct

from afluente.store.checksum import crc32c
from afluente.store.record_layout import Head

MAGIC = b"AFLUEIDX"
VERSION = 1
START = struct.Struct("<8sI")
BODY = struct.Struct("<IQ8sQIxxxx")
SUMMARY = struct.Struct("<IIQQQQ8x")
STEP_BYTES = 4 << 10
"""An entry for a frame that lies this far behind the one of the last entry; that much is read through to find one. An
index has less than a hundredth of its segment's bytes."""


class Extent:
    """What one segment has of one partition: positions [first, end), which arrived from `first_ms` to `last_ms`."""

    __slots__ = ("end", "first", "first_ms", "last_ms")

    def __init__(self, first: int, end: int, first_ms: int, last_ms: int) -> None:
        self.first, self.end, self.first_ms, self.last_ms = first, end, first_ms, last_ms


class Entries:
    """The index of one partition in one segment."""

    __slots__ = ("extent", "offsets", "positions", "times_ms")

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.positions = array("Q")
        self.times_ms = array("Q")
        self.offsets = array("Q")

    def note(self, position: int, count: int, time_ms: int, offset: int) -> None:
        """Take in a frame that follows the last."""
        self.extent.end, self.extent.last_ms = position + count, time_ms
        if not self.offsets or offset - self.offsets[-1] >= STEP_BYTES:
            self.offsets.append(offset)  # before what is searched, as someone may be searching now
            self.times_ms.append(time_ms)
            self.positions.append(position)

    def offset_of_position(self, position: int) -> int:
        """Where to begin to look for the frame that holds `position`."""
        return self.offsets[max(0, bisect_right(self.positions, position) - 1)]

    def offset_at(self, position: int) -> int | None:
        """Where the frame is that begins at `position`, if it has an entry."""
        found = bisect_left(self.positions, position)
        return self.offsets[found] if found < len(self.positions) and self.positions[found] == position else None

    def offset_of_time(self, time_ms: int) -> int:
        """Where to begin to look for the first frame that arrived at `time_ms` or later."""
        return self.offsets[max(0, bisect_right(self.times_ms, time_ms - 1) - 1)]


class SegmentIndex:
    """The index of one segment."""

    def __init__(self) -> None:
        self.partitions: dict[int, Entries] = {}

    def note(self, partition: int, position: int, count: int, time_ms: int, offset: int) -> Entries | None:
        """Take in the segment's next frame; the partition's index if it is new."""
        entries = self.partitions.get(partition)
        if entries is not None:
            entries.note(position, count, time_ms, offset)
            return None
        entries = Entries(Extent(position, position, time_ms, time_ms))
        entries.note(position, count, time_ms, offset)
        self.partitions[partition] = entries
        return entries

    def encode(self, head: Head, end: int) -> bytes:
        """The bytes of its file, for the segment with that head, which ends at `end`."""
        parts = [BODY.pack(VERSION, head.number, head.mark, end, len(self.partitions))]
        ordered = sorted(self.partitions.items())
        parts += [
            SUMMARY.pack(number, len(each.offsets), of.first, of.end, of.first_ms, of.last_ms)
            for number, each in ordered
            for of in [each.extent]
        ]
        for _, entries in ordered:
            parts += map(_column_bytes, (entries.positions, entries.times_ms, entries.offsets))
        body = b"".join(parts)
        return START.pack(MAGIC, crc32c(body)) + body


class StoredIndex(Struct, frozen=True):
    """What an index file says."""

    index: SegmentIndex
    mark: bytes
    end: int


def decode_index(data: bytes, number: int) -> StoredIndex | None:
    """The index in `data`; None when that is not the intact index of segment `number`."""
    if len(data) < START.size + BODY.size:
        return None
    magic, crc = START.unpack_from(data)
    if magic != MAGIC or crc != crc32c(memoryview(data)[START.size :]):
        return None
    version, its_number, mark, end, partitions = BODY.unpack_from(data, START.size)
    if version != VERSION or its_number != number:
        return None
    index, at = SegmentIndex(), START.size + BODY.size
    columns_at = at + partitions * SUMMARY.size
    for partition, size, *summary in SUMMARY.iter_unpack(data[at:columns_at]):
        entries = index.partitions[partition] = Entries(Extent(*summary))
        for column in (entries.positions, entries.times_ms, entries.offsets):
            _fill(column, data[columns_at : columns_at + 8 * size])
            columns_at += 8 * size
    return StoredIndex(index, mark, end)


def _column_bytes(column: "array[int]") -> bytes:
    if sys.byteorder == "little":
        return column.tobytes()
    turned = array("Q", column)
    turned.byteswap()
    return turned.tobytes()


def _fill(column: "array[int]", data: bytes) -> None:
    column.frombytes(data)
    if sys.byteorder != "little":
        column.byteswap()
