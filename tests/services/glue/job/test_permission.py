"""A run does what its role may do, and fails, with what was missing, where it may not."""

import json
from typing import Any

import pytest

ACCOUNT = "000000000000"
WHO = f"arn:aws:sts::{ACCOUNT}:assumed-role/glue-role/GlueJobRunnerSession"
COPY = """
f = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json", {})
glueContext.write_dynamic_frame.from_options(f, "s3", {"path": "s3://lake/out/"}, "json")
"""
SCRIPT = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/scripts/*"}
LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake"}
READ = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/in/*"}
WRITE = {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::lake/out/*"}
LOG = {"Action": "logs:*", "Resource": "arn:aws:logs:*:*:log-group:/aws-glue/*"}


def may(world: Any, *statements: dict[str, Any]) -> None:
    """The role's policy from now on: these statements and nothing else."""
    for policy in world.iam.roles.get(ACCOUNT, "glue-role").attached:
        world.iam.roles.detach(ACCOUNT, "glue-role", policy)
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    world.iam.roles.put_inline(ACCOUNT, "glue-role", "p", json.dumps({"Version": "2012-10-17", "Statement": allowed}))


@pytest.fixture(autouse=True)
def data(world: Any) -> None:
    world.put("in/a.json", '{"a": 1}')


def test_a_run_whose_role_may_all_that_it_does(world: Any) -> None:
    may(world, SCRIPT, LIST, READ, WRITE, LOG)
    world.succeed(COPY)
    assert len(world.keys("out/")) == 1


@pytest.mark.parametrize(
    ("missing", "action", "resource"),
    [
        (LIST, "s3:ListBucket", "arn:aws:s3:::lake"),
        (READ, "s3:GetObject", "arn:aws:s3:::lake/in/a.json"),
        (WRITE, "s3:PutObject", "arn:aws:s3:::lake/out/"),
    ],
)
def test_a_run_that_lacks_a_permission_fails_and_names_it(
    world: Any, missing: dict[str, Any], action: str, resource: str
) -> None:
    may(world, *(statement for statement in (SCRIPT, LIST, READ, WRITE, LOG) if statement is not missing))
    message = world.fail(COPY)
    assert "Error Category: PERMISSION_ERROR; Failed Line Number: " in message
    assert f'User: {WHO} is not authorized to perform: {action} on resource: "{resource}' in message
    assert f"because no identity-based policy allows the {action} action (Error Code: AccessDenied)" in message
    assert world.keys("out/") == []


def test_a_script_that_the_role_may_not_read(world: Any) -> None:
    may(world, LOG)
    message = world.fail("print(1)")
    assert message.startswith(
        "Error downloading script: fatal error: An error occurred (403) when calling the HeadObject operation: "
        "Forbidden"
    )
    assert "s3:GetObject" in message


def test_deleting_takes_a_permission_of_its_own(world: Any) -> None:
    world.put("out/old.json", "{}")
    may(world, SCRIPT, LIST, READ, WRITE, LOG)
    purge = 'glueContext.purge_s3_path("s3://lake/out/", {"retentionPeriod": 0})\n'
    assert "s3:DeleteObject" in world.fail(purge)
    assert world.keys("out/") == ["out/old.json"]


def test_a_run_with_bookmarks_has_to_know_its_own(world: Any) -> None:
    begin = "from awsglue.job import Job\nJob(glueContext).init('etl', {})\n"
    options = {"DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}}
    of_the_job = {"Action": "glue:GetJobBookmark", "Resource": f"arn:aws:glue:us-east-1:{ACCOUNT}:job/*"}
    may(world, SCRIPT, LIST, READ, LOG, of_the_job)
    world.create_job("etl", begin, **options)
    run = world.finish("etl")
    assert run["JobRunState"] == "FAILED"
    assert f"User: {WHO} is not authorized to perform: glue:GetJobBookmark on resource: *" in run["ErrorMessage"]
    may(world, SCRIPT, LIST, READ, LOG, {**of_the_job, "Resource": "*"})
    assert world.finish("etl")["JobRunState"] == "SUCCEEDED"


def test_a_run_whose_role_may_not_log_leaves_no_log(world: Any) -> None:
    may(world, SCRIPT)
    run = world.run("print('hello')")
    assert (run["JobRunState"], world.log(run)) == ("SUCCEEDED", "")
