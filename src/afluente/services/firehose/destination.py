"""An S3 destination's configuration: AWS's defaults, updates, checks, and the typed view that deliveries work from.

It is kept in AWS's shape (that of ExtendedS3DestinationDescription), so that a description shows what was given.
"""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from afluente.core.arn import Arn
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.firehose import prefix
from afluente.services.firehose.compression import FORMATS, Compression
from afluente.services.firehose.error import InvalidArgumentException

Configuration = dict[str, Any]

DEFAULTS: Mapping[str, Any] = {
    "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
    "S3BackupMode": "Disabled",
}
MERGED = frozenset({"BufferingHints", "CloudWatchLoggingOptions", "DataFormatConversionConfiguration"})
"""Members that an update changes member by member; the others it replaces."""

BASIC = (
    "RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat",
    "EncryptionConfiguration", "CloudWatchLoggingOptions",
)  # fmt: skip
"""The members of S3DestinationDescription."""

DELIMITER = "AppendDelimiterToRecord"
PARTITIONING_PROCESSORS = frozenset({"MetadataExtraction", "RecordDeAggregation"})
NEWER_ZONES = frozenset({"Asia/Kolkata"})
"""Zones that AWS refuses because it knows them by an older name only (Asia/Calcutta)."""


@dataclass(frozen=True, slots=True)
class LogTarget:
    """Where delivery errors are written."""

    group: str
    stream: str


@dataclass(frozen=True, slots=True)
class Destination:
    """What a delivery needs to know."""

    role_arn: str
    bucket: str
    prefix: str
    size_bytes: int
    interval_ms: int
    compression: Compression
    extension: str
    delimiter: bytes
    zone: tzinfo
    log_target: LogTarget | None

    @staticmethod
    def of(configuration: Configuration) -> "Destination":
        """The typed view of a checked configuration."""
        hints, logging = configuration["BufferingHints"], configuration["CloudWatchLoggingOptions"]
        compression = FORMATS[configuration["CompressionFormat"]]
        return Destination(
            role_arn=configuration["RoleARN"],
            bucket=Arn.parse(configuration["BucketARN"]).resource,
            prefix=configuration.get("Prefix", ""),
            size_bytes=hints["SizeInMBs"] * 1024 * 1024,
            interval_ms=hints["IntervalInSeconds"] * 1000,
            compression=compression,
            extension=configuration.get("FileExtension") or compression.extension,
            delimiter=b"\n" if _appends_delimiter(configuration) else b"",
            zone=_zone(configuration.get("CustomTimeZone", "")),
            log_target=LogTarget(logging["LogGroupName"], logging["LogStreamName"]) if logging["Enabled"] else None,
        )


def configure(given: Configuration) -> Configuration:
    """The checked configuration of a new destination. Raises InvalidArgumentException, NotImplemented."""
    return update(dict(DEFAULTS), given)


def update(current: Configuration, given: Configuration) -> Configuration:
    """The checked configuration that comes of an update. Raises InvalidArgumentException, NotImplemented."""
    merged = dict(current)
    for member, value in given.items():
        if member in MERGED:
            merged[member] = merged.get(member, {}) | value
        elif member == "ProcessingConfiguration":
            merged[member] = _processing(merged.get(member, {}), value)
        else:
            merged[member] = value
    _check(merged)
    return merged


def basic_description(configuration: Configuration) -> Configuration:
    """S3DestinationDescription, which AWS shows beside the extended one."""
    return {member: configuration[member] for member in BASIC if member in configuration}


def _processing(current: Configuration, given: Configuration) -> Configuration:
    """An omitted Enabled keeps what was; omitted Processors clear the list; a delimiter's parameters are dropped."""
    processors = [
        {"Type": DELIMITER, "Parameters": []} if processor["Type"] == DELIMITER else processor
        for processor in given.get("Processors", [])
    ]
    return {"Enabled": given.get("Enabled", current.get("Enabled", False)), "Processors": processors}


def _appends_delimiter(configuration: Configuration) -> bool:
    processing = configuration.get("ProcessingConfiguration", {"Enabled": False})
    return processing["Enabled"] and any(processor["Type"] == DELIMITER for processor in processing["Processors"])


def _check(configuration: Configuration) -> None:
    prefix.check(configuration.get("Prefix"), configuration.get("ErrorOutputPrefix"))
    _zone(configuration.get("CustomTimeZone", ""))
    _check_features(configuration)
    _check_processing(configuration.get("ProcessingConfiguration"))
    if configuration["EncryptionConfiguration"] != {"NoEncryptionConfig": "NoEncryption"}:
        raise InvalidArgumentException("Exactly one of NoEncryptionConfig and KMSEncryptionConfig must be specified")
    logging = configuration["CloudWatchLoggingOptions"]
    if logging.get("Enabled") and not (logging.get("LogGroupName") and logging.get("LogStreamName")):
        raise InvalidArgumentException(
            "LogGroupName and LogStreamName must be specified when CloudWatch logging is enabled"
        )


def _check_features(configuration: Configuration) -> None:
    """Only switched-off features pass; DataFormatConversion counts as on unless it says otherwise, as on AWS."""
    if configuration.get("DataFormatConversionConfiguration", {"Enabled": False}).get("Enabled", True):
        raise Unsupported("Firehose: DataFormatConversionConfiguration is not supported yet; leave it out")
    if configuration.get("DynamicPartitioningConfiguration", {}).get("Enabled"):
        raise Unsupported("Firehose: DynamicPartitioningConfiguration is not supported yet; leave it out")
    if configuration["S3BackupMode"] == "Enabled":
        raise Unsupported("Firehose: S3BackupMode Enabled is not supported yet")


def _check_processing(processing: Configuration | None) -> None:
    if not processing or not processing["Enabled"]:
        return
    if not 1 <= len(processing["Processors"]) <= 5:
        raise InvalidArgumentException(
            "A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."
        )
    for processor in processing["Processors"]:
        kind = processor["Type"]
        if kind in PARTITIONING_PROCESSORS:
            raise InvalidArgumentException(
                f"class com.amazonaws.services.firehose.internal.model.{kind}Processor can only be present when "
                "Dynamic Partitioning is enabled."
            )
        if kind != DELIMITER:
            raise Unsupported(f"Firehose: the processor {kind} is not supported yet; {DELIMITER} is")


def _zone(name: str) -> tzinfo:
    if name in {"", "UTC"}:
        return UTC
    if "/" not in name or name in NEWER_ZONES or name not in zoneinfo.available_timezones():
        raise InvalidArgumentException(
            "Provided custom time zone is not supported. Custom time zones are limited to UTC and non-3-letter IANA "
            "time zones."
        )
    return zoneinfo.ZoneInfo(name)
