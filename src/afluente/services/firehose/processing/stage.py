"""The processing stage of one delivery stream: a loop that processes what the source brings, batch by batch.

What comes of a batch is one frame of the processed log, which also says how far the source has been processed: a batch
that was recorded is never processed again, and one that was not recorded is.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.loop import Loop
from afluente.services.firehose.input import Input
from afluente.services.firehose.ledger import Progress
from afluente.services.firehose.processed_intake import ProcessedIntake
from afluente.services.firehose.processing import frame
from afluente.services.firehose.processing.chain import Chain, needs_processing
from afluente.services.firehose.processing.routing import Router
from afluente.services.firehose.processing.transformation import Again
from afluente.services.firehose.processing.unit import Failure, Outcome, Unit
from afluente.services.firehose.processing.workshop import Foreman
from afluente.services.firehose.retry import LONGEST_MS, Retry
from afluente.services.firehose.stream import DeliveryStream
from afluente.store.record_log import Draft, RecordLog

READ_BYTES = 1 << 20
LEAD_BYTES = 64 << 20
"""How far processing may be ahead of the delivery's reading."""

LOOK_MS = 250
CHECKPOINT_MS = 1_000
"""How often it is noted for others how far the stage is. The stage itself goes by the processed log."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a stage works with."""

    current: Callable[[], DeliveryStream | None]
    """The delivery stream while it is ACTIVE."""

    foreman: Foreman
    intake: ProcessedIntake
    """What reads the processed log."""

    tell: Callable[[], None]
    """Wakes the delivery."""

    log: RecordLog
    clock: Clock


@dataclass(slots=True)
class Batch:
    """What is processed at once, and where reading goes on after it."""

    following: dict[int, int]
    units: list[Unit] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    records: int = 0
    size_bytes: int = 0
    since_ms: int | None = None
    full: bool = False
    again_at_ms: int = 0
    """When it is to be tried again."""


