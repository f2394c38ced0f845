"""The record log: durable, ordered by position within a partition, one fsync for everything that waits for one.

One thread writes. It takes all that is queued, stores it in one transaction, and then completes every future, so that
an answer leaves only after its records are on disk. When storing fails, everything queued fails with it: what came
later was placed behind records that do not exist. Reading has connections of its own and never waits for the writer.
What records mean is not known here; how frames lie on disk is `record_table`'s.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from afluente.store.record_frame import CorruptFrame, Frame, LogClosed, LogFailed, OutOfOrder, PartitionDropped
from afluente.store.record_table import FrameTable

__all__ = ["CorruptFrame", "Draft", "Frame", "LogClosed", "LogFailed", "OutOfOrder", "PartitionDropped", "RecordLog"]

ROOM_BYTES = 64 << 20
"""Queued payload beyond which `has_room` says no: seconds of a slow disk, and small beside the process."""

TRIM_FRAMES = 64
"""Frames that one step of trimming removes; appends get their turn between two steps."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Records that the log is to place behind the last ones of `partition`."""

    partition: int
    count: int
    time_ms: int
    payload: bytes


class _End(NamedTuple):
    position: int
    time_ms: int


class _Append(NamedTuple):
    frames: Sequence[Frame]
    future: Future[None]


class _Task(NamedTuple):
    run: Callable[[], Any]
    future: Future[Any]


