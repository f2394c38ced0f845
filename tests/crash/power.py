"""What a power cut would take: everything that was written but not synced. `Tracker` notes it while the server runs,
`Outage.happen` takes it away afterwards.

The model is that of a file system with a journal. Of names (files made, renamed, removed), some of the latest changes
are lost, in order; a change is safe once a folder that it touched was synced. Of bytes, any page is lost or not, until
its file was synced; what was never synced is lost from the end. SQLite's own files are left out: their writes cannot be
seen from here, and their syncs are SQLite's.
"""

import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

PAGE = 4096
MOST_BYTES = 8 << 20
"""Of what one write replaces, so much is kept."""

SQLITE = ("meta.db",)


@dataclass(frozen=True, slots=True)
class NameChange:
    """A file made (`source` empty), removed (`target` empty) or renamed; `backup` is a link to what it replaced."""

    order: int
    source: str
    target: str
    backup: str


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that were replaced, in hexadecimal; where there were none, the file ended."""

    order: int
    inode: int
    offset: int
    length: int
    old: str


@dataclass(slots=True)
class Outage:
    """What is not safe: changes of names, writes, and files whose end is not safe."""

    names: list[NameChange] = field(default_factory=list)
    writes: list[tuple[str, Write]] = field(default_factory=list)
    ends: list[tuple[str, int]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write it to `path`."""
        path.write_text(json.dumps(asdict(self)))

    @staticmethod
    def load(path: Path) -> "Outage":
        """What `save` wrote."""
        raw = json.loads(path.read_text())
        return Outage(
            [NameChange(**change) for change in raw["names"]],
            [(name, Write(**write)) for name, write in raw["writes"]],
            [(name, end) for name, end in raw["ends"]],
        )

    def happen(self, random: Random, share: float | None = None) -> str:
        """Take away what the cut takes: a `share` of what is not safe, by default by chance. What it was, as text."""
        names = share
        if share is None or names is None:
            share = random.choice([0.0, 0.5, 1.0, 1.0])
            names = random.choice([0.0, random.random(), 1.0])
        lost_bytes = sum(_lose_end(Path(name), end, random, share) for name, end in self.ends)
        lost_pages = sum(_lose_pages(Path(name), write, random, share) for name, write in reversed(self.writes))
        lost = round(len(self.names) * names)
        for change in sorted(self.names, key=lambda change: -change.order)[:lost]:
            _lose_name(change)
        return f"lost {lost}/{len(self.names)} names, {lost_pages}/{len(self.writes)} writes, {lost_bytes} end bytes"


def _lose_name(change: NameChange) -> None:
    """Undo one change; what its file was since does not matter, for later changes were undone before."""
    source, target = Path(change.source), Path(change.target)
    if change.source and change.target:
        _put_back(target, source)
    elif change.target:
        target.unlink(missing_ok=True)
    if change.backup:
        _put_back(Path(change.backup), target if change.target else source)


def _put_back(path: Path, to: Path) -> None:
    """Give a file its old name, unless a folder has it since that holds something safe: then the change was safe."""
    to.parent.mkdir(parents=True, exist_ok=True)
    for folder, _, _ in os.walk(to, topdown=False):
        with suppress(OSError):  # it is not empty
            Path(folder).rmdir()
    with suppress(FileNotFoundError, IsADirectoryError):
        path.rename(to)


def _lose_pages(path: Path, write: Write, random: Random, share: float) -> int:
    """Put back the old bytes of some pages; whether of any."""
    old, lost = bytes.fromhex(write.old), 0
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        for start in range(write.offset, write.offset + write.length, PAGE):
            if random.random() < share:
                first = start - write.offset
                piece = old[first : first + PAGE].ljust(min(PAGE, write.length - first), b"\0")
                os.pwrite(descriptor, piece, start)
                lost = 1
    finally:
        os.close(descriptor)
    return lost


def _lose_end(path: Path, end: int, random: Random, share: float) -> int:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0
    kept = max(end, size - int((size - end) * (share if share != 0.5 else random.random())))
    os.truncate(path, kept)
    return size - kept


