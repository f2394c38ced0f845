import pytest

from afluente.wire.number import scalar


@pytest.mark.parametrize(
    ("kind", "value"),
    [("integer", (1 << 31) - 1), ("integer", -(1 << 31)), ("long", (1 << 63) - 1), ("long", -(1 << 63))],
)
def test_whole_numbers_are_javas(kind: str, value: int) -> None:
    assert scalar(kind, str(value)) == value
    beyond = value + (1 if value > 0 else -1)
    with pytest.raises(ValueError, match=str(beyond)):
        scalar(kind, str(beyond))


@pytest.mark.parametrize("text", ["1_000", "", "1.5", " 1", "\u0661"])
def test_what_is_no_number_of_javas(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        scalar("integer", text)
