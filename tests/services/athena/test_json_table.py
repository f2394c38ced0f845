import gzip

import pytest
from msgspec.structs import replace

from .conftest import HIVE_JSON, OPENX, Lake

COLUMNS = {
    "idtemp": "string",
    "data": "double",
    "n": "int",
    "ok": "boolean",
    "ts": "timestamp",
    "tags": "array<string>",
    "place": "struct<turbine:int,rotor:struct<bladecount:int>>",
    "extra": "map<string,string>",
    "name": "varchar(3)",
}


def _rows(
    lake: Lake, data: str | bytes, select: str = "*", key: str = "a.json", properties: dict[str, str] | None = None
) -> list[list[str | None]]:
    lake.put(f"s3://lake/t/{key}", data)
    lake.table("t", COLUMNS, "s3://lake/t/", OPENX, properties=properties)
    return lake.rows(f"SELECT {select} FROM t")


def test_every_type_is_read(lake: Lake) -> None:
    line = (
        '{"idtemp":"1","data":"0.84","n":7,"ok":true,"ts":"2026-01-02 03:04:05","tags":["a","b"],'
        '"place":{"turbine":3,"rotor":{"bladecount":2}},"extra":{"k":"v"},"name":"abcdef"}\n'
    )
    assert _rows(lake, line) == [
        [
            "1",
            "0.84",
            "7",
            "true",
            "2026-01-02 03:04:05.000",
            "[a, b]",
            "{turbine=3, rotor={bladecount=2}}",
            "{k=v}",
            "abc",
        ]
    ]


def test_only_the_first_object_of_a_line_is_a_row(lake: Lake) -> None:
    data = '{"idtemp":"1"}{"idtemp":"2"}{"idtemp":"3"}\n{"idtemp":"4"} {"idtemp":"5"}\n'
    assert _rows(lake, data, "idtemp") == [["1"], ["4"]]


def test_count_is_the_number_of_lines(lake: Lake) -> None:
    assert _rows(lake, '{"idtemp":"1"}{"idtemp":"2"}\n{"idtemp":"4"}\n', "count(*)") == [["2"]]


def test_a_line_beyond_the_fast_limit_is_read(lake: Lake) -> None:
    record = '{"idtemp":"1","data":0.5,"padding":"' + "x" * 1000 + '"}'
    assert _rows(lake, record * 3000, "idtemp, data") == [["1", "0.5"]]


def test_a_long_gzip_line_is_read(lake: Lake) -> None:
    record = '{"idtemp":"1","padding":"' + "x" * 1000 + '"}'
    assert _rows(lake, gzip.compress((record * 3000).encode()), "idtemp", "a.gz") == [["1"]]


def test_keys_match_whatever_their_case(lake: Lake) -> None:
    data = (
        '{"idTemp":"1","place":{"Turbine":1}}\n{"idTemp":"2"}\n{"IDTEMP":"3","Place":{"TURBINE":3}}\n{"idtemp":"4"}\n'
    )
    assert _rows(lake, data, "idtemp, place.turbine") == [["1", "1"], ["2", None], ["3", "3"], ["4", None]]


def test_keys_match_exactly_when_the_serde_says_so(lake: Lake) -> None:
    data = '{"idTemp":"1"}\n{"idtemp":"2"}\n'
    assert _rows(lake, data, "idtemp", properties={"case.insensitive": "false"}) == [[None], ["2"]]


def test_mapping_renames_a_key(lake: Lake) -> None:
    assert _rows(lake, '{"Turbine-Id":"1"}\n', "idtemp", properties={"mapping.idtemp": "Turbine-Id"}) == [["1"]]


def test_a_value_that_its_type_cannot_hold_is_null(lake: Lake) -> None:
    data = '{"n":"x","data":"y","ok":"maybe","ts":"never"}\n{"n":1.9}\n{"n":-1.9}\n{"n":99999999999}\n'
    assert _rows(lake, data, "n, data, ok, ts") == [
        [None, None, "false", None],
        ["1", None, None, None],
        ["-1", None, None, None],
        [None, None, None, None],
    ]


