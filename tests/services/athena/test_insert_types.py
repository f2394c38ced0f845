"""What may be written into a column without a CAST: Trino widens, and refuses what would lose something."""

from collections.abc import Iterator

import pytest

from afluente.core.clock import ManualClock

from .conftest import Lake, made

COLUMNS = {
    "i": "int", "l": "bigint", "f": "float", "d": "double", "s": "string", "b": "boolean", "dt": "date",
    "at": "timestamp",
}  # fmt: skip


@pytest.fixture(scope="module", params=["hive", "iceberg"])
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    lake = made(tmp_path_factory.mktemp("lake") / "data", ManualClock(1_767_323_045_678))
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    if request.param == "hive":
        lake.rows(f"CREATE EXTERNAL TABLE t ({columns}) STORED AS PARQUET LOCATION 's3://lake/t/'")
    else:
        lake.rows(f"CREATE TABLE t ({columns}) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')")
    yield lake
    lake.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("i", "CAST(1 AS smallint)"), ("l", "1"), ("f", "CAST(1.5 AS real)"), ("d", "1"), ("d", "CAST(1.5 AS real)"),
        ("d", "DECIMAL '1.5'"), ("s", "'x'"), ("b", "true"), ("dt", "DATE '2026-01-01'"), ("at", "DATE '2026-01-01'"),
        ("at", "TIMESTAMP '2026-01-01 00:00:00'"), ("i", "NULL"), ("at", "NULL"),
    ],
)  # fmt: skip
def test_what_loses_nothing_is_taken(table: Lake, column: str, value: str) -> None:
    assert table.run(f"INSERT INTO t ({column}) SELECT {value}").reason == ""


@pytest.mark.parametrize(
    ("column", "value", "wanted", "given"),
    [
        ("i", "count(*)", "integer", "bigint"),
        ("i", "'1'", "integer", "varchar(1)"),
        ("i", "1.5", "integer", "double"),
        ("f", "1.5", "real", "double"),
        ("s", "1", "varchar", "integer"),
        ("s", "current_date", "varchar", "date"),
        ("b", "1", "boolean", "integer"),
        ("dt", "'2026-01-01'", "date", "varchar(10)"),
        ("dt", "localtimestamp", "date", "timestamp(3)"),
    ],
)
def test_what_would_need_a_cast_is_refused(table: Lake, column: str, value: str, wanted: str, given: str) -> None:
    reason = table.refused(f"INSERT INTO t ({column}) SELECT {value}")
    assert reason == (
        f"TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [{wanted}], Query: [{given}]"
    )


def test_a_moment_does_not_go_into_a_timestamp(table: Lake) -> None:
    assert "Query: [timestamp(3) with time zone]" in table.refused("INSERT INTO t (at) SELECT now()")


def test_update_and_merge_refuse_the_same(lake: Lake) -> None:
    lake.rows("CREATE TABLE t (i int, s string) LOCATION 's3://lake/t/' TBLPROPERTIES ('table_type'='ICEBERG')")
    lake.rows("INSERT INTO t VALUES (1, 'a')")
    reason = lake.refused("UPDATE t SET s = i WHERE i = 1")
    assert "UPDATE table column types don't match SET expressions: Table: [varchar], Expressions: [integer]" in reason
    merge = "MERGE INTO t USING (VALUES (1, 2)) AS u(i, n) ON t.i = u.i WHEN MATCHED THEN UPDATE SET s = u.n"
    assert "MERGE case 0, SET expressions: Table: [varchar], Expressions: [integer]" in lake.refused(merge)
    insert = "MERGE INTO t USING (VALUES 5) AS u(i) ON t.i = u.i WHEN NOT MATCHED THEN INSERT (i, s) VALUES (u.i, u.i)"
    assert "Table: [integer, varchar], Expressions: [integer, integer]" in lake.refused(insert)
    assert lake.rows("SELECT i, s FROM t") == [["1", "a"]]
