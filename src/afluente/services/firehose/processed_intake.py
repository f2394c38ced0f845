"""Processed records, in one parcel for each route that they go.

The processed log is read once, in order; what is read waits in compartments. A route's position says up to where its
records have been taken; the log's own position, its floor, up to where those of every route have been delivered.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from afluente.services.firehose.compartment import Compartment
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.history import Batch, Range
from afluente.services.firehose.intake import Content, Parcel
from afluente.services.firehose.ledger import Intent, Progress
from afluente.services.firehose.processing.active_partition import ActivePartitions
from afluente.services.firehose.processing.frame import Share, batch_of, shares
from afluente.services.firehose.spool import Memory
from afluente.store.record_frame import Frame
from afluente.store.record_log import RecordLog

READ_BYTES = 1 << 20
MEMORY_BYTES = 32 << 20
"""What the records of one delivery stream may take in memory before they go to scratch files."""


class ProcessedIntake:
    """What the partition `processed` of the record log holds for one delivery stream."""

    def __init__(
        self, processed: int, log: RecordLog, progress: Progress, active: ActivePartitions, scratch: Path
    ) -> None:
        self._partition = processed
        self._log = log
        self._active = active
        self._memory = Memory(MEMORY_BYTES, scratch)
        self._floor = self._scan = progress.positions()[processed]
        self._last_frame = self._floor
        self._taken = progress.route_positions(processed)
        self._limit_bytes = self._overhead = 0
        self._compartments: dict[str, deque[Compartment]] = {}
        self._lead: deque[tuple[int, int]] = deque()
        self._batches: list[Batch] = []

    def look(self, wake: Callable[[], None]) -> None:
        """The stage looks at the source, and wakes the delivery."""

    def configure(self, destination: Destination) -> None:
        self._limit_bytes, self._overhead = destination.size_bytes, len(destination.delimiter)

    def fill(self) -> Sequence[Parcel]:
        """Reading pauses while a full compartment waits for its delivery: that bounds what is held."""
        try:
            while not self._has_full() and (frames := self._log.read(self._partition, self._scan, READ_BYTES)):
                for frame in frames:
                    self._add(frame)
        except BaseException:
            self._begin_again()  # some of a frame's records may be held, and it will be read once more
            raise
        return [compartment for waiting in self._compartments.values() for compartment in waiting]

    def take(self, parcel: Parcel) -> None:
        (span,) = parcel.ranges
        waiting = self._compartments[span.route]
        waiting.popleft()
        if not waiting:
            del self._compartments[span.route]
        self._taken[span.route] = span.end

    def recall(self, intents: Sequence[Intent]) -> list[Content]:
        spans = {span.route: span for intent in intents for span in intent.ranges}
        found = {route: Compartment(self._partition, route, self._memory) for route in spans}
        start = min((span.start for span in spans.values()), default=0)
        end = max((span.end for span in spans.values()), default=0)
        for frame in self._frames(start, end):
            for share in shares(frame):
                if share.route in spans:
                    span = spans[share.route]
                    found[share.route].add(_between(share, span.start, span.end), frame.time_ms, 1 << 62, 0)
        self._taken |= {route: span.end for route, span in spans.items()}
        return [found[intent.ranges[0].route] for intent in intents]

    def give_back(self, intent: Intent) -> None:
        for span in intent.ranges:
            self._taken[span.route] = span.start
        self._begin_again()

    def settled(self, intents: Sequence[Intent]) -> None:
        self._batches = []
        for intent in intents:
            for span in intent.ranges:
                self._active.delivered(span.route, span.end)
        # The last frame stays: it says how far the source has been processed.
        self._log.trim(self._partition, min(self._floor, self._last_frame))

    def floor(self, under_way: Sequence[Intent]) -> Range | None:
        waiting = [span.start for item in self._compartments.values() for span in item[0].ranges]
        under_way_at = [span.start for intent in under_way for span in intent.ranges]
        self._floor = max(self._floor, min([self._scan, *waiting, *under_way_at]))
        self._taken = {route: end for route, end in self._taken.items() if end > self._floor}
        return Range(self._partition, 0, self._floor)

    def batches(self) -> Sequence[Batch]:
        return self._batches

    def is_past(self) -> bool:
        return not self._compartments and self._scan > self._floor

    def behind(self) -> int:
        held = sum(
            compartment.records for waiting in list(self._compartments.values()) for compartment in list(waiting)
        )
        return held + max(0, self._log.end(self._partition) - self._scan)

    def appended(self, frame: Frame) -> None:
        """A frame has been added to the log. For the stage's thread."""
        self._lead.append((frame.end, len(frame.payload)))

    def unread_bytes(self) -> int:
        """How much of what was appended is still to be read. For any thread."""
        return sum(size_bytes for _, size_bytes in list(self._lead))

    def undelivered(self) -> Iterator[tuple[str, int]]:
        """Every route with undelivered records, with the positions after them: for any thread, before `fill`."""
        floor, taken = self._floor, dict(self._taken)
        for frame in self._frames(floor, self._log.end(self._partition)):
            for share in shares(frame):
                if share.positions and share.positions[-1] >= taken.get(share.route, 0):
                    yield share.route, share.positions[-1] + 1

    def close(self) -> None:
        for waiting in self._compartments.values():
            for compartment in waiting:
                compartment.close()
        self._compartments = {}

    def _begin_again(self) -> None:
        """Read from the floor on: what has been taken of each route stays taken."""
        self.close()
        self._scan = self._floor

    def _has_full(self) -> bool:
        return any(waiting[0].full for waiting in self._compartments.values())

    def _frames(self, start: int, end: int) -> Iterator[Frame]:
        """The frames that hold [start, end)."""
        while start < end and (frames := self._log.read(self._partition, start, READ_BYTES)):
            for frame in frames:
                if frame.position < end:
                    yield frame
            start = frames[-1].end

    def _add(self, frame: Frame) -> None:
        for share in shares(frame):
            rest = _between(share, max(self._scan, self._taken.get(share.route, 0)), frame.end)
            while rest.data:
                count = self._compartment(share.route).add(rest, frame.time_ms, self._limit_bytes, self._overhead)
                rest = Share(rest.route, rest.positions[count:], rest.keys[count:], rest.data[count:])
        self._batches.append(batch_of(frame))
        self._scan, self._last_frame = frame.end, frame.position
        while self._lead and self._lead[0][0] <= self._scan:
            self._lead.popleft()

    def _compartment(self, route: str) -> Compartment:
        waiting = self._compartments.setdefault(route, deque())
        if not waiting or waiting[-1].full:
            waiting.append(Compartment(self._partition, route, self._memory))
        return waiting[-1]


def _between(share: Share, start: int, end: int) -> Share:
    """The records of a share at positions [start, end)."""
    if share.positions and share.positions[0] >= start and share.positions[-1] < end:
        return share
    wanted = [number for number, position in enumerate(share.positions) if start <= position < end]
    return Share(
        share.route,
        [share.positions[number] for number in wanted],
        [share.keys[number] for number in wanted],
        [share.data[number] for number in wanted],
    )
