"""Runs: their states, arguments, logs, failures, limits."""

import io
import os
import re
import signal
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from afluente.core.setting import Settings
from afluente.services.glue.error import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    InvalidInputException,
)
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.tag import Tags

FOREVER = "import threading\nprint('here', flush=True)\nthreading.Event().wait()\n"


def wait_for_output(world: Any, name: str) -> dict[str, Any]:
    """The run of a job once it has printed something."""
    for _ in range(2000):
        run = world.glue("GetJobRuns", JobName=name)["JobRuns"][0]
        if world.log(run):
            return dict(run)
        threading.Event().wait(0.01)  # the process is another: only real time tells
    raise AssertionError("the run printed nothing")


def test_start_job_run_that_succeeds(world: Any) -> None:
    world.create_job("etl", "print('one')\nprint('two')\n", DefaultArguments={"--a": "1"})
    run = world.finish("etl", Arguments={"--b": "2"})
    assert re.fullmatch(r"jr_[0-9a-f]{64}", run["Id"])
    assert world.log(run) == "one\ntwo"
    expected = {
        "JobRunState": "SUCCEEDED",
        "Attempt": 0,
        "JobName": "etl",
        "JobMode": "SCRIPT",
        "Arguments": {"--b": "2"},
        "PredecessorRuns": [],
        "LogGroupName": "/aws-glue/jobs",
        "GlueVersion": "6.0",
        "Timeout": 480,
        "MaxCapacity": 10.0,
        "AllocatedCapacity": 10,
        "JobRunQueuingEnabled": False,
        "ExecutionTime": 0,
    }
    assert {name: run[name] for name in expected} == expected
    assert {"StartedOn", "CompletedOn", "LastModifiedOn"} <= set(run)
    assert "ErrorMessage" not in run


def test_start_job_run_arguments_override_each_other(world: Any) -> None:
    script = """
import sys
from awsglue.utils import getResolvedOptions
print(getResolvedOptions(sys.argv, ["JOB_NAME", "a", "b", "c-d"]))
"""
    world.create_job(
        "etl",
        script,
        DefaultArguments={"--a": "default", "--b": "default", "--TempDir": "s3://lake/tmp"},
        NonOverridableArguments={"--a": "fixed"},
    )
    run = world.finish("etl", Arguments={"--a": "run", "--b": "run", "--c-d": "x y"})
    options = eval(world.log(run))
    assert {name: options[name] for name in ("JOB_NAME", "a", "b", "c_d", "TempDir", "JOB_RUN_ID")} == {
        "JOB_NAME": "etl",
        "a": "fixed",
        "b": "run",
        "c_d": "x y",
        "TempDir": "s3://lake/tmp",
        "JOB_RUN_ID": run["Id"],
    }
    assert options["job_bookmark_option"] == "job-bookmark-disable"


def test_start_job_run_without_an_argument_that_the_script_needs(world: Any) -> None:
    message = world.fail(
        "import sys\nfrom awsglue.utils import getResolvedOptions\ngetResolvedOptions(sys.argv, ['x'])\n"
    )
    assert message == (
        "Error Category: INVALID_ARGUMENT_ERROR; Failed Line Number: 3; "
        "GlueArgumentError: the following arguments are required: --x"
    )


def test_start_job_run_whose_script_raises(world: Any) -> None:
    run = world.run("def work():\n    raise RuntimeError('no wind')\n\n\nwork()\n")
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == ("Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 2; RuntimeError: no wind")
    log = world.log(run, "error")
    assert log.startswith("Traceback (most recent call last):")
    assert log.endswith("RuntimeError: no wind")
    assert "runtime/main.py" not in log


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("x = (\n", r"Error Category: SYNTAX_ERROR; Failed Line Number: 1; SyntaxError: '\(' was never closed"),
        ("import nowhere", r"Error Category: IMPORT_ERROR; Failed Line Number: 1; ModuleNotFoundError: .*nowhere"),
        ("\nimport sys\nsys.exit(3)", r"Error Category: SYSTEM_EXIT_ERROR; Failed Line Number: 3; SystemExit: 3"),
        ("import os\nos._exit(7)", r"Command failed with exit code 7"),
        ("from pyspark.sql.functions import pandas_udf", r"Error Category: UNSUPPORTED_OPERATION_ERROR; .*pandas_udf"),
    ],
)
def test_start_job_run_failure_texts(world: Any, script: str, message: str) -> None:
    assert re.match(message, world.fail(script))


