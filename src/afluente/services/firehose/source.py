"""Which partitions of the record log a delivery stream reads, and what wakes it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from afluente.core.arn import Arn
from afluente.core.clock import Clock
from afluente.services.firehose.deaggregation import MAGIC, Inner, inner_records
from afluente.services.firehose.error import ServiceUnavailableException
from afluente.services.firehose.permission import check_read
from afluente.services.firehose.port import Roles, Shard, SourceRecord, SourceStreams
from afluente.services.firehose.processing.unit import RecordMetadata, Unit
from afluente.services.firehose.stream import KinesisSource
from afluente.store import record
from afluente.store.record_frame import Frame
from afluente.store.record_log import Draft, RecordLog


class Origin(NamedTuple):
    """Where the records of a partition come after those of others.

    ends: the partitions of the shards that it came of in a split or merge, and where each ends. orphaned: it came of
    some, but all of them are past the stream's retention.
    """

    ends: Mapping[int, int] = {}
    orphaned: bool = False


class Drawn(NamedTuple):
    """A record of the log, as the records that it is made of, and the position after it."""

    end: int
    units: list[Unit]


class DirectPuts:
    """The partition of the record log that direct puts go to."""

    def __init__(self, partition: int, log: RecordLog, clock: Clock) -> None:
        self.partition = partition
        self._log = log
        self._clock = clock
        self._listeners: tuple[Callable[[], None], ...] = ()

    def put(self, data: Sequence[bytes]) -> "Future[None]":
        """Append the records as one frame; the future is done when they are on disk.

        Raises ServiceUnavailableException when the disk cannot keep up.
        """
        if not self._log.has_room:
            raise ServiceUnavailableException("Slow down.")
        payload = record.encode_columns([b""] * len(data), data)
        _, future = self._log.append_next([Draft(self.partition, len(data), self._clock.now_ms(), payload)])
        future.add_done_callback(lambda _: self._wake())
        return future

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called after each put."""
        self._listeners = (*self._listeners, wake)
        return lambda: self._unsubscribe(wake)

    def _unsubscribe(self, wake: Callable[[], None]) -> None:
        self._listeners = tuple(listener for listener in self._listeners if listener != wake)

    def _wake(self) -> None:
        for wake in self._listeners:
            wake()

    def check_readable(self) -> None:
        """Nobody else has a say."""

    def origins(self) -> Mapping[int, Origin]:
        """There is but the one partition, which has always been there."""
        return {self.partition: Origin()}

    def records(self, partition: int, position: int, limit_bytes: int) -> Sequence["Drawn"]:
        """The records from `position` on: one frame at least, if there is one."""
        drawn: list[Drawn] = []
        for frame in self._log.read(partition, position, limit_bytes):
            skip = max(0, position - frame.position)
            for number, data in enumerate(record.data_pieces(frame.payload, skip, frame.count), frame.position + skip):
                drawn.append(Drawn(number + 1, [Unit(data, data, frame.time_ms)]))
        return drawn

    def sequence_numbers(self, frame: Frame) -> list[str]:
        """Those of a frame's records, which have none."""
        return [""] * frame.count

    def trim(self, partition: int, position: int) -> None:
        """Let go of what every reader has read."""
        self._log.trim(partition, position)

    def discard(self) -> None:
        """Let go of everything."""
        self._log.drop(self.partition)


class StreamSource:
    """The shards of a Kinesis stream. Its records are Kinesis's to keep and to trim."""

    def __init__(self, source: KinesisSource, streams: SourceStreams, roles: Roles) -> None:
        self._source = source
        self._arn = Arn.parse(source.stream_arn)
        self._streams = streams
        self._roles = roles

    def shards(self) -> Sequence[Shard]:
        """The stream's shards. Raises Kinesis's ResourceNotFoundException."""
        return self._streams.shards(self._arn.account, self._arn.region, self._arn.name)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called when records have come."""
        return self._streams.subscribe(self._arn.account, self._arn.region, self._arn.name, wake)

    def check_readable(self) -> None:
        """Raises AccessDeniedException while the role may not read."""
        check_read(self._roles, self._source.role_arn, self._source.stream_arn)

    def origins(self) -> Mapping[int, Origin]:
        """The partitions of the stream's shards, parents before children, each with where it comes from."""
        shards = {shard.shard_id: shard for shard in self.shards()}
        origins = {}
        for shard in shards.values():
            parents = [shards[parent] for parent in shard.parents if parent in shards]
            ends = {parent.partition: parent.next_position for parent in parents}
            origins[shard.partition] = Origin(ends, orphaned=bool(shard.parents) and not parents)
        return origins

    def records(self, partition: int, position: int, limit_bytes: int) -> Sequence["Drawn"]:
        """The records from `position` on: one frame at least, if there is one. Raises AwsError: the shard is gone."""
        batch = self._streams.read(partition, position, limit_bytes)
        records = batch.records
        first = batch.next_position - len(records) + 1
        return [Drawn(number, _units(item, batch.shard.shard_id)) for number, item in enumerate(records, first)]

    def sequence_numbers(self, frame: Frame) -> list[str]:
        """Those of a frame's records; empty texts when they are past the stream's retention."""
        batch = self._streams.read(frame.partition, frame.position, 1)
        found = [item.sequence_number for item in batch.records]
        same = batch.next_position - len(found) == frame.position and len(found) >= frame.count
        return found[: frame.count] if same else [""] * frame.count

    def trim(self, partition: int, position: int) -> None:
        """Nothing: Kinesis keeps its records for the retention period."""

    def discard(self) -> None:
        """Nothing: the stream outlives the delivery stream."""


def _units(item: SourceRecord, shard_id: str) -> list[Unit]:
    """What a record of a Kinesis stream is made of: itself, or those that the Producer Library packed into it."""
    data, key = item.data, item.partition_key
    if not data.startswith(MAGIC):
        metadata = RecordMetadata(shard_id, key, item.sequence_number, 0)
        return [Unit(data, data, item.arrived_at_ms, metadata)]
    inner = inner_records(data) or [Inner(data, key)]
    return [
        Unit(data, data, item.arrived_at_ms, RecordMetadata(shard_id, key, item.sequence_number, number))
        for number, (data, key) in enumerate(inner)
    ]


Source = DirectPuts | StreamSource
