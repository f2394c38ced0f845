"""What is measured of a stream, under the names of AWS/Kinesis.

Always per stream; per shard as far as EnableEnhancedMonitoring asks for it.
https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
"""

import threading
from collections.abc import Collection, Mapping
from typing import NamedTuple

from afluente.core.metric import Measure, Metrics, Recorder

NAMESPACE = "AWS/Kinesis"

BYTES_IN = Measure("IncomingBytes", "Bytes", "Data and partition keys put, in bytes.")
RECORDS_IN = Measure("IncomingRecords", "Count", "Records put.")
WRITE_EXCEEDED = Measure("WriteProvisionedThroughputExceeded", "Count", "Records refused: the shard was at its limit.")
READ_EXCEEDED = Measure("ReadProvisionedThroughputExceeded", "Count", "GetRecords refused: the shard was at its limit.")

PUT_RECORD = (
    BYTES_IN,
    RECORDS_IN,
    WRITE_EXCEEDED,
    Measure("PutRecord.Bytes", "Bytes", "Bytes put with PutRecord."),
    Measure("PutRecord.Latency", "Milliseconds", "Time that PutRecord took.", "summary"),
    Measure("PutRecord.Success", "Count", "Whether PutRecord succeeded: 1 or 0.", "summary"),
)
PUT_RECORDS = (
    BYTES_IN,
    RECORDS_IN,
    WRITE_EXCEEDED,
    Measure("PutRecords.Bytes", "Bytes", "Bytes put with PutRecords."),
    Measure("PutRecords.Latency", "Milliseconds", "Time that PutRecords took.", "summary"),
    Measure("PutRecords.Success", "Count", "Whether a record of PutRecords was stored: 1 or 0.", "summary"),
    Measure("PutRecords.TotalRecords", "Count", "Records in PutRecords requests."),
    Measure("PutRecords.SuccessfulRecords", "Count", "Records of PutRecords that were stored."),
    Measure("PutRecords.FailedRecords", "Count", "Records of PutRecords that could not be stored."),
    Measure("PutRecords.ThrottledRecords", "Count", "Records of PutRecords that were refused."),
)
GET_RECORDS = (
    READ_EXCEEDED,
    Measure("GetRecords.Success", "Count", "Whether GetRecords succeeded: 1 or 0.", "summary"),
    Measure("GetRecords.Latency", "Milliseconds", "Time that GetRecords took.", "summary"),
    Measure("GetRecords.Records", "Count", "Records given by GetRecords."),
    Measure("GetRecords.Bytes", "Bytes", "Bytes given by GetRecords."),
    Measure("GetRecords.IteratorAgeMilliseconds", "Milliseconds", "How far GetRecords is behind the newest.", "gauge"),
)
SHARD_WRITE = (BYTES_IN, RECORDS_IN, WRITE_EXCEEDED)
SHARD_READ = (
    READ_EXCEEDED,
    Measure("OutgoingRecords", "Count", "Records given."),
    Measure("OutgoingBytes", "Bytes", "Bytes given."),
    Measure("IteratorAgeMilliseconds", "Milliseconds", "How far reading is behind the newest.", "gauge"),
)
SUBSCRIBE = (
    Measure("SubscribeToShard.Success", "Count", "Subscriptions that were accepted.", "summary"),
    Measure(
        "SubscribeToShard.RateExceeded", "Count", "Subscriptions that were refused for coming too soon.", "summary"
    ),
)
SUBSCRIBED = (
    Measure("SubscribeToShardEvent.Success", "Count", "Events that were sent.", "summary"),
    Measure("SubscribeToShardEvent.Bytes", "Bytes", "Bytes in events."),
    Measure("SubscribeToShardEvent.Records", "Count", "Records in events."),
    Measure(
        "SubscribeToShardEvent.MillisBehindLatest", "Milliseconds", "How far events are behind the newest.", "gauge"
    ),
)
SHARD_METRICS = tuple(measure.name for measure in SHARD_WRITE + SHARD_READ)
"""What EnableEnhancedMonitoring knows, but for ALL."""


class Written(NamedTuple):
    """What one put wrote to a shard, and how many of its records that refused."""

    size_bytes: int
    records: int
    refused: int = 0


