"""Who reads what of a delivery stream: at its beginning, and when its records begin or cease to be processed.

Without processing, the delivery to the destination reads the source. With it, the processing stage does, and the
delivery reads the processed log. All of this changes in the database alone; whoever works by it is stopped meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from afluente.services.firehose.configuration import backs_up
from afluente.services.firehose.ledger import BACKUP, PRIMARY, PROCESSING, Ledger, Progress
from afluente.services.firehose.processing.chain import needs_processing
from afluente.services.firehose.processing.stage import recorded_positions
from afluente.services.firehose.stream import DeliveryStream
from afluente.store.record_log import RecordLog


@dataclass(frozen=True, slots=True)
class Handover:
    """Readers of delivery streams, in the ledger. Call it inside a transaction."""

    ledger: Ledger
    log: RecordLog

    def begin(self, stream: DeliveryStream, positions: Mapping[int, int]) -> None:
        """Let a new delivery stream's readers begin at these positions of its source."""
        if stream.processed is not None:
            self._progress(stream, PRIMARY).start_at({stream.processed: 0})
        self._reader(stream).start_at(positions)
        if backs_up(stream.destination):
            self._progress(stream, BACKUP).start_at(positions)

    def begin_backup(self, stream: DeliveryStream) -> None:
        """Let a backup begin where the source is read now."""
        self._progress(stream, BACKUP).start_at(self._reader(stream).positions())

    def turned(self, stream: DeliveryStream) -> DeliveryStream:
        """The delivery stream with processing begun or ended, as it is configured; the same one if it cannot be yet."""
        primary, processing = self._progress(stream, PRIMARY), self._progress(stream, PROCESSING)
        staged = stream.processed is not None
        if needs_processing(stream.destination) == staged or primary.intents():
            return stream
        if stream.processed is None:
            processed = self.log.new_partition()
            primary.hand_over(processing)
            primary.start_at({processed: 0})
            return stream.changed(processed=processed)
        if primary.positions()[stream.processed] < self.log.end(stream.processed):
            return stream
        processing.start_at(recorded_positions(self.log, stream.processed) or {})
        primary.forget()
        processing.hand_over(primary)
        return stream.changed(processed=None)

    def _reader(self, stream: DeliveryStream) -> Progress:
        """Whoever reads the source."""
        return self._progress(stream, PRIMARY if stream.processed is None else PROCESSING)

    def _progress(self, stream: DeliveryStream, reader: str) -> Progress:
        return self.ledger.progress(stream.id, reader)
