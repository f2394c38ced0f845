from collections.abc import Callable
from typing import Any

import pytest

from afluente.services.glue.error import EntityNotFoundException, InvalidInputException

Ask = Callable[..., dict[str, Any]]

ARN = "arn:aws:glue:us-east-1:000000000000:database/shop"


def test_tag_resource_merges(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "shop"}, Tags={"team": "data", "stage": "test"})
    glue("tag_resource", ResourceArn=ARN, TagsToAdd={"stage": "live", "owner": "ana"})
    assert glue("get_tags", ResourceArn=ARN)["Tags"] == {"team": "data", "stage": "live", "owner": "ana"}


def test_untag_resource_of_absent_keys(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "shop"}, Tags={"team": "data"})
    glue("untag_resource", ResourceArn=ARN, TagsToRemove=["nope", "team"])
    assert glue("get_tags", ResourceArn=ARN)["Tags"] == {}


def test_tag_resource_malformed_arn_has_no_message(glue: Ask) -> None:
    with pytest.raises(InvalidInputException) as raised:
        glue("tag_resource", ResourceArn="arn:aws:glue:oops", TagsToAdd={"a": "b"})
    assert raised.value.message == ""


def test_get_tags_missing_resource(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Entity not found$"):
        glue("get_tags", ResourceArn=ARN)


def test_get_tags_of_another_region_are_none(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "shop"}, Tags={"team": "data"})
    assert glue("get_tags", ResourceArn=ARN.replace("us-east-1", "sa-east-1"))["Tags"] == {}


def test_delete_database_forgets_its_tags(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "shop"}, Tags={"team": "data"})
    glue("delete_database", Name="shop")
    glue("create_database", DatabaseInput={"Name": "shop"})
    assert glue("get_tags", ResourceArn=ARN)["Tags"] == {}


def test_tag_resource_beyond_fifty(glue: Ask) -> None:
    glue("create_database", DatabaseInput={"Name": "shop"}, Tags={str(number): "" for number in range(50)})
    with pytest.raises(InvalidInputException):
        glue("tag_resource", ResourceArn=ARN, TagsToAdd={"one more": ""})
