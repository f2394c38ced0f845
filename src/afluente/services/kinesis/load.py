"""How much is written to the shards of an on-demand stream: what its scaling goes by."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from afluente.services.kinesis.throughput import WRITE_BYTES, WRITE_RECORDS


class Written(NamedTuple):
    """What was written per second, on average."""

    bytes_per_s: float
    records_per_s: float

    @property
    def shards(self) -> float:
        """How many shards this would fill to their limits."""
        return max(self.bytes_per_s / WRITE_BYTES, self.records_per_s / WRITE_RECORDS)


class Load:
    """Counts what is written, by shard index, from one measurement to the next. For any thread."""

    def __init__(self) -> None:
        self._bytes: defaultdict[int, int] = defaultdict(int)
        self._records: defaultdict[int, int] = defaultdict(int)
        self._since_ms: int | None = None
        self._lock = threading.Lock()

    def count(self, index: int, size: int, records: int) -> None:
        """So much was written to the shard."""
        with self._lock:
            self._bytes[index] += size
            self._records[index] += records

    def take(self, now_ms: int, period_ms: int) -> Mapping[int, Written] | None:
        """What was written since the last measurement, which begins anew; None before `period_ms` have passed."""
        with self._lock:
            if self._since_ms is None or now_ms < self._since_ms:
                self._since_ms = now_ms
            passed_ms = now_ms - self._since_ms
            if passed_ms < period_ms:
                return None
            written = {
                index: Written(1000 * size / passed_ms, 1000 * self._records[index] / passed_ms)
                for index, size in self._bytes.items()
            }
            self._bytes.clear()
            self._records.clear()
            self._since_ms = now_ms
            return written
