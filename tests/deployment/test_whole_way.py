"""The whole way of a lake through the commands: planned, made, used, changed, removed without a trace."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conftest import Clients
from tests.deployment.conftest import Command

from afluente.cli import question
from afluente.deployment import bucket, change_set, removal
from windfarm.deployment import TEMPLATE

ACCOUNT, REGION = "000000000000", "us-east-1"


def everything(client: Clients) -> dict[str, list[Any]]:
    """What there is in the account, by kind."""
    glue, iam = client("glue"), client("iam")
    stacks = client("cloudformation").describe_stacks()["Stacks"]
    return {
        "stacks": [stack["StackName"] for stack in stacks],
        "streams": client("kinesis").list_streams()["StreamNames"],
        "delivery streams": client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "buckets": [made["Name"] for made in client("s3").list_buckets()["Buckets"]],
        "databases": [database["Name"] for database in glue.get_databases()["DatabaseList"]],
        "crawlers": glue.list_crawlers()["CrawlerNames"],
        "jobs": glue.list_jobs()["JobNames"],
        "triggers": glue.list_triggers()["TriggerNames"],
        "work groups": [group["Name"] for group in client("athena").list_work_groups()["WorkGroups"]],
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"]],
        "users": [user["UserName"] for user in iam.list_users()["Users"]],
        "log groups": [
            group["logGroupName"]
            for group in client("logs").describe_log_groups()["logGroups"]
            if not group["logGroupName"].startswith("/aws-glue/")  # the account's, shared by all jobs and crawlers
        ],
    }


def tags_of(client: Clients) -> dict[str, dict[str, str]]:
    """The tags of each thing that is tagged."""
    glue = client("glue")

    def pairs(items: list[dict[str, str]]) -> dict[str, str]:
        return {item["Key"]: item["Value"] for item in items}

    arn = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    found = {
        "stream": pairs(client("kinesis").list_tags_for_stream(StreamName="windfarm")["Tags"]),
        "delivery": pairs(client("firehose").list_tags_for_delivery_stream(DeliveryStreamName="windfarm")["Tags"]),
        "crawler": glue.get_tags(ResourceArn=f"{arn}:crawler/windfarm-raw")["Tags"],
        "job": glue.get_tags(ResourceArn=f"{arn}:job/windfarm-lake")["Tags"],
        "trigger": glue.get_tags(ResourceArn=f"{arn}:trigger/windfarm-crawl")["Tags"],
        "work group": pairs(
            client("athena").list_tags_for_resource(
                ResourceARN=f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/windfarm"
            )["Tags"]
        ),
        "log group": client("logs").list_tags_log_group(logGroupName="/aws/kinesisfirehose/windfarm")["tags"],
    }
    for role in client("iam").list_roles()["Roles"]:
        found[role["RoleName"]] = pairs(client("iam").list_role_tags(RoleName=role["RoleName"])["Tags"])
    for made in client("s3").list_buckets()["Buckets"]:
        found[made["Name"]] = pairs(client("s3").get_bucket_tagging(Bucket=made["Name"])["TagSet"])
    return found


def test_planned_made_again_changed_and_removed(command: Command, client: Clients) -> None:
    before = everything(client)
    planned = command("deploy", "--plan")
    assert "26 changes" in planned
    assert "nothing was changed" in planned
    assert everything(client) == before

    made = command("deploy", "--yes", "--tag", "owner=plant 7", "--ttl", "8h", "--budget", "200")
    assert "as arn:aws:iam::000000000000:root" in made
    assert made.index("all of it") < made.index("26 changes") < made.index("CREATE_COMPLETE")
    tagged = tags_of(client)
    assert len(tagged) == 7 + 3 + 4
    for tags in tagged.values():
        assert {"application": "windfarm", "owner": "plant 7"}.items() <= tags.items()
        assert tags["afluente:expires"].endswith("Z")

    events = len(client("cloudformation").describe_stack_events(StackName="windfarm")["StackEvents"])
    script = client("s3").head_object(Bucket=f"windfarm-assets-{ACCOUNT}-{REGION}", Key="jobs/lake.py")
    assert "nothing was changed" in command("deploy", "--yes")
    assert "nothing would change" in command("deploy", "--plan")
    assert len(client("cloudformation").describe_stack_events(StackName="windfarm")["StackEvents"]) == events
    again = client("s3").head_object(Bucket=f"windfarm-assets-{ACCOUNT}-{REGION}", Key="jobs/lake.py")
    assert script["LastModified"] == again["LastModified"]

    assert "3 changes" in command("deploy", "--yes", "--on-demand", "--no-schedule", "--delivery", "300")
    summary = client("kinesis").describe_stream_summary(StreamName="windfarm")["StreamDescriptionSummary"]
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert summary["EncryptionType"] == "KMS"
    assert client("glue").get_trigger(Name="windfarm-crawl")["Trigger"]["State"] in {"CREATED", "DEACTIVATED"}
    assert "nothing was changed" in command("deploy", "--yes")  # what is not said stays as it is

    assert "nothing that is billed is left" in command("destroy", "--yes")
    assert everything(client) == before
    assert "nothing was changed" in command("destroy", "--yes")


def test_readings_flow_and_a_lake_in_use_is_removed_with_its_data_and_logs(command: Command, client: Clients) -> None:
    before = everything(client)
    command("deploy", "--yes", "--stack", "plant", "--delivery", "0")
    where = ("--stack", "plant")
    sent = command("sensors", *where, "--turbines", "2", "--interval", "0.01", "--readings", "40")
    assert "power factor 40 · temperature 40 · hydraulic pressure 40" in sent
    raw, lake = (f"plant-{kind}-{ACCOUNT}-{REGION}" for kind in ("raw", "lake"))
    until(lambda: readings(client, raw) == 120)
    client("glue").start_crawler(Name="plant-raw")
    until(lambda: "SUCCEEDED" in [run["JobRunState"] for run in job_runs(client)])
    client("s3").create_multipart_upload(Bucket=lake, Key="never-finished")

    seen = command("status", *where)
    for text in ("CREATE_COMPLETE", "120 records in the last hour", "last crawl SUCCEEDED", "the last SUCCEEDED"):
        assert text in seen
    assert "Glue crawler 0.15" in seen  # ten minutes of two DPUs
    assert "at 0.4 readings a second" in seen  # 120 in the five minutes that count at least

    logs = client("logs")
    assert logs.describe_log_streams(logGroupName="/aws-glue/jobs/output")["logStreams"]
    other = {"logGroupName": "/aws-glue/jobs/output", "logStreamName": f"jr_{'0' * 64}"}
    logs.create_log_stream(**other)  # of another job of the account
    assert "nothing that is billed is left" in command("destroy", *where, "--yes")
    assert everything(client) == before
    logs.delete_log_stream(**other)
    assert logs.describe_log_streams(logGroupName="/aws-glue/jobs/output")["logStreams"] == []
    assert "there is no stack plant" in command("status", *where, status=1)
    assert "afluente deploy" in command("sensors", *where, status=1)


def test_a_budget_that_is_too_small_is_refused_before_anything_is_made(command: Command, client: Clients) -> None:
    before = everything(client)
    said = command("deploy", "--yes", "--budget", "20", status=1)
    assert "more than the budget of 20.00" in said
    assert "all of it" in said  # the bill that explains it
    assert everything(client) == before
    assert "26 changes" in command("deploy", "--plan", "--budget", "50", "--ttl", "7d")  # only its life counts
    assert "month 12" in command("deploy", "--plan", "--budget", "50", status=1)


@pytest.mark.parametrize("answer", ["", "no"])
def test_who_does_not_agree_gets_nothing(
    answer: str, command: Command, client: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(client)
    monkeypatch.setattr(question, "answer", lambda asked: answer)
    assert "nothing was changed" in command("deploy")
    assert everything(client) == before


def test_without_a_terminal_and_without_yes_nothing_is_made_nor_removed(command: Command, client: Clients) -> None:
    before = everything(client)
    assert "--yes" in command("deploy", status=1)
    assert everything(client) == before
    command("deploy", "--yes")
    made = everything(client)
    assert "--yes" in command("destroy", status=1)
    assert everything(client) == made


def test_what_was_stopped_while_it_was_proposed_leaves_nothing(
    command: Command, client: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    before = everything(client)
    monkeypatch.setattr(change_set, "_worked_out", stopped)
    command("deploy", "--yes", status=130)
    assert everything(client) == before


def test_a_stack_at_work_is_waited_for(command: Command, client: Clients) -> None:
    before = everything(client)
    cloudformation = client("cloudformation")
    tags = [{"Key": "application", "Value": "windfarm"}]
    template = TEMPLATE.read_text()
    cloudformation.create_stack(StackName="windfarm", TemplateBody=template, Tags=tags, Capabilities=["CAPABILITY_IAM"])
    said = command("deploy", "--yes")
    assert "at work on the stack (CREATE_IN_PROGRESS)" in said
    assert "the lake is there" in said
    bucket.empty(client("s3"), f"windfarm-assets-{ACCOUNT}-{REGION}")
    cloudformation.delete_stack(StackName="windfarm")
    assert "windfarm" in command("destroy", "--yes")  # gone by then, or while it was waited for
    assert everything(client) == before


def test_a_stack_that_was_rolled_back_says_why_and_what_to_do(command: Command, client: Clients) -> None:
    client("s3").create_bucket(Bucket=f"windfarm-lake-{ACCOUNT}-{REGION}")
    assert "use another --stack name" in command("deploy", "--yes", status=1)
    for name in ("deploy", "status"):
        said = " ".join(command(name, status=1).split())
        assert "LakeBucket (AWS::S3::Bucket)" in said
        assert "afluente destroy" in said
    assert "nothing that is billed is left" in command("destroy", "--yes")


def test_what_bears_the_tag_and_belongs_to_no_stack_is_listed(command: Command, client: Clients) -> None:
    tags = [{"Key": "application", "Value": "windfarm"}]
    for name in ("windfarm-old", "windfarm-2-mine", "windfarm-others"):
        client("s3").create_bucket(Bucket=name)
    for name in ("windfarm-old", "windfarm-2-mine"):
        client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    client("kinesis").create_stream(StreamName="windfarm-old", ShardCount=1, Tags={"application": "windfarm"})
    client("athena").create_work_group(Name="windfarm-old", Tags=tags)
    command("deploy", "--yes", "--stack", "windfarm-2")
    command("deploy", "--yes")
    for said in (command("destroy", "--yes", status=1), command("destroy", "--yes", status=1)):
        assert [line.strip() for line in said.splitlines() if line.startswith("    ")] == [
            "AWS::Kinesis::Stream windfarm-old", "AWS::S3::Bucket windfarm-old", "AWS::Athena::WorkGroup windfarm-old",
        ]  # fmt: skip


def test_lakes_in_two_regions_do_not_meet(command: Command, client: Clients) -> None:
    elsewhere = ("--region", "sa-east-1")
    command("deploy", "--yes", *elsewhere)
    command("deploy", "--yes")
    assert "sa-east-1" in command("status", *elsewhere)
    assert "nothing that is billed is left" in command("destroy", "--yes")
    assert len(everything(client)["buckets"]) == 4
    command("status", *elsewhere)
    assert "nothing that is billed is left" in command("destroy", "--yes", *elsewhere)
    assert everything(client)["buckets"] == []


def test_destroy_wants_the_stacks_name(command: Command, client: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    command("deploy", "--yes")
    made = everything(client)
    answers = iter(["y", "windfarm"])
    monkeypatch.setattr(question, "answer", lambda asked: next(answers))
    assert "nothing was deleted" in command("destroy")
    assert everything(client) == made
    assert "nothing that is billed is left" in command("destroy")


def test_a_stack_of_others_is_never_touched(command: Command, client: Clients) -> None:
    template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: mine}}}"
    client("cloudformation").create_stack(StackName="windfarm", TemplateBody=template)
    made = client("cloudformation").get_waiter("stack_create_complete")
    made.wait(StackName="windfarm", WaiterConfig={"Delay": 0.05, "MaxAttempts": 1000})
    client("s3").put_object(Bucket="mine", Key="thesis", Body=b"years")
    before = everything(client)
    for name in ("deploy", "destroy"):
        assert "did not make" in command(name, "--yes", status=1)
    assert everything(client) == before
    assert client("s3").get_object(Bucket="mine", Key="thesis")["Body"].read() == b"years"


def test_only_what_has_expired_is_removed(command: Command, client: Clients) -> None:
    command("deploy", "--yes", "--stack", "old", "--tag", "afluente:expires=2020-01-01T00:00:00Z")
    command("deploy", "--yes", "--stack", "young", "--ttl", "1h")
    command("deploy", "--yes", "--stack", "kept")
    assert "expired" in command("status", "--stack", "old")
    assert "nothing that is billed is left" in command("destroy", "--expired", "--yes")
    assert everything(client)["buckets"] == sorted(
        f"{name}-{kind}-{ACCOUNT}-{REGION}"
        for name in ("young", "kept")
        for kind in ("raw", "lake", "results", "assets")
    )
    assert "nothing was changed" in command("destroy", "--expired", "--yes")


def test_a_creation_that_fails_says_why_and_what_to_do(command: Command, client: Clients) -> None:
    client("glue").create_database(DatabaseInput={"Name": "windfarm"})
    said = command("deploy", "--yes", status=1)
    assert "Database (AWS::Glue::Database)" in said
    assert "afluente destroy" in said
    assert "afluente destroy" in command("deploy", "--yes", status=1)  # it cannot be updated
    command("destroy", "--yes")
    assert client("glue").get_database(Name="windfarm")  # it was there before, and is none of the stack's
    assert everything(client)["stacks"] == []
    client("glue").delete_database(Name="windfarm")
    assert "the lake is there" in command("deploy", "--yes")


def test_a_protected_stack_keeps_its_data(command: Command, client: Clients) -> None:
    command("deploy", "--yes")
    made = everything(client)
    protect = client("cloudformation").update_termination_protection
    protect(StackName="windfarm", EnableTerminationProtection=True)
    assert "--no-enable-termination-protection" in command("destroy", "--yes", status=1)
    assert everything(client) == made
    assert client("s3").head_object(Bucket=f"windfarm-assets-{ACCOUNT}-{REGION}", Key="jobs/lake.py")
    protect(StackName="windfarm", EnableTerminationProtection=False)
    command("destroy", "--yes")


def test_what_firehose_delivers_between_emptying_and_removal_is_removed_as_well(
    command: Command, client: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("deploy", "--yes")
    raw = f"windfarm-raw-{ACCOUNT}-{REGION}"
    late = iter([b"late"])
    empty = bucket.empty

    def empty_and_deliver(s3: Any, name: str) -> int:
        count = empty(s3, name)
        if name == raw:
            for body in late:
                s3.put_object(Bucket=raw, Key="readings/late", Body=body)
        return count

    monkeypatch.setattr(bucket, "empty", empty_and_deliver)
    said = command("destroy", "--yes")
    assert f"emptied {raw}: 1 objects" in said
    assert "nothing that is billed is left" in said
    assert raw not in everything(client)["buckets"]


def test_old_versions_and_delete_markers_are_removed_too(command: Command, client: Clients) -> None:
    command("deploy", "--yes")
    lake, s3 = f"windfarm-lake-{ACCOUNT}-{REGION}", client("s3")
    s3.put_bucket_versioning(Bucket=lake, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=lake, Key="k", Body=body)
    s3.delete_object(Bucket=lake, Key="k")
    assert f"emptied {lake}: 3 objects" in command("destroy", "--yes")


def test_what_is_left_is_listed(command: Command, client: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    command("deploy", "--yes")
    monkeypatch.setattr(removal, "_delete", lambda *_: "DELETE_COMPLETE")  # a stack that says so, and is not gone
    said = command("destroy", "--yes", status=1)
    for name in (
        "AWS::Kinesis::Stream windfarm", "AWS::KinesisFirehose::DeliveryStream windfarm",
        "AWS::Glue::Database windfarm", "AWS::Glue::Crawler windfarm-raw", "AWS::Glue::Job windfarm-lake",
        "AWS::Glue::Trigger windfarm-crawl",
        "AWS::Athena::WorkGroup windfarm", "AWS::Logs::LogGroup /aws/kinesisfirehose/windfarm",
        f"AWS::S3::Bucket windfarm-raw-{ACCOUNT}-{REGION}", "AWS::IAM::Role windfarm-DeliveryRole",
    ):  # fmt: skip
        assert name in said


def until(ready: Any) -> None:
    """Wait for it, in real time: what is waited for happens in the server."""
    import time

    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def readings(client: Clients, bucket: str) -> int:
    s3 = client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="readings/").get("Contents", [])]
    return sum(s3.get_object(Bucket=bucket, Key=key)["Body"].read().count(b"idtemp") for key in keys)


def job_runs(client: Clients) -> list[dict[str, Any]]:
    try:
        return list(client("glue").get_job_runs(JobName="plant-lake")["JobRuns"])
    except ClientError:
        return []
