from collections.abc import Callable
from typing import Any

import pytest

from afluente.core.clock import ManualClock
from afluente.core.error import AccessDeniedException
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException

Ask = Callable[..., dict[str, Any]]


def test_create_database_folds_its_name_to_lower_case(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "Sales"})
    database = glue("get_database", Name="SALES")["Database"]
    assert database["Name"] == "sales"
    assert database["CatalogId"] == "000000000000"
    assert database["CreateTime"].microsecond == 0


def test_create_database_gets_the_default_permission(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "sales"})
    assert glue("get_database", Name="sales")["Database"]["CreateTableDefaultPermissions"] == [
        {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
    ]


def test_create_database_twice(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "sales"})
    with pytest.raises(AlreadyExistsException, match=r"^Database already exists\.$"):
        glue("create_database", DatabaseInput={"Name": "SALES"})


def test_create_database_is_of_one_region(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "sales"})
    assert glue("get_databases", region="sa-east-1")["DatabaseList"] == []


def test_get_database_missing(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Database nope not found\.$"):
        glue("get_database", Name="nope")


def test_get_database_of_another_account(glue: Ask) -> None:
    with pytest.raises(AccessDeniedException, match=r"glue:GetDatabase on resource: arn:aws:glue:us-east-1:1{12}:cata"):
        glue("get_database", Name="sales", CatalogId="1" * 12)


def test_get_databases_pages_by_name(glue: Ask) -> None:
    for name in ("c", "a", "b"):
        glue("create_database", DatabaseInput={"Name": name})
    first = glue("get_databases", MaxResults=2)
    second = glue("get_databases", MaxResults=2, NextToken=first["NextToken"])
    assert [database["Name"] for database in first["DatabaseList"] + second["DatabaseList"]] == ["a", "b", "c"]
    assert "NextToken" not in second


@pytest.mark.parametrize("token", ["x", "e30=", "WzFd", "bnVsbA=="])
def test_get_databases_with_a_foreign_token(glue: Ask, token: str) -> None:
    with pytest.raises(InvalidInputException):
        glue("get_databases", NextToken=token)


def test_get_databases_with_an_old_token(glue: Ask, clock: ManualClock) -> None:
    for name in ("a", "b"):
        glue("create_database", DatabaseInput={"Name": name})
    token = glue("get_databases", MaxResults=1)["NextToken"]
    clock.advance(25 * 3600)
    with pytest.raises(InvalidInputException, match="expired"):
        glue("get_databases", NextToken=token)


def test_update_database_replaces_the_input(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "sales", "Description": "old", "Parameters": {"a": "1"}})
    glue("update_database", Name="sales", DatabaseInput={"Name": "sales", "LocationUri": "s3://sales/"})
    database = glue("get_database", Name="sales")["Database"]
    assert database["LocationUri"] == "s3://sales/"
    assert "Description" not in database
    assert "Parameters" not in database


def test_delete_database_takes_its_tables_along(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "sales"})
    glue("create_table", DatabaseName="sales", TableInput={"Name": "orders"})
    glue("delete_database", Name="sales")
    glue("create_database", DatabaseInput={"Name": "sales"})
    assert glue("get_tables", DatabaseName="sales")["TableList"] == []


def test_delete_database_missing(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException):
        glue("delete_database", Name="nope")
