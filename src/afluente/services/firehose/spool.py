"""Records that wait in memory, or once there are too many in scratch files, to become an object.

The record log is what makes them durable: a spool may be lost, and is filled again from there.
"""

import struct
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from afluente.store import record

LENGTH = struct.Struct("<I")


class Memory:
    """How much the spools of one delivery hold in memory. Beyond `limit_bytes` the largest goes to its file."""

    def __init__(self, limit_bytes: int, scratch: Path) -> None:
        self.scratch = scratch
        self._limit_bytes = limit_bytes
        self._held: dict[Spool, int] = {}
        self._total = 0

    def hold(self, spool: "Spool", size_bytes: int) -> None:
        """The spool has so much more."""
        self._held[spool] = self._held.get(spool, 0) + size_bytes
        self._total += size_bytes
        while self._total > self._limit_bytes:
            largest = max(self._held, key=lambda held: self._held[held])
            largest.write_out()
            self.release(largest)

    def release(self, spool: "Spool") -> None:
        """The spool has nothing in memory any more."""
        self._total -= self._held.pop(spool, 0)


class Spool:
    """A sequence of records, each with a key."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._path: Path | None = None
        self._blocks: list[bytes] = []

    def add(self, keys: Sequence[bytes], data: Sequence[bytes]) -> None:
        """Put records behind those that are there."""
        block = record.encode_columns(keys, data)
        self._blocks.append(block)
        self._memory.hold(self, len(block))

    def columns(self) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """The keys and the data of all records, some at a time; as often as wanted."""
        return map(record.decode_columns, self._all())

    def write_out(self) -> None:
        """Move what is in memory to the file."""
        if self._path is None:
            self._memory.scratch.mkdir(parents=True, exist_ok=True)
            self._path = self._memory.scratch / f"firehose-{uuid.uuid4()}"
        with self._path.open("ab") as file:
            file.writelines(part for block in self._blocks for part in (LENGTH.pack(len(block)), block))
        self._blocks.clear()

    def close(self) -> None:
        """Let go of memory and file."""
        self._memory.release(self)
        self._blocks.clear()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _all(self) -> Iterator[bytes]:
        if self._path is not None:
            with self._path.open("rb") as file:
                while head := file.read(LENGTH.size):
                    yield file.read(LENGTH.unpack(head)[0])
        yield from self._blocks
