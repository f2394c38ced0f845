"""DataFormatConversionConfiguration: what AWS refuses, in its order and words.

Ranges, lengths and enumerations are the model's and checked before. Source of the texts: answers of the service.
"""

from collections.abc import Mapping
from typing import Any

from afluente.services.firehose.conversion.hive_json import timestamp_format
from afluente.services.firehose.conversion.serializer import check_serializer
from afluente.services.firehose.error import InvalidArgumentException

Configuration = Mapping[str, Any]

LEAST_SIZE_MB = 64
DEFAULT_SIZE_MB = 128
"""BufferingHints.SizeInMBs of a destination that converts and is made without one."""

COMPRESSED = (
    "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. To "
    "enable compression within the converted output format, set the appropriate serialization option in the output "
    "format configuration."
)


def enabled(destination: Configuration) -> bool:
    """Whether a destination converts: omitting Enabled means that it does."""
    return bool(destination.get("DataFormatConversionConfiguration", {"Enabled": False}).get("Enabled", True))


def check(destination: Configuration) -> None:
    """Refuse an S3 destination, as merged from an update, that converts and cannot.

    Raises InvalidArgumentException, and NotImplemented for options that are not supported.
    """
    if not enabled(destination):
        return
    if destination.get("CompressionFormat", "UNCOMPRESSED") != "UNCOMPRESSED":
        raise InvalidArgumentException(COMPRESSED)
    if destination.get("BufferingHints", {}).get("SizeInMBs", DEFAULT_SIZE_MB) < LEAST_SIZE_MB:
        raise InvalidArgumentException(
            f"BufferingHints.SizeInMBs must be at least {LEAST_SIZE_MB} when data format conversion is enabled."
        )
    conversion = destination["DataFormatConversionConfiguration"]
    for member in ("InputFormatConfiguration", "OutputFormatConfiguration", "SchemaConfiguration"):
        if conversion.get(member) is None:
            raise InvalidArgumentException(f"{member} must not be null")
    _one_of(conversion["InputFormatConfiguration"].get("Deserializer"), "deserializer")
    _one_of(conversion["OutputFormatConfiguration"].get("Serializer"), "serializer")
    for member, shown in (("RoleARN", "RoleArn"), ("DatabaseName", "DatabaseName"), ("TableName", "TableName")):
        if not conversion["SchemaConfiguration"].get(member):
            raise InvalidArgumentException(f"SchemaConfiguration.{shown} must not be null or empty")
    _check_patterns(conversion["InputFormatConfiguration"]["Deserializer"])
    check_serializer(conversion["OutputFormatConfiguration"]["Serializer"])


def _one_of(choices: Configuration | None, what: str) -> None:
    if not choices:
        raise InvalidArgumentException(f"{what.capitalize()} must not be null")
    if len(choices) > 1:
        raise InvalidArgumentException(f"More than one {what} specified. Only one may be chosen.")


def _check_patterns(choices: Configuration) -> None:
    for pattern in choices.get("HiveJsonSerDe", {}).get("TimestampFormats", ()):
        try:
            timestamp_format(pattern)
        except ValueError:
            raise InvalidArgumentException(
                "One or more SerDe options are invalid for org.apache.hcatalog.data.JsonSerDe: "
                f"[Key: timestamp.formats Value: {pattern}]"
            ) from None
