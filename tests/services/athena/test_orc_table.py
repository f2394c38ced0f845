import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.orc

from .conftest import ORC, Lake


def _orc(stripe_size: int = 64 << 20, **columns: Any) -> bytes:
    buffer = io.BytesIO()
    pyarrow.orc.write_table(pa.table(columns), buffer, stripe_size=stripe_size)
    return buffer.getvalue()


def test_columns_are_matched_by_place(lake: Lake) -> None:
    lake.put("s3://lake/t/a.orc", _orc(_col0=[1, 2], _col1=["x", None]))
    lake.table("t", {"a": "bigint", "b": "string", "gone": "date"}, "s3://lake/t/", ORC)
    assert lake.rows("SELECT * FROM t ORDER BY a") == [["1", "x", None], ["2", None, None]]
    assert lake.rows("SELECT b FROM t WHERE a = 1") == [["x"]]


def test_columns_are_matched_by_name_when_asked(lake: Lake) -> None:
    lake.put("s3://lake/t/a.orc", _orc(B=["x"], A=[1]))
    columns = {"a": "bigint", "b": "string"}
    lake.table("t", columns, "s3://lake/t/", ORC, properties={"orc.column.index.access": "false"})
    assert lake.rows("SELECT * FROM t") == [["1", "x"]]


def test_every_type(lake: Lake) -> None:
    moment = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))
    lake.put(
        "s3://lake/t/a.orc",
        _orc(
            i=pa.array([1], pa.int8()), d=pa.array([Decimal("1.50")], pa.decimal128(9, 2)),
            day=pa.array([1], pa.date32()),
            b=[True], f=pa.array([0.5], pa.float32()), at=moment, raw=[b"\x01"], s=[{"P": 1, "q": "z"}],
            xs=[[1, None]], m=pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), v=["abcdef"], c=["ab"],
        ),
    )  # fmt: skip
    columns = {
        "i": "int", "d": "decimal(12,3)", "day": "date", "b": "boolean", "f": "double", "at": "timestamp",
        "raw": "binary", "s": "struct<p:int,q:string,r:int>", "xs": "array<bigint>", "m": "map<string,bigint>",
        "v": "varchar(3)", "c": "char(4)",
    }  # fmt: skip
    lake.table("t", columns, "s3://lake/t/", ORC)
    assert lake.rows("SELECT * FROM t") == [
        ["1", "1.500", "1970-01-02", "true", "0.5", "2023-11-14 22:13:20.123", "01", "{p=1, q=z, r=null}",
         "[1, null]", "{k=1}", "abc", "ab  "]
    ]  # fmt: skip


def test_partitions_paths_and_counts(lake: Lake) -> None:
    lake.table("t", {"a": "bigint"}, "s3://lake/t/", ORC, keys={"day": "string"})
    for day in ("1", "2"):
        lake.put(f"s3://lake/t/day={day}/x.orc", _orc(a=[int(day), 10]))
        lake.partition("t", [day], f"s3://lake/t/day={day}/")
    assert lake.rows("SELECT count(*) FROM t") == [["4"]]
    assert lake.rows("SELECT day, a FROM t WHERE day = '2' ORDER BY a") == [["2", "2"], ["2", "10"]]
    assert lake.rows('SELECT day, "$path", sum(a) FROM t GROUP BY 1, 2 ORDER BY 1') == [
        ["1", "s3://lake/t/day=1/x.orc", "11"],
        ["2", "s3://lake/t/day=2/x.orc", "12"],
    ]
    assert lake.rows("SELECT x.a FROM t x JOIN t y ON x.a = y.a AND x.day = y.day WHERE x.a < 3 ORDER BY 1") == [
        ["1"],
        ["2"],
    ]


def test_only_the_columns_that_are_asked_for_are_scanned(lake: Lake) -> None:
    data = _orc(a=list(range(20_000)), b=[f"text number {n}" for n in range(20_000)])
    lake.put("s3://lake/t/a.orc", data)
    lake.table("t", {"a": "bigint", "b": "string"}, "s3://lake/t/", ORC)
    few, all_ = lake.run("SELECT sum(a) FROM t"), lake.run("SELECT max(b), sum(a) FROM t")
    assert few.rows == [["199990000"]]
    assert few.scanned < all_.scanned / 4
    assert all_.scanned <= len(data) * 1.2


def test_files_with_many_stripes(lake: Lake) -> None:
    numbers = [n * 7_919 % 1_000_003 for n in range(200_000)]
    lake.put("s3://lake/t/a.orc", _orc(stripe_size=200_000, a=numbers))
    lake.table("t", {"a": "bigint"}, "s3://lake/t/", ORC)
    assert lake.rows("SELECT count(*), max(a) FROM t") == [["200000", str(max(numbers))]]


def test_a_column_of_another_kind_fails_the_query(lake: Lake) -> None:
    lake.put("s3://lake/t/a.orc", _orc(a=[1]))
    lake.table("t", {"a": "string"}, "s3://lake/t/", ORC)
    assert lake.refused("SELECT a FROM t") == (
        "HIVE_BAD_DATA: Malformed ORC file. Cannot read SQL type 'varchar' from ORC stream '.a' of type LONG with "
        "attributes {} [s3://lake/t/a.orc]"
    )


def test_a_file_that_is_no_orc_fails_the_query(lake: Lake) -> None:
    lake.put("s3://lake/t/a.orc", "this is text, not ORC")
    lake.table("t", {"a": "string"}, "s3://lake/t/", ORC)
    assert lake.refused("SELECT a FROM t").startswith(
        "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://lake/t/a.orc (offset=0, length=21): Malformed ORC file."
    )


def test_a_table_made_by_ddl(lake: Lake) -> None:
    lake.put("s3://lake/t/a.orc", _orc(a=[1]))
    lake.run("CREATE EXTERNAL TABLE t (a bigint) STORED AS ORC LOCATION 's3://lake/t/'")
    assert lake.rows("SELECT a FROM t") == [["1"]]
    assert lake.run("CREATE TABLE copy WITH (format = 'PARQUET') AS SELECT a FROM t").state == "SUCCEEDED"
    assert lake.rows("SELECT a FROM copy") == [["1"]]