class StreamMetrics:
    """Takes what happens to one stream. Shards are named by their ids."""

    def __init__(self, account: str, region: str, stream: str, metrics: Metrics) -> None:
        self.enhanced: frozenset[str] = frozenset()
        self._owner = account, region, stream
        self._metrics = metrics
        self._clock = metrics.clock
        self._put_record = self._recorder({}, PUT_RECORD)
        self._put_records = self._recorder({}, PUT_RECORDS)
        self._get_records = self._recorder({}, GET_RECORDS)
        self._shards: dict[str, tuple[Recorder, Recorder]] = {}
        self._consumers: dict[str, tuple[Recorder, Recorder]] = {}
        self._lock = threading.Lock()

    def monitor(self, names: Collection[str], shard_ids: Collection[str], consumers: Collection[str]) -> None:
        """Measure these metrics per shard from now on, and forget shards and consumers that are not among these."""
        with self._lock:
            self.enhanced = frozenset(names)
            shards = [shard_id for shard_id in self._shards if not names or shard_id not in shard_ids]
            pairs = [self._shards.pop(shard_id) for shard_id in shards]
            pairs += [self._consumers.pop(name) for name in [*self._consumers] if name not in consumers]
            self._metrics.forget([recorder for pair in pairs for recorder in pair])

    def close(self) -> None:
        """The stream is gone."""
        pairs = [*self._shards.values(), *self._consumers.values()]
        parts = [recorder for pair in pairs for recorder in pair]
        self._metrics.forget([self._put_record, self._put_records, self._get_records, *parts])

    def put_record(self, written: Written, since_ms: int, *, stored: bool) -> None:
        """A PutRecord that came at `since_ms` has been answered."""
        now_ms = self._clock.now_ms()
        if stored and written.records:
            size = written.size_bytes
            self._put_record.record(now_ms, size, 1, 0, size, now_ms - since_ms, 1)
        else:
            self._put_record.record(now_ms, None, None, written.refused, None, now_ms - since_ms, 0)

    def put_records(self, written: Written, since_ms: int, *, stored: bool) -> None:
        """A PutRecords that came at `since_ms` has been answered."""
        now_ms, (size, records, refused) = self._clock.now_ms(), written
        took_ms, total = now_ms - since_ms, records + refused
        if stored and records:
            self._put_records.record(now_ms, size, records, refused, size, took_ms, 1, total, records, 0, refused)
        else:
            self._put_records.record(now_ms, None, None, refused, None, took_ms, 0, total, 0, records, refused)

    def get_records(self, shard_id: str, size_bytes: int, records: int, behind_ms: int, since_ms: int) -> None:
        """A GetRecords that began at `since_ms` gives so much."""
        now_ms = self._clock.now_ms()
        self._get_records.record(now_ms, 0, 1, now_ms - since_ms, records, size_bytes, behind_ms)
        if self.enhanced:
            self._shard_read(shard_id, now_ms, 0, records, size_bytes, behind_ms)

    def read_exceeded(self, shard_id: str) -> None:
        """A GetRecords was refused."""
        now_ms = self._clock.now_ms()
        self._get_records.record(now_ms, 1, 0, None, None, None, None)
        if self.enhanced:
            self._shard_read(shard_id, now_ms, 1, None, None, None)

    def subscribed(self, consumer: str, *, accepted: bool) -> None:
        """A SubscribeToShard of this consumer was accepted, or refused because it came too soon."""
        self._consumer(consumer)[0].record(self._clock.now_ms(), int(accepted), int(not accepted))

    def event(self, consumer: str, shard_id: str, size_bytes: int, records: int, behind_ms: int) -> None:
        """An event of a subscription is given."""
        now_ms = self._clock.now_ms()
        self._consumer(consumer)[1].record(now_ms, 1, size_bytes, records, behind_ms)
        if self.enhanced and records:
            self._shard_read(shard_id, now_ms, None, records, size_bytes, None)

    def shards_written(self, shards: Mapping[str, Written], *, stored: bool) -> None:
        """What a put wrote to each shard. For who looks at `enhanced` first."""
        now_ms = self._clock.now_ms()
        for shard_id, (size, records, refused) in shards.items():
            row = (size, records, refused) if stored and records else (None, None, refused)
            self._shard(shard_id)[0].record(now_ms, *self._enabled(SHARD_WRITE, row))

    def _shard_read(self, shard_id: str, now_ms: int, *row: float | None) -> None:
        self._shard(shard_id)[1].record(now_ms, *self._enabled(SHARD_READ, row))

    def _enabled(self, measures: tuple[Measure, ...], row: tuple[float | None, ...]) -> list[float | None]:
        return [value if measure.name in self.enhanced else None for measure, value in zip(measures, row, strict=True)]

    def _shard(self, shard_id: str) -> tuple[Recorder, Recorder]:
        with self._lock:
            if shard_id not in self._shards:
                dimension = {"ShardId": shard_id}
                self._shards[shard_id] = self._recorder(dimension, SHARD_WRITE), self._recorder(dimension, SHARD_READ)
            return self._shards[shard_id]

    def _consumer(self, name: str) -> tuple[Recorder, Recorder]:
        with self._lock:
            if name not in self._consumers:
                dimension = {"ConsumerName": name}
                self._consumers[name] = self._recorder(dimension, SUBSCRIBE), self._recorder(dimension, SUBSCRIBED)
            return self._consumers[name]

    def _recorder(self, more: Mapping[str, str], measures: tuple[Measure, ...]) -> Recorder:
        account, region, stream = self._owner
        return self._metrics.recorder(account, region, NAMESPACE, {"StreamName": stream, **more}, measures)
