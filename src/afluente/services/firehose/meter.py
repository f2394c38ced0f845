"""What a delivery measures of itself: to the destination, and to the backup, under names of their own."""

from dataclasses import dataclass
from typing import Protocol

from afluente.services.firehose.converted_file import Result
from afluente.services.firehose.ledger import Intent
from afluente.services.firehose.metric import DeliveryMetrics


class Meter(Protocol):
    """Takes what happens to the objects of one delivery."""

    def delivered(self, intent: Intent) -> None:
        """An object is in S3."""

    def converted(self, result: Result) -> None:
        """The records of an object were converted, or could not be."""

    def undelivered(self, oldest_ms: int) -> None:
        """The oldest record that waits arrived at `oldest_ms`."""

    def failed(self) -> None:
        """An object could not be put."""


@dataclass(frozen=True, slots=True)
class DestinationMeter:
    """DeliveryToS3."""

    metrics: DeliveryMetrics

    def delivered(self, intent: Intent) -> None:
        self.metrics.delivered(intent.records, intent.size_bytes, intent.oldest_ms)

    def converted(self, result: Result) -> None:
        self.metrics.converted(result.records, result.size_bytes, result.failed_records, result.failed_bytes)

    def undelivered(self, oldest_ms: int) -> None:
        self.metrics.undelivered(oldest_ms)

    def failed(self) -> None:
        self.metrics.delivery_failed()


@dataclass(frozen=True, slots=True)
class BackupMeter:
    """BackupToS3."""

    metrics: DeliveryMetrics

    def delivered(self, intent: Intent) -> None:
        self.metrics.backed_up(intent.records, intent.size_bytes, intent.oldest_ms or intent.sealed_at_ms)

    def converted(self, result: Result) -> None:
        """A backup is not converted."""

    def undelivered(self, oldest_ms: int) -> None:
        """Its freshness is measured with each object."""

    def failed(self) -> None:
        self.metrics.backup_failed()