def test_start_job_run_of_python_shell(world: Any) -> None:
    world.create_job("shell", "raise RuntimeError('owned')", Kind="pythonshell")
    run = world.finish("shell")
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "RuntimeError: owned")
    assert run["LogGroupName"] == "/aws-glue/python-jobs"
    assert "RuntimeError: owned" in world.log(run, "error")


def test_start_job_run_without_its_script(world: Any) -> None:
    world.create_job("etl", "")
    world.s3.delete_object("lake", "scripts/etl.py")
    assert 'Key "scripts/etl.py" does not exist' in world.finish("etl")["ErrorMessage"]


def test_start_job_run_after_its_role_is_gone(world: Any) -> None:
    world.create_job("etl", "print(1)")
    world.iam.roles.detach("000000000000", "glue-role", "arn:aws:iam::aws:policy/AdministratorAccess")
    world.iam.roles.delete("000000000000", "glue-role")
    message = world.finish("etl")["ErrorMessage"]
    assert "should be given assume role permissions for Glue Service" in message


def test_start_job_run_has_the_roles_credentials(world: Any) -> None:
    output = world.succeed(
        "import os\nprint(*(os.environ[n] for n in ('AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL',"
        " 'AWS_REGION')), sep='\\n')"
    )
    key, token, endpoint, region = output.split("\n")
    assert world.iam.identify(key, token).arn.endswith(":assumed-role/glue-role/GlueJobRunnerSession")
    assert (endpoint, region) == ("http://127.0.0.1:4566", "us-east-1")


def test_start_job_run_with_modules_and_files(world: Any) -> None:
    world.put("lib/helping.py", "ANSWER = 42")
    world.put("lib/data.txt", "seven")
    output = world.succeed(
        "import helping\nprint(helping.ANSWER, open('data.txt').read())",
        DefaultArguments={"--extra-py-files": "s3://lake/lib/helping.py", "--extra-files": "s3://lake/lib/data.txt"},
    )
    assert output == "42 seven"


@pytest.mark.parametrize("kind", ["glueetl", "pythonshell"])
def test_start_job_run_with_archives_of_modules(world: Any, kind: str) -> None:
    for key, module in (("lib/zipped.zip", "zipped"), ("lib/wheel-1-py3-none-any.whl", "wheel")):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(f"{module}/__init__.py", f"NAME = {module!r}")
        world.put(key, archive.getvalue())
    arguments = {
        "--extra-py-files": "s3://lake/lib/zipped.zip",
        "--additional-python-modules": "s3://lake/lib/wheel-1-py3-none-any.whl, boto3>=1.0",
    }
    run = world.run(
        "import wheel, zipped, boto3\nprint(wheel.NAME, zipped.NAME)", DefaultArguments=arguments, Kind=kind
    )
    assert run["JobRunState"] == "SUCCEEDED", run
    assert world.log(run) == "wheel zipped"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("--additional-python-modules", "no-such-module"),
        ("--additional-python-modules", "boto3==0.1"),
        ("--additional-python-modules", "s3://lake/lib/x-1-cp311-cp311-linux_x86_64.whl"),
        ("--datalake-formats", "delta"),
        ("--job-language", "scala"),
        ("--job-bookmark-option", "sometimes"),
    ],
)
def test_start_job_run_with_an_argument_that_is_not_supported(world: Any, name: str, value: str) -> None:
    assert name in world.fail("print(1)", DefaultArguments={name: value})


