"""Triggers: definitions, states, firing."""

from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.glue.error import (
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
)

HOURLY = {"Schedule": "cron(0 * * * ? *)"}
AFTER = {"LogicalOperator": "EQUALS", "JobName": "first", "State": "SUCCEEDED"}
CRAWLED = {"LogicalOperator": "EQUALS", "CrawlerName": "crawler", "CrawlState": "SUCCEEDED"}


def test_create_and_get_trigger(world: Any) -> None:
    assert world.create("t", "SCHEDULED", Description="d", **HOURLY) == {"Name": "t"}
    assert world.glue("GetTrigger", Name="t")["Trigger"] == {
        "Name": "t",
        "Type": "SCHEDULED",
        "State": "CREATED",
        "Description": "d",
        "Actions": [{"JobName": "job"}],
        **HOURLY,
    }
    assert world.create("t", "SCHEDULED", Description="d", **HOURLY) == {"Name": "t"}
    with pytest.raises(IdempotentParameterMismatchException):
        world.create("t", "SCHEDULED", Description="e", **HOURLY)


@pytest.mark.parametrize(
    ("kind", "members", "error", "text"),
    [
        ("ON_DEMAND", {"StartOnCreation": True}, InvalidInputException,
         "Starting trigger on create is not supported for ON_DEMAND trigger type."),
        ("EVENT", {}, InvalidInputException, "Workflow name cannot be null or empty"),
        ("EVENT", {"WorkflowName": "w"}, EntityNotFoundException, "Entity not found"),
        ("SCHEDULED", {"Schedule": "rate(5 minutes)"}, InvalidInputException,
         r"The schedule rate\(5 minutes\) is invalid."),
        ("SCHEDULED", {}, InvalidInputException, "The schedule  is invalid."),
        ("ON_DEMAND", HOURLY, InvalidInputException, "Schedule is not supported"),
        ("ON_DEMAND", {"Predicate": {"Conditions": [AFTER]}}, InvalidInputException, "Predicate is not supported"),
        ("CONDITIONAL", {}, InvalidInputException, "conditions cannot be null or empty"),
        ("CONDITIONAL", {"Predicate": {"Conditions": [AFTER, CRAWLED]}}, InvalidInputException, "Logical is required"),
        ("CONDITIONAL", {"Predicate": {"Conditions": [{"JobName": "j", "State": "RUNNING"}]}}, InvalidInputException,
         "State must be one of"),
        ("CONDITIONAL", {"Predicate": {"Conditions": [{"CrawlerName": "c", "State": "SUCCEEDED"}]}},
         InvalidInputException, "CrawlState must be one of"),
        ("CONDITIONAL", {"Predicate": {"Conditions": [{"State": "SUCCEEDED"}]}}, InvalidInputException, "Exactly one"),
        ("ON_DEMAND", {"Actions": []}, InvalidInputException, "Actions cannot be null or empty"),
        ("ON_DEMAND", {"Actions": [{}]}, InvalidInputException, "Exactly one"),
        ("ON_DEMAND", {"Actions": [{"CrawlerName": "c", "Arguments": {"--a": "b"}}]}, InvalidInputException,
         "not supported for a crawler"),
    ],
)  # fmt: skip
def test_create_trigger_refuses(
    world: Any, kind: str, members: dict[str, Any], error: type[AwsError], text: str
) -> None:
    with pytest.raises(error, match=text):
        world.create("t", kind, **members)
    assert world.glue("GetTriggers")["Triggers"] == []


def test_start_trigger_on_demand_starts_its_actions(world: Any) -> None:
    actions = [
        {"JobName": "missing"},
        {"JobName": "job", "Arguments": {"--a": "b"}, "Timeout": 5},
        {"CrawlerName": "c"},
    ]
    world.create("t", "ON_DEMAND", Actions=actions)
    assert world.glue("StartTrigger", Name="t") == {"Name": "t"}
    assert world.jobs.started == [("job", {"Arguments": {"--a": "b"}, "Timeout": 5}, "t")]
    assert world.crawlers.started == [("c", "000000000000", "us-east-1")]
    assert world.state("t") == "CREATED"


def test_scheduled_trigger_fires_on_the_clock(world: Any) -> None:
    world.create("t", "SCHEDULED", **HOURLY)
    world.start()
    world.clock.advance(2 * 3600)
    assert world.jobs.started == []
    world.glue("StartTrigger", Name="t")
    assert world.state("t") == "ACTIVATED"
    world.clock.settle(1)
    for _ in range(3):
        world.clock.advance(3600)
    assert len(world.jobs.started) == 3
    world.glue("StopTrigger", Name="t")
    assert world.state("t") == "DEACTIVATED"
    world.clock.settle(1)
    world.clock.advance(3600)
    assert len(world.jobs.started) == 3


def test_scheduled_trigger_that_came_due_while_nothing_ran_fires_once(world: Any) -> None:
    world.create("t", "SCHEDULED", StartOnCreation=True, **HOURLY)
    world.clock.advance(10 * 3600)
    world.engine()
    world.start()
    assert len(world.jobs.started) == 1
    world.clock.advance(3600)
    assert len(world.jobs.started) == 2


