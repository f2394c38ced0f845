"""The bytes of a segment file of the record log: its head and its frames. Knows no threads and no order of things.

All numbers are little-endian and unsigned; checksums are CRC-32C of what follows them. A segment begins with its head,
64 bytes with zeros at the end:

    8  "AFLUELOG"      4  checksum     4  version, 1     8  the segment's number, from 1 on
    8  its mark: random bytes            8  where the segment before it ends; 0: there is none, or it is gone

Then frames, back to back, each of 48 bytes and its payload:

    8  the segment's mark   4  checksum   4  size of the payload   4  count of records   4  partition
    4  synced: offset in this file up to which everything was on disk when the frame was written
    1  kind, see `Kind`     3  zeros      8  position of the first record               8  arrival, ms since 1970

The mark tells a frame of this file from whatever else may stand in it, and is how reading finds its way behind damage.
`synced` tells damage from a torn end: what is not intact although a later frame says that it was synced was changed
afterwards; what no frame says so of was never finished.
"""

import struct
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from afluente.store.checksum import crc32c
from afluente.store.record_frame import Frame, LogDamaged

MAGIC = b"AFLUELOG"
VERSION = 1
HEAD_BYTES = 64
HEAD_START = struct.Struct("<8sI")
HEAD_BODY = struct.Struct("<IQ8sQ")
FRAME = struct.Struct("<8sIIIIIB3xQQ")
FRAME_BODY = struct.Struct("<IIIIB3xQQ")
FRAME_START = struct.Struct("<8sI")
MARK_BYTES = 8
MAX_SEGMENT_BYTES = (1 << 32) - 1


class Kind(IntEnum):
    """What a frame is. All but DATA are the log's own notes."""

    DATA = 0
    STATE = 1
    """The first frame of a segment: what was known of all partitions when it was begun."""
    NUMBERS = 2
    """Partitions `position` to `position + count` (exclusive) were given away."""
    TRIM = 3
    """The partition's records before `position` are gone."""
    DROP = 4
    """The partition is gone."""


class Head(NamedTuple):
    """What the head of a segment says."""

    number: int
    mark: bytes
    previous_end: int

    def encode(self) -> bytes:
        """Its bytes."""
        body = HEAD_BODY.pack(VERSION, self.number, self.mark, self.previous_end)
        body = body.ljust(HEAD_BYTES - HEAD_START.size, b"\0")
        return HEAD_START.pack(MAGIC, crc32c(body)) + body


def decode_head(data: bytes, path: Path) -> Head | None:
    """The head at the beginning of `data`; None when it is not intact. Raises LogDamaged for another version."""
    if len(data) < HEAD_BYTES:
        return None
    magic, crc = HEAD_START.unpack_from(data)
    version, number, mark, previous_end = HEAD_BODY.unpack_from(data, HEAD_START.size)
    if magic != MAGIC or crc != crc32c(data[HEAD_START.size : HEAD_BYTES]):
        return None
    if version != VERSION:
        raise LogDamaged(f"{path} has version {version}; this Afluente reads version {VERSION}")
    return Head(number, mark, previous_end)


def frame_head(mark: bytes, kind: Kind, frame: Frame, synced: int) -> bytes:
    """The bytes that stand before the payload of `frame`."""
    payload = frame.payload
    body = FRAME_BODY.pack(len(payload), frame.count, frame.partition, synced, kind, frame.position, frame.time_ms)
    return FRAME_START.pack(mark, crc32c(payload, crc32c(body))) + body
