"""One segment of the record log: a file of frames, and the index of what is in it."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from afluente.store.record_index import SegmentIndex, decode_index
from afluente.store.record_layout import HEAD_BYTES, Head, Kind, Place, next_intact, walk


class Segment:
    """The segment with `head` in `folder`; its frames lie from the head to `end`, which grows while it is written.

    `index` is in memory until it is in its file; `pins` are the partitions that still need the segment.
    """

    def __init__(self, folder: Path, head: Head, end: int, index: SegmentIndex | None) -> None:
        self.head = head
        self.path = segment_path(folder, head.number)
        self.end = end
        self.index = index
        self.pins: set[int] = set()

    @property
    def index_path(self) -> Path:
        """The file of its index."""
        return self.path.with_suffix(".index")

    def places(self, start: int) -> Generator[Place]:
        """The intact frames from offset `start` on; what is damaged is left out. Close the iterator."""
        with opened(self.path) as descriptor:
            following: int | None = start
            while following is not None and following < self.end:
                for place in walk(descriptor, self.head.mark, following, self.end):
                    yield place
                    following = place.next_offset
                if following < self.end:
                    following = next_intact(descriptor, self.head.mark, following + 1, self.end)

    def damage(self, start: int) -> int:
        """The offset of the first damage behind the frame at offset `start`; `end` when there is none."""
        with opened(self.path) as descriptor:
            for place in walk(descriptor, self.head.mark, start, self.end):
                start = place.next_offset
        return start

    def load_index(self) -> SegmentIndex:
        """The index from its file, or made anew from the frames when that is missing or damaged."""
        stored = decode_index(read_file(self.index_path), self.head.number)
        if stored is not None and stored.mark == self.head.mark:
            return stored.index
        return self.build_index()

    def build_index(self) -> SegmentIndex:
        """The index, made from the frames."""
        index = SegmentIndex()
        for place in self.places(HEAD_BYTES):
            if place.kind == Kind.DATA:
                index.note(place.partition, place.position, place.count, place.time_ms, place.offset)
        return index


def segment_path(folder: Path, number: int) -> Path:
    """The file of segment `number`."""
    return folder / f"{number:016d}.log"


def read_file(path: Path) -> bytes:
    """The bytes of the file; none when it is missing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor for reading. Opened for each use: a segment may be removed while it is read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
