"""The coercions of the Hive SerDe: what is in the file, or what the error output says."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

MISMATCH = "Data does not match the schema. "
NOT_NUMERIC = "not numeric, can not use numeric value accessors"
NOT_A_TIMESTAMP = "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"


@pytest.mark.parametrize(
    ("kind", "json", "value"),
    [
        ("int", "1.7", 1),
        ("int", "-1.7e1", -17),
        ("tinyint", "200", -56),
        ("bigint", "-9223372036854775808", -(2**63)),
        ("double", "1", 1.0),
        ("float", "1e39", float("inf")),
        ("boolean", '"TRUE"', True),
        ("boolean", "1", False),
        ("boolean", "true", True),
        ("decimal(4,2)", '"12.345"', Decimal("12.35")),
        ("decimal(4,2)", "12.3", Decimal("12.30")),
        ("string", "22.750", "22.750"),
        ("string", "true", "true"),
        ("varchar(2)", "1e5", "1e"),
        ("char(4)", '"ab  "', "ab"),
        ("binary", '"é"', "é".encode()),
        ("date", '"2026-9-7"', date(2026, 9, 7)),
        ("timestamp", '"2026-09-07 12:00:02.5"', datetime(2026, 9, 7, 12, 0, 2, 500000)),
        ("array<string>", "[1, null]", ["1", None]),
        ("struct<a:int,b:string>", '{"B": "x", "extra": {"y": 1}}', {"a": None, "b": "x"}),
        ("struct<a:int>", "{}", {"a": None}),
        ("map<string,int>", '{"MixedKey": 1}', [("MixedKey", 1)]),
        ("map<int,string>", '{"1": "x", "+1": "y"}', [(1, "y")]),
        *((kind, "null", None) for kind in ("int", "double", "string", "date", "array<int>", "map<string,int>")),
    ],
)
def test_value(convert: Any, kind: str, json: str, value: object) -> None:
    rows, failures, _ = convert([("v", kind)], f'{{"V": {json}}}'.encode(), hive={})
    assert failures == []
    assert rows == [{"v": value}]


@pytest.mark.parametrize(
    ("kind", "json", "message"),
    [
        ("int", '"7"', f"{MISMATCH}Current token (VALUE_STRING) {NOT_NUMERIC}"),
        ("double", "true", f"{MISMATCH}Current token (VALUE_TRUE) {NOT_NUMERIC}"),
        ("int", "[1]", f"{MISMATCH}Current token (START_ARRAY) {NOT_NUMERIC}"),
        ("int", "{}", f"{MISMATCH}Current token (START_OBJECT) {NOT_NUMERIC}"),
        ("int", "1e300", f"{MISMATCH}Numeric value (1e300) out of range of int (-2147483648 - 2147483647)"),
        ("tinyint", "256", f"{MISMATCH}Numeric value (256) out of range of Java byte"),
        ("decimal(4,2)", "12345.67", f"{MISMATCH}The value 12345.67 is out of the range of decimal(4,2)"),
        ("date", '"today"', f'{MISMATCH}For input string: "today"'),
        ("timestamp", '"2026-09-07T12:00:02Z"', f"{MISMATCH}{NOT_A_TIMESTAMP}"),
        ("timestamp", "1518033528", f"{MISMATCH}{NOT_A_TIMESTAMP}"),
        ("array<string>", '"alone"', f"{MISMATCH}java.io.IOException: Start of Array expected"),
        ("struct<a:int>", "[1]", f"{MISMATCH}java.io.IOException: Start of Object expected"),
        ("struct<a:int>", "42", f"{MISMATCH}java.io.IOException: Start of Object expected"),
        ("map<date,int>", '{"x": 1}', f"{MISMATCH}java.io.IOException: Could not convert from string to map type date"),
        ("string", '{"a": 1}', "One or more fields have incorrect format. Exception when validating field (root)"),
        ("array<string>", "[[]]", "One or more fields have incorrect format. Exception when validating field (root)"),
    ],
)
def test_value_that_does_not_match(convert: Any, kind: str, json: str, message: str) -> None:
    rows, (failure,), _ = convert([("v", kind)], f'{{"v": {json}}}'.encode(), hive={})
    assert rows == []
    assert (failure.code, failure.message) == ("DataFormatConversion.MalformedData", message)


def test_last_of_a_key_that_is_there_twice_counts(convert: Any) -> None:
    rows, _, _ = convert([("a", "int")], b'{"a": 1, "A": 2, "a": 3}', b'{"a": 1, "A": 2}', hive={})
    assert rows == [{"a": 3}, {"a": 2}]


@pytest.mark.parametrize(
    ("pattern", "json", "value"),
    [
        ("millis", "1518033528123", datetime(2018, 2, 7, 19, 58, 48, 123000)),
        ("millis", '"1518033528123.9"', datetime(2018, 2, 7, 19, 58, 48, 123000)),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSZ", '"2026-09-07T12:00:02.5+0200"', datetime(2026, 9, 7, 10, 0, 2, 500000)),
        ("dd/MMM/yyyy:HH:mm:ss Z", '"10/oct/2000:13:55:36 -0700"', datetime(2000, 10, 10, 20, 55, 36)),
        ("yyyyMMddHHmmss", "20260907120002", datetime(2026, 9, 7, 12, 0, 2)),
        ("EEE, d MMMM yy h:mm a", '"Mon, 7 September 26 12:05 pm"', datetime(2026, 9, 7, 12, 5)),
        ("HH", '"7"', datetime(1970, 1, 1, 7)),
        ("HH", '"2026-09-07 12:00:02"', datetime(2026, 9, 7, 12, 0, 2)),
    ],
)
def test_timestamp_formats(convert: Any, pattern: str, json: str, value: datetime) -> None:
    rows, _, _ = convert(
        [("t", "timestamp")], f'{{"t": {json}}}'.encode(), hive={"TimestampFormats": ["'never'", pattern]}
    )
    assert rows == [{"t": value}]
