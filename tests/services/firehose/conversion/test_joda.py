"""Patterns read as Joda-Time reads them."""

import pytest

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.firehose.conversion.joda import compile_pattern

DAY_MS, HOUR_MS = 86_400_000, 3_600_000


@pytest.mark.parametrize(
    ("pattern", "text", "milliseconds"),
    [
        ("yyyy-DDD", "1971-002", 366 * DAY_MS),
        ("yyyy-DDD", "1971-366", None),
        ("yyyy-MM-dd", "1970-02-30", None),
        ("yyyy-MM-dd", "1970-1-2", DAY_MS),
        ("yyyy-MM-dd", "1970-01-02 ", None),
        ("yyMMdd", "700102", DAY_MS),
        ("yy", "45", 75 * 365 * DAY_MS + 19 * DAY_MS),
        ("yy", "1971", 365 * DAY_MS),
        ("k", "24", 0),
        ("H", "24", None),
        ("h a", "12 AM", 0),
        ("K a", "0 pm", 12 * HOUR_MS),
        ("h", "13", None),
        ("'at' H 'o''clock'", "AT 1 o'clock", HOUR_MS),
        ("s.SSSSSS", "1.0015", 1001),
        ("HHZZ", "01-01:30", 2 * HOUR_MS + HOUR_MS // 2),
        ("HHZ", "01Z", HOUR_MS),
        ("dH", "12", None),
    ],
)
def test_parse(pattern: str, text: str, milliseconds: int | None) -> None:
    assert compile_pattern(pattern)(text) == milliseconds


@pytest.mark.parametrize("pattern", ["", "b", "yyyy-pp"])
def test_pattern_that_is_none(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["G", "xxxx", "z", "ZZZ"])
def test_pattern_that_is_not_supported(pattern: str) -> None:
    with pytest.raises(Unsupported, match=f"the letter {pattern[0]} in a pattern of TimestampFormats"):
        compile_pattern(pattern)
