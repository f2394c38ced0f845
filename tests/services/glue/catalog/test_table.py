from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from afluente.core.clock import ManualClock
from afluente.services.glue.error import (
    AlreadyExistsException,
    ConcurrentModificationException,
    EntityNotFoundException,
    InvalidInputException,
)

Ask = Callable[..., dict[str, Any]]

COLUMNS = [{"Name": "Id", "Type": "bigint", "Comment": "the id"}, {"Name": "name", "Type": "string"}]


@pytest.fixture(autouse=True)
def shop(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "shop"})


def create(glue: Ask, name: str = "orders", **table_input: Any) -> None:
    glue("create_table", DatabaseName="shop", TableInput={"Name": name, **table_input})


def update(glue: Ask, name: str = "orders", *, options: Any = None, **table_input: Any) -> None:
    glue("update_table", DatabaseName="shop", TableInput={"Name": name, **table_input}, **(options or {}))


def table(glue: Ask, name: str = "orders") -> Any:
    return glue("get_table", DatabaseName="shop", Name=name)["Table"]


def test_get_table_shows_what_was_given_and_the_defaults(glue: Ask) -> None:
    accessed = datetime(2026, 11, 24, tzinfo=UTC)
    parameters = {"classification": "json", "empty": "", "üñí": 'a"b\\c\n'}
    storage = {"Columns": COLUMNS, "Location": "s3://nowhere/", "SerdeInfo": {"Parameters": {"paths": "Id,name"}}}
    create(glue, "Orders", StorageDescriptor=storage, Parameters=parameters, LastAccessTime=accessed)
    assert table(glue, "ORDERS") == {
        "Name": "orders",
        "DatabaseName": "shop",
        "CreateTime": datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        "UpdateTime": datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        "LastAccessTime": accessed,
        "Retention": 0,
        "StorageDescriptor": {
            **storage,
            "Compressed": False,
            "NumberOfBuckets": 0,
            "SortColumns": [],
            "StoredAsSubDirectories": False,
        },
        "PartitionKeys": [],
        "Parameters": parameters,
        "CreatedBy": "arn:aws:iam::000000000000:root",
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": "000000000000",
        "VersionId": "0",
        "IsMultiDialectView": False,
        "IsMaterializedView": False,
    }


def test_create_table_twice(glue: Ask) -> None:
    create(glue)
    with pytest.raises(AlreadyExistsException, match=r"^Table already exists\.$"):
        create(glue, "ORDERS")


