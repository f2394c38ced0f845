"""Definitions of jobs: defaults, rules, idempotence, paging."""

from pathlib import Path
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.setting import Settings
from afluente.services.glue.error import (
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
)
from afluente.services.glue.job.engine import JobEngine

COMMAND = {"Name": "glueetl", "ScriptLocation": "s3://lake/scripts/none.py", "PythonVersion": "3"}
SHELL = {"Name": "pythonshell", "ScriptLocation": "s3://lake/scripts/none.py", "PythonVersion": "3.9"}


def create(world: Any, name: str = "etl", **members: Any) -> dict[str, Any]:
    answer: dict[str, Any] = world.glue("CreateJob", Name=name, **{"Role": "glue-role", "Command": COMMAND, **members})
    return answer


def test_create_job_fills_in_defaults(world: Any) -> None:
    assert create(world) == {"Name": "etl"}
    job = world.glue("GetJob", JobName="etl")["Job"]
    expected = {
        "Name": "etl",
        "Role": "glue-role",
        "Command": COMMAND,
        "JobMode": "SCRIPT",
        "JobRunQueuingEnabled": False,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "MaxRetries": 0,
        "Timeout": 480,
        "MaxCapacity": 10.0,
        "AllocatedCapacity": 10,
        "GlueVersion": "6.0",
    }
    assert {name: job.pop(name) for name in expected} == expected
    assert set(job) == {"CreatedOn", "LastModifiedOn"}


def test_create_job_with_workers_has_their_capacity(world: Any) -> None:
    create(world, WorkerType="G.2X", NumberOfWorkers=3, GlueVersion="4.0")
    job = world.glue("GetJob", JobName="etl")["Job"]
    assert (job["MaxCapacity"], job["WorkerType"], job["NumberOfWorkers"]) == (6.0, "G.2X", 3)
    assert job["Timeout"] == 2880


def test_create_job_that_sets_no_timeout_gets_the_settings(world: Any) -> None:
    settings = Settings(data=Path("unused"), job_default_timeout_s=600)
    jobs = JobEngine(
        world.database, world.tags, world.s3, world.iam, world.logs, world.invoke, settings, world.clock
    )  # fmt: skip
    jobs.create(("000000000000", "us-east-1", "etl"), {"Role": "glue-role", "Command": COMMAND})
    assert jobs.get(("000000000000", "us-east-1", "etl"))["Timeout"] == 10


def test_create_job_of_python_shell_gets_a_sixteenth(world: Any) -> None:
    create(world, Command=SHELL)
    assert world.glue("GetJob", JobName="etl")["Job"]["MaxCapacity"] == 0.0625


def test_create_job_again_is_no_error_unless_it_differs(world: Any) -> None:
    create(world, Description="one")
    assert create(world, Description="one") == {"Name": "etl"}
    with pytest.raises(
        IdempotentParameterMismatchException, match="Job already submitted with different configuration"
    ):
        create(world, Description="two")


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"Command": {"Name": "glueetl"}}, InvalidInputException),
        ({"Command": {"Name": "spark", "ScriptLocation": "s3://b/k"}}, InvalidInputException),
        ({"Command": {"Name": "glueetl", "ScriptLocation": "/tmp/x.py"}}, InvalidInputException),
        ({"Command": {"Name": "gluestreaming", "ScriptLocation": "s3://b/k"}}, Unsupported),
        ({"Command": {"Name": "glueray", "ScriptLocation": "s3://b/k"}}, Unsupported),
        ({"GlueVersion": "7.5"}, InvalidInputException),
        ({"WorkerType": "G.1X"}, InvalidInputException),
        ({"WorkerType": "G.1X", "NumberOfWorkers": 1}, InvalidInputException),
        ({"WorkerType": "G.1X", "NumberOfWorkers": 2, "MaxCapacity": 2.0}, InvalidInputException),
        ({"MaxCapacity": 2.5}, InvalidInputException),
        ({"Command": SHELL, "MaxCapacity": 3.0}, InvalidInputException),
        ({"Command": SHELL, "WorkerType": "G.1X", "NumberOfWorkers": 2}, InvalidInputException),
        ({"MaxRetries": 11}, InvalidInputException),
        ({"Timeout": 10_081}, InvalidInputException),
        ({"ExecutionClass": "FLEX", "GlueVersion": "2.0", "WorkerType": "G.1X", "NumberOfWorkers": 2},
         InvalidInputException),
        ({"ExecutionClass": "FLEX"}, InvalidInputException),
    ],
)  # fmt: skip
def test_create_job_refuses(world: Any, members: dict[str, Any], error: type[AwsError]) -> None:
    with pytest.raises(error):
        create(world, **members)
    assert world.glue("GetJobs")["Jobs"] == []


