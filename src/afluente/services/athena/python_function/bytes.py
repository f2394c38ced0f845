"""Binaries: encodings, hashes, numbers as bytes."""

import base64
import binascii
import hmac
import struct
import zlib
from hashlib import sha512 as sha512_digest

INVALID = "INVALID_FUNCTION_ARGUMENT"


def from_hex(text: str) -> bytes:
    """The bytes that hexadecimal digits spell."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{INVALID}: Invalid hex string: {text}") from None


def from_base32(text: str) -> bytes:
    """The bytes that base 32 spells."""
    try:
        return base64.b32decode(text)
    except binascii.Error as error:
        raise ValueError(f"{INVALID}: {error}") from None


def to_base32(data: bytes) -> str:
    """Base 32 of the bytes."""
    return base64.b32encode(data).decode()


def from_utf8(data: bytes, replacement: str) -> str:
    """The text, each broken sequence replaced."""
    return data.decode("utf-8", "replace").replace("\ufffd", replacement)


def reverse(data: bytes) -> bytes:
    """The bytes from last to first."""
    return data[::-1]


def lpad(data: bytes, size: int, padding: bytes) -> bytes:
    """`size` bytes, filled at the beginning or cut at the end."""
    missing = size - len(data)
    return (padding * size)[:missing] + data if missing > 0 else data[:size]


def rpad(data: bytes, size: int, padding: bytes) -> bytes:
    """`size` bytes, filled or cut at the end."""
    return (data + padding * size)[:size]


def packed(layout: str, number: float) -> bytes:
    """A number as bytes, by a layout of the module `struct`."""
    return struct.pack(layout, int(number) if layout.endswith("i") else number)


def packed_bigint(number: int) -> bytes:
    """A bigint as eight bytes, big end first."""
    return struct.pack(">q", number)


def unpacked(layout: str, data: bytes) -> float:
    """The number that bytes hold."""
    return float(_unpacked(layout, data))


def unpacked_bigint(data: bytes) -> int:
    """The bigint that eight bytes hold."""
    return int(_unpacked(">q", data))


def _unpacked(layout: str, data: bytes) -> float:
    if len(data) != struct.calcsize(layout):
        raise ValueError(f"{INVALID}: expected {struct.calcsize(layout)}-byte input, but got instead: {len(data)}")
    number: float = struct.unpack(layout, data)[0]
    return number


def crc32(data: bytes) -> int:
    """CRC-32 of the bytes."""
    return zlib.crc32(data)


def sha512(data: bytes) -> bytes:
    """SHA-512 of the bytes."""
    return sha512_digest(data).digest()


def hmac_of(data: bytes, key: bytes, name: str) -> bytes:
    """HMAC of the bytes under a key."""
    return hmac.digest(key, data, name)


FUNCTIONS = (
    ("athena_from_hex", from_hex, ("VARCHAR",), "BLOB"),
    ("athena_from_base32", from_base32, ("VARCHAR",), "BLOB"),
    ("athena_to_base32", to_base32, ("BLOB",), "VARCHAR"),
    ("athena_from_utf8", from_utf8, ("BLOB", "VARCHAR"), "VARCHAR"),
    ("athena_reverse", reverse, ("BLOB",), "BLOB"),
    ("athena_lpad", lpad, ("BLOB", "BIGINT", "BLOB"), "BLOB"),
    ("athena_rpad", rpad, ("BLOB", "BIGINT", "BLOB"), "BLOB"),
    ("athena_packed", packed, ("VARCHAR", "DOUBLE"), "BLOB"),
    ("athena_packed_bigint", packed_bigint, ("BIGINT",), "BLOB"),
    ("athena_unpacked", unpacked, ("VARCHAR", "BLOB"), "DOUBLE"),
    ("athena_unpacked_bigint", unpacked_bigint, ("BLOB",), "BIGINT"),
    ("athena_crc32", crc32, ("BLOB",), "BIGINT"),
    ("athena_sha512", sha512, ("BLOB",), "BLOB"),
    ("athena_hmac", hmac_of, ("BLOB", "BLOB", "VARCHAR"), "BLOB"),
)
