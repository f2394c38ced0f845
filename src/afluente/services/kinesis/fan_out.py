"""Enhanced fan-out: what SubscribeToShard sends, for as many subscribers as there are, none of whom has a thread.

A subscription is a coroutine on the gateway's event loop. It is woken when records are on disk, when its stream
changes, and by an alarm on the clock; then it has a batch read and encoded on a worker thread. The next batch is read
when the client has taken the one before, so that a slow client holds no more than that.
"""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from afluente.core.alarm import Alarms
from afluente.core.clock import Clock
from afluente.core.provider import Event
from afluente.core.setting import Settings
from afluente.services.kinesis import description
from afluente.services.kinesis.consumer import Consumer
from afluente.services.kinesis.error import ResourceInUseException
from afluente.services.kinesis.given import GivenRecord, cbor_records, json_records
from afluente.services.kinesis.lease import Lease, Leases
from afluente.services.kinesis.reader import RecordBatch
from afluente.services.kinesis.sequence_number import SequenceNumber
from afluente.services.kinesis.shard_tree import children
from afluente.services.kinesis.stream import Shard, Stream
from afluente.services.kinesis.stream_table import LiveStream
from afluente.store.record_log import RecordLog

HEARTBEAT_MS = 5_000
"""Without records, an event says so as often as this: seen on AWS."""

EVENT_BYTES, EVENT_RECORDS = 1 << 20, 10_000
"""What an event holds, but for a single put that is larger."""

READERS = 2
"""Threads that read the log for all subscriptions."""

NAME = "SubscribeToShardEvent"


class Source(Protocol):
    """Where records come from."""

    def read(self, partition: int, position: int, limit_bytes: int, limit_records: int) -> RecordBatch:
        """Records of a shard from `position` on."""

    def behind_ms(self, batch: RecordBatch) -> int:
        """MillisBehindLatest after `batch`."""


class FanOut:
    """The subscriptions to the shards of `source`, whose records lie in `log`."""

    def __init__(self, source: Source, log: RecordLog, settings: Settings, clock: Clock) -> None:
        self.source = source
        self.log = log
        self.clock = clock
        self.alarms = Alarms("kinesis-fan-out", clock)
        self.pool = ThreadPoolExecutor(READERS, thread_name_prefix="kinesis-fan-out")
        self._leases = Leases(self.alarms, clock, enforce_limits=settings.shard_limits)

    def start(self) -> None:
        self.alarms.start()

    def stop(self) -> None:
        """To be called when no subscription is left: the gateway ends them first."""
        self.alarms.stop()
        self.pool.shutdown()

    def subscribe(
        self, live: LiveStream, consumer: Consumer, shard: Shard, position: int
    ) -> AsyncGenerator[Event, None]:
        """The events of a shard from `position` on. Raises ResourceInUseException."""
        stream = live.stream
        where = f"{stream.account}:{stream.name}:{shard.shard_id}:{consumer.name}"
        try:
            lease = self._leases.take((consumer.arn(stream.arn), shard.shard_id), where)
        except ResourceInUseException:
            live.metrics.subscribed(consumer.name, accepted=False)
            raise
        live.metrics.subscribed(consumer.name, accepted=True)
        return Subscription(self, live, consumer, shard=shard, position=position, lease=lease).events()


