"""The buffer of one route: processed records that will be one object."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from afluente.services.firehose.history import Range
from afluente.services.firehose.intake import Described
from afluente.services.firehose.processing.frame import Share, arrival_ms, detail
from afluente.services.firehose.retry import Retry
from afluente.services.firehose.route import Route
from afluente.services.firehose.spool import Memory, Spool


class Compartment:
    """Takes records of the route `text`, up to `limit_bytes` with `overhead` bytes for each."""

    def __init__(self, partition: int, text: str, memory: Memory) -> None:
        self.text = text
        self.route = Route.read(text)
        self.retry = Retry()
        self.full = False
        self.records = 0
        self.object_bytes = 0
        self.since_ms: int | None = None
        self.oldest_ms: int | None = None
        self._partition = partition
        self._start = self._end = 0
        self._taken_bytes = 0
        self._spool = Spool(memory)

    def add(self, share: Share, processed_at_ms: int, limit_bytes: int, overhead: int) -> int:
        """Take in as many of the records as there is room for; how many it was. One at least, if this is empty."""
        sizes = [len(item) + overhead for item in share.data]
        count = len(sizes)
        if self._taken_bytes + sum(sizes) > limit_bytes:
            room = limit_bytes - self._taken_bytes
            count = sum(total - overhead <= room for total in accumulate(sizes))
            count = max(count, 0 if self.records else 1)
            self.full = True
        if count:
            self._take(share.positions[:count], share.keys[:count], share.data[:count])
            self._taken_bytes += sum(sizes[:count])
            self.since_ms = processed_at_ms if self.since_ms is None else self.since_ms
            self.full = self.full or self._taken_bytes >= limit_bytes
        return count

    @property
    def ranges(self) -> list[Range]:
        """Which records these are."""
        return [Range(self._partition, self._start, self._end, self.text)]

    def blocks(self, delimiter: bytes) -> Iterator[bytes]:
        """The object's bytes, in pieces to be joined by the delimiter; there is one between their records already."""
        return (delimiter.join(data) for _, data in self._spool.columns())

    def batches(self) -> Iterator[Sequence[bytes]]:
        """The records, some at a time."""
        return (data for _, data in self._spool.columns())

    def described(self) -> Iterator[Described]:
        """The records one by one, in the same order, with what is known of them."""
        for keys, data in self._spool.columns():
            for key, item in zip(keys, data, strict=True):
                yield Described(item, arrival_ms(key), detail(key))

    def close(self) -> None:
        """Let go of what holds the records."""
        self._spool.close()

    def _take(self, positions: Sequence[int], keys: Sequence[bytes], data: Sequence[bytes]) -> None:
        self._spool.add(keys, data)
        arrived_ms = min(map(arrival_ms, keys))
        self.oldest_ms = arrived_ms if self.oldest_ms is None else min(arrived_ms, self.oldest_ms)
        self._start = self._start if self.records else positions[0]
        self._end = positions[-1] + 1
        self.records += len(data)
        self.object_bytes += sum(map(len, data))
