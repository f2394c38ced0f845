"""Digits after the second: six in Iceberg tables, three in Hive's, in literals as many as they show."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from afluente.core.clock import ManualClock

from .conftest import Lake, made

STAMP = "2026-01-02 03:04:05.123456"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """An Iceberg table `t` of one row, and `u`, which has a moment with a time zone."""
    data: Path = tmp_path_factory.mktemp("lake") / "data"
    lake = made(data, ManualClock(1_767_323_045_678))
    lake.rows("CREATE TABLE t (id int, at timestamp) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')")
    lake.rows(f"INSERT INTO t VALUES (1, TIMESTAMP '{STAMP}')")
    lake.rows(
        "CREATE TABLE u WITH (table_type = 'ICEBERG', is_external = false, location = 's3://lake/u/') "
        "AS SELECT current_timestamp AS m, CAST(now() AS timestamp) AS local FROM t"
    )
    yield lake
    lake.close()


def test_iceberg_timestamps_have_six_digits(table: Lake) -> None:
    answer = table.run("SELECT * FROM t")
    assert answer.rows == [["1", STAMP]]
    assert answer.columns[1]["Type"] == "timestamp"
    assert answer.columns[1]["Precision"] == 3  # of every timestamp
    moment = table.run("SELECT m, local FROM u")
    assert moment.rows == [["2026-01-02 03:04:05.678000 UTC", "2026-01-02 03:04:05.678000"]]
    assert moment.types == ["timestamp with time zone", "timestamp"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("typeof(at)", "timestamp(6)"),
        ("CAST(at AS varchar)", STAMP),
        ("max(at)", STAMP),
        ("date_trunc('hour', max(at))", "2026-01-02 03:00:00.000000"),
        ("max(at) + INTERVAL '1' DAY", "2026-01-03 03:04:05.123456"),
        ("array_agg(at)", f"[{STAMP}]"),
        ("max(CAST(ROW(at) AS ROW(x timestamp(6))))", f"{{x={STAMP}}}"),
        ("max(coalesce(at, TIMESTAMP '2026-01-01 00:00:00'))", STAMP),
        ("max(CAST(at AS timestamp))", "2026-01-02 03:04:05.123"),
        ("max(CAST(at AS timestamp(0)))", "2026-01-02 03:04:05.000"),
        ("to_iso8601(max(at))", STAMP.replace(" ", "T")),
        ("max(at) AT TIME ZONE 'America/Sao_Paulo'", "2026-01-02 00:04:05.123456 America/Sao_Paulo"),
        ("count_if(at = TIMESTAMP '2026-01-02 03:04:05.123456')", "1"),
    ],
)
def test_digits_follow_an_expression(table: Lake, expression: str, value: str) -> None:
    group = " GROUP BY at" if expression.startswith(("typeof", "CAST(at AS v")) else ""
    assert table.one(f"SELECT {expression} FROM t{group}") == value


def test_digits_follow_through_subqueries_unions_and_views(table: Lake) -> None:
    table.rows("CREATE OR REPLACE VIEW seen AS SELECT at AS a FROM t")
    assert table.one("SELECT a FROM (SELECT max(a) AS a FROM seen)") == STAMP
    assert table.rows("SELECT at FROM t UNION ALL SELECT TIMESTAMP '2026-01-01 00:00:00'") == [
        [STAMP],
        ["2026-01-01 00:00:00.000000"],
    ]


def test_catalog_knows_a_moment_with_a_time_zone(table: Lake) -> None:
    columns = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'u' ORDER BY 1"
    assert table.rows(columns) == [["local", "timestamp(6)"], ["m", "timestamp(6) with time zone"]]
    assert ["m\ttimestamp\t"] in table.rows("DESCRIBE u")
    assert table.one("SELECT CAST(m AS varchar) FROM u") == "2026-01-02 03:04:05.678000 UTC"


def test_literals_have_as_many_digits_as_they_show(table: Lake) -> None:
    for text in ("2026-01-02 03:04:05", "2026-01-02 03:04:05.1", "2026-01-02 03:04:05.12345"):
        assert table.one(f"SELECT CAST(TIMESTAMP '{text}' AS varchar)") == text
    assert table.one("SELECT typeof(TIMESTAMP '2026-01-02 03:04:05 UTC')") == "timestamp(0) with time zone"
    assert table.one("SELECT TIMESTAMP '2026-01-02 03:04:05'") == "2026-01-02 03:04:05.000"  # a result shows three
    assert table.one("SELECT CAST('2026-01-02 03:04:05.9996' AS timestamp)") == "2026-01-02 03:04:06.000"


@pytest.mark.parametrize("digits", [0, 6])
def test_hive_tables_take_milliseconds_alone(table: Lake, digits: int) -> None:
    stamp = STAMP[: 19 + (digits + 1 if digits else 0)]
    refused = f"Incorrect timestamp precision for timestamp({digits}); the configured precision is MILLISECONDS"
    select = f"SELECT TIMESTAMP '{stamp}' AS a"
    assert f"{refused}; column name: a" in table.refused(f"CREATE TABLE made AS {select}")
    assert refused in table.refused(f"UNLOAD ({select}) TO 's3://lake/unloaded/' WITH (format = 'JSON')")


def test_insert_into_hive_takes_no_more_digits_than_its_column(table: Lake) -> None:
    table.rows("CREATE TABLE kept AS SELECT TIMESTAMP '2026-01-01 00:00:00.000' AS a")
    reason = table.refused(f"INSERT INTO kept VALUES TIMESTAMP '{STAMP}'")
    assert "mismatched column types: Table: [timestamp(3)], Query: [timestamp(6)]" in reason
    table.rows("INSERT INTO kept VALUES TIMESTAMP '2026-01-02 00:00:00'")
    assert table.rows("SELECT a FROM kept ORDER BY 1") == [["2026-01-01 00:00:00.000"], ["2026-01-02 00:00:00.000"]]


def test_types_that_ddl_has_no_word_for(table: Lake) -> None:
    properties = "table_type = 'ICEBERG', is_external = false, location = 's3://lake/{}/'"
    create = f"CREATE TABLE {{}} WITH ({properties}) AS SELECT {{}} AS a"
    id = "12151fd2-7586-11e9-8f9e-2a86e4085a59"
    table.rows(create.format("ids", "ids", f"UUID '{id}'"))
    assert table.one("SELECT a FROM ids") == id
    answer = table.run("DESCRIBE ids")
    assert answer.reason == "Table has unsupported column types"
    assert answer.execution["Status"]["AthenaError"]["ErrorType"] == 1100
    assert "Type not supported for Iceberg: json. " in table.refused(create.format("j", "j", "JSON '{}'"))
    assert "Unsupported Hive type: Geometry" in table.refused("CREATE TABLE place AS SELECT ST_Point(1, 2) AS a")
    assert "Unsupported Hive type: time(0)" in table.refused("CREATE TABLE clock AS SELECT TIME '01:02:03' AS a")
