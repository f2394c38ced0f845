import hashlib

from hypothesis import example, given
from hypothesis import strategies as st

from afluente.services.firehose.deaggregation import MAGIC, deaggregate, may_hold


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def aggregate(records: list[bytes]) -> bytes:
    """As the KPL packs: a table of partition keys, then records with an index into it and their data."""
    message = field(1, b"key")
    for data in records:
        message += field(3, varint(1 << 3) + varint(0) + field(3, data))
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


@given(st.binary(max_size=50), st.binary(max_size=50))
@example(before=MAGIC[:1], after=b"")
def test_may_hold_finds_every_aggregate(before: bytes, after: bytes) -> None:
    assert may_hold(before + aggregate([b"x"]) + after)
    assert may_hold(before) == (MAGIC in before)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_deaggregate_gives_back_what_was_packed(records: list[bytes]) -> None:
    assert deaggregate(aggregate(records)) == records


@given(st.binary())
@example(b"")
def test_deaggregate_leaves_other_records_alone(data: bytes) -> None:
    assert deaggregate(data) == [data]
    assert deaggregate(MAGIC + data) == [MAGIC + data]


@given(st.binary(max_size=60))
def test_deaggregate_leaves_a_broken_message_alone(message: bytes) -> None:
    packed = MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()
    assert all(isinstance(item, bytes) for item in deaggregate(packed))


def test_deaggregate_notices_a_wrong_digest() -> None:
    packed = bytearray(aggregate([b"one", b"two"]))
    packed[-1] ^= 1
    assert deaggregate(bytes(packed)) == [bytes(packed)]