class Subscription:
    """One consumer's way through one shard."""

    def __init__(
        self, fan_out: FanOut, live: LiveStream, consumer: Consumer, *, shard: Shard, position: int, lease: Lease
    ) -> None:
        self._fan_out = fan_out
        self._live = live
        self._consumer = consumer
        self._shard = shard
        self._position = position
        self._lease = lease
        self._last_ms = lease.accepted_at_ms
        self._armed_ms: int | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events, until its time is up, the shard has ended, or the stream is deleted."""
        wakeup = Wakeup(asyncio.get_running_loop())
        self._lease.wake = wakeup.set
        ticket = object()
        self._live.listeners[ticket] = wakeup.set
        try:
            while not self._is_over():
                event = await self._next()
                if event is not None:
                    yield event
                elif self._has_ended():
                    self._note(self._fan_out.clock.now_ms())
                    yield NAME, self._last_event()
                    return
                else:
                    self._arm(wakeup)
                    await wakeup.wait()
        finally:
            self._lease.wake = None
            self._live.listeners.pop(ticket, None)
            wakeup.close()

    def _is_over(self) -> bool:
        deleted = self._live.stream.gone_at_ms is not None  # AWS ends the answer, too, and does not say why
        return deleted or self._lease.is_over(self._fan_out.clock.now_ms())

    async def _next(self) -> Event | None:
        """What is to be sent now; None: nothing yet."""
        now_ms = self._fan_out.clock.now_ms()
        if self._has_records() and self._lease.ready_at_ms(now_ms) <= now_ms:
            batch = await asyncio.get_running_loop().run_in_executor(self._fan_out.pool, self._read)
            self._position = batch.next_position
            if batch.count:
                behind_ms = self._fan_out.source.behind_ms(batch)
                self._lease.sent(batch.size_bytes)
                self._note(now_ms, batch.size_bytes, batch.count, behind_ms)
                return NAME, GivenEvent(self._live.stream, batch, behind_ms)
        if now_ms >= self._last_ms + HEARTBEAT_MS and not self._has_ended():
            self._note(now_ms)
            number = SequenceNumber(self._shard.created_s, self._shard.index, self._position, now_ms // 1000)
            return NAME, {"Records": [], "ContinuationSequenceNumber": str(number), "MillisBehindLatest": 0}
        return None

    def _note(self, now_ms: int, size_bytes: int = 0, records: int = 0, behind_ms: int = 0) -> None:
        """An event is on its way."""
        self._last_ms = now_ms
        self._live.metrics.event(self._consumer.name, self._shard.shard_id, size_bytes, records, behind_ms)

    def _has_records(self) -> bool:
        return self._fan_out.log.end(self._shard.partition) > self._position

    def _read(self) -> RecordBatch:
        return self._fan_out.source.read(self._shard.partition, self._position, EVENT_BYTES, EVENT_RECORDS)

    def _has_ended(self) -> bool:
        """Is the shard closed, and all of it sent?"""
        present = [shard for shard in self._live.stream.shards if shard.partition == self._shard.partition]
        if not present:
            return True  # past retention
        if present[0].closed_at_ms is None:
            return False
        return self._position >= self._fan_out.log.next_position(self._shard.partition)

    def _last_event(self) -> dict[str, Any]:
        """The end of a closed shard: seen on AWS, it has children and no ContinuationSequenceNumber."""
        found = [description.child_shard(shard) for shard in children(self._live.stream, self._shard)]
        return {"Records": [], "MillisBehindLatest": 0, "ChildShards": found}

    def _arm(self, wakeup: "Wakeup") -> None:
        """Have the clock wake it when something will be due, unless an earlier alarm is set already."""
        now_ms = self._fan_out.clock.now_ms()
        due_ms = self._last_ms + HEARTBEAT_MS
        if self._has_records():
            due_ms = min(due_ms, self._lease.ready_at_ms(now_ms))
        if self._armed_ms is None or self._armed_ms <= now_ms or due_ms < self._armed_ms:
            self._armed_ms = due_ms
            self._fan_out.alarms.set(due_ms, wakeup.set)


class Wakeup:
    """Wakes the one coroutine that waits, from any thread. Who waits looks again at everything when woken."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()
        self._is_coming = False

    def set(self) -> None:
        """Wake it, now or when it waits next. Many calls before it is awake cost one round of the loop."""
        if not self._is_coming:
            self._is_coming = True
            self._loop.call_soon_threadsafe(self._event.set)

    def close(self) -> None:
        """Wake nobody any more: the loop may be gone before the last alarm."""
        self._is_coming = True

    async def wait(self) -> None:
        """Return after `set`."""
        await self._event.wait()
        self._event.clear()
        self._is_coming = False


class JsonEvent(msgspec.Struct, rename="pascal"):
    """SubscribeToShardEvent in JSON."""

    records: list[GivenRecord]
    continuation_sequence_number: str
    millis_behind_latest: int


ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class GivenEvent:
    """An event with records, which it decodes and encodes on the thread that asks it to."""

    stream: Stream
    batch: RecordBatch
    behind_ms: int

    @property
    def _continuation(self) -> str:
        """The number of the last record."""
        shard, frame = self.batch.shard, self.batch.frames[-1]
        return str(SequenceNumber(shard.created_s, shard.index, self.batch.next_position, frame.time_ms // 1000))

    def json(self) -> bytes:
        return ENCODER.encode(JsonEvent(json_records(self.stream, self.batch), self._continuation, self.behind_ms))

    def cbor(self) -> bytes:
        import cbor2  # noqa: PLC0415  # as in `given`

        event = {
            "Records": cbor_records(self.stream, self.batch),
            "ContinuationSequenceNumber": self._continuation,
            "MillisBehindLatest": self.behind_ms,
        }
        encoded: bytes = cbor2.dumps(event, indefinite_containers=True)
        return encoded
