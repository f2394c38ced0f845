"""The record log: durable, ordered by position within a partition, one fsync for everything that waits for one.

One thread writes. It takes all that is queued, stores it with one sync, and then completes every future, so that an
answer leaves only after its records are on disk. When storing fails, everything queued fails with it: what came later
was placed behind records that do not exist. Reading never waits for the writer. What records mean is not known here.

    record_layout        the bytes of a segment file      record_index     where the frames of a segment are
    record_segment       one segment, for reading         record_catalog   which segment has what of each partition
    record_open_segment  the segment that is written      record_state     what is known of each partition
    record_writer        segment after segment            record_recovery  what the files say at the start
    record_queue         what waits to be stored
    record_reader        from positions to frames         record_tail      the most recent frames, in memory
"""

import logging
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from afluente.store.disk import Disk
from afluente.store.record_frame import (
    CorruptFrame,
    Draft,
    Frame,
    LogClosed,
    LogDamaged,
    LogFailed,
    OutOfOrder,
    PartitionDropped,
)
from afluente.store.record_layout import Kind
from afluente.store.record_queue import Queue, Queued
from afluente.store.record_reader import Reader
from afluente.store.record_recovery import recover
from afluente.store.record_segment import Segment
from afluente.store.record_tail import Tail
from afluente.store.record_writer import Writer

__all__ = [
    "CorruptFrame",
    "Draft",
    "Frame",
    "LogClosed",
    "LogDamaged",
    "LogFailed",
    "OutOfOrder",
    "PartitionDropped",
    "RecordLog",
]

TAIL_BYTES = 32 << 20
"""Of the most recent frames, kept in memory for those who read the end: a second's worth at the fastest."""


log = logging.getLogger(__name__)


class _End(NamedTuple):
    position: int
    time_ms: int


