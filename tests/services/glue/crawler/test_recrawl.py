from collections.abc import Callable
from typing import Any

import pytest

from afluente.services.glue.crawler import runner
from afluente.services.glue.crawler.classify import Classifier

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def days(lake: Any, json_lines: Any) -> None:
    for day in ("1", "2"):
        lake.put(f"sales/day={day}/a.json", json_lines({"id": 1, "price": 2.5, "name": "x"}))


@pytest.fixture
def sales(glue: Ask) -> Callable[[], dict[str, Any]]:
    def get() -> dict[str, Any]:
        table: dict[str, Any] = glue("get_table", DatabaseName="farm", Name="sales")["Table"]
        return table

    return get


def policy(update: str = "UPDATE_IN_DATABASE", delete: str = "DEPRECATE_IN_DATABASE") -> dict[str, Any]:
    return {"SchemaChangePolicy": {"UpdateBehavior": update, "DeleteBehavior": delete}}


PATH = "s3://windfarm-raw/sales/"
pytestmark = pytest.mark.usefixtures("days")


def change_schema(lake: Any, json_lines: Any) -> None:
    lake.put("sales/day=1/a.json", json_lines({"id": "now a text", "price": 2.5, "added": True}))
    lake.put("sales/day=3/a.json", json_lines({"id": "now a text", "price": 2.5, "added": True}))
    lake.delete("sales/day=2/")


def test_update_in_database_replaces_the_schema(
    tables: Ask, crawl: Ask, sales: Any, lake: Any, json_lines: Any, columns: Any
) -> None:
    tables(PATH)
    change_schema(lake, json_lines)
    crawl()
    assert columns(sales()) == {"id": "string", "price": "double", "added": "boolean"}
    assert sales()["VersionId"] == "1"


def test_update_in_database_drops_what_no_crawler_wrote(
    glue: Ask, tables: Ask, crawl: Ask, sales: Any, lake: Any, json_lines: Any
) -> None:
    table = tables(PATH)["sales"]
    wanted = ("Name", "StorageDescriptor", "PartitionKeys", "TableType")
    mine = {name: table[name] for name in wanted} | {"Parameters": {**table["Parameters"], "mine": "yes"}}
    glue("update_table", DatabaseName="farm", TableInput=mine)
    crawl()
    assert "mine" not in sales()["Parameters"]


def test_update_log_leaves_tables_and_partitions_but_adds_new_ones(
    tables: Ask, crawl: Ask, sales: Any, lake: Any, json_lines: Any, partitions: Any, log_lines: Any
) -> None:
    before = tables(PATH, **policy("LOG", "LOG"))["sales"]
    old = partitions("sales")
    change_schema(lake, json_lines)
    crawl()
    assert sales() == before
    found = partitions("sales")
    assert [one["Values"] for one in found] == [["1"], ["2"], ["3"]]
    assert found[:2] == old
    assert any("UpdateBehavior LOG" in line for line in log_lines())


def test_merge_new_columns_only_adds(
    tables: Ask, crawl: Ask, sales: Any, lake: Any, json_lines: Any, columns: Any
) -> None:
    configuration = '{"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}'
    tables(PATH, Configuration=configuration)
    change_schema(lake, json_lines)
    crawl()
    assert columns(sales()) == {"id": "int", "price": "double", "name": "string", "added": "boolean"}


def test_partitions_keep_their_own_schema(
    tables: Ask, lake: Any, json_lines: Any, partitions: Any, columns: Any
) -> None:
    lake.put("sales/day=2/a.json", json_lines({"id": 1, "price": 2, "name": "x", "more": 1}))
    tables(PATH)
    first, second = partitions("sales")
    assert (columns(first)["price"], columns(second)["price"]) == ("double", "int")
    assert "more" not in columns(first)


def test_partitions_inherit_from_the_table(
    tables: Ask, lake: Any, json_lines: Any, partitions: Any, columns: Any, crawl: Ask
) -> None:
    lake.put("sales/day=2/a.json", json_lines({"id": 1, "price": 2, "name": "x", "more": 1}))
    configuration = '{"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}'
    table = tables(PATH, Configuration=configuration)["sales"]
    before = partitions("sales")
    for partition in before:
        assert columns(partition) == columns(table)
        assert partition["StorageDescriptor"]["Location"].startswith("s3://windfarm-raw/sales/day=")
    assert before[0]["StorageDescriptor"]["Parameters"]["objectCount"] == "1"
    crawl()
    assert partitions("sales") == before


