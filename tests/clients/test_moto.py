"""The farm's template on another implementation of CloudFormation: moto's server, which shares no code with ours.

What it makes must be what is made here. What it lacks is listed, and in docs/aws.md.
"""

import ast
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Clients, clients

from afluente.app import App
from afluente.core.clock import Clock, SystemClock
from afluente.deployment import change_set, stack
from afluente.deployment.change_set import Wish
from afluente.deployment.target import Target, connect

PATIENCE_S = 60
MOTOS_ACCOUNT, OUR_ACCOUNT = "123456789012", "000000000000"

LACKING = {
    "AWS::Athena::NamedQuery", "AWS::Athena::WorkGroup", "AWS::Glue::Crawler", "AWS::Glue::Database", "AWS::Glue::Job",
    "AWS::Glue::Trigger", "AWS::KinesisFirehose::DeliveryStream", "AWS::Logs::LogStream", "AWS::S3::BucketPolicy",
}  # fmt: skip
"""Resource types that moto's CloudFormation takes, says CREATE_COMPLETE of, and does not make. Of buckets it leaves out
the public access block and the tags."""


@pytest.fixture
def clock() -> Clock:
    """Deployments wait in real time."""
    return SystemClock()


@pytest.fixture
def moto(clients_bin: Path, tmp_path: Path) -> Iterator[str]:
    """The endpoint of a running moto server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (tmp_path / "moto.log").open("w") as log:
        server = subprocess.Popen(
            [clients_bin / "moto_server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log, env={}
        )
        try:
            _until_it_listens(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()


def _until_it_listens(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("moto's server did not start")


def deploy(endpoint: str) -> Target:
    """The template's stack at `endpoint`, made by the code of `afluente deploy`."""
    target = connect(None, "us-east-1", endpoint, {})
    proposed = change_set.propose(target, Wish("windfarm", {}, {"application": "windfarm"}), None, lambda s: None)
    assert proposed is not None
    assert len(proposed.changes) == 26
    newest = stack.newest_event(target.client("cloudformation"), proposed.stack_id)
    change_set.execute(target.client("cloudformation"), proposed)
    status = stack.follow(target, proposed.stack_id, newest, lambda event: None, time.sleep)
    assert status == "CREATE_COMPLETE"
    return target


def made(client: Clients) -> dict[str, Any]:
    """What both make, as their own services describe it, with one account's id."""
    iam, s3 = client("iam"), client("s3")
    summary = client("kinesis").describe_stream_summary(StreamName="windfarm")["StreamDescriptionSummary"]
    found: dict[str, Any] = {
        "stream": {name: summary[name] for name in ("StreamName", "OpenShardCount", "RetentionPeriodHours")},
        "log groups": [
            (group["logGroupName"], group["retentionInDays"])
            for group in client("logs").describe_log_groups()["logGroups"]
        ],
    }
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"].split("-")[1]
        (policy,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
        # moto keeps the policy of a template's role as Python writes it, not as JSON
        read = ast.literal_eval(document) if isinstance(document, str) else document
        found[name] = (role["AssumeRolePolicyDocument"], policy, read)
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        found[name] = rule["ApplyServerSideEncryptionByDefault"]
    return dict(json.loads(re.sub(MOTOS_ACCOUNT, OUR_ACCOUNT, json.dumps(found, sort_keys=True))))


def test_both_make_the_same_of_the_template(moto: str, app: App) -> None:
    there, here = deploy(moto), deploy(app.endpoint)
    assert made(clients(moto)) == made(clients(app.endpoint))
    summaries = there.client("cloudformation").list_stack_resources(StackName="windfarm")["StackResourceSummaries"]
    not_made = sum(not item.get("LogicalResourceId") for item in summaries)
    everything = stack.resources(here.client("cloudformation"), _stack(here))
    lacking = [kind for _, kind, _ in everything if kind in LACKING]
    assert len(lacking) == not_made  # all that moto does not make is of these types, and it makes none of them
    assert {kind for _, kind, _ in everything} - LACKING == {
        "AWS::IAM::Role", "AWS::Kinesis::Stream", "AWS::Logs::LogGroup", "AWS::S3::Bucket",
    }  # fmt: skip


def _stack(target: Target) -> stack.Stack:
    found = stack.find(target.client("cloudformation"), "windfarm")
    assert found is not None
    return found
