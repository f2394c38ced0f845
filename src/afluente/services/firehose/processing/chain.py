"""The processors of a delivery stream in the order in which AWS runs them, whatever their order in the configuration:
decompression, message extraction, de-aggregation, Lambda, partition keys. The delimiter is the delivery's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from afluente.services.firehose.configuration import Configuration, partitions, processors
from afluente.services.firehose.processing.decompression import decompress
from afluente.services.firehose.processing.log_extraction import extract as extract_messages
from afluente.services.firehose.processing.metadata import Query
from afluente.services.firehose.processing.metadata import extract as extract_keys
from afluente.services.firehose.processing.parameter import DELIMITER, sub_record_delimiter, values
from afluente.services.firehose.processing.sub_record import splitter
from afluente.services.firehose.processing.transformation import Transformation
from afluente.services.firehose.processing.unit import Outcome, Unit

OUTPUT_BYTES = 4 << 20
"""A batch without a function ends when its records, unpacked, have come to this: it bounds the memory."""

MIB = 1 << 20


def needs_processing(configuration: Configuration) -> bool:
    """Whether records have to be looked at one by one before they are delivered."""
    return partitions(configuration) or any(item["Type"] != DELIMITER for item in processors(configuration))


@dataclass(frozen=True, slots=True)
class Chain:
    """Processors, ready to run. A batch is expanded record by record until `batch_bytes`, then transformed as one.

    `interval_ms` is how long a batch may wait for more records.
    """

    batch_bytes: int
    interval_ms: int
    decompresses: bool
    extracts: bool
    split: Callable[[Unit], list[Unit]] | None
    transformation: Transformation | None
    query: Query | None

    @staticmethod
    def of(configuration: Configuration, transform: Callable[[dict[str, str]], Transformation]) -> "Chain":
        """The chain of a configuration. `transform` makes the Lambda processor of its parameters."""
        by_kind = {item["Type"]: values(item) for item in processors(configuration)}
        function = by_kind.get("Lambda")
        metadata = by_kind.get("MetadataExtraction")
        return Chain(
            batch_bytes=int(float(function["BufferSizeInMBs"]) * MIB) if function else OUTPUT_BYTES,
            interval_ms=int(function["BufferIntervalInSeconds"]) * 1000 if function else 0,
            decompresses="Decompression" in by_kind,
            extracts=by_kind.get("CloudWatchLogProcessing", {}).get("DataMessageExtraction") == "true",
            split=_splitter(by_kind.get("RecordDeAggregation")),
            transformation=transform(function) if function else None,
            query=Query(metadata["MetadataExtractionQuery"]) if metadata else None,
        )

    def expand(self, unit: Unit) -> Outcome:
        """What a source record holds."""
        outcome = decompress(unit) if self.decompresses else Outcome([unit])
        if self.extracts and outcome.units:
            outcome = extract_messages(outcome.units[0])
        if self.split and outcome.units:
            outcome.units = self.split(outcome.units[0])
        return outcome

    def transform(self, units: list[Unit]) -> Outcome:
        """What comes of the records of a batch. Raises Again, InterruptedError as `Transformation.apply` does."""
        outcome = self.transformation.apply(units) if self.transformation else Outcome(units)
        if self.query and outcome.units:
            extracted = extract_keys(self.query, outcome.units)
            outcome = Outcome(extracted.units, outcome.failures + extracted.failures)
        return outcome

    def close(self) -> None:
        """Let go of what runs elsewhere, also while it runs."""
        if self.transformation:
            self.transformation.close()
        if self.query:
            self.query.close()


def _splitter(parameters: dict[str, str] | None) -> Callable[[Unit], list[Unit]] | None:
    if parameters is None:
        return None
    delimited = parameters["SubRecordType"] == "DELIMITED"
    return splitter(sub_record_delimiter(parameters["Delimiter"]) if delimited else None)
