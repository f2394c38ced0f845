"""Glue as boto3 sees it: over HTTP, through the models, on the real engines."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from afluente.core.clock import ManualClock

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
RECORD = {"idtemp": "1", "data": "0.84", "type": "powerfactor", "timestamp": "2026-11-24 00:00:00.123456"}


@pytest.fixture
def glue(client: Callable[..., Any]) -> Any:
    return client("glue")


@pytest.fixture
def role(client: Callable[..., Any]) -> str:
    made = client("iam").create_role(
        RoleName="crawling", Path="/service-role/", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    for policy in ("service-role/AWSGlueServiceRole", "AmazonS3FullAccess"):  # as the console's wizard has it
        client("iam").attach_role_policy(RoleName="crawling", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    return str(made["Role"]["Arn"])


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def test_catalog_round_trip(glue: Any) -> None:
    glue.create_database(DatabaseInput={"Name": "Farm", "Parameters": {"a": "b"}})
    columns = [{"Name": "id", "Type": "int"}]
    glue.create_table(
        DatabaseName="farm",
        TableInput={
            "Name": "Readings",
            "StorageDescriptor": {"Columns": columns, "Location": "s3://x/", "SerdeInfo": {"Parameters": {"k": ""}}},
            "PartitionKeys": [{"Name": "day", "Type": "date"}],
            "Parameters": {"empty": "", "json": '{"a": "ü"}'},
        },
    )
    inputs = [{"Values": [f"2026-11-{day:02}"], "StorageDescriptor": {"Columns": columns}} for day in range(1, 31)]
    assert (
        glue.batch_create_partition(DatabaseName="farm", TableName="readings", PartitionInputList=inputs)["Errors"]
        == []
    )
    table = glue.get_table(DatabaseName="farm", Name="READINGS")["Table"]
    assert table["Parameters"] == {"empty": "", "json": '{"a": "ü"}'}
    assert table["CreatedBy"].startswith("arn:aws:iam::000000000000:")
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName="farm",
        TableName="readings",
        Expression="day BETWEEN '2026-11-05' AND '2026-11-14'",
        PaginationConfig={"PageSize": 4},
    )
    assert [one["Values"][0][-2:] for page in pages for one in page["Partitions"]] == [
        f"{day:02}" for day in range(5, 15)
    ]


def test_catalog_errors(glue: Any) -> None:
    with pytest.raises(ClientError) as missing:
        glue.get_table(DatabaseName="nope", Name="x")
    assert code(missing) == ("EntityNotFoundException", "Database nope not found.")
    with pytest.raises(ClientError) as unsupported:
        glue.create_database(
            DatabaseInput={"Name": "x", "TargetDatabase": {"CatalogId": "000000000000", "DatabaseName": "y"}}
        )
    assert "TargetDatabase" in code(unsupported)[1]
    with pytest.raises(ClientError) as absent:
        glue.create_blueprint(Name="x", BlueprintLocation="s3://lake/blueprint.zip")
    assert "CreateBlueprint" in code(absent)[1]


def test_crawl_of_the_course(client: Callable[..., Any], glue: Any, role: str, clock: ManualClock) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="windfarm-raw")
    body = "".join(json.dumps(RECORD) for _ in range(3)).encode()
    s3.put_object(Bucket="windfarm-raw", Key="2026/11/24/00/farm-1-2026-11-24-00-01-00-0a1b", Body=body)
    glue.create_crawler(
        Name="raw", Role=role, DatabaseName="farm", Targets={"S3Targets": [{"Path": "s3://windfarm-raw"}]}
    )
    assert glue.get_crawler(Name="raw")["Crawler"]["Role"] == "service-role/crawling"
    glue.start_crawler(Name="raw")
    for _ in range(3000):
        clock.advance(1)
        if "LastCrawl" in glue.get_crawler(Name="raw")["Crawler"]:
            break
    crawler = glue.get_crawler(Name="raw")["Crawler"]
    assert (crawler["State"], crawler["LastCrawl"]["Status"]) == ("READY", "SUCCEEDED")
    table = glue.get_table(DatabaseName="farm", Name="windfarm_raw")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == [*RECORD]
    assert [key["Name"] for key in table["PartitionKeys"]] == [f"partition_{number}" for number in range(4)]
    assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"paths": "data,idtemp,timestamp,type"}
    partition = glue.get_partitions(DatabaseName="farm", TableName="windfarm_raw")["Partitions"][0]
    assert partition["Values"] == ["2026", "11", "24", "00"]
    last = crawler["LastCrawl"]
    events = client("logs").get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])["events"]
    assert any("Created table windfarm_raw in database farm" in event["message"] for event in events)
    assert all(last["MessagePrefix"] in event["message"] for event in events)


def test_crawler_with_a_role_that_is_not_there(glue: Any) -> None:
    with pytest.raises(ClientError) as error:
        glue.create_crawler(
            Name="raw", Role="nope", DatabaseName="farm", Targets={"S3Targets": [{"Path": "s3://windfarm-raw"}]}
        )
    assert code(error)[0] == "InvalidInputException"
    assert code(error)[1].startswith("Service is unable to assume provided role")


def test_crawler_takes_its_role_by_name(glue: Any, role: str) -> None:
    assert role.endswith("service-role/crawling")
    for name in ("crawling", "service-role/crawling"):
        glue.create_crawler(
            Name=name.replace("/", "-"),
            Role=name,
            DatabaseName="farm",
            Targets={"S3Targets": [{"Path": "s3://windfarm-raw"}]},
        )
    assert glue.list_crawlers()["CrawlerNames"] == ["crawling", "service-role-crawling"]


def test_crawler_target_that_is_not_supported(glue: Any, role: str) -> None:
    with pytest.raises(ClientError) as error:
        glue.create_crawler(Name="raw", Role=role, DatabaseName="farm", Targets={"JdbcTargets": [{"Path": "db/%"}]})
    assert "JdbcTargets" in code(error)[1]


def test_crawler_made_from_the_description_of_another(glue: Any, role: str) -> None:
    target = {"S3Targets": [{"Path": "s3://windfarm-raw"}]}
    glue.create_crawler(Name="one", Role=role, DatabaseName="farm", Targets=target)
    shown = glue.get_crawler(Name="one")["Crawler"]
    members = glue.meta.service_model.operation_model("CreateCrawler").input_shape.members
    glue.create_crawler(**{name: shown[name] for name in shown if name in members} | {"Name": "two"})
    twin = glue.get_crawler(Name="two")["Crawler"]
    assert {name: twin[name] for name in twin if name in members} == {
        name: shown[name] for name in shown if name in members
    } | {"Name": "two"}