class Tracker:
    """Knows what of the files under `root` is safe. `backups`: a folder on the same file system, outside of `root`.

    Whoever calls holds one lock for all.
    """

    def __init__(self, root: Path, backups: Path) -> None:
        self._root = str(root) + os.sep
        self._backups = backups
        self._order = 0
        self._names: list[NameChange] = []
        self._writes: dict[int, list[Write]] = {}
        self._safe_ends: dict[int, int] = {}
        self._suspects: set[str] = set()
        self._doomed: set[int] = set()
        self._unlink: Callable[[str], None] = os.unlink
        self._link: Callable[[str, str], None] = os.link

    def watches(self, path: str) -> bool:
        """Is the file one whose writes can be followed?"""
        return path.startswith(self._root) and not path[len(self._root) :].startswith(
            (*SQLITE, "tmp" + os.sep, ".lock")
        )

    def opening(self, path: str) -> None:
        """A file is about to be opened for writing."""
        if not self.watches(path):
            return
        if os.path.exists(path):
            self._trust(path)
        else:
            self._note_name("", path, "")
        self._suspects.add(path)

    def _trust(self, path: str) -> None:
        """What was there before this process had its chance to become safe."""
        if path not in self._suspects and self.watches(path) and os.path.isfile(path):
            status = os.stat(path)
            self._safe_ends.setdefault(status.st_ino, status.st_size)

    def renaming(self, source: str, target: str) -> NameChange | None:
        """A file is about to be renamed; hand what this returns to `renamed`."""
        if not self.watches(target):
            return None
        self._trust(source)
        return NameChange(0, source if self.watches(source) else "", target, self._backup(target))

    def renamed(self, change: NameChange) -> None:
        """It was."""
        self._suspects.discard(change.source)
        self._suspects.add(change.target)
        self._note_name(change.source, change.target, change.backup)

    def linked(self, target: str) -> None:
        """A file got a second name."""
        if self.watches(target):
            self._note_name("", target, "")

    def removing(self, path: str) -> str:
        """A file is about to be removed; hand what this returns to `removed`."""
        if self.watches(path):
            return self._backup(path)
        self._forget_inode(path)
        return ""

    def removed(self, path: str, backup: str) -> None:
        """It was."""
        self._suspects.discard(path)
        if backup:
            self._note_name(path, "", backup)

    def writing(self, descriptor: int, offset: int, length: int) -> None:
        """Bytes are about to be written."""
        old = os.pread(descriptor, min(length, MOST_BYTES), offset)
        self._order += 1
        inode = os.fstat(descriptor).st_ino
        self._writes.setdefault(inode, []).append(Write(self._order, inode, offset, length, old.hex()))

    def cutting(self, descriptor: int, size: int) -> None:
        """A file is about to be cut: what stood behind may come back."""
        before = os.fstat(descriptor).st_size
        old = os.pread(descriptor, MOST_BYTES, size).rstrip(b"\0") if before > size else b""
        if old:
            self._order += 1
            inode = os.fstat(descriptor).st_ino
            self._writes.setdefault(inode, []).append(Write(self._order, inode, size, len(old), old.hex()))

    def syncing(self) -> int:
        """A sync begins: what has come until now will be safe. Hand what this returns to `synced`."""
        return self._order

    def synced(self, path: str, descriptor: int, order: int) -> None:
        """A file or folder was synced."""
        status = os.fstat(descriptor)
        if os.path.isdir(path):
            self._synced_folder(path, order)
            return
        if status.st_ino in self._doomed:
            return
        self._safe_ends[status.st_ino] = status.st_size
        self._writes[status.st_ino] = [each for each in self._writes.get(status.st_ino, ()) if each.order > order]

    def failed_to_sync(self, descriptor: int) -> None:
        """A sync failed: the system may have dropped what it was to write, and no later sync brings that back."""
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            self._doomed.add(status.st_ino)

    def outage(self) -> Outage:
        """What a power cut now could take."""
        found = Outage(list(self._names))
        for path in self._suspects:
            with suppress(FileNotFoundError):
                status = os.stat(path)
                found.ends.append((path, self._safe_ends.get(status.st_ino, 0)))
                found.writes += [(path, write) for write in self._writes.get(status.st_ino, ())]
        found.ends = [(path, end) for path, end in found.ends if end < os.stat(path).st_size]
        found.writes.sort(key=lambda item: item[1].order)
        return found

    def _synced_folder(self, folder: str, order: int) -> None:
        """What touched the folder is safe, and so is what the same files went through before that."""
        kept: list[NameChange] = []
        files: set[str] = set()
        for change in reversed(self._names):
            own = {path for path in (change.source, change.target) if path}
            is_synced = change.order <= order and folder in {os.path.dirname(path) for path in own}
            if is_synced or own & files:
                files |= own
                self._forget(change)
            else:
                kept.append(change)
        self._names = kept[::-1]

    def _note_name(self, source: str, target: str, backup: str) -> None:
        self._order += 1
        self._names.append(NameChange(self._order, source, target, backup))

    def _forget(self, change: NameChange) -> None:
        if change.backup:
            self._forget_inode(change.backup)
            with suppress(FileNotFoundError):
                self._unlink(change.backup)

    def _forget_inode(self, path: str) -> None:
        """The last name of a file goes: its number may soon be another's."""
        with suppress(FileNotFoundError):
            status = os.stat(path)
            if status.st_nlink == 1:
                self._doomed.discard(status.st_ino)
                self._safe_ends.pop(status.st_ino, None)
                self._writes.pop(status.st_ino, None)

    def _backup(self, path: str) -> str:
        if not os.path.isfile(path):
            return ""
        self._order += 1
        backup = str(self._backups / f"{os.getpid()}-{self._order}")
        self._link(path, backup)
        return backup


def as_text(path: Any) -> str:
    """An absolute path as text, of whatever os functions take."""
    return os.path.abspath(os.fsdecode(path))
