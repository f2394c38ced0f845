"""What a shard takes and gives per second, as token buckets on the clock. Only `ReadLimits` locks.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence

MIB = 1 << 20
WRITE_RECORDS, WRITE_BYTES = 1000, MIB
READ_CALLS, READ_BYTES = 5, 2 * MIB


class Bucket:
    """Holds up to `capacity` tokens and gains `rate_per_s`. It may be overdrawn, and then has to be paid back first."""

    def __init__(self, capacity: int, rate_per_s: int) -> None:
        self._capacity = capacity
        self._rate_per_s = rate_per_s
        self._level = float(capacity)
        self._filled_at_ms = 0

    def level(self, now_ms: int) -> float:
        """The tokens it holds now. A clock that was set back gains nothing, and goes on from there."""
        gained = max(0, now_ms - self._filled_at_ms) * self._rate_per_s / 1000
        self._level = min(self._capacity, self._level + gained)
        self._filled_at_ms = now_ms
        return self._level

    def is_full(self, now_ms: int) -> bool:
        """Is nothing missing?"""
        return self.level(now_ms) >= self._capacity

    def admit(self, now_ms: int) -> bool:
        """Take a token, if there is one."""
        fits = self.level(now_ms) >= 1
        if fits:
            self.take(1)
        return fits

    def take(self, amount: int) -> None:
        """Remove `amount` tokens, be they there or not."""
        self._level -= amount


class WriteLimit:
    """1,000 records and 1 MiB (keys included) per second; larger records, where allowed, burst up to their size."""

    def __init__(self, max_record_bytes: int) -> None:
        self._records = Bucket(WRITE_RECORDS, WRITE_RECORDS)
        self._bytes = Bucket(max(WRITE_BYTES, max_record_bytes), WRITE_BYTES)

    def admit(self, sizes: Sequence[int], now_ms: int) -> list[bool]:
        """For each record, in order: is there room for it? What is admitted is taken."""
        records, size = int(self._records.level(now_ms)), int(self._bytes.level(now_ms))
        admitted = []
        for record_bytes in sizes:
            fits = records >= 1 and size >= record_bytes
            if fits:
                records -= 1
                size -= record_bytes
                self._records.take(1)
                self._bytes.take(record_bytes)
            admitted.append(fits)
        return admitted

    def admit_all(self, count: int, size: int, now_ms: int) -> bool:
        """Take all of a batch, if there is room for all of it."""
        fits = self._records.level(now_ms) >= count and self._bytes.level(now_ms) >= size
        if fits:
            self._records.take(count)
            self._bytes.take(size)
        return fits


class ReadLimit:
    """Five GetRecords and 2 MiB per second, and five GetShardIterator.

    A page of up to 10 MiB is given at once. What was given beyond 2 MiB is paid back until all of them are there again:
    after a page of 10 MiB, nothing is given for five seconds.
    """

    def __init__(self) -> None:
        self._calls = Bucket(READ_CALLS, READ_CALLS)
        self._iterators = Bucket(READ_CALLS, READ_CALLS)
        self._bytes = Bucket(READ_BYTES, READ_BYTES)
        self._pays_back = False

    def admit(self, now_ms: int) -> bool:
        """May a GetRecords be made now? It is counted."""
        self._pays_back = self._pays_back and not self._bytes.is_full(now_ms)
        return not self._pays_back and self._bytes.level(now_ms) > 0 and self._calls.admit(now_ms)

    def admit_iterator(self, now_ms: int) -> bool:
        """May a GetShardIterator be made now? It is counted."""
        return self._iterators.admit(now_ms)

    def count(self, size: int, now_ms: int) -> None:
        """A GetRecords gave `size` bytes."""
        self._bytes.take(size)
        self._pays_back = self._bytes.level(now_ms) < 0


class ReadLimits:
    """The read limits of a stream's shards, by their partitions. For any thread."""

    def __init__(self) -> None:
        self._limits: defaultdict[int, ReadLimit] = defaultdict(ReadLimit)
        self._lock = threading.Lock()

    def admit(self, partition: int, now_ms: int) -> bool:
        """May a GetRecords be made now? It is counted."""
        with self._lock:
            return self._limits[partition].admit(now_ms)

    def admit_iterator(self, partition: int, now_ms: int) -> bool:
        """May a GetShardIterator be made now? It is counted."""
        with self._lock:
            return self._limits[partition].admit_iterator(now_ms)

    def count(self, partition: int, size: int, now_ms: int) -> None:
        """A GetRecords gave `size` bytes."""
        with self._lock:
            self._limits[partition].count(size, now_ms)

    def retain(self, partitions: Collection[int]) -> None:
        """Forget all others."""
        with self._lock:
            for partition in self._limits.keys() - partitions:
                del self._limits[partition]
