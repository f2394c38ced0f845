"""`afluente doctor job`, and the command itself."""

import json
import time
from typing import Any

import pytest
from tests.doctor.conftest import Lake, codes, readings

from afluente.app import App
from afluente.cli.main import main
from afluente.doctor import job
from afluente.doctor.finding import NothingThere

TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def glue(lake: Lake) -> Any:
    client = lake.client
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    client("iam").create_role(RoleName="job", AssumeRolePolicyDocument=policy)
    client("iam").attach_role_policy(RoleName="job", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    client("glue").create_job(
        Name="farm", Role="job", Command={"Name": "glueetl", "ScriptLocation": "s3://raw/farm.py", "PythonVersion": "3"}
    )
    return client("glue")


def ran(glue: Any, lake: Lake, script: bytes) -> str:
    """Run `script` to its end; the run's id."""
    lake.put("farm.py", script)
    run_id: str = glue.start_job_run(JobName="farm")["JobRunId"]
    for _ in range(600):
        if glue.get_job_run(JobName="farm", RunId=run_id)["JobRun"]["JobRunState"] in {"SUCCEEDED", "FAILED"}:
            return run_id
        time.sleep(0.05)
    raise AssertionError("the run does not end")


def test_job_that_never_ran(glue: Any, lake: Lake) -> None:
    (finding,) = job.examine(lake.client, "farm")
    assert finding.kind.code == "never-ran"
    assert finding.text("pt").why == "Nenhum trigger o inicia."


def test_failed_run_and_its_cause(glue: Any, lake: Lake) -> None:
    run_id = ran(glue, lake, b"import not_there\n")
    (finding,) = job.examine(lake.client, "farm", run_id)
    assert "not_there" in finding.text("en").what
    assert "imports a package" in finding.text("en").why


def test_runs_without_bookmark(glue: Any, lake: Lake) -> None:
    ran(glue, lake, b"print(1)\n")
    assert codes(job.examine(lake.client, "farm")) == []
    ran(glue, lake, b"print(2)\n")
    assert codes(job.examine(lake.client, "farm")) == ["no-bookmark"]


def test_no_such_job(lake: Lake) -> None:
    with pytest.raises(NothingThere, match="there is no job farm"):
        list(job.examine(lake.client, "farm"))


def test_command(app: App, lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", app.endpoint)
    monkeypatch.setenv("LC_ALL", "C")
    lake.put("readings/one", readings(3))
    name = lake.table()
    assert main(["doctor", "table", name]) == 0
    assert "nothing wrong was found" in capsys.readouterr().out
    lake.put("readings/two", readings(3, end=""))
    assert main(["doctor", "table", name]) == 1
    assert "AppendDelimiterToRecord" in capsys.readouterr().out
    monkeypatch.setenv("LC_ALL", "pt_BR.UTF-8")
    assert main(["doctor", "table", name, "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["code"], finding["severity"]) == ("several-objects-on-one-line", "problem")
    assert "quebra de linha" in finding["why"]
    assert main(["doctor", "table", "farm.missing"]) == 1
    assert "there is no table farm.missing" in capsys.readouterr().err
