import pytest

from .conftest import LAZY_SIMPLE, OPENX, Lake


@pytest.fixture
def days(lake: Lake) -> Lake:
    """A table by day and hour; its objects tell which partition they are of."""
    lake.table("raw", {"v": "string"}, "s3://lake/raw/", OPENX, {"dt": "string", "h": "int"})
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        for hour in ("1", "12"):
            lake.put(f"s3://lake/raw/{day}/{hour}/a.json", f'{{"v":"{day} {hour}"}}\n')
            lake.partition("raw", [day, hour], f"s3://lake/raw/{day}/{hour}/")
    return lake


def _expressions(lake: Lake) -> list[str]:
    return [request.get("Expression", "") for operation, request in lake.asked if operation == "GetPartitions"]


ONE_OBJECT = len('{"v":"2026-01-01 1"}\n')


@pytest.mark.parametrize(
    ("condition", "rows", "expression"),
    [
        ("dt = '2026-01-02'", 2, "dt = '2026-01-02'"),
        ("dt = '2026-01-02' AND h = 12", 1, "dt = '2026-01-02' AND h = 12"),
        ("h > 5", 3, "h > 5"),
        (
            "dt IN ('2026-01-01', '2026-01-03') AND h BETWEEN 2 AND 20",
            2,
            "dt IN ('2026-01-01', '2026-01-03') AND h BETWEEN 2 AND 20",
        ),
        ("dt = '2026-01-01' OR dt = '2026-01-03' AND h = 1", 3, "(dt = '2026-01-01' OR (dt = '2026-01-03' AND h = 1))"),
        ("date(dt) >= date '2026-01-03'", 2, ""),
        ("dt LIKE '2026-01-01%'", 2, ""),
        ("substr(dt, 9) || '-' || CAST(h AS varchar) = '02-12'", 1, ""),
        ("dt > '2027'", 0, "dt > '2027'"),
        ("dt = '2026-01-02' AND v <> 'x'", 2, "dt = '2026-01-02'"),
    ],
)
def test_only_partitions_that_satisfy_the_condition_are_read(
    days: Lake, condition: str, rows: int, expression: str
) -> None:
    answer = days.run(f"SELECT v FROM raw WHERE {condition}")
    assert len(answer.rows) == rows
    assert _expressions(days) == [expression]
    assert answer.scanned <= rows * (ONE_OBJECT + 1)


def test_pruning_leaves_every_row_that_is_wanted(days: Lake) -> None:
    assert days.rows("SELECT dt, h, v FROM raw WHERE h = 12 ORDER BY dt") == [
        [day, "12", f"{day} 12"] for day in ("2026-01-01", "2026-01-02", "2026-01-03")
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM (SELECT v, dt FROM raw) WHERE dt = '2026-01-02'",
        "WITH x AS (SELECT v, dt AS day FROM raw) SELECT * FROM x WHERE day = '2026-01-02'",
        "SELECT * FROM (SELECT v, dt FROM raw UNION ALL SELECT v, dt FROM raw WHERE false) WHERE dt = '2026-01-02'",
        "SELECT a.v FROM raw a JOIN (VALUES 'x') AS b(y) ON a.dt = '2026-01-02'",
        "SELECT v FROM raw r WHERE r.dt = '2026-01-02' AND EXISTS (SELECT 1)",
    ],
)
def test_conditions_reach_the_scan_from_outside(days: Lake, sql: str) -> None:
    answer = days.run(sql)
    assert len(answer.rows) == 2, answer.reason
    assert "dt = '2026-01-02'" in _expressions(days)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT * FROM (SELECT dt, row_number() OVER (ORDER BY dt, h) AS n FROM raw) WHERE dt = '2026-01-03'",
            [["2026-01-03", "5"], ["2026-01-03", "6"]],
        ),
        ("SELECT * FROM (SELECT max(dt) AS dt FROM raw) WHERE dt = '2026-01-02'", []),
        ("SELECT * FROM (SELECT dt FROM raw ORDER BY dt DESC LIMIT 2) WHERE dt = '2026-01-01'", []),
        ("SELECT x.n, r.dt FROM (VALUES 1) AS x(n) LEFT JOIN raw r ON r.dt = '2030' WHERE r.dt IS NULL", [["1", None]]),
        ("SELECT count(*) FROM raw a LEFT JOIN raw b ON a.dt = b.dt AND a.h = b.h AND b.dt = '2026-01-01'", [["6"]]),
        (
            "WITH x AS (SELECT * FROM raw) SELECT (SELECT count(*) FROM x WHERE dt = '2026-01-01'), (SELECT "
            "count(*) FROM x)",
            [["2", "6"]],
        ),
    ],
)
def test_conditions_stop_where_they_would_change_the_answer(days: Lake, sql: str, rows: list[list[str | None]]) -> None:
    assert days.rows(sql) == rows


def test_a_view_is_pruned_through(days: Lake) -> None:
    assert days.run("CREATE VIEW v AS SELECT v AS text, dt FROM raw").state == "SUCCEEDED"
    days.asked.clear()
    assert len(days.rows("SELECT text FROM v WHERE dt = '2026-01-02'")) == 2
    assert _expressions(days) == ["dt = '2026-01-02'"]


def test_partition_columns_have_their_type(days: Lake) -> None:
    answer = days.run("SELECT h + 1, dt FROM raw WHERE dt = '2026-01-01' ORDER BY h")
    assert answer.rows == [["2", "2026-01-01"], ["13", "2026-01-01"]]
    assert answer.types == ["integer", "varchar"]


def test_a_partition_without_objects_is_no_fault(days: Lake) -> None:
    days.partition("raw", ["2026-02-01", "0"], "s3://lake/nowhere/")
    assert days.rows("SELECT v FROM raw WHERE dt > '2026-01-31'") == []
    assert days.one("SELECT count(*) FROM raw") == "6"


def test_a_bucket_that_is_not_there_fails_the_query(days: Lake) -> None:
    days.partition("raw", ["2026-02-02", "0"], "s3://no-such-bucket/x/")
    reason = "HIVE_METASTORE_ERROR: The bucket of s3://no-such-bucket/x/ does not exist"
    assert days.refused("SELECT v FROM raw") == reason
    assert days.one("SELECT count(*) FROM raw WHERE dt < '2026-02-02'") == "6"
    days.table("gone", {"a": "string"}, "s3://no-such-bucket/x/", LAZY_SIMPLE)
    assert days.refused("SELECT a FROM gone") == reason


def test_the_default_partition_is_null(days: Lake) -> None:
    days.put("s3://lake/raw/none/a.json", '{"v":"x"}\n')
    days.partition("raw", ["__HIVE_DEFAULT_PARTITION__", "1"], "s3://lake/raw/none/")
    assert days.rows("SELECT v, dt FROM raw WHERE dt IS NULL") == [["x", None]]


def test_partitions_as_a_table(days: Lake) -> None:
    assert days.rows('SELECT dt, h FROM "raw$partitions" ORDER BY dt, h LIMIT 2') == [
        ["2026-01-01", "1"],
        ["2026-01-01", "12"],
    ]


def test_iceberg_table_without_metadata_is_named(lake: Lake) -> None:
    lake.table("i", {"v": "string"}, "s3://lake/i/", OPENX, parameters={"table_type": "ICEBERG"})
    assert lake.refused("SELECT * FROM i") == "ICEBERG_INVALID_METADATA: Table farm.i has no metadata_location"
