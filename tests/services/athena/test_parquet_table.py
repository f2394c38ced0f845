import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import PARQUET, Lake


def _parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_columns_are_matched_by_name_whatever_their_case(lake: Lake) -> None:
    lake.put("s3://lake/t/a.parquet", _parquet(B=["x", None], A=[1, 2]))
    lake.table("t", {"a": "bigint", "b": "string", "gone": "date"}, "s3://lake/t/", PARQUET)
    assert lake.rows("SELECT * FROM t ORDER BY a") == [["1", "x", None], ["2", None, None]]


def test_files_may_have_other_columns_each(lake: Lake) -> None:
    lake.put("s3://lake/t/1.parquet", _parquet(a=pa.array([1], pa.int32())))
    lake.put("s3://lake/t/2.parquet", _parquet(a=pa.array([2], pa.int64()), b=["y"]))
    lake.table("t", {"a": "bigint", "b": "string"}, "s3://lake/t/", PARQUET)
    assert lake.rows("SELECT * FROM t ORDER BY a") == [["1", None], ["2", "y"]]


def test_nested_columns(lake: Lake) -> None:
    lake.put(
        "s3://lake/t/a.parquet",
        _parquet(s=[{"P": 1, "q": "z"}], xs=[[1, None]], m=pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))),
    )
    lake.table(
        "t",
        {"s": "struct<p:int,q:string,r:int>", "xs": "array<bigint>", "m": "map<string,bigint>"},
        "s3://lake/t/",
        PARQUET,
    )
    assert lake.rows("SELECT * FROM t") == [["{p=1, q=z, r=null}", "[1, null]", "{k=1}"]]


def test_a_column_of_another_kind_fails_the_query(lake: Lake) -> None:
    lake.put("s3://lake/t/a.parquet", _parquet(a=[1]))
    lake.table("t", {"a": "string"}, "s3://lake/t/", PARQUET)
    assert lake.refused("SELECT a FROM t") == (
        "HIVE_BAD_DATA: Field a's type INT64 in parquet file s3://lake/t/a.parquet is incompatible with type varchar "
        "defined in table schema"
    )


def test_a_file_that_is_no_parquet_fails_the_query(lake: Lake) -> None:
    lake.put("s3://lake/t/a.parquet", "this is text, not parquet")
    lake.table("t", {"a": "string"}, "s3://lake/t/", PARQUET)
    assert lake.refused("SELECT a FROM t").startswith("HIVE_BAD_DATA: ")


def test_only_the_columns_that_are_asked_for_are_scanned(lake: Lake) -> None:
    data = _parquet(a=list(range(20_000)), b=[f"text number {n}" for n in range(20_000)])
    lake.put("s3://lake/t/a.parquet", data)
    lake.table("t", {"a": "bigint", "b": "string"}, "s3://lake/t/", PARQUET)
    narrow, wide = lake.run("SELECT sum(a) FROM t").scanned, lake.run("SELECT sum(a), max(b) FROM t").scanned
    assert 0 < narrow < wide <= len(data) * 1.2


def test_path_of_a_row(lake: Lake) -> None:
    lake.put("s3://lake/t/1.parquet", _parquet(a=[1]))
    lake.put("s3://lake/t/x=2/2 ü.parquet", _parquet(a=[2]))
    lake.table("t", {"a": "bigint"}, "s3://lake/t/", PARQUET)
    assert lake.rows('SELECT a, "$path" FROM t ORDER BY a') == [
        ["1", "s3://lake/t/1.parquet"],
        ["2", "s3://lake/t/x=2/2 ü.parquet"],
    ]


@pytest.mark.parametrize(
    ("query", "columns", "count"),
    [
        ("SELECT * FROM t WHERE \"$path\" LIKE '%2.parquet'", ["a", "b"], 1),
        ('SELECT t.*, "$path" FROM t ORDER BY "$path"', ["a", "b", "$path"], 2),
        ('SELECT x.*, y.a FROM t x JOIN t y ON x."$path" = y."$path"', ["a", "b", "a"], 2),
        ('SELECT * FROM t x JOIN t y ON x."$path" = y."$path"', ["a", "b", "a", "b"], 2),
        ('SELECT * FROM (SELECT *, "$path" p FROM t WHERE "$file_size" > 0)', ["a", "b", "p"], 2),
        ('WITH c AS (SELECT * FROM t WHERE "$path" IS NOT NULL) SELECT * FROM c', ["a", "b"], 2),
        ('SELECT * FROM t WHERE EXISTS (SELECT 1 FROM t y WHERE y."$path" = t."$path")', ["a", "b"], 2),
    ],
)
def test_hidden_columns_are_in_no_star(lake: Lake, query: str, columns: list[str], count: int) -> None:
    for n in (1, 2):
        lake.put(f"s3://lake/t/{n}.parquet", _parquet(a=[n], b=[n * 10]))
    lake.table("t", {"a": "bigint", "b": "bigint"}, "s3://lake/t/", PARQUET)
    answer = lake.run(query)
    assert [column["Name"] for column in answer.columns] == columns
    assert len(lake.rows(query)) == count
