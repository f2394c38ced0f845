"""Workflows: definitions, runs, their graphs and statistics."""

import re
from typing import Any

import pytest

from afluente.services.glue.error import (
    AlreadyExistsException,
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    IllegalWorkflowStateException,
    InvalidInputException,
)

CRAWLED = {"CrawlerName": "crawl", "CrawlState": "SUCCEEDED"}
CLEANED = {"JobName": "clean", "State": "SUCCEEDED"}


def pipeline(world: Any) -> None:
    """Crawl, then clean, then report and archive."""
    world.trigger("start", "ON_DEMAND", ["c:crawl"])
    world.after("crawled", ["clean"], CRAWLED)
    world.after("cleaned", ["report", "archive"], CLEANED)


def start(world: Any, **properties: str) -> str:
    run: str = world.glue("StartWorkflowRun", Name="w", RunProperties=properties)["RunId"]
    return run


def test_create_get_update_list_and_delete_workflow(world: Any) -> None:
    with pytest.raises(AlreadyExistsException, match="Workflow with given name already Exists"):
        world.glue("CreateWorkflow", Name="w")
    found = world.glue("GetWorkflow", Name="w")["Workflow"]
    assert found["DefaultRunProperties"] == {"a": "1", "b": "2"}
    world.glue("UpdateWorkflow", Name="w", MaxConcurrentRuns=2)
    found = world.glue("GetWorkflow", Name="w")["Workflow"]
    assert ("Description" in found, "DefaultRunProperties" in found, found["MaxConcurrentRuns"]) == (False, False, 2)
    world.glue("CreateWorkflow", Name="v")
    first = world.glue("ListWorkflows", MaxResults=1)
    assert first["Workflows"] == ["v"]
    assert world.glue("ListWorkflows", MaxResults=1, NextToken=first["NextToken"]) == {"Workflows": ["w"]}
    batch = world.glue("BatchGetWorkflows", Names=["w", "none"])
    assert ([each["Name"] for each in batch["Workflows"]], batch["MissingWorkflows"]) == (["w"], ["none"])
    world.trigger("start", "ON_DEMAND", ["job"])
    assert world.glue("DeleteWorkflow", Name="w") == {"Name": "w"}
    assert world.glue("DeleteWorkflow", Name="w") == {"Name": "w"}
    with pytest.raises(EntityNotFoundException, match="Entity not found"):
        world.glue("GetWorkflow", Name="w")
    with pytest.raises(EntityNotFoundException):
        world.glue("GetTrigger", Name="start")


def test_a_run_goes_from_trigger_to_trigger(world: Any) -> None:
    pipeline(world)
    run = start(world, b="3", c="4")
    assert re.fullmatch(r"wr_[0-9a-f]{64}", run)
    assert (world.crawlers.started, world.jobs.started) == (["crawl"], [])
    assert world.run(run)["Statistics"] == {
        "TotalActions": 4, "RunningActions": 1, "SucceededActions": 0, "FailedActions": 0, "StoppedActions": 0,
        "TimeoutActions": 0, "ErroredActions": 0, "WaitingActions": 0,
    }  # fmt: skip
    world.crawlers.tell("crawl", "SUCCEEDED")
    assert world.jobs.started == ["clean"]
    assert world.jobs.found["jr_0"]["Arguments"] == {"--WORKFLOW_NAME": "w", "--WORKFLOW_RUN_ID": run}
    assert world.jobs.found["jr_0"]["TriggerName"] == "crawled"
    world.jobs.end("clean")
    assert world.jobs.started == ["clean", "report", "archive"]
    world.jobs.end("report")
    assert world.run(run)["Status"] == "RUNNING"
    world.jobs.end("archive", "FAILED")
    ended = world.run(run)
    assert (ended["Status"], ended["WorkflowRunProperties"]) == ("COMPLETED", {"a": "1", "b": "3", "c": "4"})
    assert (ended["Statistics"]["SucceededActions"], ended["Statistics"]["FailedActions"]) == (3, 1)
    assert world.glue("GetWorkflow", Name="w")["Workflow"]["LastRun"]["WorkflowRunId"] == run


