"""What AWS was recorded to answer on resources that stacks made: each test is named as what was recorded."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-bucket", **properties}}


def test_firehose_stack_with_kinesis_as_source(stacks: Deployment) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    processors = [{
        "Type": "MetadataExtraction",
        "Parameters": [
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{s3Prefix: .tableName}"},
            {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
        ],
    }]  # fmt: skip
    role = {"Fn::GetAtt": "Role.Arn"}
    destination = {
        "BucketARN": {"Fn::GetAtt": "Bucket.Arn"}, "RoleARN": role,
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        "DataFormatConversionConfiguration": {"Enabled": False}, "DynamicPartitioningConfiguration": {"Enabled": True},
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "Prefix": "test/!{partitionKeyFromQuery:s3Prefix}",
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
    }  # fmt: skip
    policy = {"PolicyName": "p", "PolicyDocument": document}
    stacks.create({
        "Resources": {
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s"}},
            "Bucket": bucket(),
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Policies": [policy]},
            },
            "Delivery": {
                "Type": "AWS::KinesisFirehose::DeliveryStream",
                "Properties": {
                    "DeliveryStreamName": "d", "DeliveryStreamType": "KinesisStreamAsSource",
                    "KinesisStreamSourceConfiguration": {"KinesisStreamARN": {"Fn::GetAtt": "Stream.Arn"},
                                                         "RoleARN": role},
                    "ExtendedS3DestinationConfiguration": destination,
                },
            },
        },
        "Outputs": {"deliveryStreamRef": {"Value": {"Ref": "Delivery"}}},
    })  # fmt: skip
    assert stacks.outputs() == {"deliveryStreamRef": "d"}
    found = stacks.client("firehose").describe_delivery_stream(DeliveryStreamName="d")["DeliveryStreamDescription"]
    assert (found["DeliveryStreamStatus"], found["DeliveryStreamType"]) == ("ACTIVE", "KinesisStreamAsSource")
    (shown,) = found["Destinations"]
    common = {
        "BucketARN": "arn:aws:s3:::the-bucket", "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        "CloudWatchLoggingOptions": {"Enabled": False}, "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "Prefix": "test/!{partitionKeyFromQuery:s3Prefix}", "RoleARN": "arn:aws:iam::000000000000:role/r",
    }  # fmt: skip
    assert shown == {
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationDescription": {
            **common, "DataFormatConversionConfiguration": {"Enabled": False},
            "DynamicPartitioningConfiguration": {"Enabled": True, "RetryOptions": {"DurationInSeconds": 300}},
            "ProcessingConfiguration": {"Enabled": True, "Processors": processors}, "S3BackupMode": "Disabled",
        },
        "S3DestinationDescription": common,
    }  # fmt: skip
    assert set(found["Source"]["KinesisStreamSourceDescription"]) == {
        "DeliveryStartTimestamp", "KinesisStreamARN", "RoleARN",
    }  # fmt: skip


STREAM = {
    "EncryptionType", "EnhancedMonitoring", "HasMoreShards", "RetentionPeriodHours", "Shards", "StreamARN",
    "StreamCreationTimestamp", "StreamModeDetails", "StreamName", "StreamStatus",
}  # fmt: skip


@pytest.mark.parametrize("properties", [{"Name": "s", "ShardCount": 1}, {"Name": "s"}])
def test_stream_creation(stacks: Deployment, properties: dict[str, Any]) -> None:
    stacks.create({
        "Resources": {"TestStream": {"Type": "AWS::Kinesis::Stream", "Properties": properties}},
        "Outputs": {"Name": {"Value": {"Ref": "TestStream"}}, "Arn": {"Value": {"Fn::GetAtt": "TestStream.Arn"}}},
    })  # fmt: skip
    assert stacks.outputs() == {"Name": "s", "Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}
    found = stacks.client("kinesis").describe_stream(StreamName="s")["StreamDescription"]
    assert set(found) >= STREAM
    assert (found["EncryptionType"], found["RetentionPeriodHours"], found["StreamModeDetails"]) == (
        "NONE", 24, {"StreamMode": "PROVISIONED"},
    )  # fmt: skip
    (shard,) = found["Shards"]
    assert shard["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)}
    assert found["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]


def test_describe_template(stacks: Deployment) -> None:
    template: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {name: {"Type": "String"} for name in ("KinesisRoleName", "DeliveryStreamName")},
        "Resources": {
            "KinesisStream": {"Type": "AWS::Kinesis::Stream"},
            "MyRole": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}},
            "MyBucket": {"Type": "AWS::S3::Bucket"},
            "DeliveryStream": {"Type": "AWS::KinesisFirehose::DeliveryStream"},
        },
    }
    s3 = stacks.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="t.json", Body=text(template))
    by_url = {"TemplateURL": "https://templates.s3.amazonaws.com/t.json"}
    for given in (by_url, {"TemplateBody": text(template)}):
        found = stacks.cloudformation.get_template_summary(**given)
        assert found["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
        reason = "The following resource(s) require capabilities: [AWS::IAM::Role]"
        assert found["CapabilitiesReason"] == reason
        assert found["Parameters"] == [
            {"ParameterKey": name, "ParameterType": "String", "NoEcho": False, "ParameterConstraints": {}}
            for name in template["Parameters"]
        ]
        assert found["ResourceTypes"] == [item["Type"] for item in template["Resources"].values()]
        summaries = {item["ResourceType"]: item for item in found["ResourceIdentifierSummaries"]}
        assert {kind: item["ResourceIdentifiers"] for kind, item in summaries.items()} == {
            "AWS::S3::Bucket": ["BucketName"], "AWS::IAM::Role": ["RoleName"], "AWS::Kinesis::Stream": ["Name"],
            "AWS::KinesisFirehose::DeliveryStream": ["DeliveryStreamName"],
        }  # fmt: skip
        assert summaries["AWS::S3::Bucket"]["LogicalResourceIds"] == ["MyBucket"]
        assert found["Version"] == "2010-09-09"


def test_cors_configuration(stacks: Deployment) -> None:
    full = {
        "AllowedHeaders": ["*", "x-amz-*"], "AllowedMethods": ["GET"], "AllowedOrigins": ["*"],
        "ExposedHeaders": ["Date"], "Id": "test-cors-id", "MaxAge": 3600,
    }  # fmt: skip
    stacks.create({"B": bucket(CorsConfiguration={"CorsRules": [full]})})
    s3 = stacks.client("s3")
    assert s3.get_bucket_cors(Bucket="the-bucket")["CORSRules"] == [{
        "AllowedHeaders": ["*", "x-amz-*"], "AllowedMethods": ["GET"], "AllowedOrigins": ["*"],
        "ExposeHeaders": ["Date"], "ID": "test-cors-id", "MaxAgeSeconds": 3600,
    }]  # fmt: skip
    required = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    stacks.update({"B": bucket(CorsConfiguration={"CorsRules": [required]})})
    assert s3.get_bucket_cors(Bucket="the-bucket")["CORSRules"] == [required]
    stacks.update({"B": bucket()})
    with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
        s3.get_bucket_cors(Bucket="the-bucket")


def test_bucketpolicy(stacks: Deployment) -> None:
    statement = {
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:List*"],
        "Resource": ["arn:aws:s3:::the-bucket", "arn:aws:s3:::the-bucket/*"],
    }  # fmt: skip
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policy = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "B"}, "PolicyDocument": document}}
    opened = bucket(PublicAccessBlockConfiguration={"BlockPublicPolicy": False})
    stacks.create({"B": opened, "P": policy})
    s3 = stacks.client("s3")
    assert json.loads(s3.get_bucket_policy(Bucket="the-bucket")["Policy"]) == document
    stacks.update({"B": opened})
    with pytest.raises(ClientError) as caught:
        s3.get_bucket_policy(Bucket="the-bucket")
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"], error["BucketName"]) == (
        "NoSuchBucketPolicy", "The bucket policy does not exist", "the-bucket",
    )  # fmt: skip


def test_object_lock_configuration(stacks: Deployment) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": "2"}}
    locked = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    stacks.create({"B": bucket(ObjectLockEnabled=True, ObjectLockConfiguration=locked)})
    s3 = stacks.client("s3")
    assert s3.get_object_lock_configuration(Bucket="the-bucket")["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}},
    }  # fmt: skip
    stacks.create({"B": bucket(BucketName="only-enabled", ObjectLockEnabled=True)}, "only")
    found = s3.get_object_lock_configuration(Bucket="only-enabled")["ObjectLockConfiguration"]
    assert found == {"ObjectLockEnabled": "Enabled"}


def test_cfn_handle_s3_notification_configuration(stacks: Deployment) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
                 "Resource": {"Fn::GetAtt": "Q.Arn"}}  # fmt: skip
    told = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": "Q.Arn"}}]}
    stacks.create({
        "Q": {"Type": "AWS::SQS::Queue"},
        "P": {"Type": "AWS::SQS::QueuePolicy", "Properties": {
            "Queues": [{"Ref": "Q"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}},
        "B": {**bucket(NotificationConfiguration=told), "DependsOn": "P"},
    })  # fmt: skip
    s3 = stacks.client("s3")
    answer = s3.get_bucket_notification_configuration(Bucket="the-bucket")
    (found,) = answer["QueueConfigurations"]
    assert answer.keys() - {"ResponseMetadata"} == {"QueueConfigurations"}
    assert (found.keys(), found["Events"]) == ({"Events", "Id", "QueueArn"}, ["s3:ObjectCreated:*"])
    stacks.delete()
    with pytest.raises(ClientError) as caught:
        s3.get_bucket_notification_configuration(Bucket="the-bucket")
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"], error["BucketName"]) == (
        "NoSuchBucket", "The specified bucket does not exist", "the-bucket",
    )  # fmt: skip
