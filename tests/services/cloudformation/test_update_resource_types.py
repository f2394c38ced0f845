"""Every type's properties changed in place, seen through the service itself, and then set back by a rollback."""

from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment

ACCOUNT = "000000000000"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def policy(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def stream(stacks: Deployment) -> Any:
    found = stacks.client("kinesis").describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    monitored = found["EnhancedMonitoring"][0]["ShardLevelMetrics"]
    return found["OpenShardCount"], found["RetentionPeriodHours"], found.get("EncryptionType"), monitored


def bucket(stacks: Deployment) -> Any:
    s3 = stacks.client("s3")
    rules = s3.get_bucket_ownership_controls(Bucket="the-bucket")["OwnershipControls"]["Rules"]
    return rules, s3.get_bucket_tagging(Bucket="the-bucket")["TagSet"]


def managed(stacks: Deployment) -> Any:
    iam = stacks.client("iam")
    (found,) = iam.list_policies(Scope="Local")["Policies"]
    version = iam.get_policy_version(PolicyArn=found["Arn"], VersionId=found["DefaultVersionId"])["PolicyVersion"]
    return version["Document"]["Statement"][0]["Action"]


def user(stacks: Deployment) -> Any:
    iam = stacks.client("iam")
    return iam.get_user(UserName="ana")["User"]["Path"], iam.list_user_policies(UserName="ana")["PolicyNames"]


def inline(stacks: Deployment) -> Any:
    return stacks.client("iam").list_role_policies(RoleName="r")["PolicyNames"]


def table(stacks: Deployment) -> Any:
    found = stacks.client("glue").get_table(DatabaseName="d", Name="t")["Table"]
    return [column["Name"] for column in found["StorageDescriptor"]["Columns"]]


def work_group(stacks: Deployment) -> Any:
    found = stacks.client("athena").get_work_group(WorkGroup="w")["WorkGroup"]
    configuration = found["Configuration"]
    location = configuration.get("ResultConfiguration", {}).get("OutputLocation")
    return found.get("Description", ""), found["State"], configuration.get("BytesScannedCutoffPerQuery"), location


def statement(stacks: Deployment) -> Any:
    found = stacks.client("athena").get_prepared_statement(StatementName="ps", WorkGroup="primary")
    return found["PreparedStatement"]["QueryStatement"]


def alarm(stacks: Deployment) -> Any:
    (found,) = stacks.client("cloudwatch").describe_alarms(AlarmNames=["a"])["MetricAlarms"]
    return found["Threshold"], found["EvaluationPeriods"]


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def table_of(*columns: str) -> dict[str, Any]:
    listed = [{"Name": name, "Type": "string"} for name in columns]
    given = {"Name": "t", "StorageDescriptor": {"Columns": listed}}
    return resource("AWS::Glue::Table", CatalogId=ACCOUNT, DatabaseName={"Ref": "D"}, TableInput=given)


def alarm_of(threshold: int, periods: int) -> dict[str, Any]:
    return resource(
        "AWS::CloudWatch::Alarm", AlarmName="a", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=periods,
        Threshold=threshold, MetricName="m", Namespace="n", Period=60, Statistic="Sum",
    )  # fmt: skip


def rules(ownership: str) -> dict[str, Any]:
    return {"Rules": [{"ObjectOwnership": ownership}]}


DATABASE = {"D": resource("AWS::Glue::Database", CatalogId=ACCOUNT, DatabaseInput={"Name": "d"})}
ROLE = {"R": resource("AWS::IAM::Role", RoleName="r", AssumeRolePolicyDocument=TRUST)}
CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any], Any, Any]] = {
    "stream": (
        stream,
        {"S": resource("AWS::Kinesis::Stream", Name="s", RetentionPeriodHours=48, DesiredShardLevelMetrics=["ALL"])},
        {"S": resource("AWS::Kinesis::Stream", Name="s", ShardCount=2,
                       StreamEncryption={"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"})},
        None, None,
    ),
    "bucket": (
        bucket,
        {"B": resource("AWS::S3::Bucket", BucketName="the-bucket", OwnershipControls=rules("BucketOwnerEnforced"),
                       Tags=[{"Key": "a", "Value": "1"}])},
        {"B": resource("AWS::S3::Bucket", BucketName="the-bucket", OwnershipControls=rules("BucketOwnerPreferred"),
                       Tags=[{"Key": "b", "Value": "1"}])},
        ([{"ObjectOwnership": "BucketOwnerEnforced"}], [{"Key": "a", "Value": "1"}]),
        ([{"ObjectOwnership": "BucketOwnerPreferred"}], [{"Key": "b", "Value": "1"}]),
    ),
    "managed policy": (
        managed,
        {"P": resource("AWS::IAM::ManagedPolicy", PolicyDocument=policy("s3:GetObject"))},
        {"P": resource("AWS::IAM::ManagedPolicy", PolicyDocument=policy("s3:PutObject"))},
        "s3:GetObject", "s3:PutObject",
    ),
    "user": (
        user,
        {"U": resource("AWS::IAM::User", UserName="ana",
                       Policies=[{"PolicyName": "p", "PolicyDocument": policy("s3:*")}])},
        {"U": resource("AWS::IAM::User", UserName="ana", Path="/farm/")},
        ("/", ["p"]), ("/farm/", []),
    ),
    "policy": (
        inline,
        ROLE | {"P": resource("AWS::IAM::Policy", PolicyName="p", PolicyDocument=policy("s3:*"), Roles=[{"Ref": "R"}])},
        ROLE | {"P": resource("AWS::IAM::Policy", PolicyName="q", PolicyDocument=policy("s3:*"), Roles=[{"Ref": "R"}])},
        ["p"], ["q"],
    ),
    "table": (table, DATABASE | {"T": table_of("a")}, DATABASE | {"T": table_of("a", "b")}, ["a"], ["a", "b"]),
    "work group": (
        work_group,
        {"W": resource("AWS::Athena::WorkGroup", Name="w", WorkGroupConfiguration={
            "BytesScannedCutoffPerQuery": 10_000_000, "ResultConfiguration": {"OutputLocation": "s3://bucket/"}})},
        {"W": resource("AWS::Athena::WorkGroup", Name="w", Description="d", State="DISABLED")},
        ("", "ENABLED", 10_000_000, "s3://bucket/"), ("d", "DISABLED", None, None),
    ),
    "prepared statement": (
        statement,
        {"P": resource("AWS::Athena::PreparedStatement", StatementName="ps", WorkGroup="primary",
                       QueryStatement="SELECT 1")},
        {"P": resource("AWS::Athena::PreparedStatement", StatementName="ps", WorkGroup="primary",
                       QueryStatement="SELECT 2")},
        "SELECT 1", "SELECT 2",
    ),
    "alarm": (alarm, {"A": alarm_of(1, 1)}, {"A": alarm_of(5, 2)}, (1.0, 1), (5.0, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_properties_change_and_come_back(stacks: Deployment, name: str) -> None:
    shown, first, second, before, after = CASES[name]
    assert stacks.create(first)["StackStatus"] == "CREATE_COMPLETE"
    was = shown(stacks)
    assert before is None or was == before
    bad = {"Bad": resource("AWS::Kinesis::Stream", Name="n@me") | {"DependsOn": list(second)}}
    assert stacks.update(second | bad)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert shown(stacks) == was
    assert stacks.update(second)["StackStatus"] == "UPDATE_COMPLETE"
    changed = shown(stacks)
    assert changed != was
    assert after is None or changed == after
