"""Records back to back, with their lengths beside: as the record log keeps them, and as Arrow takes them."""

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Block:
    """Records: the length of each as four little-endian bytes, and their data."""

    lengths: bytes | memoryview
    data: bytes | memoryview

    @staticmethod
    def of(records: Sequence[bytes]) -> "Block":
        """The block that holds these records."""
        return Block(struct.pack(f"<{len(records)}I", *map(len, records)), b"".join(records))

    @property
    def count(self) -> int:
        """How many records it holds."""
        return len(self.lengths) // LENGTH_BYTES

    def records(self) -> list[bytes]:
        """The records, in order."""
        return list(self.each())

    def each(self) -> Iterator[bytes]:
        """The records one by one, cut out as they are asked for."""
        return (bytes(self.data[start:end]) for start, end in pairwise([0, *self._ends()]))

    def split(self, size_bytes: int) -> tuple["Block", "Block"]:
        """The block cut behind the record with which it reaches `size_bytes`."""
        ends = self._ends()
        count = min(bisect_left(ends, size_bytes) + 1, self.count)
        lengths, data = memoryview(self.lengths), memoryview(self.data)
        place = count * LENGTH_BYTES
        return Block(lengths[:place], data[: ends[count - 1]]), Block(lengths[place:], data[ends[count - 1] :])

    def _ends(self) -> list[int]:
        return list(accumulate(struct.unpack(f"<{self.count}I", self.lengths)))


def evenly(blocks: Iterable[Block], size_bytes: int) -> Iterator[Block]:
    """The same records in blocks that end with the record that reaches `size_bytes`, however they were given."""
    waiting: list[Block] = []
    size = 0
    for given in blocks:
        block = given
        while block.count and size + len(block.data) >= size_bytes:
            head, block = block.split(size_bytes - size)
            yield _joined([*waiting, head])
            waiting, size = [], 0
        if block.count:
            waiting.append(block)
            size += len(block.data)
    if waiting:
        yield _joined(waiting)


def _joined(blocks: Sequence[Block]) -> Block:
    return Block(b"".join(block.lengths for block in blocks), b"".join(block.data for block in blocks))
