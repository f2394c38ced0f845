"""One delivery stream at work: its source, its processing stage if it has one, and the deliveries to its destination
and to its backup.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from afluente.services.firehose.configuration import Configuration, backs_up
from afluente.services.firehose.course import Course, Lag, Surroundings
from afluente.services.firehose.delivery import Delivery
from afluente.services.firehose.error import ServiceUnavailableException
from afluente.services.firehose.input import Input
from afluente.services.firehose.ledger import BACKUP, PRIMARY, PROCESSING
from afluente.services.firehose.meter import BackupMeter, DestinationMeter
from afluente.services.firehose.metric import DeliveryMetrics
from afluente.services.firehose.plain_intake import PlainIntake
from afluente.services.firehose.processed_intake import ProcessedIntake
from afluente.services.firehose.processing.active_partition import ActivePartitions
from afluente.services.firehose.processing.chain import needs_processing
from afluente.services.firehose.processing.stage import Stage, Workshop
from afluente.services.firehose.processing.workshop import Foreman
from afluente.services.firehose.source import DirectPuts, Source
from afluente.services.firehose.stream import DeliveryStream


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a pipeline learns of its delivery stream and takes it on."""

    current: Callable[[], DeliveryStream | None]
    """The delivery stream as it is now; None when it is gone."""

    pass_on: Callable[[DeliveryStream], DeliveryStream | None]
    """From CREATING to ACTIVE, from DELETING to nothing."""

    hand_over: Callable[[DeliveryStream], None]
    """Begin or end processing: another pipeline goes on where this one is."""


class Part(Protocol):
    """What has a thread of its own."""

    last_error: str | None

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def reconfigure(self) -> None: ...


class Pipeline:
    """The parts that work for one delivery stream."""

    def __init__(
        self,
        stream: DeliveryStream,
        source: Source,
        surroundings: Surroundings,
        lifecycle: Lifecycle,
        metrics: DeliveryMetrics,
    ) -> None:
        self.source = source
        self.metrics = metrics
        self._stream = stream
        self._in = surroundings
        self._lifecycle = lifecycle
        self._backup: Delivery | None = None
        self._stage: Stage | None = None
        self._started = False
        course = Course(self._led, _destination, self._turned, DestinationMeter(metrics))
        if stream.processed is None:
            self._primary = self._plain(PRIMARY, course)
        else:
            self._primary, self._stage = self._staged(stream.processed, course)
        self.adapt(stream)

    def start(self) -> None:
        """Begin to deliver."""
        self._started = True
        for part in self.parts:
            part.start()

    def stop(self) -> None:
        """Stop delivering; what is buffered stays in the record log."""
        for part in self.parts:
            part.stop()

    @property
    def parts(self) -> Sequence[Part]:
        """What has a thread of its own."""
        return [part for part in (self._stage, self._primary, self._backup) if part]

    def adapt(self, stream: DeliveryStream) -> None:
        """Begin a backup, if the delivery stream has not had one before."""
        if backs_up(stream.destination) and self._backup is None:
            meter = BackupMeter(self.metrics)
            self._backup = self._plain(BACKUP, Course(self._active, _backup, lambda _: False, meter))
            if self._started:
                self._backup.start()

    def reconfigure(self) -> None:
        """The delivery stream has changed: look at it now, and retry at once what failed."""
        for part in self.parts:
            part.reconfigure()

    def put(self, data: Sequence[bytes]) -> "Future[None]":
        """Take direct puts; the future is done when they are on disk. Raises ServiceUnavailableException."""
        if not isinstance(self.source, DirectPuts):
            raise ServiceUnavailableException("The service is unavailable. Back off and retry the operation.")
        return self.source.put(data)

    def lag(self) -> Lag:
        """How far the delivery to the destination is behind."""
        lag = self._primary.lag()
        return Lag(lag.records + self._stage.behind(), lag.age_ms) if self._stage else lag

    @property
    def last_error(self) -> str | None:
        """What failed last, and has not succeeded since."""
        return next((part.last_error for part in self.parts if part.last_error), None)

    def _plain(self, reader: str, course: Course) -> Delivery:
        progress = self._in.ledger.progress(self._stream.id, reader)
        measure = self._read if reader == PRIMARY and self._stream.source else None
        intake = PlainIntake(Input(self.source, self._in.log, progress), self._in.log, progress, measure)
        return Delivery(f"firehose-{self._stream.name}-{reader}", course, intake, progress, self._in)

    def _staged(self, processed: int, course: Course) -> tuple[Delivery, Stage]:
        name, record_log, tools = self._stream.name, self._in.log, self._in.tools
        active = ActivePartitions(tools.active_partitions)
        progress = self._in.ledger.progress(self._stream.id, PRIMARY)
        intake = ProcessedIntake(processed, record_log, progress, active, self._in.carrier.scratch)
        delivery = Delivery(f"firehose-{name}-{PRIMARY}", course, intake, progress, self._in)
        workshop = Workshop(
            self._active, Foreman(tools, self.metrics, active), intake, delivery.wake, record_log, self._in.clock
        )
        progress = self._in.ledger.progress(self._stream.id, PROCESSING)
        source_input = Input(self.source, record_log, progress)
        return delivery, Stage(f"firehose-{name}-{PROCESSING}", source_input, processed, progress, workshop)

    def _read(self, records: int, size_bytes: int, newest_ms: int | None) -> None:
        """So much was read from the Kinesis stream."""
        self.metrics.read(records, size_bytes, 0 if newest_ms is None else self._in.clock.now_ms() - newest_ms)

    def _led(self) -> DeliveryStream | int | None:
        """The delivery stream, taken on when its time has come: the delivery to the destination does that for all."""
        stream = self._lifecycle.current()
        if stream is None or stream.status == "ACTIVE":
            return stream
        if self._in.clock.now_ms() < stream.due_at_ms:
            return stream.due_at_ms
        stream = self._lifecycle.pass_on(stream)
        if stream is not None:
            for part in self.parts:
                if part is not self._primary:
                    part.reconfigure()
        return stream

    def _turned(self, stream: DeliveryStream) -> bool:
        """Whether the delivery stream began or ended processing: then this pipeline delivers nothing new."""
        if needs_processing(stream.destination) == (self._stage is not None):
            return False
        if self._stage is None:
            if self._primary.is_settled:
                self._lifecycle.hand_over(stream)
            return True
        if self._stage.is_resting and self._primary.is_drained:
            self._lifecycle.hand_over(stream)
            return True
        return False

    def _active(self) -> DeliveryStream | None:
        stream = self._lifecycle.current()
        return stream if stream and stream.status == "ACTIVE" else None


def _destination(stream: DeliveryStream) -> Configuration:
    return stream.destination


def _backup(stream: DeliveryStream) -> Configuration:
    backup: Configuration = stream.destination["S3BackupDescription"]
    return backup