def test_create_job_with_a_role_that_glue_may_not_assume(world: Any) -> None:
    world.role("others", service="firehose.amazonaws.com")
    for role in ("others", "nobody", "arn:aws:iam::000000000000:role/nobody"):
        with pytest.raises(InvalidInputException, match="Service is unable to assume provided role"):
            create(world, Role=role)


def test_update_job_replaces_it_whole(world: Any) -> None:
    create(world, Description="one", DefaultArguments={"--a": "1"})
    before = world.glue("GetJob", JobName="etl")["Job"]
    world.clock.advance(5)
    update = {"Role": "glue-role", "Command": COMMAND, "MaxRetries": 2}
    assert world.glue("UpdateJob", JobName="etl", JobUpdate=update) == {"JobName": "etl"}
    job = world.glue("GetJob", JobName="etl")["Job"]
    assert job["MaxRetries"] == 2
    assert not {"Description", "DefaultArguments"} & set(job)
    assert job["CreatedOn"] == before["CreatedOn"] < job["LastModifiedOn"]


def test_jobs_that_do_not_exist(world: Any) -> None:
    for operation, request in (
        ("GetJob", {"JobName": "none"}),
        ("UpdateJob", {"JobName": "none", "JobUpdate": {"Role": "glue-role", "Command": COMMAND}}),
        ("StartJobRun", {"JobName": "none"}),
        ("GetJobRuns", {"JobName": "none"}),
    ):
        with pytest.raises(EntityNotFoundException, match="Job not found"):
            world.glue(operation, **request)
    assert world.glue("DeleteJob", JobName="none") == {"JobName": "none"}


def test_list_jobs_by_pages_and_tags(world: Any) -> None:
    for name in ("a", "b", "c"):
        create(world, name, Tags={"team": "wind" if name != "b" else "solar"})
    first = world.glue("ListJobs", MaxResults=2)
    assert first["JobNames"] == ["a", "b"]
    assert world.glue("ListJobs", MaxResults=2, NextToken=first["NextToken"]) == {"JobNames": ["c"]}
    assert world.glue("ListJobs", Tags={"team": "wind"}) == {"JobNames": ["a", "c"]}
    assert [job["Name"] for job in world.glue("GetJobs")["Jobs"]] == ["a", "b", "c"]
    found = world.glue("BatchGetJobs", JobNames=["c", "x"])
    assert [job["Name"] for job in found["Jobs"]] == ["c"]
    assert found["JobsNotFound"] == ["x"]
    with pytest.raises(InvalidInputException):
        world.glue("ListJobs", NextToken="?")


def test_delete_job_forgets_its_runs_and_tags(world: Any) -> None:
    world.create_job("etl", "print(1)", Tags={"a": "b"})
    run = world.finish("etl")
    world.glue("DeleteJob", JobName="etl")
    world.create_job("etl", "print(2)")
    assert world.glue("GetJobRuns", JobName="etl")["JobRuns"] == []
    assert world.glue("GetTags", ResourceArn="arn:aws:glue:us-east-1:000000000000:job/etl")["Tags"] == {}
    with pytest.raises(EntityNotFoundException):
        world.glue("GetJobRun", JobName="etl", RunId=run["Id"])
