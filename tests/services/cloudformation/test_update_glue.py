"""Glue's crawlers, jobs and triggers: every property changes in place, and goes back to what a new one has.

A resource that was updated has to be like one that was made so: that is asked of each property in turn.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
VARYING = {
    "CrawlElapsedTime", "CreatedOn", "CreationTime", "LastModifiedOn", "LastUpdated", "Name", "State", "Version",
}  # fmt: skip
"""What differs between two that are alike."""

CRAWLER: dict[str, Any] = {"Role": "glue", "DatabaseName": "d", "Targets": {"S3Targets": [{"Path": "s3://bkt"}]}}
CRAWLER_CHANGES: dict[str, tuple[Any, Any]] = {
    "Configuration": ('{"Version": 1.0, "Grouping": {"TableLevelConfiguration": 2}}', '{"Version": 1.0}'),
    "DatabaseName": ("d", "e"),
    "Description": ("one", "two"),
    "RecrawlPolicy": ({"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}, {"RecrawlBehavior": "CRAWL_EVERYTHING"}),
    "Role": ("glue", "other"),
    "Schedule": ({"ScheduleExpression": "cron(0 12 * * ? *)"}, {"ScheduleExpression": "cron(0 13 * * ? *)"}),
    "SchemaChangePolicy": ({"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
                           {"DeleteBehavior": "DELETE_FROM_DATABASE"}),
    "TablePrefix": ("a_", "b_"),
    "Targets": ({"S3Targets": [{"Path": "s3://bkt/x", "SampleSize": 3}]},
                {"S3Targets": [{"Path": "s3://bkt/y", "Exclusions": ["**.tmp"]}]}),
}  # fmt: skip
JOB: dict[str, Any] = {"Role": "glue", "Command": {"Name": "glueetl", "ScriptLocation": "s3://bkt/one.py"}}
JOB_CHANGES: dict[str, tuple[Any, Any]] = {
    "Command": ({"Name": "glueetl", "ScriptLocation": "s3://bkt/1.py", "PythonVersion": "3"},
                {"Name": "glueetl", "ScriptLocation": "s3://bkt/2.py", "PythonVersion": "3"}),
    "DefaultArguments": ({"--a": "1"}, {"--b": "2"}),
    "Description": ("one", "two"),
    "ExecutionClass": ("FLEX", "STANDARD"),
    "ExecutionProperty": ({"MaxConcurrentRuns": 2}, {"MaxConcurrentRuns": 3}),
    "GlueVersion": ("4.0", "5.0"),
    "JobMode": ("SCRIPT", "VISUAL"),
    "JobRunQueuingEnabled": (True, False),
    "LogUri": ("s3://bkt/one", "s3://bkt/two"),
    "MaxRetries": (1, 2),
    "NonOverridableArguments": ({"--a": "1"}, {"--b": "2"}),
    "Role": ("glue", "other"),
    "Timeout": (10, 20),
    "WorkerType": ("G.1X", "G.2X"),
    "NumberOfWorkers": (2, 3),
}  # fmt: skip
TRIGGERS: dict[str, dict[str, Any]] = {
    "SCHEDULED": {"Type": "SCHEDULED", "Schedule": "cron(0 1 * * ? *)", "Actions": [{"JobName": "j"}]},
    "CONDITIONAL": {
        "Type": "CONDITIONAL", "Actions": [{"JobName": "j"}],
        "Predicate": {"Conditions": [{"JobName": "j", "State": "SUCCEEDED", "LogicalOperator": "EQUALS"}]},
    },
    "ON_DEMAND": {"Type": "ON_DEMAND", "Actions": [{"JobName": "j"}]},
}  # fmt: skip
TRIGGER_CHANGES: dict[str, tuple[str, Any, Any]] = {
    "Actions": ("*", [{"JobName": "j", "Arguments": {"--a": "1"}}], [{"JobName": "k", "Timeout": 5}]),
    "Description": ("*", "one", "two"),
    "Schedule": ("SCHEDULED", "cron(0 2 * * ? *)", "cron(0 3 * * ? *)"),
    "Predicate": (
        "CONDITIONAL",
        {"Logical": "ANY", "Conditions": [{"JobName": "j", "State": "FAILED", "LogicalOperator": "EQUALS"},
                                          {"JobName": "k", "State": "FAILED", "LogicalOperator": "EQUALS"}]},
        {"Conditions": [{"CrawlerName": "c", "CrawlState": "SUCCEEDED", "LogicalOperator": "EQUALS"}]},
    ),
}  # fmt: skip


def live(stacks: Deployment, kind: str, name: str) -> dict[str, Any]:
    """What Glue knows of it, but for what differs between two that are alike. An empty text is none."""
    glue = stacks.client("glue")
    if kind == "Job":
        found = glue.get_job(JobName=name)["Job"]
    else:
        found = getattr(glue, f"get_{kind.lower()}")(Name=name)[kind]
    return {member: value for member, value in found.items() if member not in VARYING and value != ""}


@pytest.fixture(autouse=True)
def _roles(stacks: Deployment) -> None:
    for name in ("glue", "other"):
        stacks.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    for name in ("d", "e"):
        stacks.client("glue").create_database(DatabaseInput={"Name": name})


def template(kind: str, name: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"r": {"Type": f"AWS::Glue::{kind}", "Properties": {"Name": name, **properties}}}


def fresh(stacks: Deployment, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """One that is made so, looked at, and removed."""
    stacks.create(template(kind, "fresh", properties), name="other")
    found = live(stacks, kind, "fresh")
    stacks.delete("other")
    return found


def check(stacks: Deployment, kind: str, steps: list[dict[str, Any]]) -> None:
    """Each step after the first is an update in place, after which there is nothing to update."""
    name = "r"
    assert stacks.create(template(kind, name, steps[0]))["StackStatus"] == "CREATE_COMPLETE"
    for properties in steps[1:]:
        stack = stacks.update(template(kind, name, properties))
        assert stack["StackStatus"] == "UPDATE_COMPLETE"
        assert live(stacks, kind, name) == fresh(stacks, kind, properties)
        with pytest.raises(ClientError, match="No updates are to be performed"):
            stacks.update(template(kind, name, properties))
    assert (name, "DELETE_COMPLETE") not in stacks.events()
    stacks.delete()


def both(base: dict[str, Any], changes: dict[str, tuple[Any, Any]]) -> list[dict[str, Any]]:
    """All properties in their first values, and in their second ones."""
    return [{**base, **{name: values[which] for name, values in changes.items()}} for which in (0, 1)]


def test_crawler(stacks: Deployment) -> None:
    one, two = both(CRAWLER, CRAWLER_CHANGES)
    check(stacks, "Crawler", [one, two, CRAWLER, one])


def test_job(stacks: Deployment) -> None:
    one, two = both(JOB, JOB_CHANGES)
    check(stacks, "Job", [one, two, JOB, {**JOB, "MaxCapacity": 3}, {**JOB, "MaxCapacity": 4}, one])


@pytest.mark.parametrize("kind", TRIGGERS)
def test_trigger(stacks: Deployment, kind: str) -> None:
    make_what_triggers_name(stacks)
    changes = {name: (one, two) for name, (only, one, two) in TRIGGER_CHANGES.items() if only in {kind, "*"}}
    one, two = both(TRIGGERS[kind], changes)
    check(stacks, "Trigger", [one, two, TRIGGERS[kind], one])


def make_what_triggers_name(stacks: Deployment) -> None:
    glue = stacks.client("glue")
    for job in ("j", "k"):
        glue.create_job(Name=job, Role="glue", Command=JOB["Command"])
    glue.create_crawler(Name="c", Role="glue", DatabaseName="d", Targets=CRAWLER["Targets"])


@pytest.mark.parametrize(("kind", "properties", "change"), [
    ("Crawler", CRAWLER, {"Name": "new"}),
    ("Job", JOB, {"Name": "new"}),
    ("Trigger", TRIGGERS["SCHEDULED"], {"Name": "new"}),
    ("Trigger", TRIGGERS["SCHEDULED"], {"Name": "new", **TRIGGERS["CONDITIONAL"]}),
])  # fmt: skip
def test_a_name_or_type_takes_a_new_one(
    stacks: Deployment, kind: str, properties: dict[str, Any], change: dict[str, Any]
) -> None:
    if kind == "Trigger":
        make_what_triggers_name(stacks)
    stacks.create(template(kind, "r", properties))
    stack = stacks.update(template(kind, "r", change if "Type" in change else {**properties, **change}))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert ("r", "DELETE_COMPLETE") in stacks.events()
    (found,) = [item for item in stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
                if item["LogicalResourceId"] == "r"]  # fmt: skip
    assert found["PhysicalResourceId"] == "new"


@pytest.mark.parametrize(("kind", "properties"), [
    ("Crawler", {**CRAWLER, "Colour": "red"}),
    ("Crawler", {**CRAWLER, "CrawlerSecurityConfiguration": "x"}),
    ("Crawler", {**CRAWLER, "Targets": {"JdbcTargets": [{"Path": "x"}]}}),
    ("Job", {**JOB, "Colour": "red"}),
    ("Job", {**JOB, "SecurityConfiguration": "x"}),
    ("Trigger", {**TRIGGERS["ON_DEMAND"], "EventBatchingCondition": {"BatchSize": 1}}),
])  # fmt: skip
def test_properties_that_are_not_there_fail_by_name(stacks: Deployment, kind: str, properties: dict[str, Any]) -> None:
    make_what_triggers_name(stacks)
    assert stacks.create(template(kind, "r", properties))["StackStatus"] == "ROLLBACK_COMPLETE"
    named = (set(properties) - set(CRAWLER) - set(JOB) - set(TRIGGERS["ON_DEMAND"])) or {"JdbcTargets"}
    assert named.pop() in stacks.reason("r", "CREATE_FAILED")