@pytest.mark.parametrize(
    ("behaviour", "left", "marked"),
    [("LOG", 2, [False, False]), ("DEPRECATE_IN_DATABASE", 2, [False, True]), ("DELETE_FROM_DATABASE", 1, [False])],
)
def test_delete_behaviour_of_partitions(
    tables: Ask, crawl: Ask, lake: Any, partitions: Any, clock: Any, behaviour: str, left: int, marked: list[bool]
) -> None:
    tables(PATH, **policy(delete=behaviour))
    lake.delete("sales/day=2/")
    crawl()
    found = partitions("sales")
    assert len(found) == left
    assert ["DEPRECATED_BY_CRAWLER" in one["Parameters"] for one in found] == marked


@pytest.mark.parametrize(
    ("behaviour", "left", "marked"),
    [("LOG", True, False), ("DEPRECATE_IN_DATABASE", True, True), ("DELETE_FROM_DATABASE", False, False)],
)
def test_delete_behaviour_of_tables(
    glue: Ask, tables: Ask, crawl: Ask, lake: Any, sales: Any, clock: Any, behaviour: str, left: bool, marked: bool
) -> None:
    tables(PATH, **policy(delete=behaviour))
    lake.delete("sales/")
    crawl()
    found = glue("get_tables", DatabaseName="farm")["TableList"]
    assert bool(found) is left
    if left:
        assert ("DEPRECATED_BY_CRAWLER" in sales()["Parameters"]) is marked
        version = sales()["VersionId"]
        crawl()
        assert sales()["VersionId"] == version  # once is enough


def test_a_deprecated_table_whose_data_comes_back(
    tables: Ask, crawl: Ask, lake: Any, sales: Any, json_lines: Any
) -> None:
    tables(PATH)
    lake.delete("sales/")
    crawl()
    lake.put("sales/day=1/a.json", json_lines({"id": 1, "price": 2.5, "name": "x"}))
    crawl()
    assert "DEPRECATED_BY_CRAWLER" not in sales()["Parameters"]


def test_other_tables_of_the_database_are_left_alone(glue: Ask, create: Ask, crawl: Ask, lake: Any) -> None:
    glue("create_database", DatabaseInput={"Name": "farm"})
    elsewhere = {"Columns": [], "Location": "s3://windfarm-raw/gone/"}
    glue("create_table", DatabaseName="farm", TableInput={"Name": "mine", "StorageDescriptor": elsewhere})
    create(PATH, **policy(delete="DELETE_FROM_DATABASE"))
    crawl()
    assert {one["Name"] for one in glue("get_tables", DatabaseName="farm")["TableList"]} == {"mine", "sales"}


def test_a_name_that_other_data_has(glue: Ask, create: Ask, crawl: Ask, lake: Any) -> None:
    glue("create_database", DatabaseInput={"Name": "farm"})
    taken = {"Name": "sales", "StorageDescriptor": {"Columns": [], "Location": "s3://elsewhere/"}}
    glue("create_table", DatabaseName="farm", TableInput=taken)
    create(PATH)
    crawl()
    crawl()
    names = {
        one["Name"]: one["StorageDescriptor"]["Location"]
        for one in glue("get_tables", DatabaseName="farm")["TableList"]
    }
    assert names.pop("sales") == "s3://elsewhere/"
    ((name, location),) = names.items()
    assert (len(name), name[:6], location) == (38, "sales_", "s3://windfarm-raw/sales/")


def test_a_table_of_that_name_and_place_is_taken_over(glue: Ask, create: Ask, crawl: Ask, sales: Any) -> None:
    glue("create_database", DatabaseInput={"Name": "farm"})
    given = {"Name": "sales", "StorageDescriptor": {"Columns": [], "Location": "s3://windfarm-raw/sales"}}
    glue("create_table", DatabaseName="farm", TableInput=given)
    create(PATH)
    crawl()
    assert len(glue("get_tables", DatabaseName="farm")["TableList"]) == 1
    assert sales()["Parameters"]["UPDATED_BY_CRAWLER"] == "raw"


