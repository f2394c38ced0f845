"""Where records are: of a record, which object has it; of an object, which records; of a shard, how far it was read.

What AWS keeps to itself, for the record passport and the ledger. Answers come from what deliveries wrote down and from
the record log, as far back as the log goes.
"""

from collections.abc import Iterator

import msgspec

from afluente.core.arn import Arn
from afluente.core.error import AwsError
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.engine import FirehoseEngine
from afluente.services.firehose.history import Batch, Counts, Delivered, Range, counted
from afluente.services.firehose.ledger import PRIMARY, PROCESSING
from afluente.services.firehose.port import SourceStreams
from afluente.services.firehose.processing.frame import batch_of, shares
from afluente.services.firehose.processing.stage import recorded_positions
from afluente.services.firehose.rendering import READ_BYTES, Rendering
from afluente.services.firehose.stream import DeliveryStream, Key
from afluente.store.record_log import RecordLog

PAGE = 1000
TRIES = 5
"""How often a standing is taken again that a delivery came in between of."""


class Reading(msgspec.Struct, frozen=True):
    """How far a shard has been read: records [first, next) have been, those up to `end` are still to be.

    since, until: the positions that arrival times lead to, where some were asked for. shard_id: empty for direct puts,
    and for shards that are gone.
    """

    shard_id: str
    partition: int
    first: int
    next: int
    end: int
    since: int
    until: int


class Processing(msgspec.Struct, frozen=True):
    """What processing has made of records: counts of all batches. pending: processed, and not delivered yet."""

    records: int
    dropped: int
    outputs: int
    known: bool
    pending: int


class Standing(msgspec.Struct, frozen=True):
    """How a delivery stream stands. delivered: records, in all of its objects. last_error: what fails now.

    known: whether where it began is; not of a delivery stream that an older Afluente made.
    """

    shards: list[Reading]
    delivered: int
    known: bool
    processing: Processing | None
    last_error: str | None


class Place(msgspec.Struct, frozen=True):
    """A record in an object: its number there, counted from 0, and its bytes before compression.

    sequence_number: empty for direct puts. offset, length: None where the log no longer has the records before it.
    """

    sequence_number: str
    index: int
    offset: int | None = None
    length: int | None = None