def test_conditional_trigger_fires_after_a_crawl(world: Any) -> None:
    predicate = {"Conditions": [CRAWLED]}
    world.create("t", "CONDITIONAL", StartOnCreation=True, Predicate=predicate)
    world.crawlers.end("crawler", "FAILED")
    world.crawlers.end("other", "SUCCEEDED")
    world.jobs.end("crawler", "SUCCEEDED")
    assert world.jobs.started == []
    world.crawlers.end("crawler", "SUCCEEDED")
    world.crawlers.end("crawler", "SUCCEEDED")
    assert world.jobs.started == [("job", {}, "t")] * 2


@pytest.mark.parametrize(("logical", "after_one", "after_both"), [("AND", 0, 1), ("ANY", 1, 2)])
def test_conditional_trigger_on_several(world: Any, logical: str, after_one: int, after_both: int) -> None:
    world.create(
        "t", "CONDITIONAL", StartOnCreation=True, Predicate={"Logical": logical, "Conditions": [AFTER, CRAWLED]}
    )
    world.jobs.end("first", "SUCCEEDED")
    world.jobs.end("first", "FAILED")
    assert len(world.jobs.started) == after_one
    world.engine()  # what was met is remembered over a restart
    world.jobs.listeners = world.jobs.listeners[1:]
    world.crawlers.listeners = world.crawlers.listeners[1:]
    world.crawlers.end("crawler", "SUCCEEDED")
    assert len(world.jobs.started) == after_both


def test_conditional_trigger_that_is_off_does_not_fire(world: Any) -> None:
    world.create("t", "CONDITIONAL", Predicate={"Conditions": [AFTER]})
    world.jobs.end("first", "SUCCEEDED")
    assert world.jobs.started == []


def test_states_that_do_not_allow_it(world: Any) -> None:
    world.create("t", "SCHEDULED", **HOURLY)
    with pytest.raises(InvalidInputException, match="The operation is not allowed when trigger is in state: CREATED"):
        world.glue("StopTrigger", Name="t")
    world.glue("StartTrigger", Name="t")
    with pytest.raises(InvalidInputException, match="in state: ACTIVATED"):
        world.glue("StartTrigger", Name="t")
    world.glue("StopTrigger", Name="t")
    world.glue("StartTrigger", Name="t")


def test_triggers_that_do_not_exist(world: Any) -> None:
    for operation in ("GetTrigger", "StartTrigger", "StopTrigger"):
        with pytest.raises(EntityNotFoundException, match=r"Trigger not found\."):
            world.glue(operation, Name="none")
    with pytest.raises(EntityNotFoundException):
        world.glue("UpdateTrigger", Name="none", TriggerUpdate={})
    assert world.glue("DeleteTrigger", Name="none") == {"Name": "none"}


def test_update_trigger(world: Any) -> None:
    world.create("t", "SCHEDULED", StartOnCreation=True, **HOURLY)
    world.start()
    daily = {"Schedule": "cron(0 12 * * ? *)", "Actions": [{"CrawlerName": "c"}]}
    trigger = world.glue("UpdateTrigger", Name="t", TriggerUpdate=daily)["Trigger"]
    assert {name: trigger[name] for name in ("Schedule", "Actions", "State")} == {**daily, "State": "ACTIVATED"}
    world.clock.settle(1)
    world.clock.advance(24 * 3600)
    assert (len(world.jobs.started), len(world.crawlers.started)) == (0, 1)
    with pytest.raises(InvalidInputException):
        world.glue("UpdateTrigger", Name="t", TriggerUpdate={"Schedule": "never"})


def test_list_triggers_by_pages_tags_and_job(world: Any) -> None:
    for name, job in (("a", "x"), ("b", "y"), ("c", "x")):
        world.create(name, "ON_DEMAND", Actions=[{"JobName": job}], Tags={"of": job})
    first = world.glue("ListTriggers", MaxResults=2)
    assert first["TriggerNames"] == ["a", "b"]
    assert world.glue("ListTriggers", MaxResults=2, NextToken=first["NextToken"]) == {"TriggerNames": ["c"]}
    assert world.glue("ListTriggers", Tags={"of": "x"})["TriggerNames"] == ["a", "c"]
    assert [each["Name"] for each in world.glue("GetTriggers", DependentJobName="y")["Triggers"]] == ["b"]
    assert len(world.glue("GetTriggers", DependentJobName="none")["Triggers"]) == 3
    found = world.glue("BatchGetTriggers", TriggerNames=["c", "z"])
    assert ([each["Name"] for each in found["Triggers"]], found["TriggersNotFound"]) == (["c"], ["z"])


def test_delete_trigger(world: Any) -> None:
    world.create("t", "SCHEDULED", StartOnCreation=True, Tags={"a": "b"}, **HOURLY)
    world.start()
    assert world.triggers.statistics()["active"][0]["due_ms"] == 1_790_002_800_000
    world.glue("DeleteTrigger", Name="t")
    world.clock.settle(1)
    world.clock.advance(3600)
    assert world.jobs.started == []
    world.create("t", "SCHEDULED", **HOURLY)
    assert world.glue("GetTags", ResourceArn="arn:aws:glue:us-east-1:000000000000:trigger/t")["Tags"] == {}
