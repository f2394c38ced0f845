"""A crawl does what its role may do, and fails, with what was missing, where it may not."""

from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., dict[str, Any]]
CATALOG = "arn:aws:glue:us-east-1:000000000000"
LOG = "arn:aws:logs:us-east-1:000000000000:log-group:/aws-glue/crawlers:log-stream:"


@pytest.fixture(autouse=True)
def data(lake: Any, json_lines: Any) -> None:
    lake.put("sales/date=2026-11-24/a.json", json_lines({"id": 1, "name": "x"}))


def test_what_a_first_crawl_asks_for(create: Ask, crawl: Ask, roles: Any) -> None:
    create("s3://windfarm-raw/sales/")
    crawl()
    table = f"{CATALOG}:table/farm/sales"
    catalog = {
        f"glue:{operation} {CATALOG}:{resource}"
        for operation in ("GetDatabase", "CreateDatabase", "GetTables", "CreateTable", "GetPartitions",
                          "BatchCreatePartition", "CreatePartitionIndex")
        for resource in ("catalog", "database/farm")
    }  # fmt: skip
    assert roles.asked == catalog | {
        f"logs:CreateLogGroup {LOG}", f"logs:CreateLogStream {LOG}raw", f"logs:PutLogEvents {LOG}raw",
        "s3:ListBucket arn:aws:s3:::windfarm-raw",
        "s3:GetObject arn:aws:s3:::windfarm-raw/sales/date=2026-11-24/a.json",
        f"glue:GetTables {CATALOG}:table/farm/*", f"glue:CreateTable {table}", f"glue:GetPartitions {table}",
        f"glue:BatchCreatePartition {table}", f"glue:CreatePartitionIndex {table}",
    }  # fmt: skip
    roles.asked.clear()
    crawl()
    assert not {asked for asked in roles.asked if "Create" in asked}


@pytest.mark.parametrize("refused", ["s3:ListBucket *", "s3:GetObject *"])
def test_a_target_that_the_role_may_not_read(create: Ask, crawl: Ask, roles: Any, log_lines: Any, refused: str) -> None:
    roles.refused.add(refused)
    create("s3://windfarm-raw/sales/")
    last = crawl()
    assert (last["Status"], last["ErrorMessage"]) == (
        "FAILED",
        "User does not have access to target s3://windfarm-raw/sales/",
    )
    action = refused.split(maxsplit=1)[0]
    assert any(f"ERROR : User: AWS-Crawler is not authorized to perform: {action}" in line for line in log_lines())


@pytest.mark.parametrize("operation", ["GetDatabase", "GetTables", "CreateTable", "BatchCreatePartition"])
@pytest.mark.parametrize("resource", ["catalog", "database/farm"])
def test_a_catalog_that_the_role_may_not_change_stays_as_it_was(
    glue: Ask, create: Ask, crawl: Ask, roles: Any, operation: str, resource: str
) -> None:
    roles.refused.add(f"glue:{operation} {CATALOG}:{resource}")
    create("s3://windfarm-raw/sales/")
    last = crawl()
    assert (last["Status"], last["ErrorMessage"]) == (
        "FAILED",
        f"User: AWS-Crawler is not authorized to perform: glue:{operation} on {CATALOG}:{resource}",
    )
    assert glue("get_databases")["DatabaseList"] == []
    roles.refused.clear()
    assert crawl()["Status"] == "SUCCEEDED"


def test_a_role_that_may_not_log(create: Ask, crawl: Ask, roles: Any, log_lines: Any) -> None:
    roles.refused.add(f"logs:PutLogEvents {LOG}raw")
    create("s3://windfarm-raw/sales/")
    assert crawl()["ErrorMessage"] == (
        f"Service Principal: glue.amazonaws.com is not authorized to perform: logs:PutLogEvents on {LOG}raw"
    )
    assert log_lines() == []
