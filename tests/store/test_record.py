import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.store import record

RECORDS = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=200)), max_size=30)


@given(RECORDS)
def test_decode_returns_what_was_encoded(records: list[tuple[bytes, bytes]]) -> None:
    assert record.decode(record.encode(records)) == records


@given(RECORDS, st.integers(0, 30))
def test_data_block_is_the_data_after_the_skipped_records(records: list[tuple[bytes, bytes]], skip: int) -> None:
    skip = min(skip, len(records))
    assert record.data_block(record.encode(records), skip) == b"".join(data for _, data in records[skip:])


@given(RECORDS, st.integers(0, 30), st.integers(0, 30))
def test_data_columns_are_lengths_and_data(records: list[tuple[bytes, bytes]], one: int, other: int) -> None:
    first, last = sorted((min(one, len(records)), min(other, len(records))))
    wanted = [data for _, data in records[first:last]]
    lengths, data = record.data_columns(record.encode(records), first, last)
    assert bytes(lengths) == b"".join(len(item).to_bytes(4, "little") for item in wanted)
    assert bytes(data) == b"".join(wanted)


@given(RECORDS)
def test_size_counts_keys_and_data(records: list[tuple[bytes, bytes]]) -> None:
    expected = sum(len(key) + len(data) for key, data in records)
    assert record.size([key for key, _ in records], [data for _, data in records]) == expected
    assert record.payload_size(record.encode(records)) == expected


@pytest.mark.parametrize("cut", [0, 4, 6, 12, -1])
def test_decode_of_a_shortened_payload_fails(cut: int) -> None:
    payload = record.encode([(b"key", b"data")])
    with pytest.raises(ValueError, match="record payload"):
        record.decode(payload[:cut])


def test_decode_of_another_version_names_it() -> None:
    with pytest.raises(ValueError, match="version 7"):
        record.decode(b"\x07" + record.encode([])[1:])
