import contextlib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.glue.catalog.expression import parse
from afluente.services.glue.error import InvalidInputException

KEYS = [
    ("Year", "string"),
    ("month", "int"),
    ("day", "date"),
    ("at", "timestamp"),
    ("price", "decimal(10,2)"),
    ("name", "varchar(20)"),
    ("ratio", "double"),
]
VALUES = ["2026", "7", "2026-07-09", "2026-07-09 10:11:12", "12.50", "O'Neil_%", "0.5"]


def holds(expression: str, values: list[str] = VALUES) -> Any:
    return parse(expression, KEYS).matches(values)


@pytest.mark.parametrize(
    "expression",
    [
        "year = '2026'",
        "YEAR='2026' and MONTH=7",
        "year = 2026",  # a number is taken for a text key too, as its text
        "month = '7'",
        "month > 6 AND month < 10",  # as numbers: as texts 10 would come before 7
        "'2025' < year",
        "10 >= month",
        "month <> 8",
        "month != 8",
        "month between 7 and 8",
        "not month between 8 and 9",
        "month not between 8 and 9",
        "month IN (1, 7)",
        "month NOT IN (1, 2)",
        "NOT (month = 1 OR month = 2)",
        "NOT NOT month = 7",
        "year = '1999' OR month = 7 AND day = '2026-07-09'",
        "(year = '1999' OR month = 7) AND day >= date '2026-07-01'",
        "at > '2026-07-09'",
        "at = timestamp '2026-07-09 10:11:12'",
        "price = 12.5",
        "price < 100",
        "name = 'O''Neil_%'",
        "name LIKE 'O%'",
        "name LIKE '_''Neil%'",
        "name NOT LIKE 'x%'",
        "name IS NOT NULL",
        "\"year\" = '2026' AND `month` = 7",
        "month > -1",
        "year>='2026'AND(month=7)",
    ],
)
def test_expression_that_holds(expression: str) -> None:
    assert holds(expression) is True


@pytest.mark.parametrize(
    "expression",
    [
        "year = '2025'",
        "month > 10",
        "month between 8 and 7",
        "month IN (1, 2)",
        "name LIKE 'Neil'",
        "name IS NULL",
        "year = '2026' AND month = 8",
        "NOT year = '2026'",
        "day < '2026-07-09'",
    ],
)
def test_expression_that_does_not_hold(expression: str) -> None:
    assert holds(expression) is False


@pytest.mark.parametrize("expression", ["month = 7", "NOT month = 7", "month <> 7", "month IN (7)", "month NOT IN (1)"])
@pytest.mark.parametrize("value", ["__HIVE_DEFAULT_PARTITION__", "seven"])
def test_expression_on_a_value_that_is_null_or_does_not_fit(expression: str, value: str) -> None:
    assert holds(expression, ["2026", value, *VALUES[2:]]) is None


def test_expression_is_null() -> None:
    values = ["__HIVE_DEFAULT_PARTITION__", *VALUES[1:]]
    assert holds("year IS NULL", values) is True
    assert holds("year IS NULL OR month = 1", values) is True
    assert holds("year = '1' OR month = 7", values) is True
    assert holds("year = '1' AND month = 1", values) is False


@pytest.mark.parametrize(
    "expression",
    [
        "year",
        "year =",
        "= '2026'",
        "year = '2026' AND",
        "year = '2026' month = 7",
        "(year = '2026'",
        "year = '2026')",
        "year == '2026'",
        "year = '2026",
        "year LIKE 5",
        "month LIKE '7%'",
        "month IN ()",
        "month IN (1,",
        "month BETWEEN 1",
        "month NOT 1",
        "year = month",
        "1 = 1",
        "year + 1 = 2",
        "drop table x; --",
        "(" * 500 + "month = 7" + ")" * 500,
        "nope = '1'",
        "month = 'seven'",
        "month = 1.5",
        "day = 'tomorrow'",
        "price = 'NaN'",
        "ratio = 0.5",
    ],
)
def test_expression_that_cannot_be_read(expression: str) -> None:
    with pytest.raises(InvalidInputException):
        parse(expression, KEYS)


@given(st.text("yearmonth ()='\"`<>!AND OR NOT IN LIKE 0129.,%_-", max_size=40))
def test_expression_of_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInputException):
        parse(text, KEYS).matches(VALUES)


@pytest.mark.parametrize(
    ("expression", "equal"),
    [
        ("year = '2026'", ("2026",)),
        ("month = 7 AND year = '2026'", ("2026",)),
        ("year = '2026' AND (month = 1 OR month = 2)", ("2026",)),
        ("(year = '2026') AND name = 'x'", ("2026",)),
        ("year = '2026' OR month = 1", ()),
        ("NOT year = '2026'", ()),
        ("NOT (year = '2026' AND month = 7)", ()),
        ("month = 1 OR (year = '2026' AND month = 2)", ()),
        ("year > '2026'", ()),
    ],
)
def test_expression_narrows_by_its_leading_keys(expression: str, equal: tuple[str, ...]) -> None:
    assert parse(expression, KEYS).equal == equal


days = st.dates(date(1999, 1, 1), date(2030, 1, 1))


@given(days, days)
def test_expression_compares_dates_as_dates(left: date, right: date) -> None:
    values = [*VALUES[:2], left.isoformat(), *VALUES[3:]]
    assert holds(f"day < '{right}'", values) is (left < right)
    assert holds(f"day >= '{right}'", values) is (left >= right)


@given(st.text("ab%_", max_size=8), st.text("ab\n", max_size=8))
def test_like_is_as_one_tries_all_ways(pattern: str, value: str) -> None:
    def fits(rest: str, text: str) -> bool:
        if not rest:
            return not text
        if rest[0] == "%":
            return any(fits(rest[1:], text[at:]) for at in range(len(text) + 1))
        return bool(text) and rest[0] in {"_", text[0]} and fits(rest[1:], text[1:])

    assert parse(f"name LIKE '{pattern}'", [("name", "string")]).matches([value]) == fits(pattern, value)


def test_like_with_many_wildcards_is_quick() -> None:
    assert not parse(f"name LIKE '{'%a' * 30}%b'", [("name", "string")]).matches(["a" * 1000])
