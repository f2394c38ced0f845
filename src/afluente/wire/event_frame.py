"""Frames of `application/vnd.amazon.eventstream`, in which AWS sends streams of events.

All numbers are big-endian; both checksums are CRC-32:

    4 bytes  length of the whole frame
    4 bytes  length of the headers
    4 bytes  checksum of the eight bytes before
    headers: 1 byte length of the name, name, 1 byte type (7: text), 2 bytes length of the value, value
    payload
    4 bytes  checksum of everything before

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
from collections.abc import Mapping
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"
TEXT = 7
"""The type of every header that the services here have; AWS knows nine more."""

PRELUDE = struct.Struct(">II")
CHECKSUM = struct.Struct(">I")
AROUND = PRELUDE.size + 2 * CHECKSUM.size
MAX_PAYLOAD_BYTES = 16 << 20
"""Decoders of AWS's SDKs take no more."""


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """The frame with `headers`, in their order, and `payload`. Raises ValueError beyond MAX_PAYLOAD_BYTES."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"an event of {len(payload)} bytes; a frame holds {MAX_PAYLOAD_BYTES}")
    head = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    prelude = PRELUDE.pack(AROUND + len(head) + len(payload), len(head))
    checksum = crc32(prelude)
    start = b"".join((prelude, CHECKSUM.pack(checksum), head))
    whole = crc32(payload, crc32(start))
    return b"".join((start, payload, CHECKSUM.pack(whole)))


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack(f">B{len(name)}sBH", len(name), name, TEXT, len(value)) + value
