from collections.abc import Callable
from typing import Any

import pytest

from afluente.core.error import AccessDeniedException
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import (
    AlreadyExistsException,
    EntityNotFoundException,
    InvalidInputException,
)

Ask = Callable[..., dict[str, Any]]
PATH = "s3://windfarm-raw"


def crawler(glue: Ask, name: str = "raw") -> dict[str, Any]:
    found: dict[str, Any] = glue("get_crawler", Name=name)["Crawler"]
    return found


def test_get_crawler_shows_the_defaults(glue: Ask, create: Ask) -> None:
    create()
    found = crawler(glue)
    assert found.pop("CreationTime") == found.pop("LastUpdated")
    assert found == {
        "Name": "raw",
        "Role": "service-role/crawling",
        "Targets": {
            "S3Targets": [{"Path": PATH, "Exclusions": []}],
            "JdbcTargets": [],
            "MongoDBTargets": [],
            "DynamoDBTargets": [],
            "CatalogTargets": [],
            "DeltaTargets": [],
            "IcebergTargets": [],
            "HudiTargets": [],
        },
        "DatabaseName": "farm",
        "Classifiers": [],
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
        "State": "READY",
        "CrawlElapsedTime": 0,
        "Version": 1,
    }


def test_get_crawler_missing(glue: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Crawler entry with name nope does not exist$"):
        crawler(glue, "nope")


@pytest.mark.parametrize("operation", ["start_crawler", "stop_crawler", "delete_crawler", "update_crawler"])
def test_operation_on_a_missing_crawler(glue: Ask, operation: str) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Crawler with name nope does not exist$"):
        glue(operation, Name="nope")


def test_create_crawler_twice(create: Ask) -> None:
    create()
    with pytest.raises(AlreadyExistsException, match=r"^Crawler with name raw already exists$"):
        create()


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("crawling", "crawling"),
        ("service-role/crawling", "service-role/crawling"),
        ("arn:aws:iam::000000000000:role/service-role/crawling", "service-role/crawling"),
    ],
)
def test_create_crawler_takes_a_role_by_name_or_arn(glue: Ask, create: Ask, role: str, shown: str) -> None:
    create(Role=role)
    assert crawler(glue)["Role"] == shown


@pytest.mark.parametrize("role", ["nope", "other/crawling", "arn:aws:iam::000000000000:role/crawling", ""])
def test_create_crawler_with_a_role_that_glue_may_not_assume(create: Ask, role: str) -> None:
    with pytest.raises(
        InvalidInputException, match=r"^Service is unable to assume provided role\. Please verify role's"
    ):
        create(Role=role)


@pytest.mark.parametrize("path", ["", "windfarm-raw", "s3://", "s3:///x", "https://s3/x", "s3://UPPER/x", "s3://a b/"])
def test_create_crawler_with_a_bad_path(create: Ask, path: str) -> None:
    with pytest.raises(InvalidInputException):
        create(path)


@pytest.mark.parametrize(
    "members",
    [
        {"Targets": {}},
        {"Targets": {"S3Targets": []}},
        {"Targets": {"S3Targets": [{}]}},
        {"DatabaseName": ""},
        {"target": {"SampleSize": 0}},
        {"target": {"SampleSize": 250}},
        {"target": {"Exclusions": ["{a,{b}}"]}},
        {"target": {"Exclusions": ["{a"]}},
        {"target": {"Exclusions": ["[z-a]"]}},
        {"Configuration": "{"},
        {"Configuration": "[]"},
        {"Configuration": "{}"},
        {"Configuration": '{"Version": "1.0"}'},
        {"Configuration": '{"Version": true}'},
        {"Configuration": '{"Version": 1.0, "Grouping": 5}'},
        {"Configuration": '{"Version": 1.0, "SampleFiles": 3}'},
        {"Configuration": '{"Version": 1.0, "CrawlerOutput": {"Partitions": {"UpdateBehavior": "LOG"}}}'},
        {"Configuration": '{"Version": 1.0, "Grouping": {"TableGroupingPolicy": "Nope"}}'},
        {"Configuration": '{"Version": 1.0, "Grouping": {"TableLevelConfiguration": 0}}'},
        {"Schedule": "rate(5 minutes)"},
        {"Schedule": "cron(0 12 * * * *)"},
    ],
)
def test_create_crawler_with_what_does_not_fit(create: Ask, glue: Ask, members: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputException, match=r"\w"):
        create(**members)
    assert glue("list_crawlers")["CrawlerNames"] == []


