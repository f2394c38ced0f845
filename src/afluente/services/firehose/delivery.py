"""The deliveries of one reader of a delivery stream: a loop that turns the parcels of an intake into objects.

A step reads what is new, delivers what is full or old enough, and says when to be called again. While something is
buffered it looks at the log now and then; with nothing buffered it sleeps until a record comes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from afluente.core.error import AwsError
from afluente.core.loop import Loop
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.conversion import configuration as conversion
from afluente.services.firehose.converted_file import Result
from afluente.services.firehose.course import Course, Lag, Surroundings
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.diagnostic import MESSAGES, delivery_error_code
from afluente.services.firehose.intake import Content, Intake, Parcel
from afluente.services.firehose.ledger import GivenUp, Intent, Progress, Table
from afluente.services.firehose.retry import LONGEST_MS, Retry
from afluente.services.firehose.seal import seal
from afluente.services.firehose.stream import DeliveryStream

LOOK_MS = 250
"""How often the log is looked at while a buffer fills: rarely enough to leave the machine to the producers."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A delivery of which it is not known whether its object is there: carried out again, whatever it takes."""

    intent: Intent
    content: Content
    retry: Retry = field(default_factory=Retry)

    @property
    def routes(self) -> set[str]:
        """Nothing else may go these routes before."""
        return {span.route for span in self.intent.ranges}


class Survey(NamedTuple):
    """The parcels that are due, and when to look again; None: when a record comes."""

    due: list[Parcel]
    next_ms: int | None