def test_timestamps_as_openx_reads_them(lake: Lake) -> None:
    texts = ['"2026-01-02T03:04:05Z"', '"2026-01-02T03:04:05.5-03:00"', "1767323045", "1767323045678", '"2026-01-02"']
    data = "".join(f'{{"ts":{text}}}\n' for text in texts)
    assert _rows(lake, data, "ts") == [
        ["2026-01-02 03:04:05.000"],
        ["2026-01-02 06:04:05.500"],
        ["2026-01-02 03:04:05.000"],
        ["2026-01-02 03:04:05.678"],
        [None],
    ]


def test_blank_lines_and_other_texts_are_rows_of_nulls(lake: Lake) -> None:
    assert _rows(lake, '{"n":1}\n\nnull\n123\n  {"n":2}  \n', "n") == [["1"], [None], [None], [None], ["2"]]


def test_an_array_is_read_by_place(lake: Lake) -> None:
    assert _rows(lake, '["1", 0.5]\n', "idtemp, data, n") == [["1", "0.5", None]]


def test_a_malformed_line_fails_the_query(lake: Lake) -> None:
    lake.put("s3://lake/t/a.json", '{"n":1}\n{"n":\n')
    lake.table("t", COLUMNS, "s3://lake/t/", OPENX)
    assert lake.refused("SELECT n FROM t").startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")


def test_a_malformed_line_is_nulls_when_the_serde_says_so(lake: Lake) -> None:
    assert _rows(lake, '{"n":1}\n{"n":\n', "n", properties={"ignore.malformed.json": "TRUE"}) == [["1"], [None]]


def test_a_property_that_is_not_honoured_is_named(lake: Lake) -> None:
    lake.put("s3://lake/t/a.json", "{}\n")
    lake.table("t", COLUMNS, "s3://lake/t/", OPENX, properties={"dots.in.keys": "true"})
    assert "dots.in.keys" in lake.refused("SELECT n FROM t")


@pytest.mark.parametrize("key", ["_SUCCESS", ".hidden.json", "_temporary/0.json"])
def test_hidden_objects_are_passed_over(lake: Lake, key: str) -> None:
    lake.put(f"s3://lake/t/{key}", "not json")
    assert _rows(lake, '{"n":1}\n', "n") == [["1"]]


def test_gzip_objects_are_read_beside_plain_ones(lake: Lake) -> None:
    lake.put("s3://lake/t/b.json.gz", gzip.compress(b'{"n":2}\n'))
    assert sorted(_rows(lake, '{"n":1}\n', "n")) == [["1"], ["2"]]


def test_a_hive_json_table_is_read(lake: Lake) -> None:
    lake.put("s3://lake/t/a", '{"n":1}\n')
    lake.table("t", COLUMNS, "s3://lake/t", HIVE_JSON)
    assert lake.rows("SELECT n, idtemp FROM t") == [["1", None]]


def test_a_table_without_objects_is_empty_with_its_types(lake: Lake) -> None:
    lake.table("t", COLUMNS, "s3://lake/none/", OPENX)
    answer = lake.run("SELECT * FROM t")
    assert answer.rows == []
    assert answer.types == ["varchar", "double", "integer", "boolean", "timestamp", "array", "row", "map", "varchar"]
    assert lake.one("SELECT count(*) FROM t") == "0"


def test_bytes_scanned_are_the_objects_read(lake: Lake) -> None:
    data = '{"n":1}\n' * 100
    lake.put("s3://lake/t/a.json", data)
    lake.table("t", COLUMNS, "s3://lake/t/", OPENX)
    assert lake.run("SELECT n FROM t").scanned == len(data)


@pytest.mark.parametrize("depth", [2000, 20_000, 200_000])
def test_a_document_that_is_nested_beyond_following_fails_no_server(lake: Lake, depth: int) -> None:
    lake.put("s3://lake/t/a.json", '{"a":' * depth + "1" + "}" * depth + "\n")
    lake.table("t", {"a": "string"}, "s3://lake/t/", OPENX)
    answer = lake.run("SELECT length(a) FROM t")
    assert answer.rows == [[str(6 * (depth - 1) + 1)]] or answer.reason.startswith("HIVE_"), answer.reason


def test_what_is_archived_is_passed_over(lake: Lake) -> None:
    for key in ("kept", "archived"):
        lake.put(f"s3://lake/t/{key}.json", '{"n":1}\n')
    lake.s3.change(
        "lake",
        "t/archived.json",
        None,
        lambda row: replace(row, traits=replace(row.traits, storage_class="GLACIER")),
    )
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPENX)
    assert lake.rows("SELECT count(*) FROM t") == [["1"]]
