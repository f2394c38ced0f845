"""The streams there are: durable in the metadata database, and live in memory for the way of a record."""

import threading
from collections.abc import Callable, Iterator

import msgspec

from afluente.core.metric import Metrics
from afluente.services.kinesis.load import Load
from afluente.services.kinesis.metric import StreamMetrics
from afluente.services.kinesis.routing import Router
from afluente.services.kinesis.stream import Key, Stream
from afluente.services.kinesis.throughput import ReadLimits
from afluente.store.database import Database
from afluente.store.document import Documents


class LiveStream:
    """A stream and what only lives as long as the process: routing, limits, metrics, who is to be woken."""

    def __init__(self, stream: Stream, metrics: Metrics) -> None:
        self.stream = stream
        self.metrics = StreamMetrics(*stream.key, metrics)
        self._monitor()
        self.placing = threading.Lock()
        """Held while records are queued by way of `router`, and while that is exchanged: nothing goes to a shard after
        it is seen closed."""
        self.router = _router(stream)
        self.read_limits = ReadLimits()
        self.load = _load(stream)
        self.listeners: dict[object, Callable[[], None]] = {}

    def change(self, stream: Stream) -> None:
        """Go on as `stream`. Who listens is woken: its shards may be others, or it may be on its way out."""
        old, router = self.stream, self.router
        if (old.shards, old.max_record_kib) != (stream.shards, stream.max_record_kib):
            router = _router(stream, router)
            self.read_limits.retain(_partitions(stream))
        with self.placing:
            self.stream, self.router = stream, router
        self._monitor()
        if old.mode != stream.mode:
            self.load = _load(stream)
        self.wake()

    def _monitor(self) -> None:
        """Measure what the stream has, and no more."""
        shard_ids = {shard.shard_id for shard in self.stream.shards}
        self.metrics.monitor(self.stream.shard_metrics, shard_ids, {each.name for each in self.stream.consumers})

    def wake(self) -> None:
        """Tell everyone who asked that records have come, or that the stream has changed."""
        for listener in list(self.listeners.values()):
            listener()


class StreamTable:
    """Every stream by its key. Changes are on disk when a method returns; reading never leaves memory."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._documents = Documents(database, "kinesis_stream")
        self._dropped = Documents(database, "kinesis_dropped_partition")
        self._live: dict[Key, LiveStream] = {}
        self._by_partition: dict[int, LiveStream] = {}
        self._lock = threading.Lock()
        for _, body in self._documents.scan():
            self._remember(msgspec.convert(body, Stream))

    def get(self, key: Key) -> LiveStream | None:
        """The stream under `key`, in whatever state."""
        return self._live.get(key)

    def of_partition(self, partition: int) -> LiveStream | None:
        """The stream that one of its shards' partitions belongs to."""
        return self._by_partition.get(partition)

    def scan(self) -> Iterator[LiveStream]:
        """Every stream, in the order of keys."""
        for key in sorted(self._live):
            live = self._live.get(key)
            if live is not None:
                yield live

    def put(self, stream: Stream) -> None:
        """Add a stream, or put a changed one in the place of the old.

        Partitions of shards that it no longer has wait in `dropped_partitions`.
        """
        old = self._live.get(stream.key)
        with self._database.write():
            self._documents.put(stream.key, msgspec.to_builtins(stream))
            for partition in _partitions(old.stream) - _partitions(stream) if old else ():
                self._dropped.put((str(partition),), {})
            self._database.after_commit(lambda: self._remember(stream))

    def remove(self, stream: Stream) -> None:
        """Forget a stream; its partitions wait in `dropped_partitions` until their records are gone."""
        with self._database.write():
            self._documents.delete(stream.key)
            for shard in stream.shards:
                self._dropped.put((str(shard.partition),), {})
            self._database.after_commit(lambda: self._forget(stream))

    def dropped_partitions(self) -> list[int]:
        """Partitions of streams that are gone, whose records may still be in the log."""
        return [int(partition) for (partition,), _ in self._dropped.scan()]

    def forget_partition(self, partition: int) -> None:
        """The records of this partition are gone."""
        self._dropped.delete((str(partition),))

    def _remember(self, stream: Stream) -> None:
        with self._lock:
            live = self._live.get(stream.key)
            gone = _partitions(live.stream) - _partitions(stream) if live else ()
            if live is None:
                live = self._live[stream.key] = LiveStream(stream, self._metrics)
            for shard in stream.shards:  # before anyone can learn of a new one
                self._by_partition[shard.partition] = live
            live.change(stream)
            for partition in gone:
                self._by_partition.pop(partition, None)

    def _forget(self, stream: Stream) -> None:
        with self._lock:
            live = self._live.pop(stream.key, None)
            if live is not None:
                live.metrics.close()
            for shard in stream.shards:
                self._by_partition.pop(shard.partition, None)


def _partitions(stream: Stream) -> set[int]:
    return {shard.partition for shard in stream.shards}


def _load(stream: Stream) -> Load | None:
    return Load() if stream.mode == "ON_DEMAND" else None


def _router(stream: Stream, before: Router | None = None) -> Router:
    return Router(stream.open_shards, stream.max_record_kib << 10, before)
