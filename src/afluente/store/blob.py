"""Bytes as files that are whole or absent.

A file is first *staged*: written under a random id in `<root>/.staged`, synced, and so are its folder's entries. From
then on a committed database row that names the id is enough to call the bytes durable: `place` moves the file to where
it belongs after the commit, and does so again after a crash. Which ids are named is the caller's knowledge; `sweep`
removes all others. A file of `<root>/.versions` is likewise whole, synced, and kept while a row names its id.
"""

import errno
import io
import itertools
import logging
import os
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import BinaryIO

from afluente.core.provider import SpooledBody

Body = bytes | BinaryIO | SpooledBody
Observe = Callable[[bytes | memoryview], object]

STAGED = ".staged"
VERSIONS = ".versions"
CHUNK_BYTES = 1 << 20
BACKGROUND_SYNC_BYTES = 128 << 10
"""From here on the disk works while the checksums are computed; below, handing over to a thread costs more."""

log = logging.getLogger(__name__)


class Blobs:
    """The files under `root` (`<data>/s3`), which is made when missing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._staged = root / STAGED
        self._staged.mkdir(parents=True, exist_ok=True)
        self._staged_folder = _Folder(self._staged)
        self._versions = root / VERSIONS
        self._versions.mkdir(exist_ok=True)
        self._versions_folder = _Folder(self._versions)
        self._mode = 0o666 & ~_umask()
        self._syncer = ThreadPoolExecutor(4, thread_name_prefix="blob-sync")
        self._writer = ThreadPoolExecutor(4, thread_name_prefix="blob-write")  # whose work waits for the syncer's
        sync_folder(root)

    def close(self) -> None:
        """Let go of threads and descriptors."""
        self._writer.shutdown()
        self._syncer.shutdown()
        self._staged_folder.close()
        self._versions_folder.close()

    def stage(self, body: Body, observe: Observe) -> str:
        """Stage `body`, and show all of its bytes to `observe` in order. Returns the id.

        A spooled body is moved, not copied. When anything fails, nothing is left.
        """
        identifier = secrets.token_hex(16)
        path = self.staged_path(identifier)
        if isinstance(body, io.BytesIO):
            body = body.getvalue()
        try:
            if isinstance(body, SpooledBody):
                body.path.chmod(self._mode)
                body.path.rename(path)
                body.release()
            elif isinstance(body, bytes):
                self._store(path, body, observe)
                return identifier
            else:
                _write(path, _chunks(body))
            self._sync(path, lambda: _show(path, observe))
        except BaseException:
            self.discard(identifier)
            raise
        return identifier

    def stage_file(self, path: Path, observe: Observe) -> str:
        """Stage the finished file at `path` by moving it. It stays there when that fails."""
        identifier = secrets.token_hex(16)
        path.chmod(self._mode)
        syncing = self._syncer.submit(sync_file, path) if path.stat().st_size >= BACKGROUND_SYNC_BYTES else None
        try:
            _show(path, observe)
        finally:
            wait([syncing] if syncing else [])
        if syncing:
            syncing.result()
        else:
            sync_file(path)
        path.rename(self.staged_path(identifier))
        self._staged_folder.sync()
        return identifier

    def stage_copy(self, sources: Iterable[tuple[BinaryIO, int, int]], observe: Observe | None = None) -> str:
        """Stage the bytes of `sources`, each (open file, offset, length), one behind the other."""
        identifier = secrets.token_hex(16)
        path = self.staged_path(identifier)
        try:
            with path.open("xb") as target:
                for source, offset, length in sources:
                    _copy(source, target, offset, length)
            self._sync(path, lambda: _show(path, observe) if observe else None)
        except BaseException:
            self.discard(identifier)
            raise
        return identifier

    def staged_path(self, identifier: str) -> Path:
        """Where the staged file is, until it is placed."""
        return self._staged / identifier

    def discard(self, identifier: str) -> None:
        """Remove a staged file, if it is there."""
        self.staged_path(identifier).unlink(missing_ok=True)

    def keep(self, path: Path, identifier: str) -> None:
        """Have the file at `path` also as that of the version `identifier`, durably."""
        _link(path, self.version_path(identifier))
        self._versions_folder.sync()

    def restage(self, identifier: str) -> None:
        """Have the version's file also as a staged one, durably."""
        _link(self.version_path(identifier), self.staged_path(identifier))
        self._staged_folder.sync()

    def version_path(self, identifier: str) -> Path:
        """Where the file of a version is that is not the latest."""
        return self._versions / identifier

    def discard_version(self, identifier: str) -> None:
        """Remove the version's file. What cannot be removed now is swept at the next start."""
        try:
            self.version_path(identifier).unlink(missing_ok=True)
        except OSError as error:
            log.warning("cannot remove the file of version %s: %s", identifier, error)

    def sweep_versions(self, is_named: Callable[[str], bool]) -> None:
        """Remove every version's file that no row names: what a crash left."""
        for entry in os.scandir(self._versions):
            if not is_named(entry.name):
                log.info("removing %s, which no version names", entry.path)
                Path(entry.path).unlink()

    def place(self, identifier: str, target: Path) -> None:
        """Move the staged file to `target`, over what is there, making folders. Does nothing when it was moved before.

        Durable only after `sync_placed`; until then the row that names the id has to stay.
        """
        source = self.staged_path(identifier)
        try:
            source.rename(target)
        except FileNotFoundError:
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)

    def is_staged(self, identifier: str, target: Path) -> bool:
        """Whether the staged file still is to be placed at `target`."""
        source = self.staged_path(identifier)
        try:
            if not source.samefile(target):
                return True
        except (FileNotFoundError, NotADirectoryError):
            return source.exists()
        source.unlink()  # two names of one file, which a rename leaves as they are
        return False

    def remove(self, target: Path, top: Path) -> None:
        """Remove the file `target`, if it is there, and the folders between it and `top` that are empty then.

        A folder in its place holds other files: the file itself is gone.
        """
        if target.is_dir():
            return
        try:
            target.unlink(missing_ok=True)
        except NotADirectoryError:
            return
        for folder in target.parents:
            if folder == top:
                return
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return

    def sync_placed(self, targets: Iterable[Path]) -> None:
        """Make durable what was placed at and removed from `targets`: every folder on the way to them."""
        folders = {folder for target in targets for folder in target.parents if folder.is_relative_to(self.root)}
        for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
            sync_folder(folder)

    def sweep(self, named: Collection[str]) -> None:
        """Remove every staged file whose id is not among `named`: what a crash left."""
        for entry in os.scandir(self._staged):
            if entry.name not in named:
                log.info("removing %s, which no object names", entry.path)
                Path(entry.path).unlink()

    def _store(self, path: Path, body: bytes, observe: Observe) -> None:
        """Make `body` a staged file; of a large one the disk works while `observe` looks at it."""
        if len(body) < BACKGROUND_SYNC_BYTES:
            path.write_bytes(body)
            self._sync(path, lambda: observe(body))
            return

        def write() -> None:
            path.write_bytes(body)
            self._sync(path, lambda: None)

        writing = self._writer.submit(write)
        try:
            observe(body)
        finally:
            wait([writing])
        writing.result()

    def _sync(self, path: Path, meanwhile: Callable[[], object]) -> None:
        """Make a staged file and its name durable: of a large one at the same time, and while `meanwhile` runs."""
        if path.stat().st_size < BACKGROUND_SYNC_BYTES:
            meanwhile()
            sync_file(path)
            self._staged_folder.sync()
            return
        syncing = [self._syncer.submit(sync_file, path), self._syncer.submit(self._staged_folder.sync)]
        try:
            meanwhile()
        finally:
            wait(syncing)
        for each in syncing:
            each.result()