class RecordLog:
    """The log in `folder`, made when missing. Raises LogDamaged when its files do not say what lies in them."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._state, catalog, last = recover(folder, disk or Disk())
        self._catalog = catalog
        self._writer = Writer(catalog, self._state, last, disk or Disk())
        self._tail = Tail(TAIL_BYTES)
        self._reader = Reader(self._state, catalog, self._tail)
        self._queued_ends: dict[int, _End] = {}
        self._given = self._state.last
        self._dropping: set[int] = set()
        self._queue = Queue()
        self._notes: list[Queued] = []
        self._closing = False
        self._is_failing = False
        self._placing = threading.Lock()
        self._thread = threading.Thread(target=self._write, name="record-log", daemon=True)
        self._thread.start()

    def new_partition(self) -> int:
        """A number for a partition, never given before and never again, whatever is dropped."""
        return self.new_partitions(1)[0]

    def new_partitions(self, count: int) -> Sequence[int]:
        """`count` numbers as of `new_partition`, in ascending order. Raises LogFailed."""
        with self._placing:
            self._check_open()
            first = max(self._given, self._state.last) + 1
            self._given = first + count - 1  # given up, should storing fail
            future = self._enqueue(Kind.NUMBERS, [Frame(0, first, count, 0, b"")])
        future.result()
        return range(first, first + count)

    def append(self, frames: Sequence[Frame]) -> Future[None]:
        """Queue frames that each follow the last one of their partition; the future is done once they are on disk.

        A time before the partition's last is raised to it: times never run back within a partition. The future fails
        with `LogFailed` and its cause when they could not be stored. Raises OutOfOrder, PartitionDropped, LogClosed.
        Never blocks; see `wait_for_room`.
        """
        with self._placing:
            expected = {frame.partition: self._queued_end(frame.partition).position for frame in frames}
            for frame in frames:
                if frame.position != expected[frame.partition]:
                    raise OutOfOrder(
                        f"a frame for position {frame.position} of partition {frame.partition}, "
                        f"where position {expected[frame.partition]} is next"
                    )
                expected[frame.partition] = frame.end
            drafts = [Draft(frame.partition, frame.count, frame.time_ms, frame.payload) for frame in frames]
            return self._place(drafts)[1]

    def append_next(self, drafts: Sequence[Draft]) -> "tuple[Sequence[Frame], Future[None]]":
        """Place `drafts` behind the last records of their partitions; their frames, and the future as of `append`."""
        with self._placing:
            return self._place(drafts)

    @property
    def has_room(self) -> bool:
        """Is little enough queued that more should be? Bounds memory where appends come faster than the disk."""
        return self._queue.has_room

    @property
    def queued_bytes(self) -> int:
        """Payload that waits for the disk."""
        return self._queue.bytes

    def wait_for_room(self) -> None:
        """Block until `has_room`, or until the log is closed. Appending threads call it first, event loops never."""
        self._queue.wait_for_room()

    def read(self, partition: int, position: int, limit_bytes: int, limit_records: int = sys.maxsize) -> list[Frame]:
        """The frames that hold `position` or later, in order: one if there is one, then up to `limit_bytes`.

        Whole frames, but none more once `limit_records` from `position` on are among them. Ends before a damaged
        frame; raises CorruptFrame when that is the first.
        """
        self._check_open()
        return self._reader.read(partition, position, limit_bytes, limit_records)

    def seek_time(self, partition: int, time_ms: int) -> int:
        """The position of the first record that arrived at `time_ms` or later; `end` when there is none."""
        self._check_open()
        return self._reader.seek_time(partition, time_ms)

    def end(self, partition: int) -> int:
        """The position after the last record that is on disk."""
        return self._state.get(partition).end

    @property
    def newest_ms(self) -> int:
        """When the last record of all partitions arrived; 0 when there is none."""
        return max((known.time_ms for known in self._state.partitions.values()), default=0)

    def next_position(self, partition: int) -> int:
        """The position that the next record will get: after the last that is queued."""
        return self._queued_end(partition).position

    def trim(self, partition: int, position: int) -> None:
        """Let go of every record before `position`. Files go when nothing of any partition in them is needed.

        Returns when that is durable. Raises LogFailed; with a full disk it still works for a while.
        """
        self._check_open()
        known = self._state.get(partition)
        position = min(position, known.end)
        if position > known.low:
            self._note(Kind.TRIM, Frame(partition, position, 0, 0, b""))

    def drop(self, partition: int) -> None:
        """Remove a partition for good: its number is never given again. Returns when that is durable; LogFailed."""
        with self._placing:
            self._dropping.add(partition)
        self._note(Kind.DROP, Frame(partition, 0, 0, 0, b""))

    def close(self) -> None:
        """Store what is queued, end the writer, and close the files."""
        with self._placing:
            if not self._closing:
                self._closing = True
                self._queue.close()
        self._thread.join()
        self._writer.close()

    def _place(self, drafts: Sequence[Draft]) -> "tuple[Sequence[Frame], Future[None]]":
        self._check_open()
        if any(draft.partition in self._dropping or self._state.is_gone(draft.partition) for draft in drafts):
            raise PartitionDropped("a frame for a partition that was dropped")
        frames = []
        for draft in drafts:
            end = self._queued_end(draft.partition)
            time_ms = max(draft.time_ms, end.time_ms)
            frame = Frame(draft.partition, end.position, draft.count, time_ms, draft.payload)
            self._queued_ends[frame.partition] = _End(frame.end, time_ms)
            frames.append(frame)
        return frames, self._enqueue(Kind.DATA, frames)

    def _queued_end(self, partition: int) -> _End:
        queued = self._queued_ends.get(partition)
        if queued is not None:
            return queued
        known = self._state.get(partition)
        return _End(known.end, known.time_ms)

    def _enqueue(self, kind: Kind, frames: Sequence[Frame]) -> "Future[Any]":
        """Call it with `_placing` held."""
        future: Future[Any] = _Outcome()
        if frames:
            self._queue.put(Queued(kind, frames, sum([len(frame.payload) for frame in frames]), future))
        else:
            future.set_result(None)
        return future

    def _note(self, kind: Kind, frame: Frame) -> None:
        """Store one of the log's own notes, and remove the files that it makes needless."""
        with self._placing:
            self._check_open()
            future = self._enqueue(kind, [frame])
        self._writer.remove(future.result())

    def _check_open(self) -> None:
        if self._closing:
            raise LogClosed("the record log is closed")

    def _write(self) -> None:
        while group := self._notes or self._queue.take():
            self._notes = []
            try:
                self._writer.store(group)
            except Exception as error:  # whatever it is, the callers get it
                self._tell(error)
                self._fail(group, error)
                continue
            self._tell(None)
            try:
                self._stored(group)
            except Exception:
                self._give_up(group)
                raise

    def _give_up(self, group: Sequence[Queued]) -> None:
        """A fault of our own: what is known may not be what is stored, so that only a start can set it right."""
        log.critical("the record log met a fault of its own and takes no more; start Afluente anew")
        with self._placing:
            self._closing = True
            self._queue.close()
            waiting = [*group, *self._queue.drain()]
        for queued in waiting:
            if not queued.future.done():
                queued.future.set_exception(LogClosed("the record log met a fault of its own"))

    def _tell(self, error: Exception | None) -> None:
        """Log that storing begins to fail, and that it does no longer; not each failure."""
        if error is not None and not self._is_failing:
            log.error("the record log cannot store: %s; whoever sends records is told so", error)
        elif error is None and self._is_failing:
            log.warning("the record log stores again")
        self._is_failing = error is not None

    def _stored(self, group: Sequence[Queued]) -> None:
        results = [self._apply(queued) for queued in group]
        self._queue.done(group)
        for queued, result in zip(group, results, strict=True):
            queued.future.set_result(result)

    def _apply(self, queued: Queued) -> list[Segment] | None:
        """Make what was stored known; the segments that nobody needs any more."""
        if queued.kind == Kind.DATA:
            for frame in queued.frames:
                self._tail.add(frame)
                self._state.add(frame.partition, frame.end, frame.time_ms)
            return None
        (note,) = queued.frames
        self._state.apply(queued.kind, note.partition, note.position, note.count)
        match queued.kind:
            case Kind.TRIM:
                return self._catalog.trim(note.partition, note.position)
            case Kind.DROP:
                with self._placing:
                    self._queued_ends.pop(note.partition, None)
                    self._dropping.discard(note.partition)
                return self._catalog.drop(note.partition)
        return None

    def _fail(self, group: Sequence[Queued], error: Exception) -> None:
        """Tell everyone whose records were placed; notes get another try without them, as they need no room.

        Notes that fail alone concern nobody behind them.
        """
        if any(queued.kind == Kind.DATA for queued in group):
            with self._placing:
                waiting = [*group, *self._queue.drain()]
                self._queued_ends = {}
            self._notes = [queued for queued in waiting if queued.kind != Kind.DATA]
            group = [queued for queued in waiting if queued.kind == Kind.DATA]
        self._queue.done(group)
        for queued in group:
            failure = LogFailed(f"the record log could not store a frame: {error}")
            failure.__cause__ = error
            queued.future.set_exception(failure)


class _Outcome(Future[Any]):
    """What becomes of what is queued. Nobody can cancel it: the records are on their way."""

    def cancel(self) -> bool:
        return False
