"""What the fuzzed server holds from the start, so that requests get past "not found"; made again after deletions."""

import json
from typing import Any

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/base"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {
                    "Service": ["firehose.amazonaws.com", "glue.amazonaws.com"],
                    "AWS": f"arn:aws:iam::{ACCOUNT}:root",
                },
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "one", "Effect": "Allow", "Action": ["s3:*", "glue:Get*"], "Resource": "*"},
            {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::base-raw/${aws:username}/*",
             "Condition": {"StringLike": {"s3:prefix": ["a*"]}, "Bool": {"aws:SecureTransport": "false"}}},
        ],
    }
)  # fmt: skip
BUCKET_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::base-raw/*"}
        ],
    }
)
TEMPLATE = json.dumps(
    {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Shards": {"Type": "Number", "Default": 1, "MaxValue": 3}},
        "Conditions": {"Many": {"Fn::Equals": [{"Ref": "Shards"}, "2"]}},
        "Resources": {
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": {"Ref": "Shards"}}},
            "Group": {
                "Type": "AWS::Logs::LogGroup",
                "DependsOn": "Stream",
                "Properties": {"LogGroupName": {"Fn::Sub": "/x/${AWS::StackName}"}, "RetentionInDays": 7},
            },
        },
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}, "Export": {"Name": {"Ref": "AWS::StackName"}}}},
    }
)
YAML_TEMPLATE = """\
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Join ['-', [made, !Select [0, !Split [',', 'a,b']]]]
  Database:
    Type: AWS::Glue::Database
    Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: made}}
"""
COLUMNS = [{"Name": "id", "Type": "int"}, {"Name": "type", "Type": "string"}, {"Name": "value", "Type": "double"}]
JSON_SERDE = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {"paths": "id,type,value"}}
DESCRIPTOR = {
    "Columns": COLUMNS,
    "Location": "s3://base-raw/readings/",
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": JSON_SERDE,
}
TABLE = {
    "Name": "readings",
    "TableType": "EXTERNAL_TABLE",
    "PartitionKeys": [{"Name": "year", "Type": "string"}],
    "StorageDescriptor": DESCRIPTOR,
}
QUERIES = (
    "SELECT type, avg(value) AS mean FROM readings WHERE year = '2026' GROUP BY type ORDER BY 2 DESC LIMIT 10",
    "SELECT * FROM lake.readings",
    "WITH a AS (SELECT id, rank() OVER (PARTITION BY type ORDER BY value) r FROM readings) SELECT * FROM a WHERE r < 3",
    "SHOW TABLES IN lake",
    "SHOW PARTITIONS readings",
    "DESCRIBE readings",
    "EXPLAIN SELECT 1",
    "ALTER TABLE readings ADD IF NOT EXISTS PARTITION (year = '2027') LOCATION 's3://base-raw/readings/year=2027/'",
    "MSCK REPAIR TABLE readings",
    "CREATE EXTERNAL TABLE IF NOT EXISTS other (a int, b struct<c:array<string>>) STORED AS PARQUET "
    "LOCATION 's3://base-lake/other/'",
    "CREATE TABLE made WITH (format = 'PARQUET', external_location = 's3://base-lake/made/') AS SELECT 1 AS a",
    "INSERT INTO made SELECT 2",
    "CREATE OR REPLACE VIEW seen AS SELECT type FROM readings",
    "SELECT date_format(from_unixtime(1700000000), '%Y'), regexp_extract('a1', '\\d')",
    "SELECT json_extract_scalar('{\"a\":1}', '$.a')",
    "SELECT ? + 1",
    "DROP TABLE IF EXISTS made",
    "DROP VIEW seen",
)
QUEUE = f"http://127.0.0.1:4566/{ACCOUNT}/base"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:base"
SENDING = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": ["s3.amazonaws.com", "events.amazonaws.com"]}, "Action": "sqs:*",
    "Resource": QUEUE_ARN}]})  # fmt: skip
KNOWN: dict[str, tuple[Any, ...]] = {
    "queueurl": (QUEUE, QUEUE + ".fifo"),
    "queuename": ("base", "base.fifo", "made"),
    "waittimeseconds": (0, 1),
    "messagegroupid": ("g",),
    "eventpattern": ('{"source": ["farm"]}', '{"detail": {"a": [{"numeric": [">", 1]}, {"exists": false}]}}'),
    "scheduleexpression": ("rate(5 minutes)", "cron(0 12 * * ? *)"),
    "detail": ('{"a": 1}', '{"a": {"b": ["c", null]}}'),
    "events.source": ("farm",),
    "targetarn": (QUEUE_ARN,),
    "events.resourcearn": (f"arn:aws:events:us-east-1:{ACCOUNT}:rule/base",),
    "queuearn": (QUEUE_ARN,),
    "streamname": ("base-one", "base-two"),
    "streamarn": (f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/base-one",),
    "kinesis.arn": (f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/base-one",),
    "shardid": ("shardId-000000000000", "shardId-000000000001"),
    "exclusivestartshardid": ("shardId-000000000000",),
    "shardtosplit": ("shardId-000000000000",),
    "shardtomerge": ("shardId-000000000000", "shardId-000000000001"),
    "adjacentshardtomerge": ("shardId-000000000001",),
    "newstartinghashkey": ("170141183460469231731687303715884105728", "85070591730234615865843651857942052864"),
    "explicithashkey": ("0", "340282366920938463463374607431768211455"),
    "consumername": ("reader",),
    "deliverystreamname": ("base-direct", "base-source"),
    "currentdeliverystreamversionid": ("1", "2"),
    "destinationid": ("destinationId-000000000001",),
    "bucketarn": ("arn:aws:s3:::base-raw", "arn:aws:s3:::base-lake"),
    "rolearn": (ROLE,),
    "role": (ROLE, "base"),
    "kinesisstreamarn": (f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/base-one",),
    "prefix": ("", "readings/", "!{timestamp:yyyy/MM/dd}/", "e/!{firehose:error-output-type}/", "a"),
    "erroroutputprefix": ("errors/!{firehose:error-output-type}/!{timestamp:yyyy}/",),
    "expectedbucketowner": (ACCOUNT,),
    "expectedsourcebucketowner": (ACCOUNT,),
    "bucket": ("base-raw", "base-lake"),
    "key": ("readings/year=2026/one.json", "one", "a b/ü", "a", "a/b"),
    "copysource": ("base-raw/one",),
    "delimiter": ("/",),
    "partnumber": (1, 2),
    "databasename": ("lake",),
    "database": ("lake",),
    "catalogid": (ACCOUNT,),
    "tablename": ("readings", "other"),
    "tableinput": (TABLE,),
    "partitionvalues": (["2026"],),
    "values": (["2026"], ["2027"]),
    "storagedescriptor": (DESCRIPTOR,),
    "expression": ("year = '2026'", "year > '2000' AND year IN ('2026', '2027')", "readings*"),
    "jobname": ("work",),
    "command": ({"Name": "glueetl", "ScriptLocation": "s3://base-lake/work.py", "PythonVersion": "3"},),
    "glueversion": ("4.0", "5.0"),
    "workertype": ("G.1X",),
    "crawlername": ("crawl",),
    "targets": ({"S3Targets": [{"Path": "s3://base-raw/readings/"}]},),
    "triggername": ("fire",),
    "schedule": ("cron(0/5 * * * ? *)", "cron(15 12 ? * MON-FRI *)"),
    "actions": ([{"JobName": "work"}],),
    "workgroup": ("primary", "team"),
    "querystring": QUERIES,
    "querystatement": QUERIES[:3],
    "resultconfiguration": ({"OutputLocation": "s3://base-lake/results/"},),
    "statementname": ("ready",),
    "catalogname": ("AwsDataCatalog",),
    "catalog": ("AwsDataCatalog",),
    "stackname": ("stack",),
    "changesetname": ("change",),
    "templatebody": (TEMPLATE, YAML_TEMPLATE),
    "loggroupname": ("base", "/aws/kinesisfirehose/base-direct"),
    "logstreamname": ("one",),
    "filterpattern": ("", "ERROR", '"a b" -c', "{ $.a = 1 }", "[a, b=1*]"),
    "rolename": ("base",),
    "username": ("someone",),
    "groupname": ("people",),
    "policyname": ("inline",),
    "policyarn": ("arn:aws:iam::aws:policy/AdministratorAccess", f"arn:aws:iam::{ACCOUNT}:policy/own"),
    "policydocument": (POLICY,),
    "assumerolepolicydocument": (TRUST,),
    "policy": (BUCKET_POLICY, POLICY),
    "data": (b'{"id": 1, "type": "temperature", "value": 21.5}\n', b"text", b"\x00" * 1000),
}


def _delivery(name: str, **source: Any) -> tuple[str, str, dict[str, Any]]:
    destination = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::base-raw",
        "Prefix": f"{name}/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 5},
    }
    request = {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": destination, **source}
    return "firehose", "CreateDeliveryStream", request


BASE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("iam", "CreateRole", {"RoleName": "base", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "AttachRolePolicy", {"RoleName": "base", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ("iam", "CreateUser", {"UserName": "someone"}),
    ("iam", "CreateGroup", {"GroupName": "people"}),
    ("iam", "CreatePolicy", {"PolicyName": "own", "PolicyDocument": POLICY}),
    ("iam", "PutRolePolicy", {"RoleName": "base", "PolicyName": "inline", "PolicyDocument": POLICY}),
    ("s3", "CreateBucket", {"Bucket": "base-raw"}),
    ("s3", "CreateBucket", {"Bucket": "base-lake"}),
    ("s3", "PutObject", {"Bucket": "base-raw", "Key": "readings/year=2026/one.json", "Body": KNOWN["data"][0] * 50}),
    ("s3", "PutObject", {"Bucket": "base-raw", "Key": "one", "Body": b"x" * 10_000}),
    ("s3", "PutObject", {"Bucket": "base-raw", "Key": "a b/ü", "Body": b""}),
    ("s3", "PutObject", {"Bucket": "base-lake", "Key": "work.py", "Body": b"print('done')\n"}),
    ("s3", "CreateMultipartUpload", {"Bucket": "base-raw", "Key": "a"}),
    ("kinesis", "CreateStream", {"StreamName": "base-one", "ShardCount": 2}),
    ("kinesis", "CreateStream", {"StreamName": "base-two", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
    ("kinesis", "PutRecord", {"StreamName": "base-one", "Data": KNOWN["data"][0], "PartitionKey": "a"}),
    ("glue", "CreateDatabase", {"DatabaseInput": {"Name": "lake"}}),
    ("glue", "CreateTable", {"DatabaseName": "lake", "TableInput": TABLE}),
    ("glue", "CreatePartition", {"DatabaseName": "lake", "TableName": "readings", "PartitionInput": {
        "Values": ["2026"], "StorageDescriptor": {**DESCRIPTOR, "Location": "s3://base-raw/readings/year=2026/"}}}),
    ("glue", "CreateJob", {"Name": "work", "Role": ROLE, "Command": KNOWN["command"][0], "GlueVersion": "4.0"}),
    ("glue", "CreateClassifier", {"GrokClassifier": {
        "Name": "lines", "Classification": "lines", "GrokPattern": "%{WORD:w} %{INT:n:int} %{GREEDYDATA:rest}"}}),
    ("glue", "CreateCrawler", {"Name": "crawl", "Role": ROLE, "DatabaseName": "lake", "Targets": KNOWN["targets"][0]}),
    ("glue", "CreateTrigger", {"Name": "fire", "Type": "ON_DEMAND", "Actions": [{"JobName": "work"}]}),
    ("athena", "CreateWorkGroup", {"Name": "team"}),
    ("athena", "CreateNamedQuery", {"Name": "named", "Database": "lake", "QueryString": QUERIES[0]}),
    ("athena", "CreatePreparedStatement", {
        "StatementName": "ready", "WorkGroup": "primary", "QueryStatement": "SELECT ? + 1"}),
    ("sqs", "CreateQueue", {"QueueName": "base", "Attributes": {"Policy": SENDING, "VisibilityTimeout": "1"}}),
    ("sqs", "CreateQueue", {
        "QueueName": "base.fifo", "Attributes": {"FifoQueue": "true", "ContentBasedDeduplication": "true"}}),
    ("sqs", "SendMessage", {"QueueUrl": QUEUE, "MessageBody": "hello"}),
    ("events", "PutRule", {"Name": "base", "EventPattern": KNOWN["eventpattern"][0]}),
    ("events", "PutTargets", {"Rule": "base", "Targets": [{"Id": "1", "Arn": QUEUE_ARN}]}),
    ("s3", "PutBucketNotificationConfiguration", {"Bucket": "base-raw", "NotificationConfiguration": {
        "QueueConfigurations": [{"QueueArn": QUEUE_ARN, "Events": ["s3:ObjectCreated:*"]}],
        "EventBridgeConfiguration": {}}}),
    ("logs", "CreateLogGroup", {"logGroupName": "base"}),
    ("logs", "CreateLogStream", {"logGroupName": "base", "logStreamName": "one"}),
    _delivery("base-direct"),
    _delivery("base-source", DeliveryStreamType="KinesisStreamAsSource", KinesisStreamSourceConfiguration={
        "KinesisStreamARN": KNOWN["kinesisstreamarn"][0], "RoleARN": ROLE}),
    ("cloudformation", "CreateStack", {"StackName": "stack", "TemplateBody": TEMPLATE}),
)  # fmt: skip
