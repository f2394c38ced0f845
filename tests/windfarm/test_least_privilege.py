"""The farm runs under enforcement, and no action of its roles can be taken away.

What the roles do is recorded: one pass of the farm by `afluente up`, then a crawl that finds a new column, and a
delivery that fails, since it is logged. A policy without one action of one statement has to refuse some of that.
"""

import json
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import clients
from tests.services.iam.document import allows
from tests.windfarm.test_template import FARM, Loader

from afluente.app import App
from afluente.cli import main
from afluente.core.clock import ManualClock, SystemClock
from afluente.core.setting import Settings
from afluente.services.iam.policy_document import texts

RAW = "arn:aws:s3:::windfarm-raw-000000000000-us-east-1"
LAKE = RAW.replace("raw", "lake")
CATALOG = "arn:aws:glue:us-east-1:000000000000:catalog"
DOCUMENTED = {
    # https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
    "DeliveryRole": [
        ("s3:AbortMultipartUpload", f"{RAW}/readings/x"),
        ("s3:GetBucketLocation", RAW),
        ("s3:ListBucket", RAW),
        ("s3:ListBucketMultipartUploads", RAW),
    ],
    # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueServiceRole.html
    # https://docs.aws.amazon.com/glue/latest/dg/crawler-configure-partition-indexes.html
    "CrawlerRole": [("s3:GetBucketLocation", RAW), ("glue:GetPartitionIndexes", CATALOG)],
    # the same, and what Spark's file systems take to write
    # https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/assumed_roles.html
    # https://docs.aws.amazon.com/glue/latest/dg/update-from-job.html
    "JobRole": [
        ("s3:GetBucketLocation", LAKE),
        *((f"s3:{name}", f"{LAKE}/lake/x") for name in ("AbortMultipartUpload", "DeleteObject", "GetObject")),
        *((f"glue:{name}", CATALOG) for name in ("UpdateTable", "BatchUpdatePartition")),
    ],
}
"""What the services on AWS are to be given beyond what they need here: Firehose and Spark write in parts, and so on."""

ALIKE = {
    "glue:BatchGetPartition": "glue:GetPartitions",
    "glue:CreatePartition": "glue:BatchCreatePartition",
    "glue:GetDatabase": "glue:GetTable",
    "glue:GetPartition": "glue:GetPartitions",
    "glue:GetTable": "glue:GetTables",
    "glue:UpdatePartition": "glue:BatchUpdatePartition",
}
"""Actions that let a role do nothing which it may not do by another one. AWS does not say which of them Glue calls."""

Use = tuple[str, str]


@dataclass(frozen=True)
class Recorded:
    """What was done, and by which policies the roles may, by the roles' names in the template."""

    data: Path
    uses: dict[str, set[Use]]
    refused: list[tuple[str, ...]]
    policies: dict[str, dict[str, Any]]


def _pass(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "afluente.cli.main", "up", "--once", "--auth", "enforce", "--record", "--port", "0",
         "--data", str(data), "--turbines", "2"],
        capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("AWS_SECRET_ACCESS_KEY") == 1


def _failing_delivery(app: App, clock: ManualClock) -> None:
    client = clients(app.endpoint)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{RAW}/*"}
    bucket = RAW.rpartition(":")[2]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    client("kinesis").put_record(StreamName="windfarm", Data=b"{}", PartitionKey="k")
    for _ in range(400):
        clock.advance(1)
        logged = client("logs").filter_log_events(logGroupName="/aws/kinesisfirehose/windfarm")["events"]
        if any("S3.AccessDenied" in event["message"] for event in logged):
            return
    raise AssertionError("the failure was not logged")


def _new_column(app: App, clock: ManualClock) -> None:
    """A crawl that finds the table changed."""
    client = clients(app.endpoint)
    body = b'{"idtemp": 1, "data": 2.5, "type": "temperature", "timestamp": "2026-01-01 00:00:00", "more": "x"}'
    client("s3").put_object(Bucket=RAW.rpartition(":")[2], Key="readings/date=2026-01-01/more", Body=body)
    glue = client("glue")
    glue.stop_trigger(Name="windfarm-job")
    glue.start_crawler(Name="windfarm-raw")
    for _ in range(400):
        clock.advance(1)
        crawler = glue.get_crawler(Name="windfarm-raw")["Crawler"]
        if crawler["State"] == "READY":
            assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
            return
    raise AssertionError("the crawl did not end")


def _policies(app: App) -> dict[str, dict[str, Any]]:
    iam, found = clients(app.endpoint)("iam"), {}
    for role in iam.list_roles()["Roles"]:
        (name,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        found[role["RoleName"].split("-")[1]] = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)
    return {name: answer["PolicyDocument"] for name, answer in found.items()}


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    data = tmp_path_factory.mktemp("farm") / "data"
    _pass(data)
    clock = ManualClock(SystemClock().now_ms())
    app = App(Settings(data=data, port=0, record_permissions=True), clock)
    app.start()
    _new_column(app, clock)
    _failing_delivery(app, clock)
    policies = _policies(app)
    app.stop()
    with sqlite3.connect(data / "meta.db") as db:
        rows = db.execute("SELECT principal, action, resource, allowed FROM iam_permission_use").fetchall()
    uses: dict[str, set[Use]] = {name: set(DOCUMENTED.get(name, ())) for name in policies}
    for principal, action, resource, allowed in rows:
        if ":role/windfarm-" in principal and allowed:
            uses[principal.split("-")[1]].add((action, resource))
    return Recorded(data, uses, [row[:3] for row in rows if not row[3]], policies)


def _actions() -> list[tuple[str, str, str]]:
    """(role, Sid, action) of every action of every statement of the template."""
    template: dict[str, Any] = yaml.load((FARM / "template.yaml").read_text(), Loader)
    return [
        (name, statement["Sid"], action)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in texts(statement["Action"])
    ]


def test_the_roles_lack_nothing(farm: Recorded) -> None:
    for name, document in farm.policies.items():
        assert [use for use in farm.uses[name] if not allows(document, *use)] == []
    assert {(action, resource.startswith(RAW)) for _, action, resource in farm.refused} == {("s3:PutObject", True)}


@pytest.mark.parametrize(("role", "sid", "action"), _actions())
def test_no_action_can_be_taken_away(farm: Recorded, role: str, sid: str, action: str) -> None:
    document = farm.policies[role]
    (statement,) = (each for each in document["Statement"] if each["Sid"] == sid)
    if ALIKE.get(action) in texts(statement["Action"]):
        return  # it adds nothing
    left = [_without(statement, sid, action) for statement in document["Statement"]]
    assert left != document["Statement"]
    assert not all(allows({**document, "Statement": left}, *use) for use in farm.uses[role])


def _without(statement: dict[str, Any], sid: str, action: str) -> dict[str, Any]:
    if statement["Sid"] != sid:
        return statement
    left = [name for name in texts(statement["Action"]) if name != action]
    return {**statement, "Action": left or "none:None"}


def test_the_sensors_may_write_to_the_stream_and_nothing_else(
    farm: Recorded, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["policy", "--data", str(farm.data), "--principal", "windfarm-sensors"]) == 0
    (statement,) = json.loads(capsys.readouterr().out)["Statement"]
    assert statement["Action"] == ["kinesis:DescribeStreamSummary", "kinesis:PutRecords"]
    assert statement["Resource"] == "arn:aws:kinesis:us-east-1:000000000000:stream/windfarm"
