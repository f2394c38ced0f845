"""The deliveries of one delivery stream: a loop that fills a buffer from the record log and turns it into objects.

A step reads what is new, delivers when the buffer is full or its oldest record is old enough, and says when to be
called again. While something is buffered it looks at the log now and then; with nothing buffered it sleeps until a
record comes.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.loop import Loop
from afluente.services.firehose.buffer import Buffer
from afluente.services.firehose.carrier import Carrier, intend
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.diagnostic import Diagnostics, delivery_error_code
from afluente.services.firehose.ledger import Intent, Ledger, record_count
from afluente.services.firehose.metric import DeliveryMetrics
from afluente.services.firehose.permission import check_read
from afluente.services.firehose.rendering import READ_BYTES, Rendering
from afluente.services.firehose.source import Source
from afluente.services.firehose.stream import DeliveryStream
from afluente.store.record_log import RecordLog

LOOK_MS = 250
"""How often the log is looked at while a buffer fills: rarely enough to leave the machine to the producers."""

FIRST_RETRY_MS = 1_000
LAST_RETRY_MS = 30_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every delivery works with."""

    log: RecordLog
    ledger: Ledger
    carrier: Carrier
    diagnostics: Diagnostics
    clock: Clock


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a delivery learns of its delivery stream and takes it on."""

    current: Callable[[], DeliveryStream | None]
    """The delivery stream as it is now; None when it is gone."""

    pass_on: Callable[[DeliveryStream], DeliveryStream | None]
    """From CREATING to ACTIVE, from DELETING to nothing."""


@dataclass(frozen=True, slots=True)
class Lag:
    """What is still to be delivered: records, and the age of the oldest that is buffered."""

    records: int
    age_ms: int


class Delivery:
    """Delivers what `source` holds for one delivery stream."""

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
        self.last_error: str | None = None
        self._id = stream.id
        self._in = surroundings
        self._lifecycle = lifecycle
        self._reads_stream = stream.source is not None
        self._rendering = Rendering(b"", deaggregates=self._reads_stream)
        self._positions = surroundings.ledger.positions(stream.id)
        self._interrupted = surroundings.ledger.intent(stream.id)
        self._unsettled: Intent | None = None
        self._buffer: Buffer | None = None
        self._version = stream.version
        self._may_read = True
        self._turn = 0
        self._idle = False
        self._stopping = False
        self._failures = 0
        self._retry_at_ms = 0
        self._source_error_at_ms: int | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._loop = Loop(f"firehose-{stream.name}", self._step, surroundings.clock)

    def start(self) -> None:
        """Begin to deliver; what a crash interrupted comes first."""
        self._loop.start()

    def stop(self) -> None:
        """Stop delivering; what is buffered stays in the record log."""
        self._stopping = True
        self._loop.stop()
        if self._unsubscribe:
            self._unsubscribe()

    def wake(self) -> None:
        """A record has come. Cheap: only a sleeping delivery needs to be told."""
        if self._idle:
            self._idle = False
            self._loop.wake()

    def reconfigure(self) -> None:
        """The delivery stream has changed: look at it now, and retry at once what failed."""
        self._retry_at_ms = 0
        self._loop.wake()

    def lag(self) -> Lag:
        """How far the deliveries are behind."""
        positions, buffer = dict(self._positions), self._buffer
        records = sum(max(0, self._in.log.end(part) - position) for part, position in positions.items())
        oldest_ms = buffer.oldest_ms if buffer else None
        return Lag(records, 0 if oldest_ms is None else max(0, self._in.clock.now_ms() - oldest_ms))

    def _step(self) -> int | None:
        stream, now_ms = self._lifecycle.current(), self._in.clock.now_ms()
        if stream and stream.status != "ACTIVE":
            if now_ms < stream.due_at_ms:
                return stream.due_at_ms
            stream = self._lifecycle.pass_on(stream)
        if stream is None:
            return None
        if now_ms < self._retry_at_ms:
            return self._retry_at_ms
        try:
            due_ms = self._deliver(stream)
        except Exception as error:  # whatever it is, the records are kept, and it is tried again
            return self._failed(stream, error)
        self._failures = 0
        return due_ms

    def _deliver(self, stream: DeliveryStream) -> int | None:
        """Deliver all that is due. When to look again; None: when a record comes."""
        self._settle()
        self._finish_interrupted(stream)
        destination = self._configured(stream)
        self._idle = True  # before the log is read, so that a record that comes after that wakes the loop
        source_due_ms = self._look_at_source(stream)
        while (due_ms := self._due(self._filled(destination), destination)) == 0 and not self._stopping:
            self._flush(stream)
        self._settle()
        due = [time_ms for time_ms in (source_due_ms, due_ms) if time_ms is not None]
        self._idle = due_ms is None and self._idle
        return min(due) if due else None

    def _due(self, buffer: Buffer, destination: Destination) -> int | None:
        """When to look at the buffer again: 0 for now, None when it is empty."""
        if buffer.oldest_ms is None:
            return None
        self.metrics.undelivered(buffer.oldest_ms)
        now_ms, due_ms = self._in.clock.now_ms(), buffer.oldest_ms + destination.interval_ms
        return 0 if buffer.full or now_ms >= due_ms else min(due_ms, now_ms + LOOK_MS)

    def _configured(self, stream: DeliveryStream) -> Destination:
        """The destination; after an update that matters to what is buffered, that is taken up anew."""
        destination, buffer = Destination.of(stream.destination), self._buffer
        if buffer and self._version != stream.version:
            if self._rendering.delimiter == destination.delimiter and buffer.size_bytes < destination.size_bytes:
                buffer.resize(destination.size_bytes)
            else:
                self._buffer = None
        self._version = stream.version
        self._rendering = self._rendering._replace(delimiter=destination.delimiter)
        return destination

    def _look_at_source(self, stream: DeliveryStream) -> int | None:
        """Take up new shards. A source that is gone is reported, and does not hold up what was read from it."""
        try:
            if self._unsubscribe is None:
                self._unsubscribe = self.source.subscribe(self.wake)
            found = self.source.new_partitions(self._positions)
            if stream.source:
                check_read(self._in.carrier.roles, stream.source.role_arn, stream.source.stream_arn)
        except AwsError as error:
            self._may_read = error.code != "AccessDeniedException"
            return self._source_failed(stream, error)
        self._may_read = True
        for partition in found:
            self._in.ledger.start_at(self._id, partition, 0)
            self._positions[partition] = 0
            self._buffer = None
        self._source_error_at_ms = None
        return None

    def _source_failed(self, stream: DeliveryStream, error: AwsError) -> int:
        now_ms = self._in.clock.now_ms()
        if self._source_error_at_ms is None or now_ms >= self._source_error_at_ms + LAST_RETRY_MS:
            self._source_error_at_ms = now_ms
            self._report(stream, error, of_source=True)
        return self._source_error_at_ms + LAST_RETRY_MS

    def _filled(self, destination: Destination) -> Buffer:
        """The buffer, with all that is new in the log as far as it fits."""
        buffer = self._buffer or Buffer(self._positions, destination.size_bytes, self._rendering)
        self._buffer = buffer
        partitions = deque(self._positions if self._may_read else ())
        partitions.rotate(-self._turn)  # so that none waits for ever while another has a backlog
        while partitions and not buffer.full:
            partition = partitions.popleft()
            if self._read_into(buffer, partition):
                partitions.append(partition)
        return buffer

    def _read_into(self, buffer: Buffer, partition: int) -> bool:
        position, size_bytes, end = buffer.next[partition], buffer.size_bytes, self._in.log.end(partition)
        if end <= position:
            return False
        frames = self._in.log.read(partition, position, READ_BYTES)
        for frame in frames:
            if not buffer.full:
                buffer.add(frame)
        if self._reads_stream and buffer.next[partition] > position:
            behind_ms = 0 if buffer.next[partition] >= end else self._in.clock.now_ms() - frames[-1].time_ms
            self.metrics.read(buffer.next[partition] - position, buffer.size_bytes - size_bytes, behind_ms)
        return bool(frames)

    def _flush(self, stream: DeliveryStream) -> None:
        """Make an object of the buffer. The last object is settled in the same commit that announces this one."""
        buffer, self._buffer = self._buffer, None
        assert buffer is not None and buffer.oldest_ms is not None  # noqa: S101, PT018  # for the type checker
        intent = intend(stream, buffer.ranges, buffer.oldest_ms, buffer.object_bytes)
        self._move_on(intent)
        try:
            self._carry(stream, intent, buffer.blocks(self._in.log), buffer.oldest_ms)
        except AwsError:
            self._move_on(None)  # nothing was put, so the records are free to go elsewhere after an update
            raise

    def _carry(
        self, stream: DeliveryStream, intent: Intent, blocks: Iterable[bytes], oldest_ms: int | None = None
    ) -> None:
        try:
            self._in.carrier.carry(stream, intent, blocks)
        except Exception:
            self.metrics.delivery_failed()
            raise
        self.metrics.delivered(record_count(intent.ranges), intent.size_bytes, oldest_ms)
        self._interrupted, self._unsettled = None, intent
        self._positions.update((span.partition, span.end) for span in intent.ranges)
        self._turn += 1
        self.last_error = None

    def _finish_interrupted(self, stream: DeliveryStream) -> None:
        """Carry out again what may or may not have been done: the same bytes under the same key."""
        intent = self._interrupted
        if intent is None:
            return
        self._buffer = None
        rendering = self._rendering._replace(delimiter=Destination.of(intent.destination).delimiter)
        blocks = chain.from_iterable(rendering.blocks(self._in.log, span) for span in intent.ranges)
        try:
            self._carry(stream, intent, blocks)
        except AwsError as error:
            if error.code == "NoSuchBucket":  # the one refusal that proves that the object is not there
                self._move_on(None)
            raise
        self._settle()

    def _settle(self) -> None:
        if self._unsettled:
            self._move_on(None)

    def _move_on(self, intent: Intent | None) -> None:
        delivered = self._unsettled
        self._in.ledger.move_on(self._id, delivered=delivered, intended=intent)
        self._unsettled, self._interrupted = None, intent
        for span in delivered.ranges if delivered else ():
            self.source.trim(span.partition, span.end)

    def _failed(self, stream: DeliveryStream, error: Exception) -> int:
        self._report(stream, error)
        self._idle = False
        self._retry_at_ms = self._in.clock.now_ms() + min(FIRST_RETRY_MS << min(self._failures, 10), LAST_RETRY_MS)
        self._failures += 1
        return self._retry_at_ms

    def _report(self, stream: DeliveryStream, error: Exception, *, of_source: bool = False) -> None:
        if not isinstance(error, AwsError):
            log.error("%s: a delivery failed; its records are kept", stream.arn, exc_info=error)
        code = delivery_error_code(error, of_source=of_source)
        self.last_error = f"{code}: {error}"
        self._in.diagnostics.report(stream, code)
