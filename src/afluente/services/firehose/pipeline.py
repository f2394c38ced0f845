"""One delivery stream at work: its source, and the deliveries to its destination and to its backup."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from afluente.services.firehose.configuration import Configuration, backs_up
from afluente.services.firehose.delivery import Course, Delivery, Lag, Surroundings
from afluente.services.firehose.error import ServiceUnavailableException
from afluente.services.firehose.input import Input
from afluente.services.firehose.ledger import BACKUP, PRIMARY
from afluente.services.firehose.meter import BackupMeter, DestinationMeter
from afluente.services.firehose.metric import DeliveryMetrics
from afluente.services.firehose.plain_intake import PlainIntake
from afluente.services.firehose.source import DirectPuts, Source
from afluente.services.firehose.stream import DeliveryStream


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a pipeline learns of its delivery stream and takes it on."""

    current: Callable[[], DeliveryStream | None]
    """The delivery stream as it is now; None when it is gone."""

    pass_on: Callable[[DeliveryStream], DeliveryStream | None]
    """From CREATING to ACTIVE, from DELETING to nothing."""


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
        self._stream_id = stream.id
        self._name = stream.name
        self._in = surroundings
        self._lifecycle = lifecycle
        self._primary = self._plain(PRIMARY, Course(self._led, _destination, DestinationMeter(metrics)))
        self._backup: Delivery | None = None
        self._started = False
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
    def parts(self) -> Sequence[Delivery]:
        """What has a thread of its own."""
        return [part for part in (self._primary, self._backup) if part]

    def adapt(self, stream: DeliveryStream) -> None:
        """Begin what the delivery stream has not had before: a backup."""
        if backs_up(stream.destination) and self._backup is None:
            self._backup = self._plain(BACKUP, Course(self._active, _backup, BackupMeter(self.metrics)))
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
        return self._primary.lag()

    @property
    def last_error(self) -> str | None:
        """What failed last, and has not succeeded since."""
        return next((part.last_error for part in self.parts if part.last_error), None)

    def _plain(self, reader: str, course: Course) -> Delivery:
        progress = self._in.ledger.progress(self._stream_id, reader)
        source_input = Input(self.source, self._in.log, progress)
        measure = self._read if reader == PRIMARY and not isinstance(self.source, DirectPuts) else None
        intake = PlainIntake(source_input, self._in.log, self._in.ledger, self._stream_id, measure)
        return Delivery(f"firehose-{self._name}-{reader}", course, intake, progress, self._in)

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
        if stream is not None and self._backup:
            self._backup.reconfigure()
        return stream

    def _active(self) -> DeliveryStream | None:
        stream = self._lifecycle.current()
        return stream if stream and stream.status == "ACTIVE" else None


def _destination(stream: DeliveryStream) -> Configuration:
    return stream.destination


def _backup(stream: DeliveryStream) -> Configuration:
    backup: Configuration = stream.destination["S3BackupDescription"]
    return backup
