"""The delivery streams under test, as CreateDeliveryStream takes them: each of the ways from a stream to an object."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

DELIVERY_S = 1
BACKUP_S = 60
"""The shortest that Firehose allows."""

ROLE = "arn:aws:iam::000000000000:role/delivery"
SOURCE = {
    "DeliveryStreamType": "KinesisStreamAsSource",
    "KinesisStreamSourceConfiguration": {
        "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/farm",
        "RoleARN": ROLE,
    },
}
FUNCTION = """
def handler(event, context):
    return {"records": [record | {"result": "Ok"} for record in event["records"]]}
"""
COLUMNS = {"producer": "string", "number": "int", "attempt": "int"}
ROWS = {
    "Name": "rows",
    "StorageDescriptor": {"Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()]},
}
"""The table that says what of a reading goes into Parquet."""


def deliveries() -> Iterator[dict[str, Any]]:
    """Four that read the stream, and one for direct puts."""
    yield {**_delivery("stream", DELIVERY_S, size_mb=1), **SOURCE}
    yield {**_delivery("eager", 0, size_mb=1), **SOURCE}  # some delivery is always under way
    yield _delivery("direct", 0)
    yield {**_delivery("parts", DELIVERY_S, **_partitioned(), **_backed_up()), **SOURCE}
    yield {**_delivery("rows", DELIVERY_S, **_converted()), **SOURCE}


def write_function(folder: Path) -> None:
    """The function that `parts` goes through, which changes nothing."""
    (folder / "same.py").write_text(FUNCTION)
    (folder / "lambda.toml").write_text('[functions]\nsame = "same.py:handler"\n')


def _delivery(name: str, interval_s: int, size_mb: int = 64, **extended: Any) -> dict[str, Any]:
    destination = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::raw",
        "Prefix": f"{name}/",
        "BufferingHints": {"SizeInMBs": size_mb, "IntervalInSeconds": interval_s},
        **extended,
    }
    return {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": destination}


def _partitioned() -> dict[str, Any]:
    """Through a function, into a folder for each producer."""
    arn = "arn:aws:lambda:us-east-1:000000000000:function:same"
    processors = [
        _processor("Lambda", LambdaArn=arn, BufferSizeInMBs="1", BufferIntervalInSeconds="0"),
        _processor("MetadataExtraction", MetadataExtractionQuery="{producer: .producer}", JsonParsingEngine="JQ-1.6"),
    ]
    return {
        "Prefix": "parts/!{partitionKeyFromQuery:producer}/",
        "ErrorOutputPrefix": "errors/",
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
    }


def _processor(kind: str, **parameters: str) -> dict[str, Any]:
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Type": kind, "Parameters": named}


def _backed_up() -> dict[str, Any]:
    hints = {"SizeInMBs": 1, "IntervalInSeconds": BACKUP_S}
    backup = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw", "Prefix": "backup/", "BufferingHints": hints}
    return {"S3BackupMode": "Enabled", "S3BackupConfiguration": backup}


def _converted() -> dict[str, Any]:
    schema = {"RoleARN": ROLE, "DatabaseName": "lake", "TableName": "rows", "Region": "us-east-1"}
    return {
        "DataFormatConversionConfiguration": {
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
            "SchemaConfiguration": schema,
        }
    }
