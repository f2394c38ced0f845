import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.sequence_number import SequenceNumber

RECORDED = "49678472138726032452093590704885649625045716344263147522"  # a shard's first, from AWS, 2026

SECONDS = st.integers(1_000_000_000, 2_500_000_000)  # until 2049
SHARDS = st.integers(0, 20_000)
POSITIONS = st.integers(0, 2**50)


def test_parse_a_number_recorded_from_aws() -> None:
    assert sequence_number.parse(RECORDED) == SequenceNumber(1789779964, 0, 0, 1789779964)


def test_text_of_a_number_recorded_from_aws() -> None:
    assert str(SequenceNumber(1789779964, 0, 0, 1789779964)) == RECORDED


@given(SECONDS, SHARDS, POSITIONS, SECONDS)
def test_a_number_says_what_went_into_it(created_s: int, shard: int, position: int, arrived_s: int) -> None:
    base = sequence_number.base(created_s, shard)
    (number,) = sequence_number.numbers(base, position, 1, arrived_s * 1000 + 999)
    parsed = sequence_number.parse(str(number))
    assert parsed == SequenceNumber(created_s, shard, position + 1, arrived_s)
    assert parsed.position == position
    assert str(parsed) == str(number)
    assert len(str(number)) == 56
    assert str(number).startswith("49")


@given(SECONDS, SHARDS, POSITIONS, st.integers(1, 600), st.integers(0, 10**6))
def test_numbers_of_a_shard_rise_whatever_the_time(
    created_s: int, shard: int, position: int, count: int, later_ms: int
) -> None:
    base = sequence_number.base(created_s, shard)
    numbers = sequence_number.numbers(base, position, count, created_s * 1000)
    following = sequence_number.numbers(base, position + count, 1, created_s * 1000 + later_ms)
    everything = [int(SequenceNumber(created_s, shard, 0, created_s).__str__()), *numbers, *following]
    assert everything == sorted(set(everything))


@given(SECONDS, SHARDS, POSITIONS, st.integers(1, 600))
def test_texts_are_the_numbers_in_decimal(created_s: int, shard: int, position: int, count: int) -> None:
    numbers = sequence_number.numbers(sequence_number.base(created_s, shard), position, count, created_s * 1000)
    assert sequence_number.texts(numbers) == [str(number) for number in numbers]


@pytest.mark.parametrize("text", ["0", "1", "49", str(2**185), RECORDED[:-1], RECORDED + "0", str(int(RECORDED) + 1)])
def test_parse_what_is_no_number_of_today(text: str) -> None:
    with pytest.raises(ValueError, match="sequence number"):
        sequence_number.parse(text)
