from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.error import AwsError
from afluente.services.firehose.java_time import compile_pattern

TIME = datetime(2026, 3, 7, 15, 4, 9, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy/MM/dd/HH/", "2026/03/07/15/"),
        ("y-M-d H:m:s", "2026-3-7 15:4:9"),
        ("yy uuuu", "26 2026"),
        ("'year='yyyy", "year=2026"),
        ("yyyy''MM", "2026'03"),
        ("'it''s' dd", "it's 07"),
        ("MMM MMMM MMMMM LLL", "Mar March M Mar"),
        ("EEE EEEE EEEEE e c", "Sat Saturday S 7 7"),
        ("hh a KK kk", "03 PM 03 15"),
        ("D DD DDD", "66 66 066"),
        ("SSS SSSSSSSSS", "000 000000000"),
        ("Q QQ QQQ QQQQ", "1 01 Q1 1st quarter"),
        ("YYYY-'W'ww W F", "2026-W10 1 7"),
        ("G GGGG", "AD Anno Domini"),
        ("X XXX x xx xxx Z ZZZZ O", "Z Z +00 +0000 +00:00 +0000 GMT GMT"),
        ("[yyyy]", "2026"),
        ("A N", "54249000 54249000000000"),
        ("ä_.-=", "ä_.-="),
    ],
)
def test_pattern_formats_as_java(pattern: str, expected: str) -> None:
    assert compile_pattern(pattern)(TIME) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Asia/Tokyo", "+09 +0900 +09:00 GMT+9 JST"), ("America/St_Johns", "-0330 -0330 -03:30 GMT-3:30 NST")],
)
def test_pattern_offsets(zone: str, expected: str) -> None:
    assert compile_pattern("X XX XXX O z")(TIME.astimezone(ZoneInfo(zone))) == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [((2026, 12, 27), "2027-01"), ((2026, 12, 26), "2026-52"), ((2026, 1, 1), "2026-01"), ((2026, 1, 4), "2026-02")],
)
def test_pattern_week_of_year_begins_on_sunday(time: tuple[int, int, int], expected: str) -> None:
    assert compile_pattern("YYYY-ww")(datetime(*time, tzinfo=UTC)) == expected


@pytest.mark.parametrize("pattern", ["C", "yyyy-T", "P", "ddd", "HHH", "aa", "MMMMMM", "'open", "#", "{", "OO"])
def test_pattern_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        compile_pattern(pattern)(TIME)


@pytest.mark.parametrize("pattern", ["B", "g", "zzzz"])
def test_pattern_not_supported_says_so(pattern: str) -> None:
    with pytest.raises(AwsError, match="not supported") as raised:
        compile_pattern(pattern)(TIME)
    assert raised.value.code == "NotImplemented"


@given(st.text(max_size=12))
def test_pattern_of_any_text_formats_or_is_refused(pattern: str) -> None:
    try:
        compile_pattern(pattern)(TIME)
    except (ValueError, AwsError):
        return
