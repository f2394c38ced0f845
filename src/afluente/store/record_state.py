"""What the log knows of its partitions, as its frames say it one after the other; and that as the bytes of a frame.

The payload of a STATE frame, little-endian and unsigned:

    4  the last partition number given away     4  n, the number of partitions there are
    n times: 4  partition   8  the position after its last record   8  arrival of that, ms   8  trimmed before here
"""

import struct
from typing import NamedTuple

from afluente.store.record_layout import Kind

START = struct.Struct("<II")
PARTITION = struct.Struct("<IQQQ")


class PartitionState(NamedTuple):
    """Where a partition ends, when its last record arrived, and before which position it is trimmed."""

    end: int = 0
    time_ms: int = 0
    low: int = 0


NEW = PartitionState()


class LogState:
    """The partitions that are not dropped. Numbers are given away once, so all others up to `last` are gone."""

    def __init__(self, last: int = 0, partitions: dict[int, PartitionState] | None = None) -> None:
        self.last = last
        self.partitions = partitions or {}

    def get(self, partition: int) -> PartitionState:
        """What is known of a partition; nothing of one that is not there."""
        return self.partitions.get(partition, NEW)

    def is_gone(self, partition: int) -> bool:
        """Was the partition dropped?"""
        return partition <= self.last and partition not in self.partitions

    def add(self, partition: int, end: int, time_ms: int) -> None:
        """Take in records: the partition goes on at `end`."""
        old = self.partitions.get(partition)
        if old is None:
            self._add(partition)
            old = NEW
        self.partitions[partition] = PartitionState(end, time_ms, old.low)

    def apply(self, kind: int, partition: int, position: int, count: int) -> None:
        """Take in one of the log's own notes."""
        match kind:
            case Kind.NUMBERS:
                for number in range(position, position + count):
                    self._add(number)
            case Kind.TRIM if partition in self.partitions:
                old = self.partitions[partition]
                self.partitions[partition] = old._replace(low=max(old.low, position))
            case Kind.DROP:
                self.partitions.pop(partition, None)

    def _add(self, partition: int) -> None:
        self.partitions.setdefault(partition, NEW)
        self.last = max(self.last, partition)

    def encode(self) -> bytes:
        """The payload of a STATE frame."""
        entries = [PARTITION.pack(number, *state) for number, state in sorted(self.partitions.items())]
        return START.pack(self.last, len(entries)) + b"".join(entries)


def decode_state(payload: bytes) -> LogState:
    """The state in a payload that `encode` made."""
    last, count = START.unpack_from(payload)
    entries = PARTITION.iter_unpack(payload[START.size : START.size + count * PARTITION.size])
    return LogState(last, {number: PartitionState(*state) for number, *state in entries})
