"""Processors as configured: what AWS fills in, and what it refuses.

Error texts as AWS gave them on deployment, where a source is known; the others are our own.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from afluente.services.firehose.error import InvalidArgumentException

Processor = dict[str, Any]
DELIMITER = "AppendDelimiterToRecord"
MOST_PROCESSORS = 5
JSON_ENGINE = "JQ-1.6"
FUNCTION_ARN = re.compile(r"arn:[^:]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?")
PARTITIONING_ONLY = frozenset({"MetadataExtraction", "RecordDeAggregation"})

TAKEN: Mapping[str, tuple[str, ...]] = {
    DELIMITER: ("Delimiter",),
    "CloudWatchLogProcessing": ("DataMessageExtraction",),
    "Decompression": ("CompressionFormat",),
    "Lambda": ("LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"),
    "MetadataExtraction": ("MetadataExtractionQuery", "JsonParsingEngine"),
    "RecordDeAggregation": ("SubRecordType", "Delimiter"),
}
"""The parameters of each processor."""


def values(processor: Processor) -> dict[str, str]:
    """A processor's parameters by name."""
    return {item["ParameterName"]: item["ParameterValue"] for item in processor.get("Parameters", [])}


def canonical(processor: Processor, role_arn: str) -> Processor:
    """The processor as AWS describes it: with defaults; a delimiter without parameters, since it is always LF."""
    given = values(processor)
    if processor["Type"] == DELIMITER:
        given = {}
    elif processor["Type"] == "Decompression":
        given.setdefault("CompressionFormat", "GZIP")
    elif processor["Type"] == "CloudWatchLogProcessing":
        given = {name: value.lower() for name, value in given.items()}
    elif processor["Type"] == "Lambda":
        given = _with_lambda_defaults(given, role_arn)
    parameters = [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]
    return {"Type": processor["Type"], "Parameters": parameters}


def _with_lambda_defaults(given: Mapping[str, str], role_arn: str) -> dict[str, str]:
    # Hints come together or not at all: one alone must still be seen as such.
    buffering = {"BufferSizeInMBs", "BufferIntervalInSeconds"} & given.keys()
    defaults = {"NumberOfRetries": "3", "RoleArn": role_arn}
    if not buffering:
        defaults |= {"BufferSizeInMBs": "1", "BufferIntervalInSeconds": "60"}
    merged = {**defaults, **given}
    return {name: merged[name] for name in (*TAKEN["Lambda"], *given) if name in merged}


def check(processors: Sequence[Processor], *, partitioned: bool) -> None:
    """Raises InvalidArgumentException when AWS would not take these, enabled."""
    if not 1 <= len(processors) <= MOST_PROCESSORS:
        raise InvalidArgumentException(
            "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."
        )
    kinds = [processor["Type"] for processor in processors]
    if kinds.count("Lambda") > 1:
        raise InvalidArgumentException("Cannot have more than 1 Lambda processor.")
    for kind in kinds:
        if kind in PARTITIONING_ONLY and not partitioned:
            raise InvalidArgumentException(
                f"class com.amazonaws.services.firehose.internal.model.{kind}Processor can only be present when "
                "Dynamic Partitioning is enabled."
            )
    if "CloudWatchLogProcessing" in kinds and "Decompression" not in kinds:
        raise InvalidArgumentException(
            "CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor"
        )
    for processor in processors:
        _check_parameters(processor["Type"], values(processor))


def _check_parameters(kind: str, given: Mapping[str, str]) -> None:
    for name in given:
        if name not in TAKEN[kind]:
            raise InvalidArgumentException(f"{name} is not a parameter of the {kind} processor.")
    checks = {
        "CloudWatchLogProcessing": _check_extraction,
        "Decompression": _check_decompression,
        "Lambda": _check_lambda,
        "MetadataExtraction": _check_metadata,
        "RecordDeAggregation": _check_sub_records,
    }
    if kind in checks:
        checks[kind](given)


def _check_extraction(given: Mapping[str, str]) -> None:
    if given.get("DataMessageExtraction") not in {"true", "false"}:
        raise InvalidArgumentException(
            "Invalid parameter value for DataMessageExtraction. Allowed values are True and False."
        )


def _check_decompression(given: Mapping[str, str]) -> None:
    if given.get("CompressionFormat") != "GZIP":
        raise InvalidArgumentException("Invalid parameter value for CompressionFormat. The allowed value is GZIP.")


def _check_sub_records(given: Mapping[str, str]) -> None:
    if given.get("SubRecordType") not in {"JSON", "DELIMITED"}:
        raise InvalidArgumentException("SubRecordType has to be one of JSON, DELIMITED")
    if given["SubRecordType"] == "JSON":
        return
    if "Delimiter" not in given:
        raise InvalidArgumentException("Delimiter should be present for DELIMITED")
    if not sub_record_delimiter(given["Delimiter"]):
        raise InvalidArgumentException("Delimiter has to be a base64-encoded string")


def sub_record_delimiter(text: str) -> bytes:
    """What a Delimiter parameter stands for; nothing when it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _check_metadata(given: Mapping[str, str]) -> None:
    if given.get("JsonParsingEngine") != JSON_ENGINE:
        raise InvalidArgumentException(f"MetaDataExtraction JSON Parsing Engine has to be one of {JSON_ENGINE}")
    if "MetadataExtractionQuery" not in given:
        raise InvalidArgumentException("MetaDataExtraction JQ Query should be present")


def _check_lambda(given: Mapping[str, str]) -> None:
    if "LambdaArn" not in given:
        raise InvalidArgumentException("LambdaArn is required when Lambda processor is used.")
    if not FUNCTION_ARN.fullmatch(given["LambdaArn"]):
        raise InvalidArgumentException(f"Invalid Lambda ARN: {given['LambdaArn']}")
    if ("BufferSizeInMBs" in given) != ("BufferIntervalInSeconds" in given):
        raise InvalidArgumentException(
            "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor."
        )
    _check_number(given, "BufferSizeInMBs", 0.2, 3, "BufferSizeInMBs for lambda processor must be between 0.2 and 3.")
    _check_number(
        given,
        "BufferIntervalInSeconds",
        0,
        900,
        "BufferIntervalInSeconds for lambda processor must be between 0 and 900.",
    )
    _check_number(given, "NumberOfRetries", 0, 300, "Number of retries for lambda must be between 0 and 300.")


def _check_number(given: Mapping[str, str], name: str, low: float, high: float, message: str) -> None:
    try:
        number = float(given[name]) if name == "BufferSizeInMBs" else int(given[name])
    except ValueError:
        number = -1
    if not low <= number <= high:
        raise InvalidArgumentException(message)
