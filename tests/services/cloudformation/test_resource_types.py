"""Each type of resources, made and removed through the services' own operations."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment

ACCOUNT = "000000000000"


def trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(service: str) -> dict[str, Any]:
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust(service)}}


READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def outputs_of(stacks: Deployment, resources: dict[str, Any], *attributes: str) -> dict[str, str]:
    """Make the resources; their Ref, and the attributes asked for as `Name.Attribute` without the dot."""
    outputs: dict[str, Any] = {name: {"Value": {"Ref": name}} for name in resources}
    for attribute in attributes:
        outputs[attribute.replace(".", "")] = {"Value": {"Fn::GetAtt": attribute.split(".", 1)}}
    stack = stacks.create({"Resources": resources, "Outputs": outputs})
    failed = [e.get("ResourceStatusReason") for e in stacks.full_events() if e["ResourceStatus"] == "CREATE_FAILED"]
    assert (stack["StackStatus"], failed) == ("CREATE_COMPLETE", [])
    return stacks.outputs()


def test_stream_and_delivery_stream(stacks: Deployment) -> None:
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": role("firehose.amazonaws.com"),
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}},
        "Delivery": {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {
                "DeliveryStreamType": "DirectPut",
                "ExtendedS3DestinationConfiguration": {
                    "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
                    "RoleARN": {"Fn::GetAtt": "Role.Arn"},
                    "BufferingHints": {"IntervalInSeconds": "60", "SizeInMBs": "5"},
                },
            },
        },
    }
    outputs = outputs_of(stacks, resources, "Stream.Arn", "Delivery.Arn", "Bucket.DomainName")
    kinesis, firehose = stacks.client("kinesis"), stacks.client("firehose")
    stream = kinesis.describe_stream_summary(StreamName=outputs["Stream"])["StreamDescriptionSummary"]
    assert (stream["StreamARN"], stream["StreamModeDetails"]["StreamMode"]) == (outputs["StreamArn"], "ON_DEMAND")
    found = firehose.describe_delivery_stream(DeliveryStreamName=outputs["Delivery"])["DeliveryStreamDescription"]
    assert (found["DeliveryStreamARN"], found["DeliveryStreamStatus"]) == (outputs["DeliveryArn"], "ACTIVE")
    assert outputs["BucketDomainName"] == f"{outputs['Bucket']}.s3.amazonaws.com"
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert firehose.list_delivery_streams()["DeliveryStreamNames"] == []


@pytest.mark.parametrize("settings_change", [{"kinesis_update_delay_ms": 500}], indirect=True)
def test_stream_settings_reach_kinesis(stacks: Deployment) -> None:
    properties = {
        "Name": "farm",
        "ShardCount": "2",
        "RetentionPeriodHours": "48",
        "MaxRecordSizeInKiB": 2048,
        "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
        "DesiredShardLevelMetrics": ["IncomingBytes", "OutgoingBytes"],
        "Tags": [{"Key": "farm", "Value": "north"}],
    }
    outputs_of(stacks, {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": properties}})
    kinesis = stacks.client("kinesis")
    summary = kinesis.describe_stream_summary(StreamName="farm")["StreamDescriptionSummary"]
    expected = {
        "StreamStatus": "ACTIVE",
        "OpenShardCount": 2,
        "RetentionPeriodHours": 48,
        "MaxRecordSizeInKiB": 2048,
        "EncryptionType": "KMS",
        "KeyId": "alias/aws/kinesis",
        "EnhancedMonitoring": [{"ShardLevelMetrics": ["IncomingBytes", "OutgoingBytes"]}],
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
    }
    assert expected.items() <= summary.items()
    assert {"Key": "farm", "Value": "north"} in kinesis.list_tags_for_stream(StreamName="farm")["Tags"]


def test_stream_without_properties_has_one_shard(stacks: Deployment) -> None:
    """As recorded from AWS, where CreateStream itself would make a stream on demand."""
    outputs = outputs_of(stacks, {"Stream": {"Type": "AWS::Kinesis::Stream"}})
    summary = stacks.client("kinesis").describe_stream_summary(StreamName=outputs["Stream"])
    mode = summary["StreamDescriptionSummary"]["StreamModeDetails"]["StreamMode"]
    assert (mode, summary["StreamDescriptionSummary"]["OpenShardCount"]) == ("PROVISIONED", 1)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"DesiredShardLevelMetrics": ["ALL", "IncomingBytes"]}, "cannot have ALL with other metric names"),
        ({"StreamModeDetails": {"StreamMode": "PROVISIONED"}}, "ShardCount is expected when StreamMode=PROVISIONED"),
        ({"RetentionPeriodHours": 23}, "Minimum allowed retention period is 24 hours"),
    ],
)
def test_stream_with_settings_that_cannot_be(stacks: Deployment, properties: dict[str, Any], reason: str) -> None:
    resources = {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": properties}}
    assert stacks.create({"Resources": resources})["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reason in stacks.reason("Stream", "CREATE_FAILED")


def test_bucket_settings_reach_s3(stacks: Deployment) -> None:
    block = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), "true")
    rules = [
        {"Id": "old", "Status": "Enabled", "Prefix": "tmp/", "ExpirationInDays": "30",
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"Status": "Disabled", "TagFilters": [{"Key": "a", "Value": "b"}], "Prefix": "x", "ExpirationInDays": 1},
        {"Id": "cold", "Status": "Enabled", "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": "9"}],
         "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": 3}]},
    ]  # fmt: skip
    encryption = [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    properties = {
        "BucketName": "the-bucket",
        "BucketEncryption": {"ServerSideEncryptionConfiguration": encryption},
        "PublicAccessBlockConfiguration": block,
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": {"Rules": rules},
    }
    outputs_of(stacks, {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}})
    s3 = stacks.client("s3")
    assert s3.get_public_access_block(Bucket="the-bucket")["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    found = s3.get_bucket_lifecycle_configuration(Bucket="the-bucket")["Rules"]
    assert (found[0]["ID"], found[0]["Expiration"]["Days"], found[0]["Filter"]) == ("old", 30, {"Prefix": "tmp/"})
    assert found[2]["Transitions"] == [{"StorageClass": "GLACIER", "Days": 9}]
    assert found[2]["NoncurrentVersionTransitions"] == [{"StorageClass": "GLACIER_IR", "NoncurrentDays": 3}]
    assert found[1]["Filter"]["And"] == {"Prefix": "x", "Tags": [{"Key": "a", "Value": "b"}]}
    assert s3.get_bucket_ownership_controls(Bucket="the-bucket")["OwnershipControls"]["Rules"][0] == {
        "ObjectOwnership": "BucketOwnerEnforced"
    }


def test_bucket_with_access_logs(stacks: Deployment) -> None:
    grant = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::the-logs/*",
    }
    outputs_of(
        stacks,
        {
            "Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-logs"}},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "Logs"}, "PolicyDocument": {"Statement": [grant]}},
            },
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "DependsOn": "Policy",
                "Properties": {
                    "BucketName": "the-bucket",
                    "LoggingConfiguration": {"DestinationBucketName": {"Ref": "Logs"}, "LogFilePrefix": "x/"},
                },
            },
        },
    )
    found = stacks.client("s3").get_bucket_logging(Bucket="the-bucket")["LoggingEnabled"]
    assert found == {"TargetBucket": "the-logs", "TargetPrefix": "x/"}


def test_bucket_with_a_canned_acl(stacks: Deployment) -> None:
    enforced, writer = ({"Rules": [{"ObjectOwnership": name}]} for name in ("BucketOwnerEnforced", "ObjectWriter"))

    def template(acl: str | None, ownership: Any) -> dict[str, Any]:
        properties = {"BucketName": "the-bucket", "OwnershipControls": ownership}
        return {
            "Resources": {
                "Bucket": {
                    "Type": "AWS::S3::Bucket",
                    "Properties": properties | ({"AccessControl": acl} if acl else {}),
                }
            }
        }

    def grantees() -> list[str]:
        grants = stacks.client("s3").get_bucket_acl(Bucket="the-bucket")["Grants"]
        return [grant["Permission"] for grant in grants if grant["Grantee"]["Type"] == "Group"]

    assert stacks.create(template("Private", enforced))["StackStatus"] == "CREATE_COMPLETE"
    assert grantees() == []
    assert stacks.update(template("LogDeliveryWrite", writer))["StackStatus"] == "UPDATE_COMPLETE"
    assert grantees() == ["WRITE", "READ_ACP"]
    assert stacks.update(template("PublicRead", writer))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert grantees() == ["WRITE", "READ_ACP"]
    assert stacks.update(template(None, enforced))["StackStatus"] == "UPDATE_COMPLETE"
    assert grantees() == []


def test_bucket_with_object_lock(stacks: Deployment) -> None:
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": "7"}}}
    properties = {
        "BucketName": "the-bucket",
        "ObjectLockEnabled": "true",
        "ObjectLockConfiguration": lock,
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    outputs_of(stacks, {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}})
    found = stacks.client("s3").get_object_lock_configuration(Bucket="the-bucket")["ObjectLockConfiguration"]
    assert found["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 7}


@pytest.mark.parametrize(
    "properties",
    [
        {"LifecycleConfiguration": {"Rules": "x"}},
        {"LifecycleConfiguration": {"Rules": [1]}},
        {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Colour": 1}]}},
        {"BucketEncryption": []},
        {"WebsiteConfiguration": {}},
        {"BucketName": "Not A Name"},
        {"VersioningConfiguration": {"Status": "Perhaps"}},
    ],
)
def test_bucket_with_settings_that_cannot_be(stacks: Deployment, properties: dict[str, Any]) -> None:
    stack = stacks.create({"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason("Bucket", "CREATE_FAILED") not in ("", "Internal Failure")
    assert stacks.client("s3").list_buckets()["Buckets"] == []


def test_catalog_crawler_job_and_triggers(stacks: Deployment) -> None:
    columns = [{"Name": "idtemp", "Type": "string"}]
    storage = {"Columns": columns, "Location": "s3://the-bucket/raw/"}
    resources: dict[str, Any] = {
        "Role": role("glue.amazonaws.com"),
        "Database": {"Type": "AWS::Glue::Database", "Properties": {"CatalogId": ACCOUNT, "DatabaseInput": {}}},
        "Table": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": ACCOUNT,
                "DatabaseName": {"Ref": "Database"},
                "TableInput": {"Name": "Readings", "StorageDescriptor": storage, "TableType": "EXTERNAL_TABLE"},
            },
        },
        "Crawler": {
            "Type": "AWS::Glue::Crawler",
            "Properties": {
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "DatabaseName": {"Ref": "Database"},
                "Targets": {"S3Targets": [{"Path": "s3://the-bucket/raw/"}]},
                "Schedule": {"ScheduleExpression": "cron(0 * * * ? *)"},
            },
        },
        "Job": {
            "Type": "AWS::Glue::Job",
            "Properties": {
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Command": {"Name": "glueetl", "ScriptLocation": "s3://the-bucket/job.py", "PythonVersion": 3},
                "NumberOfWorkers": "2",
                "WorkerType": "G.1X",
                "GlueVersion": 5.0,
                "Timeout": "60",
            },
        },
        "Trigger": {
            "Type": "AWS::Glue::Trigger",
            "Properties": {
                "Type": "CONDITIONAL",
                "StartOnCreation": "true",
                "Actions": [{"JobName": {"Ref": "Job"}}],
                "Predicate": {
                    "Conditions": [
                        {"LogicalOperator": "EQUALS", "CrawlerName": {"Ref": "Crawler"}, "CrawlState": "SUCCEEDED"}
                    ]
                },
            },
        },
    }
    outputs = outputs_of(stacks, resources)
    glue = stacks.client("glue")
    assert outputs["Table"] == "readings"
    assert outputs["Database"] == outputs["Database"].lower()
    assert glue.get_table(DatabaseName=outputs["Database"], Name="readings")["Table"]["TableType"] == "EXTERNAL_TABLE"
    crawler = glue.get_crawler(Name=outputs["Crawler"])["Crawler"]
    assert crawler["Schedule"]["ScheduleExpression"] == "cron(0 * * * ? *)"
    job = glue.get_job(JobName=outputs["Job"])["Job"]
    assert (job["NumberOfWorkers"], job["GlueVersion"], job["Timeout"]) == (2, "5.0", 60)
    assert glue.get_trigger(Name=outputs["Trigger"])["Trigger"]["State"] == "ACTIVATED"
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert glue.get_databases()["DatabaseList"] == []
    assert glue.list_crawlers()["CrawlerNames"] == glue.list_jobs()["JobNames"] == []


def test_work_group_and_named_query(stacks: Deployment) -> None:
    resources = {
        "Group": {
            "Type": "AWS::Athena::WorkGroup",
            "Properties": {
                "Name": "analysts",
                "State": "DISABLED",
                "RecursiveDeleteOption": True,
                "WorkGroupConfiguration": {"ResultConfiguration": {"OutputLocation": "s3://results/"}},
            },
        },
        "Query": {
            "Type": "AWS::Athena::NamedQuery",
            "Properties": {"Database": "default", "QueryString": "SELECT 1", "WorkGroup": {"Ref": "Group"}},
        },
    }
    outputs = outputs_of(stacks, resources, "Query.NamedQueryId", "Group.CreationTime")
    athena = stacks.client("athena")
    group = athena.get_work_group(WorkGroup="analysts")["WorkGroup"]
    assert group["State"] == "DISABLED"
    assert outputs["GroupCreationTime"] == str(int(group["CreationTime"].timestamp()))
    query = athena.get_named_query(NamedQueryId=outputs["Query"])["NamedQuery"]
    assert (query["QueryString"], query["WorkGroup"]) == ("SELECT 1", "analysts")
    assert outputs["QueryNamedQueryId"] == outputs["Query"]
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert "analysts" not in [item["Name"] for item in athena.list_work_groups()["WorkGroups"]]


def test_users_keys_and_policies(stacks: Deployment) -> None:
    resources: dict[str, Any] = {
        "Role": role("glue.amazonaws.com"),
        "User": {
            "Type": "AWS::IAM::User",
            "Properties": {"Policies": [{"PolicyName": "own", "PolicyDocument": READ}]},
        },
        "Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}, "Status": "Inactive"}},
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": "p", "PolicyDocument": READ, "Roles": [{"Ref": "Role"}],
                           "Users": [{"Ref": "User"}]},
        },
        "Managed": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": READ, "Path": "/farm/", "Roles": [{"Ref": "Role"}]},
        },
    }  # fmt: skip
    outputs = outputs_of(stacks, resources, "Role.RoleId", "User.Arn", "Key.SecretAccessKey")
    iam = stacks.client("iam")
    assert iam.get_role(RoleName=outputs["Role"])["Role"]["RoleId"] == outputs["RoleRoleId"]
    assert iam.list_user_policies(UserName=outputs["User"])["PolicyNames"] == ["own", "p"]
    (key,) = iam.list_access_keys(UserName=outputs["User"])["AccessKeyMetadata"]
    assert (key["AccessKeyId"], key["Status"]) == (outputs["Key"], "Inactive")
    assert len(outputs["KeySecretAccessKey"]) == 40
    assert iam.get_policy(PolicyArn=outputs["Managed"])["Policy"]["AttachmentCount"] == 1
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert iam.list_users()["Users"] == iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []


@pytest.mark.parametrize(
    ("kind", "properties", "reason"),
    [
        ("Policy", {"PolicyName": "p", "PolicyDocument": READ, "Roles": "r"}, "Properties validation failed"),
        ("User", {"ManagedPolicyArns": "x"}, "Properties validation failed for resource X"),
        ("User", {"Policies": [1]}, "Properties validation failed for resource X"),
        ("User", {"LoginProfile": {}}, "Encountered unsupported property LoginProfile"),
        ("Role", {}, "Property validation failure: [The property {/AssumeRolePolicyDocument} is required]"),
        ("Role", {"AssumeRolePolicyDocument": {}}, 'Resource handler returned message: "Syntax errors in policy.'),
    ],
)
def test_iam_properties_that_cannot_be(stacks: Deployment, kind: str, properties: Any, reason: str) -> None:
    stack = stacks.create({"X": {"Type": f"AWS::IAM::{kind}", "Properties": properties}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason("X", "CREATE_FAILED").startswith(reason)


def test_log_group_and_stream(stacks: Deployment) -> None:
    resources = {
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": "14"}},
        "Stream": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "Group"}}},
    }
    outputs = outputs_of(stacks, resources, "Group.Arn")
    logs = stacks.client("logs")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert (group["retentionInDays"], group["arn"]) == (14, outputs["GroupArn"])
    (stream,) = logs.describe_log_streams(logGroupName=outputs["Group"])["logStreams"]
    assert stream["logStreamName"] == outputs["Stream"]


def test_metadata_of_the_cdk_is_nothing(stacks: Deployment) -> None:
    stack = stacks.create({"CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}}})
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_types_that_are_not_there_are_named(stacks: Deployment) -> None:
    body = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::SNS::Topic\]"):
        stacks.cloudformation.create_stack(StackName="farm", TemplateBody=body)


def test_queues_and_their_policy(stacks: Deployment) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": {"Fn::GetAtt": "Queue.Arn"}}
    resources: dict[str, Any] = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True, "ContentBasedDeduplication": "true"}},
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": [statement]}},
        },
    }
    outputs = outputs_of(stacks, resources, "Queue.Arn", "Queue.QueueName", "Queue.QueueUrl")
    assert outputs["Queue"] == outputs["QueueQueueUrl"]
    assert outputs["QueueQueueName"].endswith(".fifo")
    sqs = stacks.client("sqs")
    assert sqs.get_queue_url(QueueName=outputs["QueueQueueName"])["QueueUrl"] == outputs["Queue"]
    found = sqs.get_queue_attributes(QueueUrl=outputs["Queue"], AttributeNames=["All"])["Attributes"]
    assert (found["QueueArn"], found["ContentBasedDeduplication"]) == (outputs["QueueArn"], "true")
    assert json.loads(found["Policy"])["Statement"][0]["Resource"] == outputs["QueueArn"]
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert "QueueUrls" not in sqs.list_queues()


def test_a_buckets_notifications_reach_its_queue(stacks: Deployment) -> None:
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    statement = {
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue,
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::the-lake"}},
    }  # fmt: skip
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".json"}]
    told = {"Event": "s3:ObjectCreated:*", "Queue": queue, "Filter": {"S3Key": {"Rules": rules}}}
    resources: dict[str, Any] = {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": [statement]}},
        },
        "Lake": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": "the-lake", "NotificationConfiguration": {"QueueConfigurations": [told]}},
            "DependsOn": "Policy",
        },
    }
    url = outputs_of(stacks, resources)["Queue"]
    s3, sqs = stacks.client("s3"), stacks.client("sqs")
    for key in ("in/a.json", "out/b.json"):
        s3.put_object(Bucket="the-lake", Key=key, Body=b"{}")
    found = [
        json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    assert [each.get("Event") or each["Records"][0]["s3"]["object"]["key"] for each in found] == [
        "s3:TestEvent", "in/a.json",
    ]  # fmt: skip
    without = {**resources, "Lake": {**resources["Lake"], "Properties": {"BucketName": "the-lake"}}}
    assert stacks.update({"Resources": without})["StackStatus"] == "UPDATE_COMPLETE"
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket="the-lake")


def test_a_rule_of_a_bus_of_its_own(stacks: Deployment) -> None:
    resources: dict[str, Any] = {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "farm"}},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {"EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["x"]}},
        },
        "Clock": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)"}},
    }
    outputs = outputs_of(stacks, resources, "Rule.Arn", "Bus.Arn", "Clock.Arn")
    bus, _, name = outputs["Rule"].partition("|")
    assert (bus, outputs["RuleArn"].endswith(f":rule/farm/{name}")) == ("farm", True)
    assert outputs["ClockArn"].endswith(f":rule/{outputs['Clock']}")
    events = stacks.client("events")
    assert [rule["Name"] for rule in events.list_rules(EventBusName="farm")["Rules"]] == [name]
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert events.list_rules()["Rules"] == []