class RecordLog:
    """The log in the SQLite file at `path`, made when missing."""

    def __init__(self, path: Path) -> None:
        self._table = FrameTable(path)
        self._ends = {partition: _End(*end) for partition, end in self._table.ends().items()}
        self._queued_ends = dict(self._ends)
        self._dropped: set[int] = set()
        self._queue: deque[_Append | _Task] = deque()
        self._queued_bytes = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._write, name="record-log", daemon=True)
        self._thread.start()

    def new_partition(self) -> int:
        """A number for a partition, never given before and never again, whatever is dropped."""
        return self.new_partitions(1)[0]

    def new_partitions(self, count: int) -> Sequence[int]:
        """`count` numbers as of `new_partition`, in ascending order."""
        numbers: range = self._run(lambda: self._table.new_partitions(count))
        return numbers

    def append(self, frames: Sequence[Frame]) -> Future[None]:
        """Queue frames that each follow the last one of their partition; the future is done once they are on disk.

        A time before the partition's last is raised to it: times never run back within a partition. The future fails
        with `LogFailed` and its cause when they could not be stored. Raises OutOfOrder, PartitionDropped, LogClosed.
        Never blocks; see `wait_for_room`.
        """
        with self._changed:
            expected = {frame.partition: self._queued_end(frame.partition).position for frame in frames}
            for frame in frames:
                if frame.position != expected[frame.partition]:
                    raise OutOfOrder(
                        f"a frame for position {frame.position} of partition {frame.partition}, "
                        f"where position {expected[frame.partition]} is next"
                    )
                expected[frame.partition] = frame.end
            drafts = [Draft(frame.partition, frame.count, frame.time_ms, frame.payload) for frame in frames]
            return self._place(drafts).future

    def append_next(self, drafts: Sequence[Draft]) -> tuple[Sequence[Frame], Future[None]]:
        """Place `drafts` behind the last records of their partitions; their frames, and the future as of `append`."""
        with self._changed:
            return self._place(drafts)

    def _place(self, drafts: Sequence[Draft]) -> _Append:
        self._check_open()
        if self._dropped and any(draft.partition in self._dropped for draft in drafts):
            raise PartitionDropped("a frame for a partition that was dropped")
        frames = []
        for draft in drafts:
            end = self._queued_end(draft.partition)
            time_ms = max(draft.time_ms, end.time_ms)
            frame = Frame(draft.partition, end.position, draft.count, time_ms, draft.payload)
            self._queued_ends[frame.partition] = _End(frame.end, time_ms)
            self._queued_bytes += len(frame.payload)
            frames.append(frame)
        append = _Append(frames, _running_future())
        if not frames:
            append.future.set_result(None)
            return append
        self._queue.append(append)
        self._changed.notify_all()
        return append

    def _queued_end(self, partition: int) -> _End:
        return self._queued_ends.get(partition) or _End(0, 0)

    @property
    def has_room(self) -> bool:
        """Is little enough queued that more should be? Bounds memory where appends come faster than the disk."""
        return self._queued_bytes < ROOM_BYTES

    def wait_for_room(self) -> None:
        """Block until `has_room`, or until the log is closed. Appending threads call it first, event loops never."""
        with self._changed:
            self._changed.wait_for(lambda: self.has_room or self._closing)

    def read(self, partition: int, position: int, limit_bytes: int, limit_records: int = sys.maxsize) -> list[Frame]:
        """The frames that hold `position` or later, in order: one if there is one, then up to `limit_bytes`.

        Whole frames, but none more once `limit_records` from `position` on are among them.
        Raises CorruptFrame when the disk gives back other bytes than were written.
        """
        self._check_open()
        if position >= self.end(partition):
            return []
        return self._table.read(partition, position, limit_bytes, limit_records)

    def seek_time(self, partition: int, time_ms: int) -> int:
        """The position of the first record that arrived at `time_ms` or later; `end` when there is none."""
        self._check_open()
        first, high = self._table.first(partition), self.end(partition)
        if first is None:
            return high
        low = first[0]
        if first[1] >= time_ms:
            return low
        while low < high:
            frame = self._table.before(partition, (low + high) // 2 + 1)
            if frame is None:  # trimmed away meanwhile
                return self.seek_time(partition, time_ms)
            position, count, frame_ms = frame
            if frame_ms < time_ms:
                low = position + count
            else:
                high = position
        return low

    def end(self, partition: int) -> int:
        """The position after the last record that is on disk."""
        end = self._ends.get(partition)
        return end.position if end else 0

    def next_position(self, partition: int) -> int:
        """The position that the next record will get: after the last that is queued."""
        return self._queued_end(partition).position

    def trim(self, partition: int, position: int) -> None:
        """Remove every frame that ends at `position` or before. Returns when it is done; appends go on between."""
        self._check_open()
        first = self._table.first(partition)
        if first is None or first[0] >= position:
            return
        while self._run(lambda: self._table.delete_before(partition, position, TRIM_FRAMES)) == TRIM_FRAMES:
            pass

    def drop(self, partition: int) -> None:
        """Remove a partition for good: its number must not be used again."""
        with self._changed:
            self._dropped.add(partition)
        self.trim(partition, 1 << 62)
        self._run(lambda: self._table.forget(partition))
        with self._changed:
            self._ends.pop(partition, None)
            self._queued_ends.pop(partition, None)

    def close(self) -> None:
        """Store what is queued, end the writer, and close the file."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._table.close()

    def _check_open(self) -> None:
        if self._closing:
            raise LogClosed("the record log is closed")

    def _run(self, run: Callable[[], Any]) -> Any:
        task = _Task(run, _running_future())
        with self._changed:
            self._check_open()
            self._queue.append(task)
            self._changed.notify_all()
        return task.future.result()

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    return
                work = self._take()
            if isinstance(work, _Task):
                _perform(work)
            else:
                self._store(work)

    def _take(self) -> "_Task | list[_Append]":
        """The next task, or all appends up to it."""
        appends: list[_Append] = []
        while self._queue:
            if isinstance(self._queue[0], _Task):
                if appends:
                    break
                return self._queue.popleft()  # type: ignore[return-value]  # seen in the line before
            appends.append(self._queue.popleft())  # type: ignore[arg-type]  # what is no task is an append
        return appends

    def _store(self, appends: list[_Append]) -> None:
        frames = [frame for append in appends for frame in append.frames]
        try:
            self._table.insert(frames)
        except Exception as error:  # whatever it is, the callers get it
            self._fail(appends, error)
            return
        with self._changed:
            for frame in frames:
                self._ends[frame.partition] = _End(frame.end, frame.time_ms)
            self._release(appends)
        for append in appends:
            append.future.set_result(None)

    def _fail(self, appends: list[_Append], error: Exception) -> None:
        with self._changed:
            later = [work for work in self._queue if isinstance(work, _Append)]
            self._queue = deque(work for work in self._queue if isinstance(work, _Task))
            self._queued_ends = dict(self._ends)
            self._release(appends + later)
        for append in appends + later:
            failure = LogFailed(f"the record log could not store a frame: {error}")
            failure.__cause__ = error
            append.future.set_exception(failure)

    def _release(self, appends: list[_Append]) -> None:
        self._queued_bytes -= sum(len(frame.payload) for append in appends for frame in append.frames)
        self._changed.notify_all()


def _running_future() -> Future[Any]:
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()  # from here on nobody can cancel it: the records are on their way
    return future


def _perform(task: _Task) -> None:
    try:
        task.future.set_result(task.run())
    except Exception as error:  # whatever it is, the caller gets it
        task.future.set_exception(error)
