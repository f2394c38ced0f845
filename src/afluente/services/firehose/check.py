"""Which configurations of an S3 destination AWS takes. What needs other services to be asked is checked in `admission`.

Error texts as AWS gave them on deployment, where a source is known; the others are our own.
"""

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.firehose import prefix
from afluente.services.firehose.configuration import (
    Configuration,
    backs_up,
    partitions,
    processors,
)
from afluente.services.firehose.conversion import configuration as conversion
from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.processing import parameter, query
from afluente.services.firehose.zone import time_zone

LARGE_BUFFER_LEAST_MB = 64
BACKUP_LEAST_INTERVAL_S = 60


def check(configuration: Configuration) -> None:
    """Raises InvalidArgumentException, NotImplemented."""
    partitioned = partitions(configuration)
    prefix.check(configuration.get("Prefix"), configuration.get("ErrorOutputPrefix"), partitioned=partitioned)
    time_zone(configuration.get("CustomTimeZone", ""))
    _check_basic(configuration)
    if configuration.get("ProcessingConfiguration", {}).get("Enabled"):
        parameter.check(processors(configuration), partitioned=partitioned)
    if partitioned:
        _check_partitioning(configuration)
    conversion.check(configuration)
    if backs_up(configuration):
        _check_backup(configuration)


def check_change(current: Configuration, changed: Configuration) -> None:
    """Raises InvalidArgumentException for what a delivery stream cannot be updated to."""
    if partitions(current) != partitions(changed):
        raise InvalidArgumentException(
            "Dynamic Partitioning can be enabled only when a delivery stream is created, and cannot be disabled."
        )
    if backs_up(current) and not backs_up(changed):
        raise InvalidArgumentException("S3 backup cannot be disabled once it is enabled.")
    kinds = _kinds(current)
    if "Decompression" in _kinds(changed) and kinds.isdisjoint({"Decompression", "Lambda"}):
        raise InvalidArgumentException(
            "Decompression can be enabled on an existing delivery stream only when it has decompression or a Lambda "
            "processor enabled."
        )


def _kinds(configuration: Configuration) -> set[str]:
    return {processor["Type"] for processor in processors(configuration)}


def _check_basic(configuration: Configuration) -> None:
    """What a destination and a backup have in common."""
    encryption = configuration["EncryptionConfiguration"]
    if len(encryption) != 1:
        raise InvalidArgumentException("Exactly one of NoEncryptionConfig or KMSEncryptionConfig must be specified")
    if "KMSEncryptionConfig" in encryption:
        raise Unsupported("Firehose: KMSEncryptionConfig is not supported; objects are not encrypted on disk")
    logging = configuration["CloudWatchLoggingOptions"]
    for member, named in (("LogGroupName", "Log Group Name"), ("LogStreamName", "Log Stream Name")):
        if logging.get("Enabled") and not logging.get(member):
            raise InvalidArgumentException(f"CloudWatch {named} is required if CloudWatch Logging is enabled")


def _check_partitioning(configuration: Configuration) -> None:
    hints = configuration["BufferingHints"]
    if hints["SizeInMBs"] < LARGE_BUFFER_LEAST_MB:
        raise InvalidArgumentException(
            "BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."
        )
    if hints["IntervalInSeconds"] == 0:
        raise InvalidArgumentException("Zero buffering is not available when Dynamic Partitioning is enabled.")
    if not configuration.get("ErrorOutputPrefix"):
        raise InvalidArgumentException("ErrorOutputPrefix is required when Dynamic Partitioning is enabled.")
    used = prefix.partition_keys(configuration.get("Prefix", ""))
    kinds = _kinds(configuration)
    for namespace, kind in (("partitionKeyFromQuery", "MetadataExtraction"), ("partitionKeyFromLambda", "Lambda")):
        if kind not in kinds and any(key.startswith(f"{namespace}:") for key in used):
            raise InvalidArgumentException(
                f"S3 Prefix contains the namespace {namespace}, which needs a {kind} processor."
            )
    for processor in processors(configuration):
        if processor["Type"] == "MetadataExtraction":
            _check_query(parameter.values(processor)["MetadataExtractionQuery"], used)


def _check_query(text: str, used: list[str]) -> None:
    """The query must be one, and give the keys that the prefix names. Its compilation is checked at admission."""
    query.check(text)
    given = query.keys(text)
    wanted = {key.partition(":")[2] for key in used if key.startswith("partitionKeyFromQuery:")}
    if given is None:
        return
    if not given <= wanted:
        raise InvalidArgumentException(
            "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression"
        )
    if not wanted <= given:
        raise InvalidArgumentException(
            f"MetaDataExtraction JQ Query gives no key {min(wanted - given)}, which is present in the S3 Prefix "
            "expression"
        )


def _check_backup(configuration: Configuration) -> None:
    backup = configuration.get("S3BackupDescription")
    if backup is None:
        raise InvalidArgumentException("S3 backup destination configuration is required when enabling S3 backup.")
    for member in ("RoleARN", "BucketARN"):
        if member not in backup:
            raise InvalidArgumentException(f"S3 backup destination configuration: {member} must not be null")
    if backup["BufferingHints"]["IntervalInSeconds"] < BACKUP_LEAST_INTERVAL_S:
        raise InvalidArgumentException("BufferingHints.IntervalInSeconds must be at least 60 for S3 backup.")
    prefix.check(backup.get("Prefix"), backup.get("ErrorOutputPrefix") or "unused/")
    _check_basic(backup)
