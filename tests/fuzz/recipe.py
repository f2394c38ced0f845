"""Requests that succeed on the base, by operation, for those that random members seldom get right.

`...` is filled in with what the server is known to hold.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fuzz.lake import (
    ACCOUNT,
    BUCKET_POLICY,
    DESCRIPTOR,
    KNOWN,
    POLICY,
    QUEUE,
    QUEUE_ARN,
    ROLE,
    TABLE,
    TEMPLATE,
    TRUST,
)

PART = hashlib.md5(b"x" * 1000, usedforsecurity=False).hexdigest()
S3_DESTINATION = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::base-raw", "CompressionFormat": "GZIP"}
EXTENDED_DESTINATION = {
    **S3_DESTINATION,
    "Prefix": "p/!{timestamp:yyyy/MM/dd}/!{partitionKeyFromQuery:type}/",
    "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 1},
    "DynamicPartitioningConfiguration": {"Enabled": True, "RetryOptions": {"DurationInSeconds": 10}},
    "ProcessingConfiguration": {"Enabled": True, "Processors": [
        {"Type": "MetadataExtraction", "Parameters": [
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{type: .type, id: .id}"},
            {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"}]},
        {"Type": "AppendDelimiterToRecord"}]},
}  # fmt: skip
CONVERSION = {"DataFormatConversionConfiguration": {
    "Enabled": True,
    "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
    "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "lake", "TableName": "readings", "Region": "us-east-1"},
}}  # fmt: skip
PARTITION = {"Values": ["2027"], "StorageDescriptor": DESCRIPTOR}
NAMED_TABLE = {"DatabaseName": "lake", "TableName": "readings"}
STREAM_ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/base-one"
STREAM_POLICY = json.dumps({"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": "*", "Action": "kinesis:*", "Resource": STREAM_ARN}})  # fmt: skip
RECORD = {"Data": KNOWN["data"][0], "PartitionKey": "a"}
NOW = datetime.now(UTC)
HOUR = {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW + timedelta(hours=1)}
POWER = {"Namespace": "Farm", "MetricName": "power"}
ALARM = {
    **POWER, "AlarmName": "base", "Period": 60, "EvaluationPeriods": 2, "Threshold": 1.0, "Statistic": "Sum",
    "ComparisonOperator": "LessThanThreshold",
}  # fmt: skip
ALARM_ARN = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:base"
RECIPES: dict[str, tuple[dict[str, Any], ...]] = {
    "glue:CreateClassifier": (
        {"GrokClassifier": {"Name": "made", "Classification": "x", "GrokPattern": "%{NOTSPACE:a}|%{X:b:long}",
                            "CustomPatterns": "X [0-9]+"}},
        {"CsvClassifier": {"Name": "made", "Delimiter": "~", "QuoteSymbol": "'", "ContainsHeader": "PRESENT",
                           "Header": ["a", "b"], "AllowSingleColumn": True, "CustomDatatypeConfigured": True,
                           "CustomDatatypes": ["INT", "STRING"], "Serde": "LazySimpleSerDe"}},
        {"JsonClassifier": {"Name": "made", "JsonPath": "$.a['b'][0][*].*"}},
        {"XMLClassifier": {"Name": "made", "Classification": "xml", "RowTag": "row"}},
    ),
    "glue:UpdateClassifier": (
        {"GrokClassifier": {"Name": "lines", "Classification": "lines", "GrokPattern": "%{DATA:a} %{QS:b}"}},
    ),
    "glue:GetClassifier": ({"Name": "lines"},),
    "glue:DeleteClassifier": ({"Name": "made"},),
    "glue:CreateCrawler": (
        {"Name": ..., "Role": ROLE, "DatabaseName": "lake", "Targets": KNOWN["targets"][0], "Classifiers": ["lines"]},
        {"Name": ..., "Role": ROLE, "SchemaChangePolicy": {"DeleteBehavior": "LOG"},
         "Targets": {"CatalogTargets": [{"DatabaseName": "lake", "Tables": ["readings"]}]}},
    ),
    "cloudwatch:PutMetricData": (
        {"Namespace": "Farm", "MetricData": [{"MetricName": "power", "Value": 1.5}]},
        {"Namespace": "Farm", "MetricData": [
            {"MetricName": "power", "Values": [1.0, 2.0], "Counts": [1.0, 3.0], "Unit": "Count", "Timestamp": NOW}]},
    ),
    "cloudwatch:GetMetricStatistics": (
        {**POWER, **HOUR, "Period": 60, "Statistics": ["Sum", "Maximum"]},
        {**POWER, **HOUR, "Period": 3600, "ExtendedStatistics": ["p50", "p99.9"]},
    ),
    "cloudwatch:GetMetricData": (
        {**HOUR, "MaxDatapoints": 1, "MetricDataQueries": [
            {"Id": "a", "MetricStat": {"Metric": POWER, "Period": 60, "Stat": "p90"}}]},
    ),
    "cloudwatch:PutMetricAlarm": (ALARM, {**ALARM, "AlarmName": ..., "TreatMissingData": "breaching"}),
    "cloudwatch:SetAlarmState": ({"AlarmName": "base", "StateValue": ..., "StateReason": ...},),
    "cloudwatch:ListTagsForResource": ({"ResourceARN": ALARM_ARN},),
    "cloudwatch:TagResource": ({"ResourceARN": ALARM_ARN, "Tags": [{"Key": "a", "Value": "b"}]},),
    "cloudwatch:UntagResource": ({"ResourceARN": ALARM_ARN, "TagKeys": ...},),
    "sqs:SendMessage": (
        {"QueueUrl": QUEUE, "MessageBody": ..., "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}}},
        {"QueueUrl": QUEUE + ".fifo", "MessageBody": ..., "MessageGroupId": "g"},
    ),
    "sqs:SendMessageBatch": (
        {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "MessageBody": "x"}, {"Id": "2", "MessageBody": "y"}]},
    ),
    "sqs:ReceiveMessage": (
        {"QueueUrl": QUEUE, "MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"]},
        {"QueueUrl": QUEUE + ".fifo", "VisibilityTimeout": 0},
    ),
    "sqs:DeleteMessage": ({"QueueUrl": QUEUE, "ReceiptHandle": ...},),
    "sqs:ChangeMessageVisibility": ({"QueueUrl": QUEUE, "ReceiptHandle": ..., "VisibilityTimeout": 1},),
    "sqs:SetQueueAttributes": ({"QueueUrl": QUEUE, "Attributes": {"DelaySeconds": "0"}},),
    "events:PutEvents": ({"Entries": [{"Source": "farm", "DetailType": "t", "Detail": "{}"}]},),
    "events:PutTargets": (
        {"Rule": "base", "Targets": [{"Id": "2", "Arn": QUEUE_ARN, "InputTransformer": {
            "InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '{"x": <a>}'}}]},
    ),
    "events:TestEventPattern": ({"EventPattern": ..., "Event": "{}"},),
    "kinesis:PutRecords": ({"StreamName": "base-one", "Records": [RECORD, {**RECORD, "ExplicitHashKey": "0"}]},),
    "kinesis:GetRecords": ({"ShardIterator": ...}, {"ShardIterator": ..., "Limit": 1}),
    "kinesis:GetShardIterator": (
        {"StreamName": "base-one", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"},
        {"StreamName": "base-one", "ShardId": ..., "ShardIteratorType": "LATEST"},
        {"StreamName": "base-one", "ShardId": ..., "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": ...},
        {"StreamName": "base-one", "ShardId": ..., "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
         "StartingSequenceNumber": ...},
    ),
    "kinesis:IncreaseStreamRetentionPeriod": ({"StreamName": "base-one", "RetentionPeriodHours": 48},),
    "kinesis:DecreaseStreamRetentionPeriod": ({"StreamName": "base-one", "RetentionPeriodHours": 24},),
    "kinesis:SplitShard": ({"StreamName": ..., "ShardToSplit": ..., "NewStartingHashKey": ...},),
    "kinesis:MergeShards": ({"StreamName": ..., "ShardToMerge": ..., "AdjacentShardToMerge": ...},),
    "kinesis:UpdateShardCount": ({"StreamName": ..., "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"},),
    "kinesis:UpdateStreamMode": ({"StreamARN": ..., "StreamModeDetails": {"StreamMode": "PROVISIONED"}},),
    "kinesis:StartStreamEncryption": (
        {"StreamName": "base-one", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    ),
    "kinesis:StopStreamEncryption": (
        {"StreamName": "base-one", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    ),
    "kinesis:EnableEnhancedMonitoring": ({"StreamName": "base-one", "ShardLevelMetrics": ["ALL"]},),
    "kinesis:PutResourcePolicy": ({"ResourceARN": STREAM_ARN, "Policy": STREAM_POLICY},),
    "kinesis:DeleteResourcePolicy": ({"ResourceARN": STREAM_ARN},),
    "kinesis:RemoveTagsFromStream": ({"StreamName": "base-one", "TagKeys": ["a"]},),
    "firehose:PutRecordBatch": ({"DeliveryStreamName": "base-direct", "Records": [{"Data": KNOWN["data"][0]}] * 3},),
    "firehose:CreateDeliveryStream": (
        {"DeliveryStreamName": ..., "S3DestinationConfiguration": S3_DESTINATION},
        {"DeliveryStreamName": ..., "ExtendedS3DestinationConfiguration": EXTENDED_DESTINATION},
        {"DeliveryStreamName": ..., "ExtendedS3DestinationConfiguration": {
            "RoleARN": ROLE, "BucketARN": "arn:aws:s3:::base-raw", **CONVERSION}},
    ),
    "firehose:UpdateDestination": (
        {"DeliveryStreamName": "base-direct", "CurrentDeliveryStreamVersionId": ...,
         "DestinationId": "destinationId-000000000001", "ExtendedS3DestinationUpdate": EXTENDED_DESTINATION},
        {"DeliveryStreamName": ..., "CurrentDeliveryStreamVersionId": ...,
         "DestinationId": "destinationId-000000000001", "S3DestinationUpdate": {"Prefix": "new/"}},
    ),
    "firehose:DeleteDeliveryStream": ({"DeliveryStreamName": ...},),
    "athena:StartQueryExecution": (
        {"QueryString": ..., "ClientRequestToken": ..., "QueryExecutionContext": {"Database": "lake"},
         "ResultConfiguration": {"OutputLocation": "s3://base-lake/results/"}},
    ),
    "athena:GetQueryExecution": ({"QueryExecutionId": ...},),
    "athena:GetDataCatalog": ({"Name": "AwsDataCatalog"},),
    "athena:ListTagsForResource": ({"ResourceARN": f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/team"},),
    "athena:TagResource": (
        {"ResourceARN": f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/team", "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "athena:UntagResource": ({"ResourceARN": f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/team", "TagKeys": ["a"]},),
    "cloudformation:CreateChangeSet": (
        {"StackName": "fresh", "ChangeSetName": "change", "TemplateBody": TEMPLATE, "ChangeSetType": "CREATE"},
        {"StackName": "stack", "ChangeSetName": ..., "TemplateBody": ...},
    ),
    "cloudformation:DescribeChangeSet": ({"StackName": "stack", "ChangeSetName": ...},),
    "cloudformation:ExecuteChangeSet": ({"StackName": "fresh", "ChangeSetName": "change"},),
    "cloudformation:DeleteChangeSet": ({"StackName": "stack", "ChangeSetName": ...},),
    "cloudformation:UpdateStack": (
        {"StackName": "stack", "TemplateBody": TEMPLATE,
         "Parameters": [{"ParameterKey": "Shards", "ParameterValue": "2"}]},
        {"StackName": "stack", "TemplateBody": ...},
    ),
    "glue:BatchGetPartition": ({**NAMED_TABLE, "PartitionsToGet": [{"Values": ["2026"]}]},),
    "glue:UpdatePartition": ({**NAMED_TABLE, "PartitionValueList": ["2026"], "PartitionInput": PARTITION},),
    "glue:CreatePartition": ({**NAMED_TABLE, "PartitionInput": PARTITION},),
    "glue:CreatePartitionIndex": (
        {**NAMED_TABLE, "PartitionIndex": {"Keys": ["year"], "IndexName": "by_year"}},
    ),
    "glue:DeletePartitionIndex": ({**NAMED_TABLE, "IndexName": "by_year"},),
    "glue:UpdateTable": ({"DatabaseName": "lake", "TableInput": {**TABLE, "Description": "changed"}},),
    "glue:DeleteTable": ({"DatabaseName": ..., "Name": ...},),
    "glue:DeleteTableVersion": ({**NAMED_TABLE, "VersionId": "0"},),
    "glue:UpdateJob": ({"JobName": "work", "JobUpdate": {"Role": ROLE, "Command": KNOWN["command"][0]}},),
    "glue:StartJobRun": ({"JobName": "work", "Arguments": {"--a": "b"}},),
    "glue:GetJobRun": ({"JobName": "work", "RunId": ...},),
    "glue:GetJobBookmark": ({"JobName": "work"},),
    "glue:UpdateTrigger": ({"Name": "fire", "TriggerUpdate": {"Description": "x", "Actions": [{"JobName": "work"}]}},),
    "glue:CreateTrigger": (
        {"Name": ..., "Type": "SCHEDULED", "Schedule": ..., "Actions": [{"JobName": "work"}]},
        {"Name": ..., "Type": "CONDITIONAL", "Actions": [{"CrawlerName": "crawl"}], "Predicate": {
            "Conditions": [{"LogicalOperator": "EQUALS", "JobName": "work", "State": "SUCCEEDED"}]}},
    ),
    "glue:TagResource": (
        {"ResourceArn": f"arn:aws:glue:us-east-1:{ACCOUNT}:job/work", "TagsToAdd": {"a": "b"}},
        {"ResourceArn": f"arn:aws:glue:us-east-1:{ACCOUNT}:crawler/crawl", "TagsToAdd": {"a": "b"}},
    ),
    "glue:UntagResource": ({"ResourceArn": f"arn:aws:glue:us-east-1:{ACCOUNT}:job/work", "TagsToRemove": ["a"]},),
    "glue:GetTags": ({"ResourceArn": f"arn:aws:glue:us-east-1:{ACCOUNT}:job/work"},),
    "iam:UpdateAssumeRolePolicy": ({"RoleName": "base", "PolicyDocument": TRUST},),
    "iam:CreateAccessKey": ({"UserName": "someone"},),
    "iam:UpdateAccessKey": ({"UserName": "someone", "AccessKeyId": ..., "Status": "Inactive"},),
    "iam:DeleteAccessKey": ({"UserName": "someone", "AccessKeyId": ...},),
    "iam:PutGroupPolicy": ({"GroupName": "people", "PolicyName": "inline", "PolicyDocument": POLICY},),
    "iam:GetGroupPolicy": ({"GroupName": "people", "PolicyName": "inline"},),
    "iam:CreatePolicyVersion": ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/own", "PolicyDocument": POLICY},),
    "iam:SetDefaultPolicyVersion": ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/own", "VersionId": "v1"},),
    "iam:DeletePolicyVersion": ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/own", "VersionId": "v2"},),
    "logs:PutLogEvents": (
        {"logGroupName": "base", "logStreamName": "one", "logEvents": [
            {"timestamp": 1_790_000_000_000, "message": "a b"}]},
    ),
    "logs:GetLogEvents": ({"logGroupName": "base", "logStreamName": "one"},),
    "logs:FilterLogEvents": ({"logGroupName": "base", "filterPattern": ...},),
    "logs:PutRetentionPolicy": ({"logGroupName": "base", "retentionInDays": 7},),
    "s3:PutBucketPolicy": ({"Bucket": "base-raw", "Policy": BUCKET_POLICY},),
    "s3:GetObject": ({"Bucket": "base-raw", "Key": ...}, {"Bucket": "base-raw", "Key": ..., "Range": "bytes=0-9"}),
    "s3:PutObject": (
        {"Bucket": ..., "Key": ..., "Body": ...},
        {"Bucket": "base-raw", "Key": ..., "Body": ..., "Tagging": "a=b"},
    ),
    "s3:CopyObject": ({"Bucket": "base-raw", "Key": ..., "CopySource": "base-raw/one"},),
    "s3:CreateMultipartUpload": ({"Bucket": "base-raw", "Key": "a"},),
    "s3:UploadPart": ({"Bucket": "base-raw", "Key": "a", "UploadId": ..., "PartNumber": 1, "Body": b"x" * 1000},),
    "s3:UploadPartCopy": (
        {"Bucket": "base-raw", "Key": "a", "UploadId": ..., "PartNumber": 1, "CopySource": "base-raw/one"},
    ),
    "s3:ListParts": ({"Bucket": "base-raw", "Key": "a", "UploadId": ...},),
    "s3:CompleteMultipartUpload": (
        {"Bucket": "base-raw", "Key": "a", "UploadId": ..., "MultipartUpload": {
            "Parts": [{"PartNumber": 1, "ETag": PART}]}},
    ),
    "s3:AbortMultipartUpload": ({"Bucket": "base-raw", "Key": "a", "UploadId": ...},),
    "s3:DeleteObjects": ({"Bucket": "base-raw", "Delete": {"Objects": [{"Key": "gone"}, {"Key": "a"}]}},),
    "s3:PutBucketLifecycleConfiguration": (
        {"Bucket": "base-raw", "LifecycleConfiguration": {"Rules": [
            {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 3}}]}},
    ),
    "s3:PutObjectTagging": ({"Bucket": "base-raw", "Key": "one", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},),
}  # fmt: skip
