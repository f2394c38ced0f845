"""Opening the log: what its files say, whatever a crash, a full disk or a foreign hand did to them.

Full segments are known from their indexes; only the last one is read through. Its end is where no intact frame follows,
unless a later frame says that what is there had been synced: then that piece is damaged, and the log goes on behind it.
"""

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from afluente.store.disk import Disk
from afluente.store.record_catalog import Catalog
from afluente.store.record_file import FrameFile, Place
from afluente.store.record_frame import LogDamaged
from afluente.store.record_index import Extent, SegmentIndex, decode_index
from afluente.store.record_layout import HEAD_BYTES, MARK_BYTES, Head, Kind, decode_head
from afluente.store.record_segment import Segment, read_file
from afluente.store.record_state import LogState, decode_state
from afluente.store.record_writer import save_index

SKIPPED_NUMBERS = 1 << 16
"""Partition numbers that are given up when damage may have hidden that they were given away."""

log = logging.getLogger(__name__)


class Recovered(NamedTuple):
    """What the files say."""

    state: LogState
    catalog: Catalog
    last: Segment | None


def recover(folder: Path, disk: Disk) -> Recovered:
    """Read the log in `folder`, made when missing. Raises LogDamaged, OSError."""
    if not folder.exists():
        folder.mkdir(parents=True)
        disk.sync_folder(folder.parent)
    for draft in folder.glob("*.new"):
        disk.remove(draft)
    heads = [_read_head(path) for path in sorted(folder.glob("*.log"))]
    catalog = Catalog(folder)
    if not heads:
        return Recovered(LogState(), catalog, None)
    full = [_full_segment(folder, *pair, disk) for pair in pairwise(heads)]
    index = SegmentIndex()
    last = Segment(folder, heads[-1], 0, index)
    state = _replay([segment for segment, _ in full], last, index)
    _secure(last, disk)
    for segment, extents in (*full, (last, _extents_of(index))):
        catalog.add(segment, extents, state)
    catalog.begin(last, state)
    for segment, _ in full:
        if not segment.pins:
            disk.remove(segment.path)
            disk.remove(segment.index_path)
    return Recovered(state, catalog, last)


def _read_head(path: Path) -> Head:
    """The head of a segment; where that is damaged, what of it can be found elsewhere."""
    number = int(path.stem)
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES + MARK_BYTES)
    head = decode_head(data, path)
    if head is not None and head.number == number:
        return head
    log.error("%s: the head is damaged", path)
    mark = data[HEAD_BYTES:]
    with FrameFile(path, mark, path.stat().st_size) as frames:
        if frames.at(HEAD_BYTES) is not None:
            return Head(number, mark, 0)
    stored = decode_index(read_file(path.with_suffix(".index")), number)
    if stored is None:
        raise LogDamaged(
            f"{path}: the beginning is damaged, and nothing else says how to read it. Restore the file from a backup, "
            "or move it away to go on without the records in it"
        )
    return Head(number, stored.mark, 0)


def _full_segment(folder: Path, head: Head, following: Head, disk: Disk) -> tuple[Segment, Mapping[int, Extent]]:
    """A segment that is not the last one, and what it has of each partition."""
    segment = Segment(folder, head, 0, None)
    stored = decode_index(read_file(segment.index_path), head.number)
    if stored is not None and stored.mark == head.mark:
        segment.end = stored.end
        return segment, _extents_of(stored.index)
    log.info("%s: its index is made anew", segment.path)
    if following.number == head.number + 1 and following.previous_end:
        segment.end = following.previous_end
    else:
        for _ in durable_places(segment):
            pass
    index = segment.build_index()
    try:
        save_index(segment, index, disk)
    except OSError as error:
        log.warning("the index of %s could not be written (%s); the next start makes it", segment.path, error)
    return segment, _extents_of(index)


def _extents_of(index: SegmentIndex) -> Mapping[int, Extent]:
    return {partition: entries.extent for partition, entries in index.partitions.items()}


def _replay(full: Sequence[Segment], last: Segment, index: SegmentIndex) -> LogState:
    """What the frames say, from the last intact STATE on; fills the index of the last segment, and finds its end."""
    state = LogState()
    chain = [*full, last]
    begin = next((number for number in reversed(range(len(chain))) if _has_state(chain[number])), 0)
    for segment in full[begin:]:
        for place in segment.places(HEAD_BYTES):
            state = _applied(state, place)
    expected = HEAD_BYTES
    for place in durable_places(last):
        if place.offset != expected:
            _note_damage(last, expected, place.offset, state, index)
        state = _applied(state, place)
        if place.kind == Kind.DATA:
            index.note(place.partition, place.position, place.count, place.time_ms, place.offset)
        expected = place.next_offset
    return state


def _note_damage(segment: Segment, start: int, end: int, state: LogState, index: SegmentIndex) -> None:
    """Keep what is known to have been lost: its positions are not given again, and who reads them is told."""
    log.error("%s: offsets %s to %s are damaged", segment.path, start, end)
    state.last += SKIPPED_NUMBERS
    with segment.file() as file:
        claims = file.claims(start, end)
    for claim in claims:
        known = state.get(claim.partition)
        is_likely = claim.position == known.end and 0 < claim.count <= claim.next_offset - claim.offset
        if claim.kind == Kind.DATA and claim.partition in state.partitions and is_likely:
            state.add(claim.partition, claim.end, known.time_ms)
            index.note(claim.partition, claim.position, claim.count, known.time_ms, claim.offset)


def _has_state(segment: Segment) -> bool:
    with FrameFile(segment.path, segment.head.mark, segment.path.stat().st_size) as file:
        first = file.at(HEAD_BYTES)
        return first is not None and first.kind == Kind.STATE


def _applied(state: LogState, place: Place) -> LogState:
    if place.kind == Kind.STATE:
        return decode_state(place.frame.payload)
    if place.kind == Kind.DATA:
        state.add(place.partition, place.end, place.time_ms)
    else:
        state.apply(place.kind, place.partition, place.position, place.count)
    return state


def durable_places(segment: Segment) -> Generator[Place]:
    """The intact frames of a segment whose end is not known; sets the end behind the last one."""
    offset, segment.end = HEAD_BYTES, segment.path.stat().st_size
    with segment.file() as file:
        while True:
            for place in file.walk(offset):
                yield place
                offset = place.next_offset
            following = file.next_intact(offset + 1)
            with closing(segment.places(following or segment.end)) as later:
                proven = max((place.synced for place in later), default=0)
            if following is None or proven <= offset:
                segment.end = offset
                return
            offset = following


def _secure(segment: Segment, disk: Disk) -> None:
    """Cut off what was never finished, and sync what was found: it may still be the system's memory that holds it."""
    descriptor = disk.open(segment.path)
    try:
        disk.truncate(descriptor, segment.end)
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
