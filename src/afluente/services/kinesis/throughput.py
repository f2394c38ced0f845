"""What a shard takes and gives per second, as token buckets on the clock. Not thread-safe: the engine locks.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

from collections.abc import Sequence

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
        """The tokens it holds now."""
        if now_ms > self._filled_at_ms:
            gained = (now_ms - self._filled_at_ms) * self._rate_per_s / 1000
            self._level = min(self._capacity, self._level + gained)
            self._filled_at_ms = now_ms
        return self._level

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
    """Five GetRecords and 2 MiB per second. A page of up to 10 MiB is given at once, and what follows has to wait."""

    def __init__(self) -> None:
        self._calls = Bucket(READ_CALLS, READ_CALLS)
        self._bytes = Bucket(READ_BYTES, READ_BYTES)

    def admit(self, now_ms: int) -> bool:
        """May a call be made now? It is counted."""
        fits = self._calls.level(now_ms) >= 1 and self._bytes.level(now_ms) > 0
        if fits:
            self._calls.take(1)
        return fits

    def count(self, size: int) -> None:
        """A call gave `size` bytes."""
        self._bytes.take(size)
