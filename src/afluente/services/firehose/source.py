"""Which partitions of the record log a delivery stream reads, and what wakes it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from afluente.core.arn import Arn
from afluente.core.clock import Clock
from afluente.services.firehose.error import ServiceUnavailableException
from afluente.services.firehose.port import Shard, SourceStreams
from afluente.services.firehose.stream import KinesisSource
from afluente.store import record
from afluente.store.record_log import Draft, RecordLog


class DirectPuts:
    """The partition of the record log that direct puts go to."""

    def __init__(self, partition: int, log: RecordLog, clock: Clock) -> None:
        self._partition = partition
        self._log = log
        self._clock = clock
        self._wake: Callable[[], None] = lambda: None

    def put(self, data: Sequence[bytes]) -> "Future[None]":
        """Append the records as one frame; the future is done when they are on disk.

        Raises ServiceUnavailableException when the disk cannot keep up.
        """
        if not self._log.has_room:
            raise ServiceUnavailableException("Slow down.")
        payload = record.encode_columns([b""] * len(data), data)
        _, future = self._log.append_next([Draft(self._partition, len(data), self._clock.now_ms(), payload)])
        future.add_done_callback(lambda _: self._wake())
        return future

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called after each put."""
        self._wake = wake
        return lambda: None

    def new_partitions(self, _known: Mapping[int, int]) -> Sequence[int]:
        """There is but the one."""
        return ()

    def trim(self, partition: int, position: int) -> None:
        """Let go of what has been delivered."""
        self._log.trim(partition, position)

    def discard(self) -> None:
        """Let go of everything."""
        self._log.drop(self._partition)


class StreamSource:
    """The shards of a Kinesis stream. Its records are Kinesis's to keep and to trim."""

    def __init__(self, source: KinesisSource, streams: SourceStreams) -> None:
        self._arn = Arn.parse(source.stream_arn)
        self._streams = streams

    def shards(self) -> Sequence[Shard]:
        """The stream's shards. Raises Kinesis's ResourceNotFoundException."""
        return self._streams.shards(self._arn.account, self._arn.region, self._arn.name)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called when records have come."""
        return self._streams.subscribe(self._arn.account, self._arn.region, self._arn.name, wake)

    def new_partitions(self, known: Mapping[int, int]) -> Sequence[int]:
        """Partitions of shards that came of a split or merge of known ones.

        A stream made anew under the old name has no such shards: as on AWS, it is not picked up.
        """
        shards = self.shards()
        partitions = {shard.shard_id: shard.partition for shard in shards}
        found: list[int] = []
        for shard in shards:
            parents = {partitions.get(parent) for parent in shard.parents}
            if shard.partition not in known and not parents.isdisjoint([*known, *found]):
                found.append(shard.partition)
        return found

    def trim(self, partition: int, position: int) -> None:
        """Nothing: Kinesis keeps its records for the retention period."""

    def discard(self) -> None:
        """Nothing: the stream outlives the delivery stream."""


Source = DirectPuts | StreamSource