def test_other_partition_keys_replace_the_partitions(
    tables: Ask, crawl: Ask, lake: Any, json_lines: Any, partitions: Any, sales: Any
) -> None:
    tables(PATH)
    lake.delete("sales/")
    lake.put("sales/2026/11/a.json", json_lines({"id": 1, "price": 2.5, "name": "x"}))
    crawl()
    assert [key["Name"] for key in sales()["PartitionKeys"]] == ["partition_0", "partition_1"]
    assert [one["Values"] for one in partitions("sales")] == [["2026", "11"]]


def test_new_folders_only_leaves_old_folders(
    tables: Ask, crawl: Ask, lake: Any, json_lines: Any, partitions: Any, sales: Any
) -> None:
    recrawl = {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}
    before = tables(PATH, **policy("LOG", "LOG"), **recrawl)["sales"]
    old = partitions("sales")
    lake.put("sales/day=1/b.json", json_lines({"id": 1, "price": 2.5, "name": "x", "more": 1}))
    lake.put("sales/day=3/a.json", json_lines({"id": 1, "price": 2.5, "name": "x", "more": 1}))
    crawl()
    assert sales() == before
    found = partitions("sales")
    assert found[:2] == old
    assert [one["Values"] for one in found] == [["1"], ["2"], ["3"]]


def test_a_failed_crawl_changes_nothing(glue: Ask, create: Ask, crawl: Ask, lake: Any, log_lines: Any) -> None:
    """The second of two targets is not there: the tables of the first are not written either."""
    targets = {"S3Targets": [{"Path": PATH}, {"Path": "s3://not-there/"}]}
    create(Targets=targets)
    last = crawl()
    assert last["Status"] == "FAILED"
    assert "The bucket not-there of the target s3://not-there/ does not exist" in last["ErrorMessage"]
    assert glue("get_databases")["DatabaseList"] == []
    assert any("ERROR : The bucket not-there" in line for line in log_lines())


def test_a_crawl_that_fails_while_it_writes_leaves_nothing_behind(
    glue: Ask, create: Ask, crawl: Ask, catalog: Any, monkeypatch: pytest.MonkeyPatch, log_lines: Any
) -> None:
    create(PATH)
    monkeypatch.setattr(catalog.partitions, "create", lambda *_: 1 / 0)
    assert crawl()["Status"] == "FAILED"
    assert glue("get_databases")["DatabaseList"] == []
    assert not any("Created table" in line for line in log_lines())