def test_start_job_run_says_which_arguments_have_no_effect(world: Any) -> None:
    run = world.run("print(1)", DefaultArguments={"--enable-spark-ui": "true"})
    assert world.log(run, "error") == "--enable-spark-ui has no effect on Afluente: there is no cluster"


def test_start_job_run_beyond_its_concurrency(world: Any) -> None:
    world.create_job("etl", FOREVER)
    run = world.glue("StartJobRun", JobName="etl")["JobRunId"]
    with pytest.raises(ConcurrentRunsExceededException, match=r"Concurrent runs exceeded\."):
        world.glue("StartJobRun", JobName="etl")
    world.glue("BatchStopJobRun", JobName="etl", JobRunIds=[run])
    world.jobs.runs.join()
    world.glue("StartJobRun", JobName="etl")


def test_start_job_run_is_tried_again_as_often_as_allowed(world: Any) -> None:
    world.create_job("etl", "1 / 0", MaxRetries=2)
    first = world.finish("etl", Arguments={"--a": "b"})
    runs = world.glue("GetJobRuns", JobName="etl")["JobRuns"]
    assert [run["Id"] for run in runs] == [f"{first['Id']}_attempt_2", f"{first['Id']}_attempt_1", first["Id"]]
    assert [run["Attempt"] for run in runs] == [2, 1, 0]
    assert [run.get("PreviousRunId") for run in runs] == [f"{first['Id']}_attempt_1", first["Id"], None]
    assert all(run["Arguments"] == {"--a": "b"} for run in runs)


def test_start_job_run_of_a_failed_run_again(world: Any) -> None:
    world.create_job("etl", "1 / 0")
    failed = world.finish("etl")
    again = world.finish("etl", JobRunId=failed["Id"])
    assert (again["Id"], again["PreviousRunId"]) == (f"{failed['Id']}_attempt_1", failed["Id"])


def test_run_out_of_time(world: Any) -> None:
    world.create_job("etl", FOREVER, Timeout=2)
    world.glue("StartJobRun", JobName="etl")
    run = wait_for_output(world, "etl")
    assert run["JobRunState"] == "RUNNING"
    world.clock.advance(119)
    assert world.glue("GetJobRun", JobName="etl", RunId=run["Id"])["JobRun"]["ExecutionTime"] == 119
    world.clock.advance(1)
    world.jobs.runs.join()
    run = world.glue("GetJobRun", JobName="etl", RunId=run["Id"])["JobRun"]
    assert (run["JobRunState"], run["ExecutionTime"]) == ("TIMEOUT", 120)


def test_batch_stop_job_run(world: Any) -> None:
    world.create_job("etl", "import subprocess, os\nos.fork() or subprocess.run(['cat', '/dev/zero'])\n" + FOREVER)
    world.glue("StartJobRun", JobName="etl")
    run = wait_for_output(world, "etl")["Id"]
    answer = world.glue("BatchStopJobRun", JobName="etl", JobRunIds=[run, "jr_none"])
    assert answer["SuccessfulSubmissions"] == [{"JobName": "etl", "JobRunId": run}]
    assert answer["Errors"][0]["ErrorDetail"] == {
        "ErrorCode": "EntityNotFoundException",
        "ErrorMessage": "Job Run not found.",
    }
    world.jobs.runs.join()
    assert world.glue("GetJobRun", JobName="etl", RunId=run)["JobRun"]["JobRunState"] == "STOPPED"
    again = world.glue("BatchStopJobRun", JobName="etl", JobRunIds=[run])
    assert again["Errors"][0]["ErrorDetail"] == {
        "ErrorCode": "JobRunCannotBeStoppedException",
        "ErrorMessage": "Job Run cannot be stopped in current state.",
    }


