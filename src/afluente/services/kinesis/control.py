"""The control plane: making and deleting streams, and what becomes of them with time.

What a stream is asked to become is written down as steps with a time each, so that it comes about after a crash too.
Whoever finds a step due takes it: the loop, or a request that looks at the stream. One thread at a time changes
streams. The rules of each change are with the change (`reshard`, `retention`, `mode`); records are `engine`'s.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from itertools import islice

import msgspec

from afluente.core.clock import Clock
from afluente.core.setting import Settings
from afluente.services.kinesis import quota
from afluente.services.kinesis.capacity import Capacity
from afluente.services.kinesis.error import ResourceInUseException, ResourceNotFoundException
from afluente.services.kinesis.shard_tree import kept_shards, resharded
from afluente.services.kinesis.stream import Change, Key, Reshard, Step, Stream, even_shards
from afluente.services.kinesis.stream_table import LiveStream, StreamTable
from afluente.store.record_log import RecordLog

log = logging.getLogger(__name__)


class Control:
    """Streams' lives, over the table that keeps them. `lock` is held by who changes one."""

    def __init__(
        self, table: StreamTable, log: RecordLog, settings: Settings, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self.lock = threading.RLock()
        self._table = table
        self._log = log
        self._settings = settings
        self._clock = clock
        self._wake = wake

    def peek(self, key: Key) -> LiveStream:
        """The stream under `key`, without what is due. Raises ResourceNotFoundException. Never blocks."""
        live = self._table.get(key)
        if live is None or live.stream.is_gone(self._clock.now_ms()):
            raise ResourceNotFoundException(f"Stream {key[2]} under account {key[0]} not found.")
        return live

    def find(self, key: Key) -> LiveStream:
        """The stream under `key`, in whatever state. Raises ResourceNotFoundException."""
        live = self.peek(key)
        self._settle(live)
        return live

    def streams(self, account: str, region: str) -> list[Stream]:
        """The streams of one account and region, by name."""
        now_ms, found = self._clock.now_ms(), []
        for live in self._table.scan():
            if live.stream.key[:2] == (account, region) and not live.stream.is_gone(now_ms):
                self._settle(live)
                found.append(live.stream)
        return found

    def active(self, key: Key) -> Stream:
        """The stream, to be changed. Raises ResourceInUseException unless it is ACTIVE, ResourceNotFoundException."""
        stream = self.find(key).stream
        self.require(stream, {"ACTIVE"})
        return stream

    def require(self, stream: Stream, statuses: Collection[str]) -> None:
        """Raises ResourceInUseException unless the stream is in one of these states."""
        status = stream.status(self._clock.now_ms())
        if status not in statuses:
            raise ResourceInUseException(
                f"Stream {stream.name} under account {stream.account} not ACTIVE, instead in state {status}"
            )

    def put(self, stream: Stream) -> None:
        """Have a stream be as `stream` says, from now on."""
        self._table.put(stream)

    def begin(self, stream: Stream, *steps: Step) -> None:
        """Have an ACTIVE stream go through `steps`; it is UPDATING until the last is done."""
        self._table.put(self._advanced(msgspec.structs.replace(stream, pending=steps), self._clock.now_ms()))
        self._wake()

    def change(self, stream: Stream, **members: object) -> None:
        """Have an ACTIVE stream get new values, in their form as JSON, when it has been UPDATING for a while."""
        self.begin(stream, Change(self.update_ms(1), members))

    def update_ms(self, steps: int) -> int:
        """When a step that is `steps` from now is due."""
        return self._clock.now_ms() + steps * self._settings.kinesis_update_delay_ms

    def create(self, key: Key, capacity: Capacity, tags: Mapping[str, str], max_record_kib: int) -> None:
        """Make a stream. Raises ResourceInUseException, LimitExceededException."""
        now_ms = self._clock.now_ms()
        with self.lock:
            self._make_room(key, capacity)
            stream = Stream(
                account=key[0],
                region=key[1],
                name=key[2],
                mode=capacity.mode,
                created_at_ms=now_ms,
                active_at_ms=now_ms + self._settings.kinesis_create_delay_ms,
                shards=even_shards(self._log.new_partitions(capacity.shards), now_ms),
                tags=dict(tags),
                max_record_kib=max_record_kib,
                on_demand_since_ms=now_ms,
                warm_mib=capacity.warm_mib,
                warm_target_mib=capacity.warm_mib,
            )
            self._table.put(stream)

    def delete(self, key: Key, *, with_consumers: bool) -> None:
        """Begin to delete; deleting again changes nothing. Raises ResourceInUseException when consumers object."""
        with self.lock:
            stream, now_ms = self.find(key).stream, self._clock.now_ms()
            if stream.consumers_at(now_ms) and not with_consumers:
                raise ResourceInUseException(
                    f"DeleteStream can't delete {stream.arn} because there are consumers associated with this data "
                    f"stream. To delete {stream.name} anyway, set the EnforceConsumerDeletion parameter to true to "
                    "force the deletion of all the consumers that are associated with it."
                )
            if stream.gone_at_ms is None:
                gone_at_ms = now_ms + self._settings.kinesis_delete_delay_ms
                self._table.put(msgspec.structs.replace(stream, gone_at_ms=gone_at_ms, pending=(), consumers=()))
                self._wake()

    def sweep(self) -> int | None:
        """Take the steps that are due, and let go of what is over for good; when the next of it will be due."""
        with self.lock:
            for live in list(self._table.scan()):
                self._advance(live)
                self._clear(live.stream)
        for partition in self._table.dropped_partitions():
            self._log.drop(partition)
            self._table.forget_partition(partition)
        due = [live.stream.due_at_ms for live in self._table.scan()]
        return min((at_ms for at_ms in due if at_ms is not None), default=None)

    def _clear(self, stream: Stream) -> None:
        """Remove a stream that is gone, or its shards that are past retention; their records go with `sweep`."""
        now_ms = self._clock.now_ms()
        if stream.is_gone(now_ms):
            self._table.remove(stream)
        elif len(kept := kept_shards(stream, now_ms)) < len(stream.shards):
            self._table.put(msgspec.structs.replace(stream, shards=tuple(kept)))

    def _settle(self, live: LiveStream) -> None:
        """Take the steps that are due, if that can be done."""
        try:
            self._advance(live)
        except Exception:  # what keeps it from being written down must not keep records from being read
            log.debug("%s stays UPDATING for now", live.stream.arn, exc_info=True)  # the loop tells of it louder

    def _advance(self, live: LiveStream) -> None:
        if not live.stream.is_due(self._clock.now_ms()):
            return
        with self.lock:
            now_ms = self._clock.now_ms()
            if live.stream.is_due(now_ms):
                self._table.put(self._advanced(live.stream, now_ms))

    def _advanced(self, stream: Stream, now_ms: int) -> Stream:
        """The stream after the steps that are due."""
        due = [step for step in stream.pending if step.at_ms <= now_ms]
        children = sum(len(step.starts) for step in due if isinstance(step, Reshard))
        partitions = iter(self._log.new_partitions(children) if children else ())
        for step in due:
            if isinstance(step, Reshard):
                shards = resharded(stream, step, list(islice(partitions, len(step.starts))), now_ms)
                stream = msgspec.structs.replace(stream, shards=shards)
            else:
                stream = stream.changed(step.members, now_ms)
        return msgspec.structs.replace(stream, pending=stream.pending[len(due) :])

    def _make_room(self, key: Key, capacity: Capacity) -> None:
        """Check that there may be a new stream under `key`, and clear away a deleted one."""
        account, region, name = key
        old = self._table.get(key)
        if old is not None and not old.stream.is_gone(self._clock.now_ms()):
            raise ResourceInUseException(f"Stream {name} under account {account} already exists.")
        streams = self.streams(account, region)
        if capacity.mode == "ON_DEMAND":
            quota.check_on_demand(streams, key)
        else:
            quota.check_shards(streams, key, capacity.shards)
        if old is not None:
            self._table.remove(old.stream)
