"""A frame: the records of one batch that went to one partition of the log; and what can go wrong with it."""

from pathlib import Path

from msgspec import Struct


class Draft(Struct, frozen=True, gc=False):
    """Records that the log is to place behind the last ones of `partition`."""

    partition: int
    count: int
    time_ms: int
    payload: bytes


class Frame(Struct, frozen=True, gc=False):
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


class CorruptFrame(Exception):
    """A frame that was stored cannot be read: the disk gives back other bytes than were written."""

    def __init__(self, path: Path, offset: int, partition: int, position: int) -> None:
        super().__init__(
            f"{path}: from offset {offset} on, where position {position} of partition {partition} should be, is no "
            "intact frame; the disk or a foreign program has changed it. What follows can still be read. Restore the "
            "file from a backup"
        )
        self.path = path
        self.offset = offset
        self.partition = partition
        self.position = position


class LogDamaged(Exception):
    """The log's files do not say any more what lies in them; nothing was changed."""


class OutOfOrder(Exception):
    """A frame was offered that does not follow the last one of its partition."""


class PartitionDropped(Exception):
    """A frame was offered for a partition that was dropped."""


class LogFailed(Exception):
    """A frame was not stored. Its position is free again."""


class LogClosed(LogFailed):
    """The log is closed, or was closed before the frame was stored."""