def test_get_job_runs_newest_first_by_pages(world: Any) -> None:
    world.create_job("etl", "print(1)")
    ids = [world.finish("etl")["Id"] for _ in range(3)]
    first = world.glue("GetJobRuns", JobName="etl", MaxResults=2)
    assert [run["Id"] for run in first["JobRuns"]] == ids[:0:-1]
    second = world.glue("GetJobRuns", JobName="etl", MaxResults=2, NextToken=first["NextToken"])
    assert [run["Id"] for run in second["JobRuns"]] == ids[:1]
    assert "NextToken" not in second
    with pytest.raises(EntityNotFoundException, match=r"Job Run not found\."):
        world.glue("GetJobRun", JobName="etl", RunId="jr_none")
    with pytest.raises(InvalidInputException):
        world.glue("StartJobRun", JobName="etl", JobRunId=ids[0])


def test_restart_marks_runs_as_failed(world: Any, tmp_path: Path) -> None:
    world.create_job("etl", "import os\nprint(os.getpid())\n" + FOREVER)
    world.glue("StartJobRun", JobName="etl")
    run = wait_for_output(world, "etl")
    after = JobEngine(
        world.database, Tags(world.database), world.s3, world.iam, world.logs, world.invoke,
        Settings(data=tmp_path / "other"), world.clock,
    )  # fmt: skip
    after.start()
    after.stop()
    found = after.runs.get(("000000000000", "us-east-1", "etl"), run["Id"])
    assert found["JobRunState"] == "FAILED"
    assert "interrupted" in found["ErrorMessage"]
    os.kill(int(world.log(run).split()[0]), signal.SIGKILL)
    world.jobs.runs.join()


def test_process_ends_with_the_server(world: Any) -> None:
    """The lifeline: when our end of its pipe closes, the process and what it started end."""
    world.create_job("etl", FOREVER)
    world.glue("StartJobRun", JobName="etl")
    wait_for_output(world, "etl")
    (live,) = world.jobs.runs._live._runs.values()
    assert live.process is not None
    live.process.cut()
    world.jobs.runs.join()
    assert world.jobs.runs.latest()[0]["JobRunState"] == "FAILED"


def test_run_leaves_no_files_behind(world: Any, tmp_path: Path) -> None:
    world.succeed("open('left', 'w').write('x')")
    assert list((tmp_path / "data" / "tmp" / "glue").iterdir()) == []


def test_statistics_has_the_latest_runs(world: Any) -> None:
    run = world.run("print(1)")
    (entry,) = world.jobs.statistics()["runs"]
    assert (entry["Id"], entry["JobRunState"]) == (run["Id"], "SUCCEEDED")


def test_subscribe_is_told_of_each_end(world: Any) -> None:
    told: list[tuple[str, ...]] = []
    world.jobs.runs.subscribe(lambda *what: told.append(what))
    world.run("print(1)")
    world.run("1 / 0", MaxRetries=1)
    world.jobs.runs.join()
    assert [what[3] for what in told] == ["SUCCEEDED", "FAILED"]


def test_run_with_very_much_output(world: Any) -> None:
    output = world.succeed("print('x' * 200_000)\nfor n in range(5000):\n    print(n)\n")
    lines = output.split("\n")
    assert lines[-1] == "4999"
    assert "".join(lines[:-5000]) == "x" * 200_000


def states(world: Any, name: str) -> list[str]:
    """The states of a job's runs, oldest first."""
    return [run["JobRunState"] for run in reversed(world.glue("GetJobRuns", JobName=name)["JobRuns"])]


