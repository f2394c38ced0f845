import gzip
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from afluente.services.glue.crawler.exclusion import matcher

Ask = Callable[..., dict[str, Any]]
ORDER = {"order_id": 1, "customer": "a", "price": 2.5, "day": "x"}
CUSTOMER = {"customer_id": 1, "name": "a", "city": "b"}


@pytest.fixture
def put(lake: Any, json_lines: Any) -> Callable[..., None]:
    return lambda key, *records: lake.put(key, json_lines(*records))


def locations(found: dict[str, Any]) -> dict[str, str]:
    return {
        name: table["StorageDescriptor"]["Location"].removeprefix("s3://windfarm-raw/") for name, table in found.items()
    }


def keys(table: dict[str, Any]) -> list[str]:
    return [key["Name"] for key in table["PartitionKeys"]]


def test_crawl_of_files_in_one_folder(tables: Ask, put: Any, columns: Any) -> None:
    put("sales/a.json", ORDER)
    put("sales/b.json", {**ORDER, "extra": True})
    found = tables("s3://windfarm-raw/sales")
    assert locations(found) == {"sales": "sales/"}
    assert keys(found["sales"]) == []
    assert columns(found["sales"])["extra"] == "boolean"


def test_crawl_of_folders_with_different_schemas(tables: Ask, put: Any) -> None:
    put("orders/a.json", ORDER)
    put("customers/a.json", CUSTOMER)
    assert locations(tables()) == {"orders": "orders/", "customers": "customers/"}


def test_crawl_of_different_schemas_below_partitions(tables: Ask, put: Any) -> None:
    for day in ("2026-11-23", "2026-11-24"):
        put(f"orders/day={day}/a.json", ORDER)
        put(f"customers/{day}/a.json", CUSTOMER)
    found = tables()
    assert locations(found) == {"orders": "orders/", "customers": "customers/"}
    assert (keys(found["orders"]), keys(found["customers"])) == (["day"], ["partition_0"])


@pytest.mark.parametrize(
    ("alike", "different", "names"), [(8, 2, ["windfarm_raw"]), (7, 3, None), (4, 1, ["windfarm_raw"])]
)
def test_crawl_needs_more_than_seven_tenths_alike(
    tables: Ask, put: Any, alike: int, different: int, names: list[str] | None
) -> None:
    folders = [f"part-{number:02}" for number in range(alike + different)]
    for number, folder in enumerate(folders):
        put(f"{folder}/a.json", ORDER if number < alike else CUSTOMER)
    assert sorted(tables()) == (names or [folder.replace("-", "_") for folder in folders])


def test_crawl_of_more_than_five_kinds_of_schema(tables: Ask, put: Any) -> None:
    for number in range(30):
        put(f"part{number:02}/a.json", ORDER if number < 25 else {f"k{number}": 1})
    assert len(tables()) == 30


def test_crawl_combining_compatible_schemas(tables: Ask, put: Any, columns: Any) -> None:
    put("a/x.json", {"a": 1, "b": 1})
    put("b/x.json", {"c": 1, "d": 1})
    configuration = '{"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}'
    found = tables(Configuration=configuration)
    assert list(found) == ["windfarm_raw"]
    assert list(columns(found["windfarm_raw"])) == ["a", "b", "c", "d"]
    assert keys(found["windfarm_raw"]) == ["partition_0"]


def test_crawl_does_not_combine_formats(tables: Ask, put: Any, lake: Any) -> None:
    put("a/x.json", ORDER)
    lake.put("b/x.csv", b"order_id,price\n1,2.5\n")
    configuration = '{"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}'
    found = tables(Configuration=configuration)
    assert locations(found) == {"a": "a/", "b": "b/"}


def test_crawl_with_a_table_level(tables: Ask, put: Any) -> None:
    for region in ("east", "west"):
        put(f"sales/{region}/2026/a.json", ORDER)
    configuration = '{"Version": 1.0, "Grouping": {"TableLevelConfiguration": 3}}'
    found = tables(Configuration=configuration)
    assert locations(found) == {"east": "sales/east/", "west": "sales/west/"}
    assert keys(found["east"]) == ["partition_0"]


