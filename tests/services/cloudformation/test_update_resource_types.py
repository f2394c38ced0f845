"""Every type's properties changed in place, seen through the service itself, and then set back by a rollback."""

import json
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


def workflow(stacks: Deployment) -> Any:
    found = stacks.client("glue").get_workflow(Name="w")["Workflow"]
    return found.get("Description"), found.get("DefaultRunProperties", {}), found.get("MaxConcurrentRuns")


def classifier(stacks: Deployment) -> Any:
    found = stacks.client("glue").get_classifier(Name="c")["Classifier"]["GrokClassifier"]
    return found["GrokPattern"], found.get("CustomPatterns", "")


def connection(stacks: Deployment) -> Any:
    found = stacks.client("glue").get_connection(Name="c")["Connection"]
    return found.get("Description"), found["ConnectionProperties"]


def partition(stacks: Deployment) -> Any:
    glue = stacks.client("glue")
    found = glue.get_partition(DatabaseName="d", TableName="t", PartitionValues=["2026"])["Partition"]
    return found["Parameters"]


def ruleset(stacks: Deployment) -> Any:
    return stacks.client("glue").get_data_quality_ruleset(Name="q")["Ruleset"]


def group(stacks: Deployment) -> Any:
    iam = stacks.client("iam")
    found = iam.get_group(GroupName="g")
    members = [member["UserName"] for member in found["Users"]]
    return found["Group"]["Path"], iam.list_group_policies(GroupName="g")["PolicyNames"], members


def profile(stacks: Deployment) -> Any:
    found = stacks.client("iam").get_instance_profile(InstanceProfileName="i")["InstanceProfile"]
    return [role["RoleName"] for role in found["Roles"]]


def consumer(stacks: Deployment) -> Any:
    kinesis = stacks.client("kinesis")
    stream = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    (found,) = kinesis.list_stream_consumers(StreamARN=stream)["Consumers"]
    policy = json.loads(kinesis.get_resource_policy(ResourceARN=stream)["Policy"])
    tags = kinesis.list_tags_for_resource(ResourceARN=found["ConsumerARN"])["Tags"]
    return found["ConsumerName"], policy["Statement"][0]["Action"], tags


def queue(stacks: Deployment) -> Any:
    sqs = stacks.client("sqs")
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    action = json.loads(found["Policy"])["Statement"][0]["Action"]
    redrive = json.loads(found.get("RedrivePolicy", "{}"))
    return (
        found["DelaySeconds"],
        redrive.get("maxReceiveCount"),
        action,
        sqs.list_queue_tags(QueueUrl=url)["Tags"].keys() & {"a", "b"},
    )


def rule(stacks: Deployment) -> Any:
    events = stacks.client("events")
    found = events.describe_rule(Name="r")
    targets = events.list_targets_by_rule(Rule="r")["Targets"]
    tags = {tag["Key"] for tag in events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]}
    return json.loads(found["EventPattern"]), found["State"], [each["Id"] for each in targets], tags & {"a", "b"}


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


def partition_of(value: str) -> dict[str, Any]:
    given = {"Values": ["2026"], "Parameters": {"a": value}, "StorageDescriptor": {"Columns": []}}
    return resource(
        "AWS::Glue::Partition", CatalogId=ACCOUNT, DatabaseName={"Ref": "D"}, TableName={"Ref": "T"},
        PartitionInput=given,
    )  # fmt: skip


def consumer_of(**tags: str) -> dict[str, Any]:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return resource(
        "AWS::Kinesis::StreamConsumer", ConsumerName="c", StreamARN={"Fn::GetAtt": ["S", "Arn"]}, Tags=listed
    )


def policy_of(action: str) -> dict[str, Any]:
    stream = {"Fn::GetAtt": ["S", "Arn"]}
    statement = {
        "Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": action, "Resource": stream,
    }  # fmt: skip
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return resource("AWS::Kinesis::ResourcePolicy", ResourceArn=stream, ResourcePolicy=document)


