"""The data plane of Kinesis, and what other services are given of it: shards, reading, waking, counters.

Streams come and go in `control`; how records lie in the log is `writer`'s and `reader`'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.core.metric import Metrics
from afluente.core.setting import Settings
from afluente.services.kinesis.account import Accounts
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
)
from afluente.services.kinesis.fan_out import FanOut
from afluente.services.kinesis.fault import Faults
from afluente.services.kinesis.on_demand import OnDemandScaling
from afluente.services.kinesis.put import rate_exceeded
from afluente.services.kinesis.reader import RecordBatch
from afluente.services.kinesis.registration import Registration
from afluente.services.kinesis.resource import ConsumerName, resource_of_arn
from afluente.services.kinesis.resource_policy import ResourcePolicies
from afluente.services.kinesis.shard_iterator import ShardIterator, Start, position_of, read_iterator
from afluente.services.kinesis.shard_tree import children, find_shard, kept_shards
from afluente.services.kinesis.stream import Key, Stream
from afluente.services.kinesis.stream import Shard as StoredShard
from afluente.services.kinesis.stream_table import LiveStream, StreamTable
from afluente.services.kinesis.token import TokenMaker
from afluente.services.kinesis.writer import Placed, Writer
from afluente.store.database import Database
from afluente.store.document import Documents
from afluente.store.record_log import RecordLog

PAGE_BYTES, PAGE_RECORDS = 10 << 20, 10_000
"""What one GetRecords gives at most."""

TRIM_EVERY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard for those who read it: its partition of the record log, and the position its next record will get."""

    shard_id: str
    parents: tuple[str, ...]
    partition: int
    next_position: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """One stream at a glance: the records that the log has ever been given. The rest is measured (`metric`)."""

    account: str
    region: str
    stream: str
    records_ever: int


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to one GetRecords."""

    stream: Stream
    batch: RecordBatch
    next_iterator: str | None
    """None at the end of a closed shard: then there are `children` to go on with."""

    millis_behind_latest: int
    children: Sequence[StoredShard] = ()


class KinesisEngine:
    """Kinesis. `start` begins to take the steps that are due, to trim and to clear away; `stop` ends that.

    Measures itself into `metrics`, if given.
    """

    def __init__(
        self, database: Database, log: RecordLog, settings: Settings, clock: Clock, metrics: Metrics | None = None
    ) -> None:
        self._table = StreamTable(database, metrics or Metrics(clock))
        self._log = log
        self._settings = settings
        self._clock = clock
        self._loop = Loop("kinesis", self._tidy, clock)
        self.control = Control(self._table, log, settings, clock, self._loop.wake)
        self.registration = Registration(self.control, settings, clock)
        self._scaling = OnDemandScaling(self.control, clock)
        self.policies = ResourcePolicies(self.control, self.registration)
        self.accounts = Accounts(database, clock)
        self.tokens = TokenMaker(Documents(database, "kinesis_secret"))
        self._writer = Writer(log, settings.shard_limits, clock)
        self.faults = Faults(settings.kinesis_fault_rate, settings.kinesis_fault_seed)
        self.fan_out = FanOut(self, log, settings, clock)

    def start(self) -> None:
        self._loop.start()
        self.fan_out.start()

    def stop(self) -> None:
        self.fan_out.stop()
        self._loop.stop()

    # What other services are given (see `ARCHITECTURE.md`, data-plane ports).

    def shards(self, account: str, region: str, stream: str) -> list[Shard]:
        """The shards of a stream, also while it is CREATING; parents before children. Raises ResourceNotFoundException.

        Who has read a closed shard up to `next_position` has read all of it.
        """
        found = self.control.find((account, region, stream)).stream
        return [self._shard(shard) for shard in kept_shards(found, self._clock.now_ms())]

    def _shard(self, shard: StoredShard) -> Shard:
        closed = shard.closed_at_ms is not None
        # What was still queued when a shard was closed has yet to come to its end.
        position = self._log.next_position(shard.partition) if closed else self._log.end(shard.partition)
        return Shard(shard.shard_id, shard.parents, shard.partition, position, closed)

    def locate(self, account: str, region: str, stream: str, sequence_number: str) -> tuple[str, int, int]:
        """Of the record with that number, be it kept or not: the shard's id, its partition, and the position there.

        Raises ResourceNotFoundException; InvalidArgumentException for a number that is none of a record of the stream.
        """
        found = self.control.find((account, region, stream)).stream
        for shard in found.shards:
            if (position := position_of(sequence_number, shard, self._log)) is not None:
                return shard.shard_id, shard.partition, position
        raise InvalidArgumentException(f"Sequence number {sequence_number} did not come from the stream {stream}.")

    def read(self, partition: int, position: int, limit_bytes: int, limit_records: int = PAGE_RECORDS) -> RecordBatch:
        """Records of a shard from `position` on that are within the retention period.

        At least one frame if there is one, then up to `limit_bytes`. Raises ResourceNotFoundException for a shard that
        is gone, CorruptFrame.
        """
        live, shard = self._of_partition(partition)
        frames = self._log.read(partition, position, limit_bytes, limit_records)
        horizon_ms = live.stream.horizon_ms(self._clock.now_ms())
        if frames[0].time_ms < horizon_ms if frames else position < self._log.end(partition):
            position = max(position, self._log.seek_time(partition, horizon_ms))
            frames = self._log.read(partition, position, limit_bytes, limit_records)
        return RecordBatch(shard, frames, position, limit_records)

    def subscribe(self, account: str, region: str, stream: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called, from any thread, after records of a stream are on disk or it has changed.

        Returns what ends that.
        """
        live, ticket = self.control.find((account, region, stream)), object()
        live.listeners[ticket] = wake
        return lambda: live.listeners.pop(ticket, None) and None

    def resource_policy(self, arn: str) -> tuple[str, str | None] | None:
        """The owning account and the resource policy of a stream or consumer; None when there is no such resource."""
        try:
            resource = resource_of_arn(arn)
            owner = resource.stream[0] if isinstance(resource, ConsumerName) else resource[0]
            return owner, self.policies.get(resource)
        except (ResourceNotFoundException, ValueError):
            return None

    def statistics(self) -> list[Statistics]:
        """The counters of every stream."""
        return [self._statistics(live) for live in self._table.scan()]

    def _statistics(self, live: LiveStream) -> Statistics:
        ever = sum(self._log.end(shard.partition) for shard in live.stream.shards)
        return Statistics(*live.stream.key, ever)

    # What the operations do.

    def writable(self, key: Key) -> LiveStream:
        """The stream, if it takes and gives records. Raises ResourceNotFoundException else, as AWS does."""
        return self._writable(self.control.find(key))

    def writable_now(self, key: Key) -> LiveStream:
        """As `writable`, but without what is due of the stream. Never blocks."""
        return self._writable(self.control.peek(key))

    def _writable(self, live: LiveStream) -> LiveStream:
        if live.stream.status(self._clock.now_ms()) in {"CREATING", "DELETING"}:
            stream = live.stream
            raise ResourceNotFoundException(f"Stream {stream.name} under account {stream.account} not found.")
        return live

    @property
    def enforces_control_limits(self) -> bool:
        """Are control-plane operations to be throttled as on AWS?"""
        return self._settings.kinesis_control_limits

    @property
    def has_room(self) -> bool:
        """May a batch be placed without first waiting for the disk?"""
        return self._log.has_room

    def place(self, live: LiveStream, partition_keys: Sequence[str], data: Sequence[bytes]) -> Placed:
        """Queue a batch; see `Writer.place`. Never blocks."""
        return self._writer.place(live, partition_keys, data)

    def put(
        self,
        live: LiveStream,
        partition_keys: Sequence[str],
        data: Sequence[bytes],
        hash_keys: Sequence[str | None],
    ) -> Placed:
        """Queue a batch when there is room, and block until it is on disk or has failed; its future is done."""
        self._log.wait_for_room()
        placed = self._writer.place(live, partition_keys, data, hash_keys)
        placed.future.exception()
        return placed

    def shard_iterator(
        self, key: Key, shard_id: str, kind: str, starting_sequence_number: str | None, timestamp: datetime | None
    ) -> str:
        """A shard iterator. Raises ResourceNotFoundException, InvalidArgumentException."""
        live, now_ms = self.writable(key), self._clock.now_ms()
        stream, shard = live.stream, find_shard(live.stream, shard_id, now_ms)
        start = self.start_of(stream, shard, "GetShardIterator")
        position = start.position(kind, starting_sequence_number, timestamp)
        if self._settings.shard_limits and not live.read_limits.admit_iterator(shard.partition, now_ms):
            raise ProvisionedThroughputExceededException(rate_exceeded(stream, shard))
        return self._iterator(key, shard, position)

    def start_of(self, stream: Stream, shard: StoredShard, operation: str) -> Start:
        """Finds where `operation` begins to read a shard."""
        return Start(self._log, stream, shard, self._clock.now_ms(), operation)

    def page(self, text: str, account: str, region: str, limit: int = PAGE_RECORDS, stream: Key | None = None) -> Page:
        """Up to `limit` records from a shard iterator on; of `stream`, if given. Raises what GetRecords answers."""
        began_ms = self._clock.now_ms()
        iterator = read_iterator(self.tokens, text, account, region, began_ms)
        if stream is not None and iterator.key != stream:
            raise InvalidArgumentException(
                f"Input stream name {iterator.key[2]} doesn't match the inferred name in stream arn {stream[2]}"
            )
        live, shard = self._readable(iterator)
        self._admit_read(live, shard)
        batch = self.read(shard.partition, iterator.position, PAGE_BYTES, limit)
        live.read_limits.count(shard.partition, batch.size_bytes, began_ms)
        page = self._page(live.stream, iterator.key, batch)
        live.metrics.get_records(shard.shard_id, batch.size_bytes, batch.count, page.millis_behind_latest, began_ms)
        return page

    def check_iterator(self, text: str, account: str, region: str) -> None:
        """Raises what GetRecords answers to this iterator, but for throttles."""
        self._readable(read_iterator(self.tokens, text, account, region, self._clock.now_ms()))

    def _page(self, stream: Stream, key: Key, batch: RecordBatch) -> Page:
        """`batch` of a shard as it was before it was read: if that was closed then, nothing has been added since."""
        shard, behind_ms = batch.shard, self.behind_ms(batch)
        if shard.closed_at_ms is not None and batch.next_position >= self._log.next_position(shard.partition):
            return Page(stream, batch, None, behind_ms, children(stream, shard))
        return Page(stream, batch, self._iterator(key, shard, batch.next_position), behind_ms)

    def _iterator(self, key: Key, shard: StoredShard, position: int) -> str:
        return self.tokens.make(ShardIterator(key, shard.index, shard.partition, position, self._clock.now_ms()))

    def _readable(self, iterator: ShardIterator) -> tuple[LiveStream, StoredShard]:
        """The shard that an iterator is for; a stream made anew under the name is another one."""
        self.writable(iterator.key)
        return self._of_partition(iterator.partition)

    def _of_partition(self, partition: int) -> tuple[LiveStream, StoredShard]:
        live = self._table.of_partition(partition)
        shards = live.stream.shards if live else ()
        for shard in shards:
            if live and shard.partition == partition:
                return live, shard
        raise ResourceNotFoundException("The shard does not exist any more: its records are past retention.")

    def _admit_read(self, live: LiveStream, shard: StoredShard) -> None:
        if self._settings.shard_limits and not live.read_limits.admit(shard.partition, self._clock.now_ms()):
            live.metrics.read_exceeded(shard.shard_id)
            raise ProvisionedThroughputExceededException(rate_exceeded(live.stream, shard))

    def behind_ms(self, batch: RecordBatch) -> int:
        """MillisBehindLatest: zero only for who has read everything."""
        if batch.last_arrived_at_ms is None or batch.next_position >= self._log.end(batch.shard.partition):
            return 0
        return max(1, self._clock.now_ms() - batch.last_arrived_at_ms)

    def _tidy(self) -> int:
        """Take the steps that are due, and clear away what is deleted or past retention; when to do so again."""
        due_ms = self.control.sweep()
        now_ms = self._clock.now_ms()
        for live in self._table.scan():
            self._scaling.observe(live)
            for shard in live.stream.shards:
                self._log.trim(shard.partition, self._log.seek_time(shard.partition, live.stream.horizon_ms(now_ms)))
        return min(now_ms + TRIM_EVERY_MS, due_ms or now_ms + TRIM_EVERY_MS)