def test_crawl_of_files_beside_folders(tables: Ask, put: Any) -> None:
    put("readme.json", {"about": "x"})
    put("2026/a.json", ORDER)
    assert locations(tables()) == {"readme_json": "readme.json", "2026": "2026/"}


def test_crawl_of_different_depths(tables: Ask, put: Any) -> None:
    put("a/2026/x.json", ORDER)
    put("b/x.json", ORDER)
    assert locations(tables()) == {"a": "a/", "b": "b/"}


def test_crawl_of_mixed_formats_in_a_folder_makes_a_table_of_each_file(tables: Ask, put: Any, lake: Any) -> None:
    put("x/a.json", ORDER)
    lake.put("x/a.csv", b"id,price\n1,2.5\n")
    lake.put("x/notes.txt", b"hello")
    found = tables("s3://windfarm-raw/x/")
    assert locations(found) == {"a_json": "x/a.json", "a_csv": "x/a.csv", "notes_txt": "x/notes.txt"}
    assert found["notes_txt"]["Parameters"]["classification"] == "UNKNOWN"
    assert found["notes_txt"]["StorageDescriptor"]["Columns"] == []


def test_crawl_of_one_object(tables: Ask, put: Any) -> None:
    put("x/data.json", ORDER)
    put("x/data.json.bak", CUSTOMER)
    assert locations(tables("s3://windfarm-raw/x/data.json")) == {"data_json": "x/data.json"}


def test_crawl_stays_below_its_path(tables: Ask, put: Any) -> None:
    put("sales/a.json", ORDER)
    put("sales_old/a.json", CUSTOMER)
    assert locations(tables("s3://windfarm-raw/sales")) == {"sales": "sales/"}


@pytest.mark.parametrize(
    ("folders", "names", "values"),
    [
        (["year=2026/Month=1", "year=2026/Month=2"], ["year", "month"], [["2026", "1"], ["2026", "2"]]),
        (["2026/x", "2026/y"], ["partition_0", "partition_1"], [["2026", "x"], ["2026", "y"]]),
        (["year=2026/x", "year=2026/y"], ["year", "partition_1"], [["2026", "x"], ["2026", "y"]]),
        (["a=1", "b=2"], ["partition_0"], [["a=1"], ["b=2"]]),
        (["a=1=2", "a="], ["a"], [["1=2"], ["__HIVE_DEFAULT_PARTITION__"]]),
        (["only"], ["partition_0"], [["only"]]),
        (["a b+ç%20/x"], ["partition_0", "partition_1"], [["a b+ç%20", "x"]]),
    ],
)
def test_crawl_finds_partition_keys(
    tables: Ask, put: Any, partitions: Any, folders: list[str], names: list[str], values: list[list[str]]
) -> None:
    for folder in folders:
        put(f"t/{folder}/a.json", ORDER)
    found = tables("s3://windfarm-raw/t/")
    assert keys(found["t"]) == names
    written = {tuple(one["Values"]): one["StorageDescriptor"]["Location"] for one in partitions("t")}
    assert written == {
        tuple(value): f"s3://windfarm-raw/t/{folder}/" for value, folder in zip(values, folders, strict=True)
    }


def test_crawl_passes_over_markers_and_hidden_files(tables: Ask, put: Any, lake: Any) -> None:
    put("t/a.json", ORDER)
    lake.put("t/_SUCCESS", b"")
    lake.put("t/empty.json", b"")
    lake.put("t/", b"")
    for name in ("_metadata", ".hidden", "_temporary/0/x.json", "_delta_log/0.json"):
        put(f"t/{name}", CUSTOMER)
    found = tables("s3://windfarm-raw/t/")
    assert locations(found) == {"t": "t/"}
    assert found["t"]["Parameters"]["objectCount"] == "1"


def test_crawl_of_nothing(tables: Ask, lake: Any) -> None:
    lake.put("t/", b"")
    assert tables() == {}


