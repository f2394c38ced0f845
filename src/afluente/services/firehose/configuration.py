"""An S3 destination's configuration in AWS's shape: defaults, what an update changes, and what a description shows.

It is kept in the shape of ExtendedS3DestinationDescription, so that a description shows what was given; what AWS takes
is checked in `check`.
"""

from collections.abc import Mapping
from typing import Any

from afluente.services.firehose.conversion import configuration as conversion
from afluente.services.firehose.processing.parameter import canonical

Configuration = dict[str, Any]

BASIC_DEFAULTS: Mapping[str, Any] = {
    "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
}
BASIC = ("RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", *BASIC_DEFAULTS)
"""The members of S3DestinationDescription."""

RETRY_DURATION_S = 300
BACKUP_NAMES = ("S3BackupConfiguration", "S3BackupUpdate")
MERGED = frozenset({"BufferingHints", "CloudWatchLoggingOptions", "DynamicPartitioningConfiguration"})
"""Members that an update changes member by member; the others it replaces, but for those with rules of their own."""


def configured(given: Configuration) -> Configuration:
    """The configuration of a new destination, unchecked."""
    current: Configuration = {**BASIC_DEFAULTS, "S3BackupMode": "Disabled"}
    if _is_on(given, "DynamicPartitioningConfiguration") or conversion.enabled(given):
        current["BufferingHints"] = current["BufferingHints"] | {"SizeInMBs": conversion.DEFAULT_SIZE_MB}
    return updated(current, given)


def updated(current: Configuration, given: Configuration) -> Configuration:
    """The configuration that comes of an update, unchecked."""
    result = dict(current)
    for member, value in given.items():
        if member in BACKUP_NAMES:
            result["S3BackupDescription"] = _basic(result.get("S3BackupDescription", dict(BASIC_DEFAULTS)), value)
        elif member == "ProcessingConfiguration":
            result[member] = _processing(result.get(member, {}), value)
        elif member == "DataFormatConversionConfiguration":
            result[member] = _conversion(result.get(member, {}), value)
        else:
            result[member] = _member(result, member, value)
    return _completed(result)


def basic_description(configuration: Configuration) -> Configuration:
    """S3DestinationDescription, which AWS shows beside the extended one."""
    return {member: configuration[member] for member in BASIC if member in configuration}


def partitions(configuration: Configuration) -> bool:
    """Whether dynamic partitioning is on."""
    return _is_on(configuration, "DynamicPartitioningConfiguration")


def backs_up(configuration: Configuration) -> bool:
    """Whether source records are backed up."""
    return bool(configuration["S3BackupMode"] == "Enabled")


def processors(configuration: Configuration) -> list[Configuration]:
    """The processors that are at work, as configured: none when processing is off."""
    if not _is_on(configuration, "ProcessingConfiguration"):
        return []
    return list(configuration["ProcessingConfiguration"]["Processors"])


def _is_on(configuration: Configuration, member: str) -> bool:
    return bool(configuration.get(member, {}).get("Enabled"))


def _member(current: Configuration, member: str, value: Any) -> Any:
    return current.get(member, {}) | value if member in MERGED else value


def _basic(current: Configuration, given: Configuration) -> Configuration:
    return current | {member: _member(current, member, value) for member, value in given.items()}


def _processing(current: Configuration, given: Configuration) -> Configuration:
    """An omitted Enabled keeps what was; omitted Processors clear the list."""
    enabled = given.get("Enabled", current.get("Enabled", False))
    return {"Enabled": enabled, "Processors": given.get("Processors", [])}


def _conversion(current: Configuration, given: Configuration) -> Configuration:
    merged = current | given
    if "SchemaConfiguration" in merged:
        schema = current.get("SchemaConfiguration", {}) | given.get("SchemaConfiguration", {})
        merged["SchemaConfiguration"] = schema
    return merged


def _completed(configuration: Configuration) -> Configuration:
    """With what AWS fills in."""
    processing = configuration.get("ProcessingConfiguration")
    if processing:
        role = configuration.get("RoleARN", "")
        filled = [canonical(processor, role) for processor in processing["Processors"]]
        configuration["ProcessingConfiguration"] = processing | {"Processors": filled}
    if "DataFormatConversionConfiguration" in configuration:
        given = configuration["DataFormatConversionConfiguration"]
        configuration["DataFormatConversionConfiguration"] = {"Enabled": True} | given
    if partitions(configuration):
        defaults = {"RetryOptions": {"DurationInSeconds": RETRY_DURATION_S}}
        partitioning = configuration["DynamicPartitioningConfiguration"]
        configuration["DynamicPartitioningConfiguration"] = defaults | partitioning
    return configuration
