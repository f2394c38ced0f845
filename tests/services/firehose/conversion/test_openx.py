"""The coercions of the OpenX SerDe: what is in the file, or what the error output says."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

MISMATCH = "Data does not match the schema. "
JSON_ARRAY = "org.openx.data.jsonserde.json.JSONArray"
JSON_OBJECT = "org.openx.data.jsonserde.json.JSONObject"


def at(*fields: int) -> datetime:
    return datetime(*fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "json", "value"),
    [
        ("tinyint", "-128", -128),
        ("smallint", '"+7"', 7),
        ("int", '"0x1F"', 31),
        ("int", "-0", 0),
        ("bigint", "9223372036854775807", 2**63 - 1),
        ("double", "1", 1.0),
        ("double", '" 1.5 "', 1.5),
        ("double", '"1e3"', 1000.0),
        ("double", '"2d"', 2.0),
        ("double", "1e1000", float("inf")),
        ("double", "1e-400", 0.0),
        ("float", "1e39", float("inf")),
        ("float", "0.5", 0.5),
        ("boolean", "true", True),
        ("boolean", '"TRUE"', True),
        ("boolean", '"maybe"', False),
        ("decimal(4,2)", "12.345", Decimal("12.35")),
        ("decimal(4,2)", '"-12.345"', Decimal("-12.35")),
        ("decimal(22,2)", "12345678901234567890.12", Decimal("12345678901234567890.12")),
        ("decimal(22,2)", '"1e-1000000000"', Decimal("0.00")),
        ("decimal", "1.5", Decimal(2)),
        ("string", '"a\\u00e9\\ud83d\\ude00\\u0000"', "aé😀\x00"),
        ("string", '"\\ud800"', "?"),
        ("string", "42", "42"),
        ("string", "22.750", "22.75"),
        ("string", "1e7", "1.0E7"),
        ("string", "true", "true"),
        ("string", '{"Outer": {"Inner": [1.0, null, "a/</b"]}}', '{"outer":{"inner":[1,null,"a/<\\/b"]}}'),
        ("varchar(3)", '"abcdef"', "abc"),
        ("varchar(3)", "12345", "123"),
        ("char(4)", '"ab  cd"', "ab"),
        ("date", '"2026-09-07"', date(2026, 9, 7)),
        ("date", '"2026-9-7"', date(2026, 9, 7)),
        ("date", '"2026-02-31"', date(2026, 3, 3)),
        ("timestamp", '"2018-02-07T15:13:01.39256Z"', at(2018, 2, 7, 15, 13, 1, 392560)),
        ("timestamp", '"2018-02-07T15:13:01"', at(2018, 2, 7, 15, 13, 1)),
        ("timestamp", '"2018-2-7 15:13:01.14"', at(2018, 2, 7, 15, 13, 1, 140000)),
        ("timestamp", '"2018-02-07 1:2:3"', at(2018, 2, 7, 1, 2, 3)),
        ("timestamp", "1518033528", at(2018, 2, 7, 19, 58, 48)),
        ("timestamp", '"1518033528"', at(2018, 2, 7, 19, 58, 48)),
        ("timestamp", "1518033528123", at(2018, 2, 7, 19, 58, 48, 123000)),
        ("timestamp", "1518033528.123", at(2018, 2, 7, 19, 58, 48, 123000)),
        ("timestamp", "-1000", at(1969, 12, 31, 23, 43, 20)),
        ("timestamp", "1000000000000", at(2001, 9, 9, 1, 46, 40)),
        ("array<int>", '[1, null, "2"]', [1, None, 2]),
        ("array<string>", "[1, [2], true]", ["1", "[2]", "true"]),
        ("array<string>", '"alone"', ["alone"]),
        ("array<string>", '""', None),
        ("array<struct<a:int>>", '{"a": 1}', [{"a": 1}]),
        ("struct<a:int,b:string>", '{"B": "x", "other": 1}', {"a": None, "b": "x"}),
        ("struct<a:int,b:string>", '[1, "x", true]', {"a": 1, "b": "x"}),
        ("struct<a:int,b:string>", "[1]", {"a": 1, "b": None}),
        ("struct<a:int>", "{}", {"a": None}),
        ("struct<a:int>", '""', {"a": None}),
        ("map<string,int>", '{"MixedKey": 1, "n": null}', [("mixedkey", 1), ("n", None)]),
        ("map<int,string>", '{"1": "x"}', [(1, "x")]),
        ("map<string,int>", '""', None),
        *((kind, "null", None) for kind in ("int", "double", "string", "date", "array<int>", "map<string,int>")),
    ],
)
def test_value(convert: Any, kind: str, json: str, value: object) -> None:
    rows, failures, _ = convert([("v", kind)], f'{{"v": {json}}}'.encode())
    assert failures == []
    assert rows == [{"v": value}]


@pytest.mark.parametrize(
    ("kind", "json", "message"),
    [
        ("int", '"oops"', 'For input string: "oops"'),
        ("int", "1.7", 'For input string: "1.7"'),
        ("int", "3000000000", 'For input string: "3000000000"'),
        ("tinyint", "128", 'For input string: "128"'),
        ("int", '" 1"', 'For input string: " 1"'),
        ("int", "true", "java.lang.Boolean cannot be cast to java.lang.String"),
        ("int", "[1]", f"{JSON_ARRAY} cannot be cast to java.lang.String"),
        ("bigint", "9" * 5000, f'For input string: "{"9" * 5000}"'),
        ("double", '"oops"', 'For input string: "oops"'),
        ("boolean", "1", "java.lang.Long cannot be cast to java.lang.Boolean"),
        ("decimal(4,2)", "12345.67", "The value 12345.67 is out of the range of decimal(4,2)"),
        ("decimal(4,2)", "99.995", "The value 99.995 is out of the range of decimal(4,2)"),
        ("decimal(4,2)", '"1e1000000000"', "The value 1e1000000000 is out of the range of decimal(4,2)"),
        ("decimal(4,2)", '"NaN"', 'For input string: "NaN"'),
        ("date", '"07/09/2026"', 'For input string: "07/09/2026"'),
        ("timestamp", '"2026-9-7T12:00:02Z"', "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"),
        ("timestamp", '"2026-09-07T12:00:02+02:00"', "Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]"),
        ("timestamp", '"yesterday"', 'For input string: "yesterday"'),
        ("struct<a:int>", "42", "Data is not JSONObject  but java.lang.Long with value 42"),
        ("struct<a:int>", '{"a": "x"}', 'For input string: "x"'),
        ("map<string,int>", "[1]", f"{JSON_ARRAY} cannot be cast to {JSON_OBJECT}"),
        ("array<struct<a:int>>", '[{"a": "x"}]', 'For input string: "x"'),
    ],
)
def test_value_that_does_not_match(convert: Any, kind: str, json: str, message: str) -> None:
    record = f'{{"v": {json}}}'.encode()
    rows, (failure,), path = convert([("v", kind)], record)
    assert rows == []
    assert not path.exists()
    assert (failure.index, failure.data) == (0, record)
    assert (failure.code, failure.message) == ("DataFormatConversion.MalformedData", MISMATCH + message)


def test_timestamp_beyond_64_bits_of_nanoseconds_wraps_as_on_aws(convert: Any) -> None:
    rows, _, _ = convert([("t", "timestamp")], b'{"t": 999999999999}')
    assert str(rows[0]["t"]) == "2092-10-26 00:40:18.684212736"


def test_keys_match_whatever_their_case_and_others_are_passed_over(convert: Any) -> None:
    columns = [("deviceId", "int"), ("s", "struct<innerKey:int>")]
    rows, _, _ = convert(columns, b'{"DEVICEID": 1, "S": {"InnerKey": 2}, "more": {"x": [1]}}', b"{}")
    assert rows == [{"deviceId": 1, "s": {"innerKey": 2}}, {"deviceId": None, "s": None}]


def test_keys_match_as_they_are_when_case_counts(convert: Any) -> None:
    columns = [("a", "int"), ("s", "struct<b:int>"), ("m", "map<string,int>")]
    record = b'{"A": 1, "s": {"B": 2, "b": 3}, "m": {"Key": 4}}'
    rows, _, _ = convert(columns, record, openx={"CaseInsensitive": False})
    assert rows == [{"a": None, "s": {"b": 3}, "m": [("Key", 4)]}]


def test_key_that_is_there_twice_fails(convert: Any) -> None:
    rows, (first, second), _ = convert([("a", "int")], b'{"a": 1, "A": 2}', b'{"x": {"b": 1, "b": 2}}', b'{"a": 3}')
    assert rows == [{"a": 3}]
    assert first.message == f'{MISMATCH}Row is not a valid JSON Object - JSONException: Duplicate key "a"'
    assert second.message == f'{MISMATCH}Row is not a valid JSON Object - JSONException: Duplicate key "b"'


def test_mappings_name_the_key_of_a_column(convert: Any) -> None:
    options = {"ColumnToJsonKeyMappings": {"ts": "Timestamp"}}
    columns = [("ts", "string"), ("s", "struct<ts:int>")]
    rows, _, _ = convert(columns, b'{"timestamp": "x", "ts": "y", "s": {"TIMESTAMP": 1}}', openx=options)
    assert rows == [{"ts": "x", "s": {"ts": 1}}]
    rows, _, _ = convert(columns, b'{"timestamp": "x"}', openx=options | {"CaseInsensitive": False})
    assert rows == [{"ts": None, "s": None}]


def test_dots_become_underscores_when_asked(convert: Any) -> None:
    columns = [("a_b", "int"), ("s", "struct<c_d:int>")]
    record = b'{"a.b": 1, "s": {"C.D": 2}}'
    assert convert(columns, record).rows == [{"a_b": None, "s": {"c_d": None}}]
    rows, _, _ = convert(columns, record, openx={"ConvertDotsInJsonKeysToUnderscores": True})
    assert rows == [{"a_b": 1, "s": {"c_d": 2}}]