class _Folder:
    """A folder that many threads make entries in, and that is synced once for all who wait."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._lock = threading.Lock()
        self._tickets = itertools.count(1)
        self._synced = 0

    def sync(self) -> None:
        """Make durable what is in the folder now."""
        ticket = next(self._tickets)
        with self._lock:
            if self._synced < ticket:
                latest = next(self._tickets)  # whoever has a lower one made its entry before this sync
                os.fsync(self._descriptor)
                self._synced = latest

    def close(self) -> None:
        os.close(self._descriptor)


def sync_file(path: Path) -> None:
    """Make the contents of the file durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Make the entries of the folder durable; one that is gone again needs nothing."""
    try:
        sync_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return


def _link(source: Path, target: Path) -> None:
    """A second name for the file; a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except FileExistsError:
        return  # ids are given once: it is that very file
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}:
            raise
        copy = target.with_suffix(".copy")
        with source.open("rb") as file, copy.open("wb") as other:
            _copy(file, other, 0, os.fstat(file.fileno()).st_size)
        sync_file(copy)
        copy.rename(target)


def _umask() -> int:
    """What new files of this process are not allowed; temporary files of others come with less."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("xb", buffering=0) as file:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[file.write(rest) :]


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _show(path: Path, observe: Observe) -> None:
    buffer = bytearray(CHUNK_BYTES)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            observe(view[:count])


def _copy(source: BinaryIO, target: BinaryIO, offset: int, length: int) -> None:
    """Copy within the kernel; by hand where the file system cannot."""
    while length:
        try:
            count = os.copy_file_range(source.fileno(), target.fileno(), length, offset)
        except OSError as error:
            if error.errno not in {errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}:
                raise
            count = os.write(target.fileno(), os.pread(source.fileno(), min(length, CHUNK_BYTES), offset))
        if not count:
            raise EOFError(f"{source.name} ends before byte {offset + length}")
        offset += count
        length -= count