class Delivery:
    """Delivers what `intake` holds."""

    def __init__(
        self, name: str, course: Course, intake: Intake, progress: Progress, surroundings: Surroundings
    ) -> None:
        self.last_error: str | None = None
        self._course = course
        self._intake = intake
        self._progress = progress
        self._in = surroundings
        self._interrupted: list[Interrupted] | None = None
        self._carried: list[Intent] = []
        self._parcels: Sequence[Parcel] = ()
        self._version = 0
        self._idle = False
        self._stopping = False
        self._retry = Retry()
        self._source_error_at_ms: int | None = None
        self._loop = Loop(name, self._step, surroundings.clock)

    def start(self) -> None:
        """Begin to deliver; what a crash interrupted comes first."""
        self._loop.start()

    def stop(self) -> None:
        """Stop delivering; what is buffered stays in the record log."""
        self._stopping = True
        self._loop.stop()
        self._intake.close()

    def wake(self) -> None:
        """A record has come. Cheap: only a sleeping delivery needs to be told."""
        if self._idle:
            self._idle = False
            self._loop.wake()

    def reconfigure(self) -> None:
        """The delivery stream has changed: look at it now, and retry at once what failed."""
        for retry in self._retries():
            retry.hasten()
        self._loop.wake()

    def lag(self) -> Lag:
        """How far the deliveries are behind."""
        oldest_ms = self._oldest_ms()
        age_ms = 0 if oldest_ms is None else max(0, self._in.clock.now_ms() - oldest_ms)
        return Lag(self._intake.behind(), age_ms)

    def _oldest_ms(self) -> int | None:
        return min((at for parcel in self._parcels if (at := parcel.oldest_ms) is not None), default=None)

    @property
    def is_drained(self) -> bool:
        """Whether nothing is left to deliver, and all that was is settled. For this delivery's own thread."""
        return not (self._interrupted or self._carried or self._intake.behind())

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way. For this delivery's own thread."""
        return self._interrupted is not None and not (self._interrupted or self._carried)

    def _step(self) -> int | None:
        stream = self._course.current()
        if not isinstance(stream, DeliveryStream):
            return stream
        now_ms = self._in.clock.now_ms()
        if now_ms < self._retry.at_ms:
            return self._retry.at_ms
        try:
            due_ms = self._deliver(stream)
        except Exception as error:  # whatever it is, the records are kept, and it is tried again
            self._report(stream, error)
            self._idle = False
            self._retry.failed(now_ms)
            return self._retry.at_ms
        self._retry.succeeded()
        return due_ms

    def _deliver(self, stream: DeliveryStream) -> int | None:
        """Deliver all that is due. When to look again; None: when a record comes."""
        interrupted = self._recalled()
        self._settle()
        if self._version != stream.version:
            self._intake.configure(Destination.of(self._course.configuration(stream)))
            self._version = stream.version
        self._carry_again(stream, interrupted)
        self._settle()
        if self._course.has_turned(stream):
            return min((item.retry.at_ms for item in interrupted), default=None)
        self._idle = True  # before the log is read, so that a record that comes after that wakes the loop
        source_due_ms = self._look_at_source(stream)
        while (survey := self._survey(stream)).due and not self._stopping:
            self._flush(stream, survey.due)
        if self._carried or (self._intake.is_past() and not interrupted):
            self._move_on([])
        self._course.has_turned(stream)
        times = [time_ms for time_ms in (source_due_ms, survey.next_ms) if time_ms is not None]
        self._idle = not times and self._idle
        return min(times) if times else None

    def _recalled(self) -> list[Interrupted]:
        """What is to be carried out again; at first, what the last process left."""
        if self._interrupted is None:
            intents = self._progress.intents()
            contents = self._intake.recall(intents)
            self._interrupted = [Interrupted(*pair) for pair in zip(intents, contents, strict=True)]
        return self._interrupted

    def _survey(self, stream: DeliveryStream) -> "Survey":
        """What is new is read into the parcels; those whose time has come, one of each route at most, and the next."""
        now_ms, interval_ms = self._in.clock.now_ms(), self._interval_ms(stream)
        self._parcels = self._intake.fill()
        if (oldest_ms := self._oldest_ms()) is not None:
            self._course.meter.undelivered(oldest_ms)
        interrupted = self._recalled()
        taken = {route for item in interrupted for route in item.routes}
        due: list[Parcel] = []
        times = [item.retry.at_ms for item in interrupted]
        for parcel in self._parcels:
            at_ms = _due_ms(parcel, interval_ms)
            if at_ms is None or parcel.ranges[0].route in taken:
                continue
            taken.add(parcel.ranges[0].route)
            due += [parcel] if now_ms >= at_ms else []
            times.append(min(at_ms, now_ms + LOOK_MS))
        return Survey(due, min(times, default=None))

    def _interval_ms(self, stream: DeliveryStream) -> int:
        return int(self._course.configuration(stream)["BufferingHints"]["IntervalInSeconds"]) * 1000

    def _look_at_source(self, stream: DeliveryStream) -> int | None:
        """A source that is gone is reported, and does not hold up what was read from it."""
        try:
            self._intake.look(self.wake)
        except AwsError as error:
            return self._source_failed(stream, error)
        self._source_error_at_ms = None
        return None

    def _source_failed(self, stream: DeliveryStream, error: AwsError) -> int:
        now_ms = self._in.clock.now_ms()
        if self._source_error_at_ms is None or now_ms >= self._source_error_at_ms + LONGEST_MS:
            self._source_error_at_ms = now_ms
            self._report(stream, error, of_source=True)
        return self._source_error_at_ms + LONGEST_MS

    def _flush(self, stream: DeliveryStream, parcels: Sequence[Parcel]) -> None:
        """Make objects of parcels. The last ones are settled in the same commit that announces these."""
        tables: list[Table] = []  # one for all of them, asked for when it is needed
        sealed = [(parcel, intent) for parcel in parcels if (intent := self._sealed(stream, parcel, tables))]
        self._move_on([intent for _, intent in sealed])
        refused = [intent for parcel, intent in sealed if not self._has_carried(stream, intent, parcel)]
        if refused:
            self._move_on([])  # nothing was put, so the records are free to go elsewhere after an update

    def _sealed(self, stream: DeliveryStream, parcel: Parcel, tables: list[Table]) -> Intent | None:
        configuration, now_ms = self._course.configuration(stream), self._in.clock.now_ms()
        given_up = _given_up(configuration, parcel, now_ms)
        try:
            if not (tables or given_up or parcel.route.error_type) and conversion.enabled(configuration):
                tables.append(self._in.schemas.table(configuration["DataFormatConversionConfiguration"], stream.arn))
            return seal(stream, configuration, parcel, now_ms, table=tables[0] if tables else None, given_up=given_up)
        except AwsError as error:  # the schema cannot be had: the records wait
            self._failed(stream, error, parcel.retry)
            return None

    def _has_carried(self, stream: DeliveryStream, intent: Intent, parcel: Parcel) -> bool:
        """Carry out one intent. False: it was refused, and is as if it had never been."""
        try:
            result = self._in.carrier.carry(stream, intent, parcel)
        except AwsError as error:
            self._failed(stream, error, parcel.retry)
            return False
        except Exception as error:  # the object may be there or not
            interrupted = Interrupted(intent, parcel)
            self._intake.take(parcel)
            self._recalled().append(interrupted)
            self._failed(stream, error, interrupted.retry)
            return True
        self._intake.take(parcel)
        self._done(intent, parcel, result)
        return True

    def _carry_again(self, stream: DeliveryStream, interrupted: list[Interrupted]) -> None:
        now_ms = self._in.clock.now_ms()
        for item in [item for item in interrupted if now_ms >= item.retry.at_ms]:
            try:
                result = self._in.carrier.carry(stream, item.intent, item.content)
            except Exception as error:
                self._failed(stream, error, item.retry)
                if getattr(error, "code", "") != "NoSuchBucket":
                    continue
                self._intake.give_back(item.intent)  # the one refusal that proves that the object is not there
            else:
                self._done(item.intent, item.content, result)
            interrupted.remove(item)

    def _done(self, intent: Intent, content: Content, result: Result | None) -> None:
        content.close()
        self._carried.append(intent)
        self._course.meter.delivered(intent)
        if result:
            self._course.meter.converted(result)
        self.last_error = None

    def _settle(self) -> None:
        if self._carried:
            self._move_on([])

    def _move_on(self, begun: Sequence[Intent]) -> None:
        carried, interrupted = self._carried, [item.intent for item in self._recalled()]
        floor = self._intake.floor(interrupted)
        batches = self._intake.batches()
        self._progress.move_on(settled=carried, under_way=[*interrupted, *begun], floor=floor, batches=batches)
        self._carried = []
        self._intake.settled(carried)

    def _failed(self, stream: DeliveryStream, error: Exception, retry: Retry) -> None:
        self._report(stream, error)
        self._course.meter.failed()
        retry.failed(self._in.clock.now_ms(), delivery_error_code(error))

    def _retries(self) -> list[Retry]:
        items: Sequence[Parcel | Interrupted] = [*self._parcels, *(self._interrupted or ())]
        return [self._retry, *(item.retry for item in items)]

    def _report(self, stream: DeliveryStream, error: Exception, *, of_source: bool = False) -> None:
        if not isinstance(error, AwsError):
            log.error("%s: a delivery failed; its records are kept", stream.arn, exc_info=error)
        code = delivery_error_code(error, of_source=of_source)
        self.last_error = f"{code}: {error}"
        self._in.diagnostics.report(stream, self._course.configuration(stream), code)


def _given_up(configuration: Configuration, parcel: Parcel, now_ms: int) -> GivenUp | None:
    """Why a partition's records are not tried any more where they belong: for longer than RetryOptions says."""
    since_ms = parcel.retry.failed_since_ms
    if since_ms is None or not parcel.route.keys:
        return None
    duration_s = configuration["DynamicPartitioningConfiguration"]["RetryOptions"]["DurationInSeconds"]
    if now_ms < since_ms + duration_s * 1000:
        return None
    code = parcel.retry.reason
    return GivenUp(code, MESSAGES[code], parcel.retry.failures)


def _due_ms(parcel: Parcel, interval_ms: int) -> int | None:
    """When the parcel is to be delivered; None when it is empty."""
    if parcel.since_ms is None:
        return None
    return max(parcel.retry.at_ms, 0 if parcel.full else parcel.since_ms + interval_ms)