def test_a_run_ends_where_no_condition_is_met(world: Any) -> None:
    pipeline(world)
    run = start(world)
    world.crawlers.tell("crawl", "FAILED")
    ended = world.run(run)
    assert (ended["Status"], ended["Statistics"]["FailedActions"], world.jobs.started) == ("COMPLETED", 1, [])


def test_any_and_all_conditions(world: Any) -> None:
    world.trigger("start", "ON_DEMAND", ["one", "two"])
    both = [{"JobName": name, "State": "SUCCEEDED"} for name in ("one", "two")]
    world.after("all", ["last"], *both)
    world.after("any", ["soon"], *both, logical="ANY")
    start(world)
    world.jobs.end("one")
    assert world.jobs.started == ["one", "two", "soon"]
    world.jobs.end("two")
    assert world.jobs.started == ["one", "two", "soon", "last"]


def test_a_run_waits_for_the_last_attempt(world: Any) -> None:
    world.trigger("start", "ON_DEMAND", ["clean"])
    world.after("cleaned", ["report"], CLEANED)
    start(world)
    world.jobs.found["jr_0"]["JobRunState"] = "FAILED"
    world.jobs.found["jr_0_attempt_1"] = {**world.jobs.found["jr_0"], "Id": "jr_0_attempt_1"}
    world.jobs.end("clean")
    assert world.jobs.started == ["clean", "report"]


def test_what_cannot_be_started_is_an_error(world: Any) -> None:
    world.trigger("start", "ON_DEMAND", ["missing", "there"])
    run = start(world)
    assert world.jobs.started == ["there"]
    assert world.run(run)["Statistics"]["ErroredActions"] == 1
    world.jobs.end("there")
    assert world.run(run)["Status"] == "COMPLETED"


def test_graphs(world: Any) -> None:
    pipeline(world)
    workflow = world.glue("GetWorkflow", Name="w", IncludeGraph=True)["Workflow"]
    nodes = {node["UniqueId"]: node for node in workflow["Graph"]["Nodes"]}
    assert sorted((node["Type"], node["Name"]) for node in nodes.values()) == [
        ("CRAWLER", "crawl"), ("JOB", "archive"), ("JOB", "clean"), ("JOB", "report"), ("TRIGGER", "cleaned"),
        ("TRIGGER", "crawled"), ("TRIGGER", "start"),
    ]  # fmt: skip
    edges = {
        (nodes[edge["SourceId"]]["Name"], nodes[edge["DestinationId"]]["Name"]) for edge in workflow["Graph"]["Edges"]
    }
    assert edges == {
        ("start", "crawl"), ("crawl", "crawled"), ("crawled", "clean"), ("clean", "cleaned"), ("cleaned", "report"),
        ("cleaned", "archive"),
    }  # fmt: skip
    run = start(world)
    world.crawlers.tell("crawl", "SUCCEEDED")
    told = {node["Name"]: node for node in world.run(run, graph=True)["Graph"]["Nodes"]}
    assert told["crawl"]["CrawlerDetails"] == {"Crawls": [{"State": "SUCCEEDED"}]}
    assert [each["Id"] for each in told["clean"]["JobDetails"]["JobRuns"]] == ["jr_0"]
    assert told["start"]["TriggerDetails"]["Trigger"]["WorkflowName"] == "w"
    assert "JobDetails" not in told["report"]


def test_stop_a_run(world: Any) -> None:
    world.trigger("start", "ON_DEMAND", ["clean", "c:crawl"])
    world.after("cleaned", ["report"], {"JobName": "clean", "State": "STOPPED"})
    run = start(world)
    world.glue("StopWorkflowRun", Name="w", RunId=run)
    assert (world.run(run)["Status"], world.jobs.stopped, world.crawlers.stopped) == ("STOPPING", ["jr_0"], ["crawl"])
    with pytest.raises(IllegalWorkflowStateException):
        world.glue("StopWorkflowRun", Name="w", RunId=run)
    world.jobs.end("clean", "STOPPED")
    world.crawlers.tell("crawl", "CANCELLED")
    assert (world.run(run)["Status"], world.run(run)["Statistics"]["StoppedActions"]) == ("STOPPED", 2)
    assert world.jobs.started == ["clean"]