class Found(msgspec.Struct, frozen=True):
    """A delivery, and where in its object the record is, if that can be said."""

    delivery: Delivered
    place: Place | None = None


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a record is. state: `delivered`, `processing`, `waiting`, `before` (never read, being older than the
    delivery stream) or `unknown` (delivered before deliveries were remembered).

    due_at_ms: when what waits is delivered, if the buffer does not fill earlier.
    """

    shard_id: str
    position: int
    state: str
    found: list[Found]
    batch: Batch | None = None
    due_at_ms: int | None = None
    last_error: str | None = None


class Trace:
    """Looks things up for the delivery streams of `engine`."""

    def __init__(self, engine: FirehoseEngine, log: RecordLog, streams: SourceStreams) -> None:
        self._engine = engine
        self._history = engine.ledger.history
        self._log = log
        self._streams = streams

    def deliveries(self, key: Key, after: int) -> list[Delivered]:
        """A page of deliveries, those after the id `after`. Raises ResourceNotFoundException, as every method here."""
        return self._history.after(self._engine.get(key).id, after, PAGE)

    def standing(self, key: Key, since_ms: int | None = None, until_ms: int | None = None) -> Standing:
        """How far everything is. Asked after the deliveries, so that none of them is ahead of it."""
        stream = self._engine.get(key)
        progress = self._engine.ledger.progress(stream.id, PRIMARY)
        for _ in range(TRIES):
            standing = self._standing(stream, progress.total().records, since_ms, until_ms)
            if progress.total().records == standing.delivered:
                break
        return standing

    def _standing(self, stream: DeliveryStream, delivered: int, since_ms: int | None, until_ms: int | None) -> Standing:
        origins, shard_ids = self._history.origins(stream.id), self._shard_ids(stream)
        positions = self._following(stream)
        known = positions.keys() <= origins.keys()
        origins = origins if known else self._history.first_delivered(stream.id) | origins
        readings = []
        for partition, following in sorted(positions.items()):
            end = max(following, self._log.end(partition))  # a shard that is gone was read to its end
            readings.append(
                Reading(
                    shard_ids.get(partition, ""), partition, origins.get(partition, following), following, end,
                    0 if since_ms is None else self._log.seek_time(partition, since_ms),
                    end if until_ms is None else self._log.seek_time(partition, until_ms),
                )
            )  # fmt: skip
        return Standing(readings, delivered, known, self._processing(stream), self._engine.last_error(stream))

    def record(self, key: Key, sequence_number: str) -> Whereabouts:
        """Where the record of the source stream is. Raises InvalidArgumentException for a number that is none of it."""
        stream = self._engine.get(key)
        if stream.source is None:
            return Whereabouts("", -1, "unknown", [])
        shard_id, partition, position = self._streams.locate(*_source_key(stream), sequence_number)
        found = [
            Found(item, self._place(stream, item, partition, position))
            for item in self._history.holding(stream.id, partition, position, position + 1)
        ]
        error = self._engine.last_error(stream)
        following = self._following(stream)
        if stream.processed is not None or not found:
            batch = self._batch(stream, partition, position)
            if batch is not None:
                return self._processed(stream, shard_id, position, batch, found)
        if found:
            return Whereabouts(shard_id, position, "delivered", found)
        origin = self._history.origins(stream.id).get(partition, following.get(partition, 0))
        if partition not in following or position < origin:
            return Whereabouts(shard_id, position, "before", [])
        if position >= following[partition]:
            due_ms = self._due_ms(stream, following)
            return Whereabouts(shard_id, position, "waiting", [], due_at_ms=due_ms, last_error=error)
        return Whereabouts(shard_id, position, "unknown", [])

    def object(self, key: Key, bucket: str, object_key: str, offset: int | None) -> list[Found]:
        """The delivery that put an object, and the record at a byte of it, if that is asked for."""
        stream = self._engine.get(key)
        return [
            Found(item, None if offset is None else self._place_at(stream, item, offset))
            for item in self._history.under(stream.id, bucket, object_key)
        ]

    def _processed(
        self, stream: DeliveryStream, shard_id: str, position: int, batch: Batch, found: list[Found]
    ) -> Whereabouts:
        assert stream.processed is not None  # noqa: S101  # for the type checker
        found += [Found(item) for item in self._history.holding(stream.id, stream.processed, batch.first, batch.last)]
        pending = sum(batch.first <= number < batch.last for number in self._undelivered(stream))
        error = self._engine.last_error(stream)
        due_ms = batch.processed_at_ms + _wait_ms(stream.destination) if pending else None
        state = "processing" if pending else "delivered"
        return Whereabouts(shard_id, position, state, found, batch, due_ms, error)

    def _batch(self, stream: DeliveryStream, partition: int, position: int) -> Batch | None:
        if stream.processed is None:
            return None
        known = self._history.batch_of(stream.id, partition, position)
        if known is not None:
            return known
        return next((item for item in self._unnoted(stream) if item.positions.get(partition, 0) > position), None)

    def _unnoted(self, stream: DeliveryStream) -> Iterator[Batch]:
        """Batches in the log that may not be noted yet, for nothing of them has been delivered."""
        assert stream.processed is not None  # noqa: S101  # for the type checker
        position = self._engine.ledger.progress(stream.id, PRIMARY).positions().get(stream.processed, 0)
        while frames := self._log.read(stream.processed, position, READ_BYTES):
            yield from map(batch_of, frames)
            position = frames[-1].end

    def _undelivered(self, stream: DeliveryStream) -> Iterator[int]:
        """Positions of processed records that have not been delivered."""
        assert stream.processed is not None  # noqa: S101  # for the type checker
        progress = self._engine.ledger.progress(stream.id, PRIMARY)
        position, taken = progress.positions().get(stream.processed, 0), progress.route_positions(stream.processed)
        floor = position
        while frames := self._log.read(stream.processed, position, READ_BYTES):
            for frame in frames:
                for share in shares(frame):
                    start = max(floor, taken.get(share.route, 0))
                    yield from (number for number in share.positions if number >= start)
            position = frames[-1].end

    def _processing(self, stream: DeliveryStream) -> Processing | None:
        if stream.processed is None:
            return None
        pending = sum(1 for _ in self._undelivered(stream))
        total: Counts = counted([*self._history.batches(stream.id), *self._unnoted(stream)])
        return Processing(*total, pending)

    def _following(self, stream: DeliveryStream) -> dict[int, int]:
        """The next record of each partition of the source that is to be read."""
        if stream.processed is None:
            return self._engine.ledger.progress(stream.id, PRIMARY).positions()
        noted = self._engine.ledger.progress(stream.id, PROCESSING).positions()
        return noted | dict(recorded_positions(self._log, stream.processed) or {})

    def _shard_ids(self, stream: DeliveryStream) -> dict[int, str]:
        """The shards of the source by partition, those that it still has."""
        if stream.source is None:
            return {}
        try:
            return {shard.partition: shard.shard_id for shard in self._streams.shards(*_source_key(stream))}
        except AwsError:  # the stream is gone
            return {}

    def _due_ms(self, stream: DeliveryStream, following: dict[int, int]) -> int | None:
        oldest = [
            frames[0].time_ms
            for partition, position in following.items()
            if (frames := self._log.read(partition, position, 1))
        ]
        return min(oldest) + _wait_ms(stream.destination) if oldest else None

    def _place(self, stream: DeliveryStream, item: Delivered, partition: int, position: int) -> Place:
        index = 0
        for span in item.ranges:
            if span.partition == partition and span.start <= position < span.end:
                break
            index += span.end - span.start
        index += position - span.start
        for number, place in enumerate(self._places(stream, item)):
            if number == index:
                return place
        return Place("", index)

    def _place_at(self, stream: DeliveryStream, item: Delivered, offset: int) -> Place | None:
        for place in self._places(stream, item):
            if place.offset is not None and place.length is not None and offset < place.offset + place.length:
                return place
        return None

    def _places(self, stream: DeliveryStream, item: Delivered) -> Iterator[Place]:
        """Every record of an object that has the log's bytes; none when the log does not have all of them any more."""
        rendering = Rendering(self._log, b"\n" if item.delimited else b"", deaggregates=stream.source is not None)
        if (
            item.error_key
            or any(span.route for span in item.ranges)
            or not all(self._has(span) for span in item.ranges)
        ):
            return
        offset = index = 0
        for span in item.ranges:
            for frame, start, end in rendering.frames(span):
                numbers = self._numbers(stream, frame.partition, start, end)
                for number, piece in zip(numbers, rendering.pieces(frame, start, end), strict=True):
                    yield Place(number, index, offset, len(piece))
                    offset, index = offset + len(piece) + len(rendering.delimiter), index + 1

    def _has(self, span: Range) -> bool:
        frames = self._log.read(span.partition, span.start, 1)
        return bool(frames) and frames[0].position <= span.start

    def _numbers(self, stream: DeliveryStream, partition: int, start: int, end: int) -> list[str]:
        """Sequence numbers; empty texts where there are none, or the records are past their retention."""
        if stream.source is None:
            return [""] * (end - start)
        batch = self._streams.read(partition, start, 1)
        found = [item.sequence_number for item in batch.records]
        if batch.next_position - len(found) != start or len(found) < end - start:
            return [""] * (end - start)
        return found[: end - start]


def _source_key(stream: DeliveryStream) -> Key:
    assert stream.source is not None  # noqa: S101  # for the type checker
    arn = Arn.parse(stream.source.stream_arn)
    return arn.account, arn.region, arn.name


def _wait_ms(destination: Configuration) -> int:
    return int(destination["BufferingHints"]["IntervalInSeconds"]) * 1000
