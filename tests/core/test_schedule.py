from datetime import UTC, datetime

import pytest

from afluente.core.schedule import Schedule

NOW = datetime(2026, 11, 24, 0, 3, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ("0/5 * * * ? *", "2026-11-24 00:05"),
        ("15 12 * * ? *", "2026-11-24 12:15"),
        ("0 12 ? * 2-6 *", "2026-11-24 12:00"),
        ("0 12 ? * 1 *", "2026-11-29 12:00"),  # 1 is Sunday
        ("0 12 ? * SUN *", "2026-11-29 12:00"),
        ("0 12 ? * 7,1 *", "2026-11-28 12:00"),
        ("0 12 ? * L *", "2026-11-28 12:00"),
        ("0 12 ? * 5L *", "2026-11-26 12:00"),  # the last Thursday
        ("0 12 ? * FRIL *", "2026-11-27 12:00"),
        ("0 12 ? * 6#2 *", "2026-12-11 12:00"),  # the second Friday
        ("0 12 L * ? *", "2026-11-30 12:00"),
        ("0 12 15W * ? *", "2026-12-15 12:00"),
        ("0 8 1 JAN ? 2028", "2028-01-01 08:00"),
        ("0 0 29 2 ? *", "2028-02-29 00:00"),
    ],
)
def test_next_ms(fields: str, due: str) -> None:
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert Schedule.parse(f"cron({fields})").next_ms(int(NOW.timestamp() * 1000)) == expected.timestamp() * 1000


@pytest.mark.parametrize("fields", ["0 8 1 * ? 2020", "0 0 31 2 ? *"])
def test_next_ms_never(fields: str) -> None:
    assert Schedule.parse(f"cron({fields})").next_ms(int(NOW.timestamp() * 1000)) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "rate(5 minutes)",
        "0 12 * * ? *",
        "cron()",
        "cron(0 12 * * ?)",
        "cron(0 12 * * * *)",
        "cron(0 12 ? * ? *)",
        "cron(60 12 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 12 32 * ? *)",
        "cron(0 12 ? * 0 *)",
        "cron(0 12 ? * 8 *)",
        "cron(0 12 ? * XYZL *)",
        "cron(0 12 * 13 ? *)",
        "cron(? 12 * * ? *)",
        "cron(0 12 * * ? 1900)",
        "cron(x 12 * * ? *)",
        "cron(0 12 * * ? *) ;",
    ],
)
def test_parse_what_is_no_schedule(expression: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Schedule.parse(expression)