def queue_policy_of(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": action, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return resource("AWS::SQS::QueuePolicy", Queues=[{"Ref": "Q"}], PolicyDocument=document)


def rules(ownership: str) -> dict[str, Any]:
    return {"Rules": [{"ObjectOwnership": ownership}]}


DATABASE = {"D": resource("AWS::Glue::Database", CatalogId=ACCOUNT, DatabaseInput={"Name": "d"})}
ROLE = {"R": resource("AWS::IAM::Role", RoleName="r", AssumeRolePolicyDocument=TRUST)}
ROLES = ROLE | {"Q": resource("AWS::IAM::Role", RoleName="q", AssumeRolePolicyDocument=TRUST)}
USERS = {"A": resource("AWS::IAM::User", UserName="a"), "B": resource("AWS::IAM::User", UserName="b")}
PARTITIONED = DATABASE | {
    "T": resource("AWS::Glue::Table", CatalogId=ACCOUNT, DatabaseName={"Ref": "D"}, TableInput={
        "Name": "t", "PartitionKeys": [{"Name": "year", "Type": "string"}], "StorageDescriptor": {"Columns": []}}),
}  # fmt: skip
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
    "workflow": (
        workflow,
        {"W": resource("AWS::Glue::Workflow", Name="w", Description="one", DefaultRunProperties={"a": "1"},
                       MaxConcurrentRuns=2)},
        {"W": resource("AWS::Glue::Workflow", Name="w", DefaultRunProperties={"b": "1"})},
        ("one", {"a": "1"}, 2), (None, {"b": "1"}, None),
    ),
    "classifier": (
        classifier,
        {"C": resource("AWS::Glue::Classifier", GrokClassifier={
            "Name": "c", "Classification": "farm", "GrokPattern": "%{FARM:x}", "CustomPatterns": "FARM a"})},
        {"C": resource("AWS::Glue::Classifier", GrokClassifier={
            "Name": "c", "Classification": "farm", "GrokPattern": "%{WORD:x}"})},
        ("%{FARM:x}", "FARM a"), ("%{WORD:x}", ""),
    ),
    "connection": (
        connection,
        {"C": resource("AWS::Glue::Connection", CatalogId=ACCOUNT, ConnectionInput={
            "Name": "c", "ConnectionType": "NETWORK", "Description": "one", "ConnectionProperties": {}})},
        {"C": resource("AWS::Glue::Connection", CatalogId=ACCOUNT, ConnectionInput={
            "Name": "c", "ConnectionType": "JDBC", "ConnectionProperties": {"USERNAME": "u"}})},
        ("one", {}), (None, {"USERNAME": "u"}),
    ),
    "partition": (
        partition,
        PARTITIONED | {"P": partition_of("1")}, PARTITIONED | {"P": partition_of("2")}, {"a": "1"}, {"a": "2"},
    ),
    "ruleset": (
        ruleset,
        {"Q": resource("AWS::Glue::DataQualityRuleset", Name="q", Ruleset="Rules = [RowCount > 0]")},
        {"Q": resource("AWS::Glue::DataQualityRuleset", Name="q", Ruleset="Rules = [RowCount > 1]")},
        "Rules = [RowCount > 0]", "Rules = [RowCount > 1]",
    ),
    "group": (
        group,
        USERS | {"G": resource("AWS::IAM::Group", GroupName="g",
                               Policies=[{"PolicyName": "p", "PolicyDocument": policy("s3:*")}]),
                 "M": resource("AWS::IAM::UserToGroupAddition", GroupName={"Ref": "G"}, Users=[{"Ref": "A"}])},
        USERS | {"G": resource("AWS::IAM::Group", GroupName="g", Path="/farm/"),
                 "M": resource("AWS::IAM::UserToGroupAddition", GroupName={"Ref": "G"}, Users=[{"Ref": "B"}])},
        ("/", ["p"], ["a"]), ("/farm/", [], ["b"]),
    ),
    "instance profile": (
        profile,
        ROLES | {"I": resource("AWS::IAM::InstanceProfile", InstanceProfileName="i", Roles=[{"Ref": "R"}])},
        ROLES | {"I": resource("AWS::IAM::InstanceProfile", InstanceProfileName="i", Roles=[{"Ref": "Q"}])},
        ["r"], ["q"],
    ),
    "consumer": (
        consumer,
        {"S": resource("AWS::Kinesis::Stream", Name="s"), "C": consumer_of(a="1"),
         "P": policy_of("kinesis:GetRecords")},
        {"S": resource("AWS::Kinesis::Stream", Name="s"), "C": consumer_of(b="1"),
         "P": policy_of("kinesis:PutRecord")},
        ("c", "kinesis:GetRecords", [{"Key": "a", "Value": "1"}]),
        ("c", "kinesis:PutRecord", [{"Key": "b", "Value": "1"}]),
    ),
    "queue": (
        queue,
        {"L": resource("AWS::SQS::Queue"), "P": queue_policy_of("sqs:SendMessage"),
         "Q": resource("AWS::SQS::Queue", QueueName="q", DelaySeconds=5, Tags=[{"Key": "a", "Value": "1"}],
                       RedrivePolicy={"deadLetterTargetArn": {"Fn::GetAtt": ["L", "Arn"]}, "maxReceiveCount": 3})},
        {"L": resource("AWS::SQS::Queue"), "P": queue_policy_of("sqs:*"),
         "Q": resource("AWS::SQS::Queue", QueueName="q", VisibilityTimeout="60", Tags=[{"Key": "b", "Value": "1"}])},
        ("5", 3, "sqs:SendMessage", {"a"}), ("0", None, "sqs:*", {"b"}),
    ),
    "rule": (
        rule,
        {"Q": resource("AWS::SQS::Queue"),
         "R": resource("AWS::Events::Rule", Name="r", EventPattern={"source": ["a"]}, Tags=[{"Key": "a", "Value": "1"}],
                       Targets=[{"Id": "one", "Arn": {"Fn::GetAtt": ["Q", "Arn"]}}])},
        {"Q": resource("AWS::SQS::Queue"),
         "R": resource("AWS::Events::Rule", Name="r", EventPattern={"source": ["b"]}, State="DISABLED",
                       Tags=[{"Key": "b", "Value": "1"}],
                       Targets=[{"Id": "two", "Arn": {"Fn::GetAtt": ["Q", "Arn"]}}])},
        ({"source": ["a"]}, "ENABLED", ["one"], {"a"}), ({"source": ["b"]}, "DISABLED", ["two"], {"b"}),
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