def test_resume_a_run_where_it_failed(world: Any) -> None:
    pipeline(world)
    first = start(world)
    world.crawlers.tell("crawl", "SUCCEEDED")
    nodes = {node["Name"]: node["UniqueId"] for node in world.run(first, graph=True)["Graph"]["Nodes"]}
    with pytest.raises(IllegalWorkflowStateException):
        world.glue("ResumeWorkflowRun", Name="w", RunId=first, NodeIds=[nodes["clean"]])
    world.jobs.end("clean", "FAILED")
    with pytest.raises(InvalidInputException):
        world.glue("ResumeWorkflowRun", Name="w", RunId=first, NodeIds=["none"])
    second = world.glue("ResumeWorkflowRun", Name="w", RunId=first, NodeIds=[nodes["clean"]])["RunId"]
    assert world.run(second)["PreviousRunId"] == first
    assert (world.jobs.started, world.crawlers.started) == (["clean", "clean"], ["crawl"])
    world.jobs.end("clean")
    world.jobs.end("report")
    world.jobs.end("archive")
    ended = world.run(second)
    assert (ended["Status"], ended["Statistics"]["SucceededActions"]) == ("COMPLETED", 4)


def test_run_properties_and_lists_of_runs(world: Any) -> None:
    world.trigger("start", "ON_DEMAND", ["clean"])
    first = start(world)
    world.glue("PutWorkflowRunProperties", Name="w", RunId=first, RunProperties={"b": "x", "z": "y"})
    found = world.glue("GetWorkflowRunProperties", Name="w", RunId=first)["RunProperties"]
    assert found == {"a": "1", "b": "x", "z": "y"}
    second = start(world)
    page = world.glue("GetWorkflowRuns", Name="w", MaxResults=1)
    assert [run["WorkflowRunId"] for run in page["Runs"]] == [second]
    rest = world.glue("GetWorkflowRuns", Name="w", NextToken=page["NextToken"])
    assert [run["WorkflowRunId"] for run in rest["Runs"]] == [first]
    with pytest.raises(EntityNotFoundException):
        world.glue("GetWorkflowRun", Name="w", RunId="wr_none")


def test_start_refuses(world: Any) -> None:
    with pytest.raises(InvalidInputException, match="no starting trigger"):
        start(world)
    world.trigger("start", "ON_DEMAND", ["clean"])
    world.glue("UpdateWorkflow", Name="w", MaxConcurrentRuns=1)
    start(world)
    with pytest.raises(ConcurrentRunsExceededException):
        start(world)


def test_triggers_of_workflows(world: Any) -> None:
    with pytest.raises(EntityNotFoundException, match="Entity not found"):
        world.trigger("t", "ON_DEMAND", ["clean"], WorkflowName="none")
    world.after("cleaned", ["report"], CLEANED)
    world.jobs.tell("clean", "SUCCEEDED")  # outside of any run
    assert world.jobs.started == []
    world.trigger("start", "ON_DEMAND", ["clean"])
    world.glue("StartTrigger", Name="start")
    (run,) = world.glue("GetWorkflowRuns", Name="w")["Runs"]
    assert (run["Status"], world.jobs.started) == ("RUNNING", ["clean"])


def test_a_schedule_starts_a_workflow(world: Any) -> None:
    world.trigger("hourly", "SCHEDULED", ["clean"], Schedule="cron(0 * * * ? *)", StartOnCreation=True)
    world.triggers.start()
    world.clock.settle(1)
    world.clock.advance(3600)
    world.clock.settle(1)
    assert [run["Status"] for run in world.glue("GetWorkflowRuns", Name="w")["Runs"]] == ["RUNNING"]


def test_runs_go_on_after_a_restart(world: Any) -> None:
    pipeline(world)
    run = start(world)
    world.crawlers.tell("crawl", "SUCCEEDED")
    world.jobs.found["jr_0"]["JobRunState"] = "SUCCEEDED"  # and the process dies before it is told
    world.build()
    world.workflows.start()
    assert world.jobs.started == ["clean", "report", "archive"]
    assert world.run(run)["Status"] == "RUNNING"