def test_crawl_of_parquet(tables: Ask, lake: Any, tmp_path: Any) -> None:
    for day in ("1", "2"):
        pa.parquet.write_table(pa.table({"Id": [1, 2], "price": [1.5, 2.5]}), tmp_path / "p")
        lake.put(f"t/day={day}/part-0.snappy.parquet", (tmp_path / "p").read_bytes())
    table = tables("s3://windfarm-raw/t/")["t"]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "bigint"},
        {"Name": "price", "Type": "double"},
    ]
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    }
    assert table["Parameters"]["classification"] == "parquet"
    assert table["Parameters"]["recordCount"] == "4"


def test_crawl_of_csv(tables: Ask, lake: Any) -> None:
    lake.put("t/a.csv.gz", gzip.compress(b"id;name\n1;a\n"))
    table = tables("s3://windfarm-raw/t/")["t"]
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ";"},
    }
    assert table["StorageDescriptor"]["Compressed"] is True
    wanted = {
        "classification": "csv",
        "compressionType": "gzip",
        "areColumnsQuoted": "false",
        "columnsOrdered": "true",
        "delimiter": ";",
        "skip.header.line.count": "1",
    }
    assert wanted.items() <= table["Parameters"].items()


@pytest.mark.parametrize(
    ("bucket", "path", "prefix", "name"),
    [
        ("windfarm-raw", "", "", "windfarm_raw"),
        ("wind.farm", "", "", "wind_farm"),
        ("windfarm-raw", "Sales Data/", "", "sales_data"),
        ("windfarm-raw", "year=2017/", "", "year_2017"),
        ("windfarm-raw", "ção/", "Raw-", "raw-__o"),
    ],
)
def test_crawl_names_tables_after_their_folder(
    tables: Ask, lake: Any, json_lines: Any, bucket: str, path: str, prefix: str, name: str
) -> None:
    lake.put(f"{path}a.json", json_lines(ORDER), bucket)
    assert list(tables(f"s3://{bucket}/{path}", TablePrefix=prefix)) == [name]


def test_crawl_of_folders_of_the_same_name(tables: Ask, put: Any) -> None:
    put("a/data/x.json", ORDER)
    put("b/data/x.json", CUSTOMER)
    configuration = '{"Version": 1.0, "Grouping": {"TableLevelConfiguration": 3}}'
    found = tables(Configuration=configuration)
    # the second takes the MD5 of its location
    assert locations(found) == {"data": "a/data/", "data_903019bfe91e1fe4d385618119d93395": "b/data/"}


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("**.csv", ["a.json", "deep/b.json", "deep/er/c.json"]),
        ("*.json", ["a.csv", "deep/b.json", "deep/er/c.json"]),
        ("deep/**", ["a.csv", "a.json"]),
        ("deep/*", ["a.csv", "a.json", "deep/er/c.json"]),
        ("?.json", ["a.csv", "deep/b.json", "deep/er/c.json"]),
        ("{a.csv,deep/b.json}", ["a.json", "deep/er/c.json"]),
        ("**[bc].json", ["a.csv", "a.json"]),
        ("**[!a].json", ["a.csv", "a.json"]),
        ("a\\.csv", ["a.json", "deep/b.json", "deep/er/c.json"]),
    ],
)
def test_crawl_excludes(pattern: str, left: list[str]) -> None:
    excluded = matcher([pattern])
    paths = ["a.csv", "a.json", "deep/b.json", "deep/er/c.json"]
    assert [path for path in paths if not excluded(path)] == left


def test_crawl_with_exclusions_keeps_them_with_the_table(tables: Ask, put: Any, lake: Any) -> None:
    put("t/a.json", ORDER)
    lake.put("t/b.csv", b"a,b\n1,2\n")
    found = tables("s3://windfarm-raw/t/", target={"Exclusions": ["**.csv"]})
    assert locations(found) == {"t": "t/"}
    assert found["t"]["Parameters"]["exclusions"] == '["**.csv"]'


def test_crawl_with_a_sample_size_reads_only_so_many(tables: Ask, put: Any, columns: Any) -> None:
    put("t/1.json", {"a": 1})
    put("t/2.json", {"a": 1, "b": 1})
    found = tables("s3://windfarm-raw/t/", target={"SampleSize": 1})
    assert list(columns(found["t"])) == ["a"]
    assert found["t"]["Parameters"]["objectCount"] == "2"
    assert found["t"]["Parameters"]["recordCount"] == "3"  # estimated from the size