def test_create_crawler_with_a_bad_schedule_names_it(create: Ask) -> None:
    with pytest.raises(InvalidInputException, match=r"^Invalid schedule cron expression: cron\(0 12 \* \* \* \*\)"):
        create(Schedule="cron(0 12 * * * *)")


def test_create_crawler_new_folders_only_asks_for_log(create: Ask) -> None:
    with pytest.raises(InvalidInputException) as raised:
        create(RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"})
    assert raised.value.message == (
        'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior value '
        "and LOG UpdateBehavior value."
    )


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Targets": {"JdbcTargets": [{}], "S3Targets": [{"Path": PATH}]}}, "Targets.JdbcTargets"),
        ({"LineageConfiguration": {"CrawlerLineageSettings": "ENABLE"}}, "CrawlerLineageSettings"),
        ({"LakeFormationConfiguration": {"UseLakeFormationCredentials": True}}, "UseLakeFormationCredentials"),
    ],
)
def test_create_crawler_names_what_is_not_supported(create: Ask, members: dict[str, Any], named: str) -> None:
    with pytest.raises(Unsupported, match=named):
        create(**members)


def test_create_crawler_in_another_catalog(create: Ask) -> None:
    with pytest.raises(AccessDeniedException):
        create(CatalogId="1" * 12)


def test_update_crawler_changes_what_is_named(glue: Ask, create: Ask, clock: Any) -> None:
    create(Description="old", TablePrefix="p_")
    clock.advance(60)
    glue("update_crawler", Name="raw", Description="new", Schedule="cron(0 12 * * ? *)")
    found = crawler(glue)
    assert (found["Description"], found["TablePrefix"], found["Version"]) == ("new", "p_", 2)
    assert found["LastUpdated"] > found["CreationTime"]
    assert found["Schedule"] == {"ScheduleExpression": "cron(0 12 * * ? *)", "State": "SCHEDULED"}


def test_update_crawler_that_fails_changes_nothing(glue: Ask, create: Ask) -> None:
    create()
    before = crawler(glue)
    with pytest.raises(InvalidInputException):
        glue("update_crawler", Name="raw", Description="x", RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"})
    assert crawler(glue) == before


def test_delete_crawler(glue: Ask, create: Ask) -> None:
    create()
    glue("delete_crawler", Name="raw")
    with pytest.raises(EntityNotFoundException):
        crawler(glue)
    create()
    assert crawler(glue)["Version"] == 1


def test_crawlers_are_listed_by_name_and_in_pages(glue: Ask, create: Ask) -> None:
    for name in ("c", "a", "b"):
        create(Name=name)
    first = glue("list_crawlers", MaxResults=2)
    second = glue("list_crawlers", MaxResults=2, NextToken=first["NextToken"])
    assert first["CrawlerNames"] + second["CrawlerNames"] == ["a", "b", "c"]
    assert "NextToken" not in second
    assert [one["Name"] for one in glue("get_crawlers")["Crawlers"]] == ["a", "b", "c"]


def test_list_crawlers_by_tag(glue: Ask, create: Ask) -> None:
    create(Name="a", Tags={"team": "x"})
    create(Name="b", Tags={"team": "y"})
    assert glue("list_crawlers", Tags={"team": "y"})["CrawlerNames"] == ["b"]
    arn = "arn:aws:glue:us-east-1:000000000000:crawler/a"
    assert glue("get_tags", ResourceArn=arn)["Tags"] == {"team": "x"}


def test_batch_get_crawlers(glue: Ask, create: Ask) -> None:
    create(Name="a")
    answer = glue("batch_get_crawlers", CrawlerNames=["nope", "a"])
    assert [one["Name"] for one in answer["Crawlers"]] == ["a"]
    assert answer["CrawlersNotFound"] == ["nope"]
