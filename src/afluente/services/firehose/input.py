"""What one reader of a delivery stream reads: the partitions of its source, new shards as they come, parents first."""

from collections import deque
from collections.abc import Callable, Mapping

from afluente.services.firehose.ledger import Progress
from afluente.services.firehose.source import Origin, Source
from afluente.store.record_log import RecordLog


class Input:
    """The partitions of `source` for the reader that `progress` is of."""

    def __init__(self, source: Source, log: RecordLog, progress: Progress) -> None:
        self.source = source
        self.positions = progress.positions()
        self._log = log
        self._progress = progress
        self._origins: Mapping[int, Origin] = {}
        self._unsubscribe: Callable[[], None] | None = None
        self._may_read = True
        self._turn = 0

    def look(self, wake: Callable[[], None]) -> None:
        """Take up what came of splits and merges.

        `wake` is called from now on when records have come. Raises AwsError when the source is gone or may not be read;
        in the latter case nothing is until that has changed.
        """
        if self._unsubscribe is None:
            self._unsubscribe = self.source.subscribe(wake)
        self._origins = self.source.origins()
        found = dict.fromkeys(self._new(), 0)
        if found:
            self._progress.start_at(found)
            self.positions |= found
        self._may_read = False
        self.source.check_readable()
        self._may_read = True

    def close(self) -> None:
        """Be woken no more."""
        if self._unsubscribe:
            self._unsubscribe()

    def readable(self, following: Mapping[int, int]) -> deque[int]:
        """The partitions that may be read by whoever reads on at `following`: a child's turn comes after its parents.

        Each call begins with another partition, so that none waits for ever while another has a backlog.
        """
        partitions = deque(part for part in following if self._may_read and self._is_ready(part, following))
        partitions.rotate(-self._turn)
        self._turn += 1
        return partitions

    def behind(self, following: Mapping[int, int]) -> int:
        """How many records of the log are still to be read."""
        return sum(max(0, self._log.end(partition) - position) for partition, position in following.items())

    def _new(self) -> list[int]:
        """Partitions of shards that came of known ones, or of some that are long gone.

        A stream made anew under the old name has no such shards: as on AWS, it is not picked up.
        """
        known = {*self.positions}
        for partition, origin in self._origins.items():
            if origin.orphaned or not known.isdisjoint(origin.ends):
                known.add(partition)
        return [partition for partition in self._origins if partition in known and partition not in self.positions]

    def _is_ready(self, partition: int, following: Mapping[int, int]) -> bool:
        """Has everything been read that comes before it? Not what is on disk, but all that its parents took counts."""
        origin = self._origins.get(partition, Origin())
        return all(following[parent] >= end for parent, end in origin.ends.items() if parent in following)