def test_runs_wait_for_their_turn_where_the_job_queues_them(world: Any) -> None:
    world.create_job("etl", FOREVER, JobRunQueuingEnabled=True)
    assert world.glue("GetJob", JobName="etl")["Job"]["JobRunQueuingEnabled"] is True
    first, second, third = (world.glue("StartJobRun", JobName="etl")["JobRunId"] for _ in range(3))
    assert states(world, "etl")[1:] == ["WAITING", "WAITING"]
    assert world.glue("GetJobRun", JobName="etl", RunId=second)["JobRun"]["JobRunQueuingEnabled"] is True
    with pytest.raises(ConcurrentRunsExceededException):
        world.glue("StartJobRun", JobName="etl", JobRunQueuingEnabled=False)
    world.glue("BatchStopJobRun", JobName="etl", JobRunIds=[third])
    assert states(world, "etl")[1:] == ["WAITING", "STOPPED"]
    told: list[str] = []
    world.jobs.runs.subscribe(lambda *ended: told.append(ended[3]))
    world.put("scripts/etl.py", "print('short')")
    world.glue("BatchStopJobRun", JobName="etl", JobRunIds=[first])
    for _ in range(2000):
        if len(told) == 2:
            break
        threading.Event().wait(0.01)  # the processes are others: only real time tells
    assert sorted(told) == ["STOPPED", "SUCCEEDED"]
    assert states(world, "etl") == ["STOPPED", "SUCCEEDED", "STOPPED"]


def test_a_run_that_waits_has_its_turn_after_a_restart(world: Any, tmp_path: Path) -> None:
    world.create_job("etl", FOREVER)
    world.glue("StartJobRun", JobName="etl")
    world.glue("StartJobRun", JobName="etl", JobRunQueuingEnabled=True)
    world.jobs.stop()
    assert states(world, "etl") == ["FAILED", "WAITING"]
    world.put("scripts/etl.py", "import os\nprint(os.environ['AWS_ENDPOINT_URL'])")
    settings = Settings(data=tmp_path / "other", port=0)
    again = JobEngine(
        world.database, Tags(world.database), world.s3, world.iam, world.logs, world.invoke, settings, world.clock
    )
    again.start()
    assert states(world, "etl") == ["FAILED", "WAITING"]
    again.runs.serve("http://127.0.0.1:12345")
    again.runs.join()
    again.stop()
    assert states(world, "etl") == ["FAILED", "SUCCEEDED"]
    assert world.log(world.glue("GetJobRuns", JobName="etl")["JobRuns"][0]) == "http://127.0.0.1:12345"


def test_a_run_that_is_started_before_the_server_listens_waits_for_it(world: Any, tmp_path: Path) -> None:
    """A schedule may fire while the server starts; the script must find the endpoint."""
    world.create_job("etl", "print('short')")
    early = JobEngine(
        world.database, Tags(world.database), world.s3, world.iam, world.logs, world.invoke,
        Settings(data=tmp_path / "other"), world.clock,
    )  # fmt: skip
    early.start()
    key = ("000000000000", "us-east-1", "etl")
    run = early.start_run(key, {})
    assert early.runs.get(key, run)["JobRunState"] == "STARTING"
    early.runs.serve("http://here")
    early.runs.join()
    early.stop()
    assert early.runs.get(key, run)["JobRunState"] == "SUCCEEDED"


def test_a_run_that_has_waited_for_15_days_expires(world: Any) -> None:
    told: list[str] = []
    world.jobs.runs.subscribe(lambda *ended: told.append(ended[3]))
    endless = {"Id": "jr_1", "JobRunState": "STOPPING", "StartedOnMs": world.clock.now_ms()}
    world.jobs.runs._store.add(("000000000000", "us-east-1", "etl"), endless)  # no timeout will end it
    world.create_job("etl", FOREVER, JobRunQueuingEnabled=True)
    waiting = world.glue("StartJobRun", JobName="etl")["JobRunId"]
    world.clock.advance(15 * 86_400 - 1)
    assert states(world, "etl") == ["STOPPING", "WAITING"]
    world.clock.advance(1)
    for _ in range(2000):
        if "EXPIRED" in told:
            break
        threading.Event().wait(0.01)  # the loop is another thread: only real time tells
    assert states(world, "etl") == ["STOPPING", "EXPIRED"]
    run = world.glue("GetJobRun", JobName="etl", RunId=waiting)["JobRun"]
    assert "15 days" in run["ErrorMessage"]
    assert run["CompletedOn"]
