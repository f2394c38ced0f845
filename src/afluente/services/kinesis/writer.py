"""The way of records into the log: grouping by shard, limits, framing, sequence numbers. Knows no AWS shapes."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter

from afluente.core.clock import Clock
from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.error import ResourceNotFoundException
from afluente.services.kinesis.routing import Router
from afluente.services.kinesis.stream import Shard, Stream
from afluente.services.kinesis.stream_table import LiveStream
from afluente.store import record
from afluente.store.record_log import Draft, PartitionDropped, RecordLog

Columns = dict[int, tuple[Sequence[bytes], Sequence[bytes]]]
"""Keys and data of the records that go to one slot."""


@dataclass(slots=True)
class Placed:
    """What became of a batch: which shard took each record, under which numbers, and which records none had room for.

    `slots[i]` is the index into `shards` for record i; `numbers[slot]` its sequence numbers, in the batch's order,
    without the `refused`, and `sizes[slot]` their bytes. Nothing may be said of them before `future` is done.
    """

    live: LiveStream
    slots: Sequence[int]
    shards: Sequence[Shard]
    numbers: dict[int, range]
    sizes: dict[int, int]
    refused: frozenset[int]
    future: "Future[None]"

    @property
    def stream(self) -> Stream:
        """The stream as it is now."""
        return self.live.stream

    def in_order(self) -> Iterator[tuple[Shard, int | None]]:
        """(shard, sequence number, or None where it was refused) of each record, in the batch's order."""
        following = {slot: iter(numbers) for slot, numbers in self.numbers.items()}
        for index, slot in enumerate(self.slots):
            yield self.shards[slot], None if index in self.refused else next(following[slot])


class Writer:
    """Writes batches into the shards of a stream."""

    def __init__(self, log: RecordLog, enforce_limits: bool, clock: Clock) -> None:
        self._log = log
        self._enforce_limits = enforce_limits
        self._clock = clock
        self._limits = threading.Lock()

    def place(
        self,
        live: LiveStream,
        partition_keys: Sequence[str],
        data: Sequence[bytes],
        hash_keys: Sequence[str | None] | None = None,
    ) -> Placed:
        """Queue records for the shards of their keys; the future says when they are safe. Never blocks.

        hash_keys: the ExplicitHashKeys, None for records without. Raises InvalidArgumentException for one that is out
        of range, ResourceNotFoundException when the stream went away meanwhile.
        """
        keys = list(map(str.encode, partition_keys))
        while True:
            router = live.router
            slots = router.slots(partition_keys, hash_keys)
            placed = self._place(live, router, slots, keys, data)
            if placed is not None:
                return placed

    def _place(
        self, live: LiveStream, router: Router, slots: Sequence[int], keys: Sequence[bytes], data: Sequence[bytes]
    ) -> Placed | None:
        """Queue records, or None when the stream was resharded meanwhile: then their shards are others."""
        now_ms = self._clock.now_ms()
        columns = _columns(slots, keys, data)
        refused = self._refuse(router, columns, slots, now_ms) if self._enforce_limits else frozenset[int]()
        drafts = [
            Draft(router.shards[slot].partition, len(data), now_ms, record.encode_columns(keys, data))
            for slot, (keys, data) in columns.items()
        ]
        try:
            with live.placing:
                if router is not live.router:
                    return None
                frames, future = self._log.append_next(drafts)
        except PartitionDropped:
            stream = live.stream
            raise ResourceNotFoundException(f"Stream {stream.name} under account {stream.account} not found.") from None
        numbers = {
            slot: sequence_number.numbers(router.bases[slot], frame.position, frame.count, frame.time_ms)
            for slot, frame in zip(columns, frames, strict=True)
        }
        sizes = {slot: record.payload_size(draft.payload) for slot, draft in zip(columns, drafts, strict=True)}
        if live.load is not None:
            for slot, size in sizes.items():
                live.load.count(router.shards[slot].index, size, len(numbers[slot]))
        future.add_done_callback(lambda done: _wake(live, done))
        return Placed(live, slots, router.shards, numbers, sizes, refused, future)

    def _refuse(self, router: Router, columns: Columns, slots: Sequence[int], now_ms: int) -> frozenset[int]:
        """Take out of `columns` what the shards have no room for in this second; the indexes of those records."""
        refused: list[int] = []
        with self._limits:
            for slot, (keys, data) in list(columns.items()):
                limit = router.limits[slot]
                if limit.admit_all(len(keys), record.size(keys, data), now_ms):
                    continue
                sizes = [len(key) + len(datum) for key, datum in zip(keys, data, strict=True)]
                admitted = limit.admit(sizes, now_ms)
                columns[slot] = list(compress(keys, admitted)), list(compress(data, admitted))
                if not columns[slot][0]:
                    del columns[slot]
                mine = (index for index, other in enumerate(slots) if other == slot)
                refused += [index for index, fits in zip(mine, admitted, strict=True) if not fits]
        return frozenset(refused)


def _columns(slots: Sequence[int], keys: Sequence[bytes], data: Sequence[bytes]) -> Columns:
    indexes: dict[int, list[int]] = {}
    for index, slot in enumerate(slots):
        try:
            indexes[slot].append(index)
        except KeyError:
            indexes[slot] = [index]
    if len(indexes) == 1:
        return {slots[0]: (keys, data)}
    return {slot: (_pick(keys, mine), _pick(data, mine)) for slot, mine in indexes.items()}


def _pick(column: Sequence[bytes], indexes: Sequence[int]) -> Sequence[bytes]:
    return itemgetter(*indexes)(column) if len(indexes) > 1 else (column[indexes[0]],)


def _wake(live: LiveStream, done: "Future[None]") -> None:
    if done.exception() is None:
        live.wake()
