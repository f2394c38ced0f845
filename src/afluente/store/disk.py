"""What changes the files of the record log, call by call: the port through which tests let a disk fail.

Errors are OSError, as the system gives them.
"""

import os
from collections.abc import Sequence
from pathlib import Path

BUFFERS = 1024
"""What one call may write: IOV_MAX, which is the same on every system we know."""


class Disk:
    """The machine's."""

    def open(self, path: Path) -> int:
        """The descriptor of a file to be written, made when missing."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, descriptor: int, parts: Sequence[bytes], offset: int) -> None:
        """Write `parts` behind each other, all of them."""
        for first in range(0, len(parts), BUFFERS):
            piece = parts[first : first + BUFFERS]
            size = sum(map(len, piece))
            done = os.pwritev(descriptor, piece, offset)
            if done < size:  # a signal, or a disk that is almost full: the next call says what it is
                self._write_rest(descriptor, memoryview(b"".join(piece))[done:], offset + done)
            offset += size

    def _write_rest(self, descriptor: int, rest: memoryview, offset: int) -> None:
        while rest:
            done = os.pwrite(descriptor, rest, offset)
            rest, offset = rest[done:], offset + done

    def sync(self, descriptor: int) -> None:
        """Have what was written on disk when this returns."""
        getattr(os, "fdatasync", os.fsync)(descriptor)  # macOS has only the latter

    def allocate(self, descriptor: int, offset: int, size: int) -> None:
        """Have room for `size` bytes at `offset`, so that a sync after writing there has no metadata to write."""
        if hasattr(os, "posix_fallocate"):  # not on macOS
            os.posix_fallocate(descriptor, offset, size)

    def truncate(self, descriptor: int, size: int) -> None:
        """End the file after `size` bytes."""
        os.ftruncate(descriptor, size)

    def close(self, descriptor: int) -> None:
        """Give back the descriptor."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Let `source` be called `target`, durably."""
        source.replace(target)
        self.sync_folder(target.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there. Not synced: what comes back after a crash is removed again."""
        path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Have the names in the folder on disk when this returns."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
