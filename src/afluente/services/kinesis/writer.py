"""The way of records into the log: grouping by shard, limits, framing, sequence numbers. Knows no AWS shapes."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import compress
from typing import Any

from afluente.core.clock import Clock
from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.error import ResourceNotFoundException
from afluente.services.kinesis.routing import Router
from afluente.services.kinesis.stream import Shard, Stream
from afluente.services.kinesis.stream_table import LiveStream
from afluente.store import record
from afluente.store.record_log import Draft, PartitionDropped, RecordLog

Columns = Mapping[int, tuple[Sequence[str], Sequence[bytes]]]
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
        following = {slot: sequence_number.each(numbers) for slot, numbers in self.numbers.items()}
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
        while True:
            router = live.router
            slots = router.slots(partition_keys, hash_keys)
            placed = self._place(live, router, slots, partition_keys, data)
            if placed is not None:
                return placed

    def _place(
        self, live: LiveStream, router: Router, slots: Sequence[int], keys: Sequence[str], data: Sequence[bytes]
    ) -> Placed | None:
        """Queue records, or None when the stream was resharded meanwhile: then their shards are others."""
        now_ms = self._clock.now_ms()
        columns = _columns(slots, keys, data)
        drafts = {
            slot: Draft(router.shards[slot].partition, len(column[1]), now_ms, record.encode_texts(*column))
            for slot, column in columns.items()
        }
        refused = self._refuse(router, columns, drafts, slots, now_ms) if self._enforce_limits else frozenset[int]()
        try:
            with live.placing:
                if router is not live.router:
                    return None
                frames, future = self._log.append_next(list(drafts.values()))
        except PartitionDropped:
            stream = live.stream
            raise ResourceNotFoundException(f"Stream {stream.name} under account {stream.account} not found.") from None
        numbers = {
            slot: sequence_number.numbers(router.bases[slot], frame.position, frame.count, frame.time_ms)
            for slot, frame in zip(drafts, frames, strict=True)
        }
        sizes = {slot: record.payload_size(draft.payload) for slot, draft in drafts.items()}
        if live.load is not None:
            for slot, size in sizes.items():
                live.load.count(router.shards[slot].index, size, len(numbers[slot]))
        future.add_done_callback(lambda done: _wake(live, done))
        return Placed(live, slots, router.shards, numbers, sizes, refused, future)

    def _refuse(
        self, router: Router, columns: Columns, drafts: dict[int, Draft], slots: Sequence[int], now_ms: int
    ) -> frozenset[int]:
        """Take out of `drafts` what the shards have no room for in this second; the indexes of those records."""
        refused: list[int] = []
        with self._limits:
            for slot, draft in list(drafts.items()):
                limit = router.limits[slot]
                if limit.admit_all(draft.count, record.payload_size(draft.payload), now_ms):
                    continue
                keys, data = columns[slot]
                sizes = [len(key.encode()) + len(datum) for key, datum in zip(keys, data, strict=True)]
                admitted = limit.admit(sizes, now_ms)
                mine = (index for index, other in enumerate(slots) if other == slot)
                refused += [index for index, fits in zip(mine, admitted, strict=True) if not fits]
                if any(admitted):
                    payload = record.encode_texts(list(compress(keys, admitted)), list(compress(data, admitted)))
                    drafts[slot] = Draft(draft.partition, sum(admitted), now_ms, payload)
                else:
                    del drafts[slot]
        return frozenset(refused)


def _columns(slots: Sequence[int], keys: Sequence[str], data: Sequence[bytes]) -> Columns:
    used = set(slots)
    if len(used) == 1:
        return {slots[0]: (keys, data)}
    columns: dict[int, tuple[list[str], list[bytes]]] = {slot: ([], []) for slot in used}
    # By list, as that is quicker than by dict; a stream has no more than a few thousand shards.
    add_key: list[Any] = [None] * (max(used, default=-1) + 1)
    add_data = add_key.copy()
    for slot, column in columns.items():
        add_key[slot], add_data[slot] = column[0].append, column[1].append
    for slot, key, datum in zip(slots, keys, data, strict=True):
        add_key[slot](key)
        add_data[slot](datum)
    return columns


def _wake(live: LiveStream, done: "Future[None]") -> None:
    if done.exception() is None:
        live.wake()
