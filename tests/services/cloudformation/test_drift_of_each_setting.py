"""Drift of what takes more than one answer to see: IAM's policies and members, and a bucket's settings."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment
from tests.services.cloudformation.test_drift import detect

from afluente.services.cloudformation.drift_difference import differences
from afluente.services.cloudformation.resource.s3_setting import as_lifecycle, lifecycle

Change = Callable[[Any], object]
"""Made behind the stack's back, with a function that gives clients."""


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def policy(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
HOLDERS = {
    "R": resource("AWS::IAM::Role", RoleName="r", AssumeRolePolicyDocument=TRUST),
    "U": resource("AWS::IAM::User", UserName="u"),
    "G": resource("AWS::IAM::Group", GroupName="g"),
}
BOTH = {"Roles": [{"Ref": "R"}], "Users": [{"Ref": "U"}]}
INLINE = HOLDERS | {"X": resource("AWS::IAM::Policy", PolicyName="p", PolicyDocument=policy("s3:*"), **BOTH)}
ARN = "arn:aws:iam::000000000000:policy/m"
MANAGED = HOLDERS | {
    "X": resource("AWS::IAM::ManagedPolicy", ManagedPolicyName="m", PolicyDocument=policy("s3:*"), **BOTH)
}
MEMBER = HOLDERS | {"X": resource("AWS::IAM::User", UserName="x", Groups=[{"Ref": "G"}])}
ADDED = HOLDERS | {"X": resource("AWS::IAM::UserToGroupAddition", GroupName={"Ref": "G"}, Users=[{"Ref": "U"}])}
PROFILE = HOLDERS | {"X": resource("AWS::IAM::InstanceProfile", InstanceProfileName="x", Roles=[{"Ref": "R"}])}
KEY = HOLDERS | {"X": resource("AWS::IAM::AccessKey", UserName={"Ref": "U"}, Status="Active")}
LIFECYCLE: dict[str, Any] = {"Rules": [
    {"Id": "a", "Status": "Enabled", "ExpirationInDays": 30, "Prefix": "raw/", "ObjectSizeGreaterThan": "5",
     "TagFilters": [{"Key": "k", "Value": "v"}], "NoncurrentVersionExpirationInDays": 3},
    {"Id": "b", "Status": "Disabled", "ExpirationDate": "2030-01-01", "TagFilters": [{"Key": "k", "Value": "v"}]},
    {"Id": "c", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
     "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2}},
]}  # fmt: skip
TRANSITIONS = {"Rules": [
    {"Id": "d", "Status": "Enabled", "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 10}],
     "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "TransitionInDays": 1}]},
]}  # fmt: skip
BUCKET = {
    "X": resource(
        "AWS::S3::Bucket", BucketName="the-bucket", LifecycleConfiguration=LIFECYCLE, ObjectLockEnabled=True,
        BucketEncryption={"ServerSideEncryptionConfiguration": [
            {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        CorsConfiguration={"CorsRules": [
            {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": "60", "ExposedHeaders": ["x"], "Id": "i"}]},
        VersioningConfiguration={"Status": "Enabled"},
    ),
}  # fmt: skip
STREAM = {
    "X": resource("AWS::KinesisFirehose::DeliveryStream", DeliveryStreamName="x",
                  DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
                  S3DestinationConfiguration={
                      name + "ARN": {"Fn::GetAtt": f"{name}.Arn"} for name in ("Bucket", "Role")}),
    "Bucket": resource("AWS::S3::Bucket", BucketName="lake"),
    "Role": resource("AWS::IAM::Role", RoleName="f", AssumeRolePolicyDocument=json.loads(
        json.dumps(TRUST).replace("glue", "firehose"))),
}  # fmt: skip
QUEUE = {"Q": resource("AWS::SQS::Queue", QueueName="q"),
         "X": resource("AWS::SQS::QueuePolicy", Queues=[{"Ref": "Q"}], PolicyDocument={
             "Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]})}  # fmt: skip

NOTIFIED = QUEUE | {"X": resource(
    "AWS::S3::Bucket", BucketName="the-bucket",
    NotificationConfiguration={"QueueConfigurations": [
        {"Event": event, "Queue": {"Fn::GetAtt": "Q.Arn"},
         "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": folder}]}}}
        for event, folder in (("s3:ObjectCreated:Put", "a/"), ("s3:ObjectRemoved:*", "b/"))]},
) | {"DependsOn": "P"}, "P": QUEUE["X"]}  # fmt: skip

TEMPLATES = {
    "inline": INLINE, "managed": MANAGED, "member": MEMBER, "added": ADDED, "profile": PROFILE, "key": KEY,
    "bucket": BUCKET, "stream": STREAM, "queue": QUEUE,
    "notified": NOTIFIED,
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_has_drifted(stacks: Deployment, name: str) -> None:
    assert stacks.create(TEMPLATES[name])["StackStatus"] == "CREATE_COMPLETE", stacks.reason("X", "CREATE_FAILED")
    found = detect(stacks)["found"]
    assert {key: drift.get("PropertyDifferences") for key, drift in found.items()
            if drift["StackResourceDriftStatus"] != "IN_SYNC"} == {}  # fmt: skip


def managed_version(client: Any) -> None:
    client("iam").create_policy_version(
        PolicyArn=ARN, PolicyDocument=json.dumps(policy("s3:PutObject")), SetAsDefault=True
    )


def change_lifecycle(client: Any) -> None:
    s3 = client("s3")
    rules = s3.get_bucket_lifecycle_configuration(Bucket="the-bucket")["Rules"]
    for rule in rules:
        if rule["ID"] == "a":
            rule["Expiration"] = {"Days": 31}
    s3.put_bucket_lifecycle_configuration(Bucket="the-bucket", LifecycleConfiguration={"Rules": rules})


STATEMENT = "/PolicyDocument/Statement/0/Action"
CHANGES: dict[str, tuple[dict[str, Any], Change, list[tuple[str, str]]]] = {
    "an inline policy's document": (
        INLINE,
        lambda client: client("iam").put_user_policy(
            UserName="u", PolicyName="p", PolicyDocument=json.dumps(policy("s3:PutObject"))
        ),
        [("NOT_EQUAL", STATEMENT)],
    ),
    "an inline policy's holder": (
        INLINE, lambda client: client("iam").delete_role_policy(RoleName="r", PolicyName="p"),
        [("REMOVE", "/Roles/0")],
    ),
    "a managed policy's document": (MANAGED, managed_version, [("NOT_EQUAL", STATEMENT)]),
    "a managed policy's holder": (
        MANAGED, lambda client: client("iam").detach_user_policy(UserName="u", PolicyArn=ARN), [("REMOVE", "/Users/0")],
    ),
    "a user's groups": (
        MEMBER, lambda client: client("iam").remove_user_from_group(UserName="x", GroupName="g"),
        [("REMOVE", "/Groups/0")],
    ),
    "a profile's role": (
        PROFILE,
        lambda client: client("iam").remove_role_from_instance_profile(InstanceProfileName="x", RoleName="r"),
        [("REMOVE", "/Roles/0")],
    ),
    "encryption": (
        BUCKET, lambda client: client("s3").delete_bucket_encryption(Bucket="the-bucket"),
        [("NOT_EQUAL", "/BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled")],
    ),
    "CORS": (
        BUCKET, lambda client: client("s3").delete_bucket_cors(Bucket="the-bucket"), [("REMOVE", "/CorsConfiguration")],
    ),
    "lifecycle": (
        BUCKET, change_lifecycle, [("NOT_EQUAL", "/LifecycleConfiguration/Rules/0/ExpirationInDays")],
    ),
    "notifications": (
        NOTIFIED,
        lambda client: client("s3").put_bucket_notification_configuration(
            Bucket="the-bucket", NotificationConfiguration={}
        ),
        [("REMOVE", "/NotificationConfiguration/QueueConfigurations")],
    ),
    "a delivery stream's encryption": (
        STREAM, lambda client: client("firehose").stop_delivery_stream_encryption(DeliveryStreamName="x"),
        [("REMOVE", "/DeliveryStreamEncryptionConfigurationInput")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_found(stacks: Deployment, name: str) -> None:
    template, change, expected = CHANGES[name]
    stacks.create(template)
    change(stacks.client)
    drift = stacks.cloudformation.detect_stack_resource_drift(StackName="farm", LogicalResourceId="X")
    found = drift["StackResourceDrift"]
    assert [(item["DifferenceType"], item["PropertyPath"]) for item in found["PropertyDifferences"]] == expected
    assert found["StackResourceDriftStatus"] == "MODIFIED"


@pytest.mark.parametrize("declared", [LIFECYCLE, TRANSITIONS])
def test_lifecycle_is_translated_there_and_back(declared: dict[str, Any]) -> None:
    assert list(differences(declared, as_lifecycle(lifecycle(declared)["Rules"]))) == []


def remove_key(client: Any) -> None:
    iam = client("iam")
    (key,) = iam.list_access_keys(UserName="u")["AccessKeyMetadata"]
    iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"])


def remove_inline(client: Any) -> None:
    client("iam").delete_user_policy(UserName="u", PolicyName="p")
    client("iam").delete_role_policy(RoleName="r", PolicyName="p")


def remove_queue_policy(client: Any) -> None:
    sqs = client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="q")["QueueUrl"], Attributes={"Policy": ""})


@pytest.mark.parametrize(
    ("template", "change"),
    [
        (KEY, remove_key),
        (INLINE, remove_inline),
        (ADDED, lambda client: client("iam").remove_user_from_group(UserName="u", GroupName="g")),
        (QUEUE, remove_queue_policy),
    ],
)
def test_what_was_removed_is_found(stacks: Deployment, template: dict[str, Any], change: Change) -> None:
    stacks.create(template)
    change(stacks.client)
    drift = stacks.cloudformation.detect_stack_resource_drift(StackName="farm", LogicalResourceId="X")
    assert drift["StackResourceDrift"]["StackResourceDriftStatus"] == "DELETED"
