"""An S3 destination as a delivery sees it: the typed view of a checked configuration."""

from dataclasses import dataclass
from datetime import tzinfo

from afluente.core.arn import Arn
from afluente.services.firehose.compression import FORMATS, Compression
from afluente.services.firehose.configuration import Configuration, processors
from afluente.services.firehose.conversion.configuration import enabled as converts
from afluente.services.firehose.processing.parameter import DELIMITER
from afluente.services.firehose.zone import time_zone


@dataclass(frozen=True, slots=True)
class LogTarget:
    """Where delivery errors are written."""

    group: str
    stream: str


@dataclass(frozen=True, slots=True)
class Destination:
    """What a delivery needs to know. `conversion` is DataFormatConversionConfiguration, when it is on."""

    role_arn: str
    bucket: str
    prefix: str
    error_prefix: str
    size_bytes: int
    interval_ms: int
    compression: Compression
    extension: str
    delimiter: bytes
    zone: tzinfo
    log_target: LogTarget | None
    conversion: Configuration | None

    @staticmethod
    def of(configuration: Configuration) -> "Destination":
        """The typed view of a checked configuration, or of one's S3BackupDescription."""
        hints, logging = configuration["BufferingHints"], configuration["CloudWatchLoggingOptions"]
        compression = FORMATS[configuration["CompressionFormat"]]
        conversion = configuration["DataFormatConversionConfiguration"] if converts(configuration) else None
        return Destination(
            role_arn=configuration["RoleARN"],
            bucket=Arn.parse(configuration["BucketARN"]).resource,
            prefix=configuration.get("Prefix", ""),
            error_prefix=configuration.get("ErrorOutputPrefix", ""),
            size_bytes=hints["SizeInMBs"] * 1024 * 1024,
            interval_ms=hints["IntervalInSeconds"] * 1000,
            compression=compression,
            extension=configuration.get("FileExtension") or _extension(conversion) or compression.extension,
            delimiter=b"\n" if _appends_delimiter(configuration) else b"",
            zone=time_zone(configuration.get("CustomTimeZone", "")),
            log_target=LogTarget(logging["LogGroupName"], logging["LogStreamName"]) if logging["Enabled"] else None,
            conversion=conversion,
        )


def converted_encoding(configuration: Configuration) -> str | None:
    """The Content-Encoding of a converted object: so AWS labels Parquet with Snappy, though the body is plain."""
    serializer = configuration["DataFormatConversionConfiguration"]["OutputFormatConfiguration"]["Serializer"]
    parquet = serializer.get("ParquetSerDe")
    return "hadoop-snappy" if parquet is not None and parquet.get("Compression", "SNAPPY") == "SNAPPY" else None


def _extension(conversion: Configuration | None) -> str | None:
    if conversion is None:
        return None
    return ".parquet" if "ParquetSerDe" in conversion["OutputFormatConfiguration"]["Serializer"] else ".orc"


def _appends_delimiter(configuration: Configuration) -> bool:
    return any(processor["Type"] == DELIMITER for processor in processors(configuration))
