from collections.abc import Callable
from typing import Any

import pytest

from afluente.services.glue.error import InvalidInputException

Ask = Callable[..., dict[str, Any]]
HCATALOG = "org.apache.hive.hcatalog.data.JsonSerDe"
LOG = {"SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}}
TARGETS: dict[str, Any] = {"Targets": {"CatalogTargets": [{"DatabaseName": "lake", "Tables": ["Sales"]}]}}


@pytest.fixture
def sales(glue: Ask, catalog: Any) -> Callable[[], dict[str, Any]]:
    """A table that its owner made, of days and of nothing yet."""
    storage = {
        "Columns": [{"Name": "id", "Type": "int"}],
        "Location": "s3://windfarm-raw/sales",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": HCATALOG, "Parameters": {"mine": "yes"}},
    }
    glue("create_database", DatabaseInput={"Name": "lake"})
    table = {
        "Name": "sales",
        "StorageDescriptor": storage,
        "PartitionKeys": [{"Name": "day", "Type": "date"}],
        "Parameters": {"owner": "ann"},
    }
    glue("create_table", DatabaseName="lake", TableInput=table)

    def get() -> dict[str, Any]:
        found: dict[str, Any] = glue("get_table", DatabaseName="lake", Name="sales")["Table"]
        return found

    return get


@pytest.fixture
def create_for_catalog(glue: Ask) -> Ask:
    def make(**members: Any) -> dict[str, Any]:
        role = "arn:aws:iam::000000000000:role/service-role/crawling"
        return glue("create_crawler", **{"Name": "raw", "Role": role, **TARGETS, **LOG, **members})

    return make


def test_a_table_gets_columns_and_partitions_and_keeps_its_format(
    glue: Ask, create_for_catalog: Ask, crawl: Ask, sales: Any, lake: Any, json_lines: Any, columns: Any
) -> None:
    lake.put("sales/2026-01-01/a", json_lines({"id": 1, "price": 2.5}))
    lake.put("sales/2026-01-02/a", json_lines({"other": "x"}))
    create_for_catalog()
    last = crawl()
    assert last["Status"] == "SUCCEEDED", last
    table = sales()
    assert columns(table) == {"id": "int", "price": "double", "other": "string"}
    assert table["StorageDescriptor"]["SerdeInfo"] == {"SerializationLibrary": HCATALOG, "Parameters": {"mine": "yes"}}
    assert table["StorageDescriptor"]["Location"] == "s3://windfarm-raw/sales"
    assert (table["Parameters"]["owner"], table["Parameters"]["UPDATED_BY_CRAWLER"]) == ("ann", "raw")
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "date"}]
    found = glue("get_partitions", DatabaseName="lake", TableName="sales")["Partitions"]
    assert [one["Values"] for one in found] == [["2026-01-01"], ["2026-01-02"]]
    assert {one["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] for one in found} == {HCATALOG}
    assert [one["Name"] for one in glue("get_tables", DatabaseName="lake")["TableList"]] == ["sales"]


def test_data_that_is_not_one_table_leaves_the_table_as_it_is(
    create_for_catalog: Ask, crawl: Ask, sales: Any, lake: Any, json_lines: Any, log_lines: Any
) -> None:
    lake.put("sales/2026-01-01/a", json_lines({"id": 1}))
    lake.put("sales/2026-01-02/a", b"id,name\n1,x\n")
    create_for_catalog()
    before = sales()
    assert crawl()["Status"] == "SUCCEEDED"
    assert sales() == before
    assert any("is left as it is: there is 2 tables, not one" in line for line in log_lines())


def test_a_table_without_data_stays(create_for_catalog: Ask, crawl: Ask, sales: Any) -> None:
    create_for_catalog()
    before = sales()
    assert crawl()["Status"] == "SUCCEEDED"
    assert sales() == before


def test_a_table_that_is_gone_fails_the_crawl(glue: Ask, create_for_catalog: Ask, crawl: Ask, sales: Any) -> None:
    create_for_catalog()
    glue("delete_table", DatabaseName="lake", Name="sales")
    last = crawl()
    assert last["Status"] == "FAILED"
    assert "lake.Sales" in last["ErrorMessage"]


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"SchemaChangePolicy": {"DeleteBehavior": "DEPRECATE_IN_DATABASE"}}, "can have only LOG DeleteBehavior value"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}, "can only apply to Amazon S3 target"),
        (
            {"Targets": {**TARGETS["Targets"], "S3Targets": [{"Path": "s3://windfarm-raw"}]}, "DatabaseName": "x"},
            "cannot be combined",
        ),
    ],
)
def test_create_crawler_with_catalog_targets_refused(
    create_for_catalog: Ask, members: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInputException, match=says):
        create_for_catalog(**members)
