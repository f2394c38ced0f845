"""A frame: the records of one batch that went to one partition of the log, and the checksum that guards it."""

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """`count` records at `position` and the following ones, which all arrived at `time_ms`."""

    partition: int
    position: int
    count: int
    time_ms: int
    payload: bytes

    @property
    def end(self) -> int:
        """The position after the last record."""
        return self.position + self.count

    def checksum(self) -> int:
        """CRC-32 of the place and the payload, so that a frame read from the wrong place is noticed too."""
        place = b"%d %d %d %d " % (self.partition, self.position, self.count, self.time_ms)
        return zlib.crc32(self.payload, zlib.crc32(place))


class CorruptFrame(Exception):
    """A frame on disk does not match its checksum."""

    def __init__(self, frame: Frame, path: object) -> None:
        super().__init__(
            f"{path}: the frame at partition {frame.partition}, position {frame.position} does not match its "
            "checksum; the disk or a foreign program has changed it. Restore the file from a backup"
        )
        self.frame = frame


class OutOfOrder(Exception):
    """A frame was offered that does not follow the last one of its partition."""


class PartitionDropped(Exception):
    """A frame was offered for a partition that was dropped."""


class LogFailed(Exception):
    """A frame was not stored. Nothing of it is on disk; its position is free again."""


class LogClosed(LogFailed):
    """The log is closed, or was closed before the frame was stored."""
