"""Jobs and triggers over HTTP, with boto3 outside and inside the job."""

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from afluente.app import App
from afluente.core.clock import ManualClock

SCRIPT = """
import boto3
s3 = boto3.client("s3")
s3.put_object(Bucket="lake", Key="out", Body=boto3.client("sts").get_caller_identity()["Arn"].encode())
"""


@pytest.fixture
def role(client: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn: str = client("iam").create_role(RoleName="glue", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    client("iam").attach_role_policy(RoleName="glue", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    client("s3").create_bucket(Bucket="lake")
    return arn


def create_job(client: Any, role: str, script: str, **members: Any) -> None:
    client("s3").put_object(Bucket="lake", Key="job.py", Body=script.encode())
    command = {"Name": "glueetl", "ScriptLocation": "s3://lake/job.py"}
    client("glue").create_job(Name="etl", Role=role, Command=command, **members)


def ended(client: Any, number: int = 1) -> dict[str, Any]:
    """The newest run, once there are so many that have ended."""
    for _ in range(1000):
        runs = client("glue").get_job_runs(JobName="etl")["JobRuns"]
        if len([run for run in runs if "CompletedOn" in run]) >= number:
            newest: dict[str, Any] = runs[0]
            return newest
        threading.Event().wait(0.05)  # the process is another: only real time tells
    raise AssertionError("the run does not end")


def test_boto3_in_a_script_acts_as_the_role(app: App, client: Any, role: str) -> None:
    create_job(client, role, SCRIPT)
    run_id = client("glue").start_job_run(JobName="etl")["JobRunId"]
    run = ended(client)
    assert (run["Id"], run["JobRunState"]) == (run_id, "SUCCEEDED"), run.get("ErrorMessage")
    body = client("s3").get_object(Bucket="lake", Key="out")["Body"].read().decode()
    assert body == "arn:aws:sts::000000000000:assumed-role/glue/GlueJobRunnerSession"


def test_a_statement_of_a_session_acts_as_the_role(app: App, client: Any, role: str) -> None:
    glue = client("glue")
    assert glue.create_session(Id="s", Role=role, Command={"Name": "glueetl"})["Session"]["Status"] == "PROVISIONING"
    code = "import boto3\nboto3.client('sts').get_caller_identity()['Arn']"
    for _ in range(1000):
        if glue.get_session(Id="s")["Session"]["Status"] == "READY":
            break
        threading.Event().wait(0.05)
    number = glue.run_statement(SessionId="s", Code=code)["Id"]
    for _ in range(1000):
        statement = glue.get_statement(SessionId="s", Id=number)["Statement"]
        if statement["State"] == "AVAILABLE":
            break
        threading.Event().wait(0.05)
    arn = "arn:aws:sts::000000000000:assumed-role/glue/GlueJobRunnerSession"
    assert statement["Output"] == {"Data": {"TextPlain": repr(arn)}, "ExecutionCount": 0, "Status": "ok"}


def test_boto3_in_a_script_may_what_the_role_may_and_nothing_else(app: App, client: Any, role: str) -> None:
    client("s3").create_bucket(Bucket="secret")
    client("s3").put_object(Bucket="secret", Key="k", Body=b"1")
    iam = client("iam")
    iam.detach_role_policy(RoleName="glue", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::lake*"}
    writes = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [reads, writes]})
    iam.put_role_policy(RoleName="glue", PolicyName="p", PolicyDocument=document)
    create_job(client, role, "import boto3\nboto3.client('s3').get_object(Bucket='secret', Key='k')")
    client("glue").start_job_run(JobName="etl")
    run = ended(client)
    assert run["JobRunState"] == "FAILED"
    assert "(AccessDenied) when calling the GetObject operation" in run["ErrorMessage"]
    assert 'arn:aws:s3:::secret/k" because no identity-based policy allows' in run["ErrorMessage"]


def test_output_is_in_the_logs(app: App, client: Any, role: str) -> None:
    create_job(client, role, "print('one')\nprint('two')\nraise ValueError('three')")
    run_id = client("glue").start_job_run(JobName="etl")["JobRunId"]
    assert ended(client)["ErrorMessage"].endswith("ValueError: three")
    logs = client("logs")
    events = logs.get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run_id)["events"]
    assert [event["message"] for event in events] == ["one", "two"]
    errors = logs.get_log_events(logGroupName="/aws-glue/jobs/error", logStreamName=run_id)["events"]
    assert errors[-1]["message"] == "ValueError: three"


@pytest.mark.parametrize(
    "members",
    [{"Connections": {"Connections": ["c"]}}, {"SecurityConfiguration": "s"}, {"MaintenanceWindow": "Sun:10"}],
)
def test_create_job_refuses_by_name_what_it_does_not_honour(
    app: App, client: Any, role: str, members: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=next(iter(members))):
        create_job(client, role, "", **members)
    assert client("glue").get_jobs()["Jobs"] == []


def test_a_crawl_and_a_conditional_trigger_start_the_job(app: App, clock: ManualClock, client: Any, role: str) -> None:
    glue = client("glue")
    client("s3").put_object(Bucket="lake", Key="in/1", Body=b'{"a":1}')
    create_job(client, role, "import sys\nprint(sys.argv)")
    glue.create_database(DatabaseInput={"Name": "db"})
    targets = {"S3Targets": [{"Path": "s3://lake/in/"}]}
    glue.create_crawler(Name="crawler", Role=role, DatabaseName="db", Targets=targets)
    glue.create_trigger(Name="crawl", Type="ON_DEMAND", Actions=[{"CrawlerName": "crawler"}])
    condition = {"LogicalOperator": "EQUALS", "CrawlerName": "crawler", "CrawlState": "SUCCEEDED"}
    glue.create_trigger(
        Name="then",
        Type="CONDITIONAL",
        StartOnCreation=True,
        Predicate={"Conditions": [condition]},
        Actions=[{"JobName": "etl", "Arguments": {"--from": "trigger"}}],
    )
    glue.start_trigger(Name="crawl")
    while glue.get_crawler(Name="crawler")["Crawler"]["State"] != "READY":
        clock.advance(1)
    run = ended(client)
    assert (run["JobRunState"], run["TriggerName"], run["Arguments"]) == ("SUCCEEDED", "then", {"--from": "trigger"})
    assert glue.get_trigger(Name="then")["Trigger"]["State"] == "ACTIVATED"


def test_a_workflow_runs_its_jobs(app: App, client: Any, role: str) -> None:
    script = """
import sys
import boto3
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ["WORKFLOW_NAME", "WORKFLOW_RUN_ID"])
run = {"Name": args["WORKFLOW_NAME"], "RunId": args["WORKFLOW_RUN_ID"]}
glue = boto3.client("glue")
before = glue.get_workflow_run_properties(**run)["RunProperties"]
glue.put_workflow_run_properties(**run, RunProperties={"count": str(int(before["count"]) + 1)})
"""
    create_job(client, role, script)
    glue = client("glue")
    command = {"Name": "pythonshell", "ScriptLocation": "s3://lake/job.py", "PythonVersion": "3.9"}
    glue.create_job(Name="second", Role=role, Command=command)
    glue.create_workflow(Name="w", DefaultRunProperties={"count": "0"}, Tags={"k": "v"})
    glue.create_trigger(Name="start", WorkflowName="w", Type="ON_DEMAND", Actions=[{"JobName": "etl"}])
    condition = {"LogicalOperator": "EQUALS", "JobName": "etl", "State": "SUCCEEDED"}
    glue.create_trigger(
        Name="then", WorkflowName="w", Type="CONDITIONAL", Actions=[{"JobName": "second"}],
        Predicate={"Conditions": [condition]}, StartOnCreation=True,
    )  # fmt: skip
    run_id = glue.start_workflow_run(Name="w")["RunId"]
    for _ in range(1000):
        run = glue.get_workflow_run(Name="w", RunId=run_id, IncludeGraph=True)["Run"]
        if "CompletedOn" in run:
            break
        threading.Event().wait(0.05)  # the processes are others: only real time tells
    assert (run["Status"], run["Statistics"]["SucceededActions"]) == ("COMPLETED", 2)
    assert run["WorkflowRunProperties"] == {"count": "2"}
    details = {node["Name"]: node.get("JobDetails", {}).get("JobRuns") for node in run["Graph"]["Nodes"]}
    assert [each["TriggerName"] for each in details["second"]] == ["then"]
    arn = "arn:aws:glue:us-east-1:000000000000:workflow/w"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"k": "v"}
