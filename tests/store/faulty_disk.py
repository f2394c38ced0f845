"""A disk that fails when told to, or waits."""

import errno
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from afluente.store.disk import Disk

PATIENCE_S = 20


class FaultyDisk(Disk):
    """Calls named in `failing` raise, `half` lets a write end in its middle first; `syncs` counts."""

    def __init__(self) -> None:
        self.failing: dict[str, int] = {}
        self._times = 0
        self.half = False
        self.syncs = 0
        self._open = threading.Event()
        self._open.set()
        self.entered = threading.Event()

    def fail(self, *calls: str, error: int = errno.ENOSPC, times: int = 1 << 30) -> None:
        self.failing = dict.fromkeys(calls, error)
        self._times = times

    def heal(self) -> None:
        self.failing = {}

    def hold(self) -> None:
        """Let the next syncs wait until `release`."""
        self._open.clear()
        self.entered.clear()

    def release(self) -> None:
        self._open.set()

    def _check(self, call: str) -> None:
        if call in self.failing and self._times > 0:
            self._times -= 1
            raise OSError(self.failing[call], os.strerror(self.failing[call]))

    def open(self, path: Path) -> int:
        self._check("open")
        return super().open(path)

    def write(self, descriptor: int, parts: Sequence[bytes], offset: int) -> None:
        if self.half and "write" in self.failing:
            whole = b"".join(parts)
            super().write(descriptor, [whole[: len(whole) // 2]], offset)
        self._check("write")
        super().write(descriptor, parts, offset)

    def sync(self, descriptor: int) -> None:
        self.entered.set()
        assert self._open.wait(PATIENCE_S)
        self._check("sync")
        super().sync(descriptor)
        self.syncs += 1

    def allocate(self, descriptor: int, offset: int, size: int) -> None:
        self._check("allocate")
        super().allocate(descriptor, offset, size)

    def truncate(self, descriptor: int, size: int) -> None:
        if size:  # drafts are emptied first; only cutting back shall fail
            self._check("truncate")
        super().truncate(descriptor, size)

    def replace(self, source: Path, target: Path) -> None:
        self._check("replace")
        super().replace(source, target)
        self._check("replaced")
