"""Processing, partitions and conversion as a client sees them: over HTTP, with S3, IAM and Glue behind it."""

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from botocore.exceptions import ClientError
from tests.services.firehose.test_firehose_http import ROLE, active, trust, until

from afluente.core.clock import ManualClock
from afluente.core.setting import Settings

Clients = Callable[..., Any]
ARN = "arn:aws:lambda:us-east-1:000000000000:function:clean"
FUNCTION = """
import base64, json

def handler(event, context):
    records = []
    for record in event["records"]:
        reading = json.loads(base64.b64decode(record["data"]))
        print(context.function_name, reading["id"])
        reading["value"] = reading["value"] / 10
        data = base64.b64encode(json.dumps(reading).encode()).decode()
        records.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    return {"records": records}
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "clean.py").write_text(FUNCTION)
    (tmp_path / "lambda.toml").write_text('[functions]\nclean = "clean.py:handler"\n')
    return dataclasses.replace(settings, lambda_functions=str(tmp_path / "lambda.toml"))


@pytest.fixture
def lake(client: Clients) -> Clients:
    for bucket in ("raw", "backup"):
        client("s3").create_bucket(Bucket=bucket)
    client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=trust("firehose.amazonaws.com"))
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    client("iam").attach_role_policy(RoleName="delivery", PolicyArn=policy)
    client("glue").create_database(DatabaseInput={"Name": "lake"})
    columns = [{"Name": "id", "Type": "string"}, {"Name": "value", "Type": "double"}]
    client("glue").create_table(
        DatabaseName="lake", TableInput={"Name": "readings", "StorageDescriptor": {"Columns": columns}}
    )
    return client


def parameters(**named: str) -> list[dict[str, str]]:
    return [{"ParameterName": name, "ParameterValue": value} for name, value in named.items()]


EVERYTHING: dict[str, Any] = {
    "RoleARN": ROLE,
    "BucketARN": "arn:aws:s3:::raw",
    "Prefix": "id=!{partitionKeyFromQuery:id}/!{timestamp:yyyy}/",
    "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
    "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "ProcessingConfiguration": {
        "Enabled": True,
        "Processors": [
            {"Type": "RecordDeAggregation", "Parameters": parameters(SubRecordType="JSON")},
            {
                "Type": "Lambda",
                "Parameters": parameters(LambdaArn=ARN, BufferSizeInMBs="1", BufferIntervalInSeconds="1"),
            },
            {
                "Type": "MetadataExtraction",
                "Parameters": parameters(MetadataExtractionQuery="{id: .id}", JsonParsingEngine="JQ-1.6"),
            },
        ],
    },
    "S3BackupMode": "Enabled",
    "S3BackupConfiguration": {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::backup",
        "BufferingHints": {"IntervalInSeconds": 60},
    },
    "DataFormatConversionConfiguration": {
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "lake", "TableName": "readings"},
    },
}


def objects(client: Clients, bucket: str) -> dict[str, bytes]:
    listed = client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return {item["Key"]: client("s3").get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed}


def test_everything_at_once(lake: Clients, clock: ManualClock) -> None:
    lake("firehose").create_delivery_stream(DeliveryStreamName="d", ExtendedS3DestinationConfiguration=EVERYTHING)
    active(lake, clock, "d")
    lake("firehose").put_record(DeliveryStreamName="d", Record={"Data": b'{"id":"a","value":15}{"id":"b","value":2}'})
    lake("firehose").put_record(DeliveryStreamName="d", Record={"Data": b'{"id":["x"],"value":2}'})
    until(clock, lambda: len(objects(lake, "raw")) == 3 and len(objects(lake, "backup")) == 1)
    found = {key.rpartition("/")[0]: body for key, body in objects(lake, "raw").items()}
    rows = {
        folder: pyarrow.parquet.read_table(io.BytesIO(body)).to_pylist()
        for folder, body in found.items()
        if folder.startswith("id=")
    }
    assert rows == {"id=a/2026": [{"id": "a", "value": 1.5}], "id=b/2026": [{"id": "b", "value": 0.2}]}
    failure = json.loads(found["errors/processing-failed"])
    assert failure["errorCode"] == "DynamicPartitioning.MetadataExtractionFailed"
    assert list(objects(lake, "backup").values()) == [
        b'{"id":"a","value":15}{"id":"b","value":2}{"id":["x"],"value":2}'
    ]
    printed = lake("logs").filter_log_events(logGroupName="/aws/lambda/clean")["events"]
    assert printed[0]["message"].splitlines() == ["clean a", "clean b", "clean ['x']"]


def test_description_is_as_it_was_given(lake: Clients, clock: ManualClock) -> None:
    lake("firehose").create_delivery_stream(
        DeliveryStreamName="d",
        ExtendedS3DestinationConfiguration=EVERYTHING,
        DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
    )
    active(lake, clock, "d")
    description = lake("firehose").describe_delivery_stream(DeliveryStreamName="d")["DeliveryStreamDescription"]
    assert description["DeliveryStreamEncryptionConfiguration"] == {"KeyType": "AWS_OWNED_CMK", "Status": "ENABLED"}
    (destination,) = description["Destinations"]
    shown = destination["ExtendedS3DestinationDescription"]
    assert shown["S3BackupDescription"]["BufferingHints"] == {"SizeInMBs": 5, "IntervalInSeconds": 60}
    assert shown["DynamicPartitioningConfiguration"]["RetryOptions"] == {"DurationInSeconds": 300}
    assert "ProcessingConfiguration" not in destination["S3DestinationDescription"]
    lake("firehose").update_destination(
        DeliveryStreamName="d",
        CurrentDeliveryStreamVersionId="1",
        DestinationId=destination["DestinationId"],
        ExtendedS3DestinationUpdate={"S3BackupUpdate": {"Prefix": "source/"}},
    )
    description = lake("firehose").describe_delivery_stream(DeliveryStreamName="d")["DeliveryStreamDescription"]
    updated = description["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert updated["S3BackupDescription"] == shown["S3BackupDescription"] | {"Prefix": "source/"}
    assert description["VersionId"] == "2"
    lake("firehose").stop_delivery_stream_encryption(DeliveryStreamName="d")
    lake("firehose").delete_delivery_stream(DeliveryStreamName="d", AllowForceDelete=True)


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"TableName": "none"}, "InvalidArgumentException", "EntityNotFoundException"),
        ({"DatabaseName": "none"}, "InvalidArgumentException", "EntityNotFoundException"),
        ({"CatalogId": "111111111111"}, "InvalidArgumentException", ""),
    ],
)
def test_schema_that_is_not_there(lake: Clients, changes: dict[str, str], code: str, message: str) -> None:
    conversion = EVERYTHING["DataFormatConversionConfiguration"]
    schema = conversion["SchemaConfiguration"] | changes
    given = EVERYTHING | {"DataFormatConversionConfiguration": conversion | {"SchemaConfiguration": schema}}
    with pytest.raises(ClientError) as raised:
        lake("firehose").create_delivery_stream(DeliveryStreamName="d", ExtendedS3DestinationConfiguration=given)
    assert raised.value.response["Error"]["Code"] == code
    assert message in raised.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("member", "given"),
    [
        ("Type", {"Type": "Uppercase"}),
        ("parameterName", {"Type": "Lambda", "Parameters": parameters(Other="x")}),
    ],
)
def test_processor_that_the_model_does_not_have(lake: Clients, member: str, given: dict[str, Any]) -> None:
    processing = {"Enabled": True, "Processors": [given]}
    with pytest.raises(ClientError) as raised:
        lake("firehose").create_delivery_stream(
            DeliveryStreamName="d",
            ExtendedS3DestinationConfiguration={
                "RoleARN": ROLE,
                "BucketARN": "arn:aws:s3:::raw",
                "ProcessingConfiguration": processing,
            },
        )
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    assert member.lower() in raised.value.response["Error"]["Message"].lower()
