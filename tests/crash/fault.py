"""Faults of the machine: a full disk, failing syncs, short writes, a clock that jumps. They begin and end by signal."""

import errno
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True, slots=True)
class Fault:
    """operations: of `sync`, `write`, `allocate`, `make` (a file), `rename`, `commit`: those that fail, with `errno`.

    share: of them, by chance. is_short: writes to the log write less than they were asked to. clock_ms: how far the
    clock is ahead of the machine's.
    """

    operations: Sequence[str] = ()
    errno: int = errno.EIO
    share: float = 1.0
    is_short: bool = False
    clock_ms: int = 0

    def save(self, path: Path) -> None:
        """For the server, which reads it at the next SIGUSR2."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self)))
        draft.rename(path)


class Faults:
    """The present fault of this process."""

    def __init__(self, path: str) -> None:
        self.now = Fault()
        self._path = Path(path)
        self._random = Random(1)

    def reload(self) -> None:
        """Take up what the harness wrote, and remove the file to say so."""
        self.now = Fault(**json.loads(self._path.read_text()))
        os.truncate(self._path, 0)

    def strike(self, operation: str) -> None:
        """Raise OSError when `operation` is to fail now."""
        if operation in self.now.operations and self._random.random() < self.now.share:
            raise OSError(self.now.errno, f"{os.strerror(self.now.errno)} (a fault of the test)")