class Stage:
    """Processes what `source_input` gives into the partition `processed` of the record log."""

    def __init__(self, name: str, source_input: Input, processed: int, progress: Progress, workshop: Workshop) -> None:
        self.last_error: str | None = None
        self.is_resting = False
        """Whether there is nothing to process any more: the delivery stream has no processors left."""

        self._input = source_input
        self._processed = processed
        self._progress = progress
        self._with = workshop
        self._positions = recorded_positions(workshop.log, processed) or dict(source_input.positions)
        source_input.positions.update(self._positions)
        self._checkpoint = dict(source_input.positions)
        self._checkpoint_at_ms = 0
        self._version = 0
        self._chain: Chain | None = None
        self._router: Router | None = None
        self._batch: Batch | None = None
        self._unrecorded: tuple[Draft, list[str], Batch] | None = None
        self._retry = Retry()
        self._source_error_at_ms: int | None = None
        self._idle = False
        self._stopping = False
        self._loop = Loop(name, self._step, workshop.clock)

    def start(self) -> None:
        """Begin to process."""
        self._loop.start()

    def stop(self) -> None:
        """Stop processing; what is under way is given up, and processed again by the next stage."""
        self._stopping = True
        if self._chain:
            self._chain.close()
        self._loop.stop()
        if self._chain:  # one that was made meanwhile
            self._chain.close()
        self._input.close()

    def wake(self) -> None:
        """A record has come. Cheap: only a sleeping stage needs to be told."""
        if self._idle:
            self._idle = False
            self._loop.wake()

    def reconfigure(self) -> None:
        """The delivery stream has changed: look at it now, and retry at once what failed."""
        self._retry.hasten()
        self._loop.wake()

    def behind(self) -> int:
        """How many records of the source are still to be processed."""
        return self._input.behind(dict(self._input.positions))

    def _step(self) -> int | None:
        stream = self._with.current()
        if stream is None:
            return None
        now_ms = self._with.clock.now_ms()
        if now_ms < self._retry.at_ms:
            return self._retry.at_ms
        try:
            due_ms = self._work(stream)
        except InterruptedError:
            return None
        except Exception as error:  # whatever it is, nothing was recorded, and it is tried again
            log.exception("%s: processing failed; it will be tried again", stream.arn)
            self.last_error = f"InternalError: {error}"
            self._idle = False
            self._retry.failed(now_ms)
            return self._retry.at_ms
        self.last_error = None if self._source_error_at_ms is None else self.last_error
        self._retry.succeeded()
        return due_ms

    def _work(self, stream: DeliveryStream) -> int | None:
        """Process all that is due. When to look again; None: when a record comes."""
        self._record()
        if not needs_processing(stream.destination):
            self._rest()
            return None
        self.is_resting = False
        chain, router = self._configured(stream)
        self._restore()
        self._idle = True  # before the log is read, so that a record that comes after that wakes the loop
        times = [self._look_at_source(stream)]
        while not self._stopping:
            if self._with.intake.unread_bytes() > LEAD_BYTES:
                self._idle = False
                times.append(self._with.clock.now_ms() + LOOK_MS)
                break
            batch = self._gathered(chain)
            if batch.since_ms is None:
                break
            if not batch.full and (due_ms := batch.since_ms + chain.interval_ms) > self._with.clock.now_ms():
                self._idle = False
                times.append(min(due_ms, self._with.clock.now_ms() + LOOK_MS))
                break
            if batch.again_at_ms > self._with.clock.now_ms() or not self._has_processed(chain, router, batch):
                self._idle = False
                times.append(batch.again_at_ms)
                break
        times.append(self._note())
        return min((time_ms for time_ms in times if time_ms is not None), default=None)

    def _rest(self) -> None:
        self._batch = None
        self._note(at_once=True)
        self.is_resting = True

    def _configured(self, stream: DeliveryStream) -> tuple[Chain, Router]:
        if self._chain is None or self._router is None or self._version != stream.version:
            if self._chain:
                self._chain.close()
            self._chain, self._router = self._with.foreman.chain(stream), self._with.foreman.router(stream)
            self._version = stream.version
            self._batch = None  # it was taken apart by the old processors
        return self._chain, self._router

    def _restore(self) -> None:
        """Find out which partitions the last process left active."""
        active = self._with.foreman.active
        if not active.is_restored:
            active.restore(self._with.intake.undelivered())

    def _look_at_source(self, stream: DeliveryStream) -> int | None:
        """A source that is gone is reported, and does not hold up what was read from it."""
        now_ms = self._with.clock.now_ms()
        try:
            self._input.look(self.wake)
        except AwsError as error:
            if self._source_error_at_ms is None or now_ms >= self._source_error_at_ms + LONGEST_MS:
                self._source_error_at_ms = now_ms
                self._with.foreman.source_failed(stream, error)
            self.last_error = str(error)
            return self._source_error_at_ms + LONGEST_MS
        self._source_error_at_ms = None
        return None

    def _gathered(self, chain: Chain) -> Batch:
        """The batch, with what is new read into it as far as it has room."""
        batch = self._batch = self._batch or Batch(dict(self._input.positions))
        batch.following |= {part: at for part, at in self._input.positions.items() if part not in batch.following}
        partitions = self._input.readable(batch.following)
        while partitions and not batch.full and not self._stopping:
            partition = partitions.popleft()
            if self._read_into(batch, partition, chain):
                partitions.append(partition)
        return batch

    def _read_into(self, batch: Batch, partition: int, chain: Chain) -> bool:
        position, records, size_bytes = batch.following[partition], batch.records, batch.size_bytes
        if self._with.log.end(partition) <= position:
            return False
        drawn = self._input.source.records(partition, position, READ_BYTES)
        for end, units in drawn:
            if batch.full:
                break
            for unit in units:
                self._expand(batch, unit, chain)
            batch.following[partition], batch.records = end, batch.records + 1
        if not drawn:
            batch.following[partition] = self._with.log.end(partition)  # what was there is past its retention period
        newest_ms = drawn[-1].units[-1].arrived_at_ms if drawn and batch.full else None
        self._with.foreman.read(batch.records - records, batch.size_bytes - size_bytes, newest_ms)
        return bool(drawn)

    @staticmethod
    def _expand(batch: Batch, unit: Unit, chain: Chain) -> None:
        outcome = chain.expand(unit)
        batch.units += outcome.units
        batch.failures += outcome.failures
        batch.size_bytes += sum(len(item.data) for item in outcome.units) or len(unit.data)
        batch.since_ms = unit.arrived_at_ms if batch.since_ms is None else min(batch.since_ms, unit.arrived_at_ms)
        batch.full = batch.full or batch.size_bytes >= chain.batch_bytes

    def _has_processed(self, chain: Chain, router: Router, batch: Batch) -> bool:
        """Process a batch, and record what came of it. False: it is to be tried again."""
        try:
            outcome = chain.transform(batch.units)
        except Again as again:
            batch.full, batch.again_at_ms = True, again.at_ms
            return False
        dropped = len(batch.units) - len(outcome.units) - len(outcome.failures)
        outcome = Outcome(outcome.units, [*batch.failures, *outcome.failures])
        now_ms = self._with.clock.now_ms()
        if chain.transformation:
            self._with.foreman.processed(len(outcome.units), sum(len(unit.data) for unit in outcome.units))
        records = router.routed(outcome, now_ms)
        if router.is_partitioned:
            self._with.foreman.partitions(exceeded=router.exceeded)
        payload = frame.encode(batch.following, records, source_records=batch.records, dropped=dropped)
        draft = Draft(self._processed, 1 + len(records), now_ms, payload)
        self._unrecorded = draft, [item.route for item in records], batch
        self._record()
        return True

    def _record(self) -> None:
        """Append what was processed last, unless that is done: an append that failed is repeated, not the work."""
        if self._unrecorded is None:
            return
        draft, routes, batch = self._unrecorded
        self._with.log.wait_for_room()
        (placed,), future = self._with.log.append_next([draft])
        future.result()
        self._unrecorded, self._batch = None, None
        self._input.positions.update(batch.following)
        ends = {route: number for number, route in enumerate(routes, placed.position + 2)}
        self._with.foreman.active.add(ends.items())
        self._with.intake.appended(placed)
        self._with.tell()

    def _note(self, *, at_once: bool = False) -> int | None:
        """Note now and then how far the stage is, for those who trim the source and begin a backup. When to do so."""
        if self._checkpoint == self._input.positions:
            return None
        now_ms = self._with.clock.now_ms()
        if not at_once and now_ms < self._checkpoint_at_ms + CHECKPOINT_MS:
            return self._checkpoint_at_ms + CHECKPOINT_MS
        self._checkpoint, self._checkpoint_at_ms = dict(self._input.positions), now_ms
        self._progress.start_at(self._checkpoint)
        for partition in self._checkpoint:
            self._input.source.trim(partition, self._progress.least_position(partition))
        return None


def recorded_positions(record_log: RecordLog, processed: int) -> Mapping[int, int] | None:
    """How far the source has been processed, by the last frame of a processed log; None while there is none."""
    end = record_log.end(processed)
    frames = record_log.read(processed, end - 1, 1) if end else []
    return frame.header_of(frames[-1]).positions if frames else None
