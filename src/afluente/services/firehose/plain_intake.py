"""Records straight from the source, in one parcel at a time: no record is touched that need not be."""

from collections.abc import Callable, Sequence

from afluente.services.firehose.buffer import Buffer
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.history import Batch, Range
from afluente.services.firehose.input import Input
from afluente.services.firehose.intake import Content, Parcel
from afluente.services.firehose.ledger import Intent, Progress
from afluente.services.firehose.plain_content import PlainContent
from afluente.services.firehose.rendering import READ_BYTES, Rendering
from afluente.services.firehose.source import DirectPuts
from afluente.store.record_log import RecordLog

Measure = Callable[[int, int, int | None], None]
"""Takes how many records and bytes were read, and when the last arrived unless nothing is behind it."""


class PlainIntake:
    """What `source_input` gives, for one destination of a delivery stream. `measure` is told what is read."""

    def __init__(self, source_input: Input, log: RecordLog, progress: Progress, measure: Measure | None) -> None:
        self._input = source_input
        self._log = log
        self._progress = progress
        self._measure = measure
        self._rendering = Rendering(log, b"", deaggregates=not isinstance(source_input.source, DirectPuts))
        self._size_bytes = 0
        self._keeps = True
        self._buffer: Buffer | None = None

    def look(self, wake: Callable[[], None]) -> None:
        self._input.look(wake)

    def configure(self, destination: Destination) -> None:
        """What is buffered is kept where it fits the destination, and taken up anew where not."""
        buffer, self._size_bytes = self._buffer, destination.size_bytes
        self._keeps = destination.conversion is None  # what is converted is read again as it is converted
        if self._rendering.delimiter != destination.delimiter:
            self._rendering = self._rendering._replace(delimiter=destination.delimiter)
            self._buffer = None
        elif buffer and buffer.size_bytes < destination.size_bytes:
            buffer.resize(destination.size_bytes)
        else:
            self._buffer = None

    def fill(self) -> Sequence[Parcel]:
        buffer = self._buffer or self._new_buffer()
        self._buffer = buffer
        buffer.extend({part: at for part, at in self._input.positions.items() if part not in buffer.next})
        partitions = self._input.readable(buffer.next)
        while partitions and not buffer.full:
            partition = partitions.popleft()
            if self._read_into(buffer, partition):
                partitions.append(partition)
        return [buffer]

    def take(self, parcel: Parcel) -> None:
        self._move(parcel.ranges)

    def recall(self, intents: Sequence[Intent]) -> list[Content]:
        for intent in intents:
            self._move(intent.ranges)
        return [PlainContent(intent.ranges, self._rendering, self._input.source) for intent in intents]

    def give_back(self, intent: Intent) -> None:
        for span in intent.ranges:
            self._input.positions[span.partition] = span.start
        self._buffer = None

    def settled(self, intents: Sequence[Intent]) -> None:
        for partition in {span.partition for intent in intents for span in intent.ranges}:
            self._input.source.trim(partition, self._progress.least_position(partition))

    def floor(self, under_way: Sequence[Intent]) -> None:
        del under_way

    def batches(self) -> Sequence[Batch]:
        return ()

    def is_past(self) -> bool:
        return False

    def behind(self) -> int:
        return self._input.behind(dict(self._input.positions))

    def close(self) -> None:
        self._input.close()

    def _new_buffer(self) -> Buffer:
        return Buffer(self._input.positions, self._size_bytes, self._rendering, self._input.source, keeps=self._keeps)

    def _move(self, ranges: Sequence[Range]) -> None:
        self._input.positions.update((span.partition, span.end) for span in ranges)
        self._buffer = None

    def _read_into(self, buffer: Buffer, partition: int) -> bool:
        position, size_bytes = buffer.next[partition], buffer.size_bytes
        if self._log.end(partition) <= position:
            return False
        frames = self._log.read(partition, position, READ_BYTES)
        for frame in frames:
            if not buffer.full:
                buffer.add(frame)
        if self._measure and buffer.next[partition] > position:
            newest_ms = None if buffer.next[partition] >= self._log.end(partition) else frames[-1].time_ms
            self._measure(buffer.next[partition] - position, buffer.size_bytes - size_bytes, newest_ms)
        return bool(frames)
