"""One segment of the record log: a file of frames, and the index of what is in it."""

from collections.abc import Callable, Generator
from pathlib import Path

from afluente.store.record_file import FrameFile, Place
from afluente.store.record_index import SegmentIndex, decode_index
from afluente.store.record_layout import HEAD_BYTES, Head, Kind


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

    def file(self) -> FrameFile:
        """Its frames, for reading. Raises FileNotFoundError when it has been removed."""
        return FrameFile(self.path, self.head.mark, self.end)

    def places(self, start: int, hop: Callable[[Place], int | None] = lambda _: None) -> Generator[Place]:
        """The intact frames from offset `start` on; what is damaged is left out. Close the iterator.

        hop: the offset where reading goes on behind a frame; None for the next one.
        """
        with self.file() as file:
            offset: int | None = start
            while offset is not None and offset < self.end:
                place = file.at(offset)
                if place is None:
                    offset = file.next_intact(offset + 1)
                else:
                    yield place
                    offset = hop(place) or place.next_offset

    def damage(self, start: int) -> int:
        """The offset of the first damage from the frame at offset `start` on; `end` when there is none."""
        with self.file() as file:
            for place in file.walk(start):
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
