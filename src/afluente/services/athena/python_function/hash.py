"""Hashes that Trino gives bytes and values: xxHash64, MurmurHash3 (x64, 128 bits), and what `checksum` is summed of.

Sources: the algorithms' own specifications, with seed 0; which value is hashed as what: Trino's types.
"""

import struct

MASK = 0xFFFF_FFFF_FFFF_FFFF
P1, P2, P3 = 0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9
P4, P5 = 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5


def _turned(number: int, bits: int) -> int:
    return (number << bits | number >> (64 - bits)) & MASK


def _round(lane: int, word: int) -> int:
    return _turned((lane + word * P2) & MASK, 31) * P1 & MASK


def xxh64(data: bytes) -> int:
    """xxHash64 of the bytes, without a sign."""
    at, size = 0, len(data)
    if size >= 32:
        lanes = [P1 + P2 & MASK, P2, 0, -P1 & MASK]
        while at <= size - 32:
            words = struct.unpack_from("<4Q", data, at)
            lanes = [_round(lane, word) for lane, word in zip(lanes, words, strict=True)]
            at += 32
        found = sum(_turned(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & MASK
        for lane in lanes:
            found = ((found ^ _round(0, lane)) * P1 + P4) & MASK
    else:
        found = P5
    return _finished(_tail(found + size & MASK, data, at))


def _tail(found: int, data: bytes, at: int) -> int:
    while at <= len(data) - 8:
        (word,) = struct.unpack_from("<Q", data, at)
        found = (_turned(found ^ _round(0, word), 27) * P1 + P4) & MASK
        at += 8
    if at <= len(data) - 4:
        (half,) = struct.unpack_from("<I", data, at)
        found = (_turned(found ^ (half * P1 & MASK), 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        found = _turned(found ^ (byte * P5 & MASK), 11) * P1 & MASK
    return found


def _finished(found: int) -> int:
    found = (found ^ found >> 33) * P2 & MASK
    found = (found ^ found >> 29) * P3 & MASK
    return found ^ found >> 32


def xxhash64(data: bytes) -> bytes:
    """xxHash64 of the bytes, big end first."""
    return struct.pack(">Q", xxh64(data))


C1, C2 = 0x87C3_7B91_1142_53D5, 0x4CF5_AD43_2745_937F


def murmur3(data: bytes) -> bytes:
    """MurmurHash3 of the bytes: its two halves one after the other, each little end first."""
    first = second = 0
    whole = len(data) // 16 * 16
    for one, other in struct.iter_unpack("<2Q", data[:whole]):
        first = (_turned(first ^ _first(one), 27) + second) * 5 + 0x52DC_E729 & MASK
        second = (_turned(second ^ _second(other), 31) + first) * 5 + 0x3849_5AB5 & MASK
    one, other = struct.unpack("<2Q", data[whole:].ljust(16, b"\0"))
    first, second = first ^ _first(one) ^ len(data), second ^ _second(other) ^ len(data)
    first = first + second & MASK
    second = second + first & MASK
    first, second = _mixed(first), _mixed(second)
    first = first + second & MASK
    return struct.pack("<2Q", first, second + first & MASK)


def _first(word: int) -> int:
    return _turned(word * C1 & MASK, 31) * C2 & MASK


def _second(word: int) -> int:
    return _turned(word * C2 & MASK, 33) * C1 & MASK


def _mixed(word: int) -> int:
    word = (word ^ word >> 33) * 0xFF51_AFD7_ED55_8CCD & MASK
    word = (word ^ word >> 33) * 0xC4CE_B9FE_1A85_EC53 & MASK
    return word ^ word >> 33


def hash_bigint(number: int) -> int:
    """What `checksum` takes of a whole number, a date's days, a timestamp's microseconds, a truth value."""
    return xxh64(struct.pack("<q", number))


def hash_double(number: float) -> int:
    """What `checksum` takes of a double; both zeros are one."""
    return xxh64(struct.pack("<d", number or 0.0))


def checksum(total: int, nulls: int) -> bytes:
    """The checksum of values whose hashes sum up to `total`, and of so many NULLs."""
    return struct.pack("<Q", (total + nulls) * P1 & MASK)


FUNCTIONS = (
    ("athena_xxhash64", xxhash64, ("BLOB",), "BLOB"),
    ("athena_murmur3", murmur3, ("BLOB",), "BLOB"),
    ("athena_hash_bigint", hash_bigint, ("BIGINT",), "UBIGINT"),
    ("athena_hash_double", hash_double, ("DOUBLE",), "UBIGINT"),
    ("athena_hash_bytes", xxh64, ("BLOB",), "UBIGINT"),
    ("athena_checksum", checksum, ("HUGEINT", "BIGINT"), "BLOB"),
)