def test_merge_new_columns_into_a_table_made_by_hand(
    glue: Ask, create: Ask, crawl: Ask, lake: Any, json_lines: Any, columns: Any, sales: Any
) -> None:
    lake.delete("sales/")
    lake.put("sales/a.json", json_lines({"id": 1, "price": 2.5}))
    glue("create_database", DatabaseInput={"Name": "farm"})
    storage = {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": "s3://windfarm-raw/sales/"}
    glue("create_table", DatabaseName="farm", TableInput={"Name": "sales", "StorageDescriptor": storage})
    create(
        PATH, Configuration='{"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}'
    )
    assert crawl()["Status"] == "SUCCEEDED"
    assert columns(sales()) == {"id": "bigint", "price": "double"}


def test_more_tables_than_the_threshold(create: Ask, crawl: Ask, glue: Ask, lake: Any, json_lines: Any) -> None:
    lake.put("other/a.json", json_lines({"x": 1}))
    create(Configuration='{"Version": 1.0, "CrawlerOutput": {"Tables": {"TableThreshold": 1}}}')
    last = crawl()
    assert last["Status"] == "FAILED"
    assert "The number of tables detected by crawler: 2 is greater than the table threshold" in last["ErrorMessage"]


MERGE = '{"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}'
INHERIT = '{"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}'


def edit(glue: Ask, table: dict[str, Any], **changes: Any) -> None:
    """Change a table as its owner would."""
    kept = {name: table[name] for name in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
    glue("update_table", DatabaseName="farm", TableInput={**kept, **changes})


def test_merge_new_columns_goes_before_log_and_reaches_into_structs(
    glue: Ask, tables: Ask, crawl: Ask, lake: Any, json_lines: Any, columns: Any, sales: Any, partitions: Any
) -> None:
    for day in ("1", "2"):
        lake.put(f"sales/day={day}/a.json", json_lines({"id": 1, "price": 2.5, "name": "x", "at": {"x": 1}}))
    tables(PATH, Configuration=MERGE, **policy("LOG", "LOG"))
    for day in ("1", "2"):
        changed = {"id": "text", "price": 2.5, "at": {"y": [1]}, "more": True}
        lake.put(f"sales/day={day}/a.json", json_lines(changed))
    crawl()
    expected = {"id": "int", "price": "double", "name": "string", "at": "struct<x:int,y:array<int>>", "more": "boolean"}
    assert columns(sales()) == expected
    assert sales()["StorageDescriptor"]["SerdeInfo"]["Parameters"]["paths"] == "at,id,more,name,price"
    first = partitions("sales")[0]["StorageDescriptor"]
    assert {one["Name"]: one["Type"] for one in first["Columns"]} == expected


def test_merge_new_columns_deprecates_a_table_of_another_nature(
    tables: Ask, crawl: Ask, lake: Any, sales: Any, columns: Any, log_lines: Any
) -> None:
    before = tables(PATH, Configuration=MERGE)["sales"]
    for day in ("1", "2"):
        lake.put(f"sales/day={day}/a.json", b"id,price\n1,2.5\n")
    crawl()
    assert columns(sales()) == columns(before)
    assert "DEPRECATED_BY_CRAWLER" in sales()["Parameters"]
    assert any("classification was json and is csv" in line for line in log_lines())
    version = sales()["VersionId"]
    crawl()
    assert sales()["VersionId"] == version


def test_inherit_from_table_reaches_partitions_that_are_there_though_the_policy_is_log(
    glue: Ask, tables: Ask, crawl: Ask, sales: Any, partitions: Any
) -> None:
    table = tables(PATH, Configuration=INHERIT, **policy("LOG", "LOG"))["sales"]
    storage = table["StorageDescriptor"]
    storage["Columns"] = [{"Name": "id", "Type": "bigint"}]
    edit(glue, table, StorageDescriptor=storage)
    crawl()
    for one in partitions("sales"):
        assert one["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "bigint"}]
        assert one["StorageDescriptor"]["Location"].endswith(f"day={one['Values'][0]}/")
        assert one["Parameters"]["recordCount"] == "1"


def test_new_folders_only_reads_nothing_of_folders_that_are_known(
    glue: Ask, tables: Ask, crawl: Ask, lake: Any, json_lines: Any, partitions: Any, monkeypatch: Any, log_lines: Any
) -> None:
    tables(PATH, RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}, **policy("LOG", "LOG"))
    lake.put("sales/day=1/b.json", json_lines({"other": 1}))
    lake.put("sales/day=3/a.json", json_lines({"id": 3, "price": 1.5, "name": "z"}))
    read: list[str] = []

    def noted(path: str, size: int) -> Any:
        read.append(path)
        return Classifier()(path, size)

    monkeypatch.setattr(runner, "Classifier", lambda _: noted)
    before = {tuple(one["Values"]): one for one in partitions("sales")}
    crawl()
    assert len(read) == 1
    after = {tuple(one["Values"]): one for one in partitions("sales")}
    assert sorted(after) == [("1",), ("2",), ("3",)]
    assert all(after[values] == one for values, one in before.items())
    assert any("2 folders are as an earlier crawl found them" in line for line in log_lines())
    assert not any("UpdateBehavior LOG leaves it" in line for line in log_lines())


def test_new_folders_only_beside_a_partition_that_its_owner_changed(
    glue: Ask, tables: Ask, crawl: Ask, lake: Any, json_lines: Any, partitions: Any
) -> None:
    tables(PATH, RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}, **policy("LOG", "LOG"))
    storage = partitions("sales")[0]["StorageDescriptor"]
    storage["Columns"] = [{"Name": "id", "Type": "no<type"}, {"Name": "price"}, {"Name": "name", "Type": "string"}]
    mine = {"Values": ["1"], "StorageDescriptor": storage}
    glue("update_partition", DatabaseName="farm", TableName="sales", PartitionValueList=["1"], PartitionInput=mine)
    lake.put("sales/day=3/a.json", json_lines({"id": 3, "price": 1.5, "name": "z"}))
    assert crawl()["Status"] == "SUCCEEDED"
    assert len(partitions("sales")) == 3