def test_create_table_in_a_missing_database(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Database nope not found\.$"):
        glue("create_table", DatabaseName="nope", TableInput={"Name": "orders"})


def test_create_table_with_a_bad_index_creates_nothing(glue: Ask) -> None:
    index = {"IndexName": "i", "Keys": ["nope"]}
    with pytest.raises(InvalidInputException):
        glue("create_table", DatabaseName="shop", TableInput={"Name": "orders"}, PartitionIndexes=[index])
    with pytest.raises(EntityNotFoundException):
        table(glue)


def test_get_table_missing(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Entity Not Found$"):
        table(glue, "nope")


def test_update_table_replaces_the_input_and_keeps_the_creation_time(glue: Ask, clock: ManualClock) -> None:
    create(glue, Parameters={"a": "1"}, Description="old")
    created = table(glue)["CreateTime"]
    clock.advance(60)
    update(glue, Parameters={"b": "2"})
    updated = table(glue)
    assert updated["Parameters"] == {"b": "2"}
    assert "Description" not in updated
    assert updated["CreateTime"] == created
    assert updated["UpdateTime"] > created
    assert updated["VersionId"] == "1"


def test_update_table_missing(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Table orders not found\.$"):
        update(glue)


def test_update_table_with_the_version_read(glue: Ask) -> None:
    create(glue)
    update(glue, options={"VersionId": "0"}, Parameters={"by": "first"})
    with pytest.raises(ConcurrentModificationException):
        update(glue, options={"VersionId": "0"}, Parameters={"by": "second"})
    assert table(glue)["Parameters"] == {"by": "first"}


def test_get_table_versions_newest_first(glue: Ask) -> None:
    create(glue, Description="0")
    for number in ("1", "2"):
        update(glue, Description=number)
    versions = glue("get_table_versions", DatabaseName="shop", TableName="orders")["TableVersions"]
    assert [(version["VersionId"], version["Table"]["Description"]) for version in versions] == [
        ("2", "2"),
        ("1", "1"),
        ("0", "0"),
    ]
    assert versions[1]["Table"]["VersionId"] == "1"


def test_get_table_versions_pages(glue: Ask) -> None:
    create(glue)
    for _ in range(4):
        update(glue)
    seen: list[str] = []
    token: dict[str, str] | None = {}
    while token is not None:
        page = glue("get_table_versions", DatabaseName="shop", TableName="orders", MaxResults=2, **token)
        seen += [version["VersionId"] for version in page["TableVersions"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert seen == ["4", "3", "2", "1", "0"]


def test_update_table_skip_archive_keeps_no_version(glue: Ask) -> None:
    create(glue)
    update(glue)
    update(glue, options={"SkipArchive": True})
    versions = glue("get_table_versions", DatabaseName="shop", TableName="orders")["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["2", "0"]


def test_get_table_version(glue: Ask) -> None:
    create(glue, Description="old")
    update(glue, Description="new")
    place = {"DatabaseName": "shop", "TableName": "orders"}
    assert glue("get_table_version", **place, VersionId="0")["TableVersion"]["Table"]["Description"] == "old"
    assert glue("get_table_version", **place)["TableVersion"]["VersionId"] == "1"
    with pytest.raises(EntityNotFoundException):
        glue("get_table_version", **place, VersionId="7")
    with pytest.raises(InvalidInputException):
        glue("get_table_version", **place, VersionId="seven")


def test_delete_table_version_latest(glue: Ask) -> None:
    create(glue)
    with pytest.raises(InvalidInputException, match=r"^VersionId cannot be equal to the latest\.$"):
        glue("delete_table_version", DatabaseName="shop", TableName="orders", VersionId="0")


def test_batch_delete_table_version_names_what_it_could_not(glue: Ask) -> None:
    create(glue)
    update(glue)
    update(glue)
    place = {"DatabaseName": "shop", "TableName": "orders"}
    errors = glue("batch_delete_table_version", **place, VersionIds=["0", "2", "9"])["Errors"]
    assert [(error["VersionId"], error["ErrorDetail"]["ErrorCode"]) for error in errors] == [
        ("2", "InvalidInputException"),
        ("9", "EntityNotFoundException"),
    ]
    assert [v["VersionId"] for v in glue("get_table_versions", **place)["TableVersions"]] == ["2", "1"]


def test_delete_table(glue: Ask) -> None:
    create(glue)
    glue("delete_table", DatabaseName="shop", Name="Orders")
    with pytest.raises(EntityNotFoundException):
        table(glue)
    with pytest.raises(EntityNotFoundException, match=r"^Table orders not found\.$"):
        glue("delete_table", DatabaseName="shop", Name="orders")


def test_batch_delete_table_names_the_missing(glue: Ask) -> None:
    create(glue, "a")
    create(glue, "b")
    answer = glue("batch_delete_table", DatabaseName="shop", TablesToDelete=["a", "missing", "b"])
    assert answer["Errors"] == [
        {
            "TableName": "missing",
            "ErrorDetail": {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Table missing not found"},
        }
    ]
    assert glue("get_tables", DatabaseName="shop")["TableList"] == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sales.*", ["sales", "sales_2025", "sales_2026"]),
        ("sales_202[5]", ["sales_2025"]),
        ("sales", ["sales"]),
        ("SALES", ["sales"]),
        (r"sales_\d*", ["sales_2025", "sales_2026"]),
        ("sales*", ["sales", "sales_2025", "sales_2026"]),
        ("*2026", ["sales_2026"]),
        ("*a*", ["sales", "sales_2025", "sales_2026", "stars"]),
        ("stars|sales", ["sales", "stars"]),
        ("", ["sales", "sales_2025", "sales_2026", "stars"]),
    ],
)
def test_get_tables_expression(glue: Ask, expression: str, found: list[str]) -> None:
    for name in ("sales", "sales_2025", "sales_2026", "stars"):
        create(glue, name)
    tables = glue("get_tables", DatabaseName="shop", Expression=expression)["TableList"]
    assert [table["Name"] for table in tables] == found


def test_get_tables_with_a_broken_expression(glue: Ask) -> None:
    with pytest.raises(InvalidInputException):
        glue("get_tables", DatabaseName="shop", Expression="(")


def test_get_tables_pages_over_what_the_expression_leaves(glue: Ask) -> None:
    for number in range(250):
        create(glue, f"t{number:03}")
    seen: list[str] = []
    token: dict[str, str] | None = {}
    while token is not None:
        page = glue("get_tables", DatabaseName="shop", Expression=".*[05]", MaxResults=20, **token)
        seen += [table["Name"] for table in page["TableList"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert seen == [f"t{number:03}" for number in range(0, 250, 5)]


def test_get_tables_names_only(glue: Ask) -> None:
    create(glue, TableType="EXTERNAL_TABLE")
    answer = glue("get_tables", DatabaseName="shop", AttributesToGet=["NAME"])
    assert answer["TableList"] == [{"Name": "orders", "DatabaseName": "shop"}]


def test_get_tables_in_a_missing_database(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Database nope not found\.$"):
        glue("get_tables", DatabaseName="nope")
