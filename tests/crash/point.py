"""The named points of a running server: before and after each sync, rename, link, removal, cut, log write and commit.

`Points.install` wraps the functions of `os` and the connections of SQLite, so that the product needs no hooks. At a
point the process may be told to die, as of `kill -9` or of a power cut.
"""

import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.crash.fault import Faults
from tests.crash.plan import Plan
from tests.crash.power import Tracker, as_text

Hook = Callable[[], None]
HALF = "half"


class Points:
    """Counts points, and ends the process at the one that `plan` names."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._root = Path(as_text(plan.data))
        self._tracker = Tracker(self._root, Path(plan.backups))
        self._faults = Faults(plan.fault)
        self._lock = threading.RLock()
        self._seen: Counter[str] = Counter()

    def install(self) -> None:
        """Wrap what the product calls. Before it is imported."""
        for name in ("fsync", "fdatasync"):
            setattr(os, name, self._sync(name, getattr(os, name)))
        for name in ("rename", "replace"):
            setattr(os, name, self._rename(name, getattr(os, name)))
        os.link = self._link(os.link)
        for name in ("unlink", "remove"):
            setattr(os, name, self._remove(getattr(os, name)))
        os.ftruncate = self._cut(os.ftruncate)
        os.pwritev = self._write_parts(os.pwritev)
        os.pwrite = self._write(os.pwrite)
        os.posix_fallocate = self._allocate(os.posix_fallocate)
        real = sqlite3.connect
        sqlite3.connect = lambda path, **options: real(path, factory=self._connection(), **options)  # type: ignore[assignment]
        sys.addaudithook(self._audit)
        wall, plan_ms = time.time_ns, self._plan.clock_ms
        time.time_ns = lambda: wall() + (plan_ms + self._faults.now.clock_ms) * 1_000_000
        signal.signal(signal.SIGUSR1, lambda *_: self.die(power=True))
        signal.signal(signal.SIGUSR2, lambda *_: self._faults.reload())

    def die(self, *, power: bool) -> None:
        """End the process as a kill or a power cut would, after noting what was seen and what was not safe."""
        with self._lock:  # whoever comes to a point from now on waits there for the end
            Path(self._plan.report).write_text(json.dumps(self._seen))
            if power:
                self._tracker.outage().save(Path(self._plan.outage))
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()

    def _pass(self, point: str, when: str, note: Hook | None = None) -> None:
        with self._lock:
            if note is not None:
                note()
            name = f"{when} {point}"
            self._seen[name] += 1
            if name == self._plan.point and self._seen[name] == self._plan.count:
                self.die(power=self._plan.power)

    def _is_planned(self, point: str, when: str) -> bool:
        name = f"{when} {point}"
        with self._lock:
            self._seen[name] += 1
            return name == self._plan.point and self._seen[name] == self._plan.count

    def _sync(self, name: str, real: Callable[[int], None]) -> Callable[[int], None]:
        def sync(descriptor: int) -> None:
            path = _path_of(descriptor)
            point = f"{name} {self._place(path)}"
            if point in self._plan.skipped:
                return
            order = 0

            def begin() -> None:
                nonlocal order
                order = self._tracker.syncing()

            self._pass(point, "before", begin)
            try:
                self._faults.strike("sync")
                real(descriptor)
            except OSError:
                with self._lock:
                    self._tracker.failed_to_sync(descriptor)
                raise
            self._pass(point, "after", lambda: self._tracker.synced(path, descriptor, order))

        return sync

    def _rename(self, name: str, real: Callable[..., None]) -> Callable[..., None]:
        def rename(source: Any, target: Any, **options: Any) -> None:
            old, new = as_text(source), as_text(target)
            point = f"{name} {self._place(old)} -> {self._place(new)}"
            self._pass(point, "before")
            self._faults.strike("rename")
            with self._lock:
                change = self._tracker.renaming(old, new)
                real(source, target, **options)
                if change is not None:
                    self._tracker.renamed(change)
            self._pass(point, "after")

        return rename

    def _link(self, real: Callable[..., None]) -> Callable[..., None]:
        def link(source: Any, target: Any, **options: Any) -> None:
            new = as_text(target)
            point = f"link {self._place(as_text(source))} -> {self._place(new)}"
            self._pass(point, "before")
            with self._lock:
                real(source, target, **options)
                self._tracker.linked(new)
            self._pass(point, "after")

        return link

    def _remove(self, real: Callable[..., None]) -> Callable[..., None]:
        def remove(path: Any, **options: Any) -> None:
            if options:  # within an open folder: only the standard library's emptying of tmp does that
                real(path, **options)
                return
            gone = as_text(path)
            point = f"remove {self._place(gone)}"
            self._pass(point, "before")
            with self._lock:
                backup = self._tracker.removing(gone)
                real(path)
                self._tracker.removed(gone, backup)
            self._pass(point, "after")

        return remove

    def _cut(self, real: Callable[[int, int], None]) -> Callable[[int, int], None]:
        def cut(descriptor: int, size: int) -> None:
            point = f"truncate {self._place(_path_of(descriptor))}"
            self._pass(point, "before", lambda: self._tracker.cutting(descriptor, size))
            real(descriptor, size)
            self._pass(point, "after")

        return cut

    def _allocate(self, real: Callable[[int, int, int], None]) -> Callable[[int, int, int], None]:
        def allocate(descriptor: int, offset: int, size: int) -> None:
            point = f"allocate {self._place(_path_of(descriptor))}"
            self._pass(point, "before")
            self._faults.strike("allocate")
            real(descriptor, offset, size)
            self._pass(point, "after")

        return allocate

    def _write_parts(self, real: Callable[..., int]) -> Callable[..., int]:
        def write(descriptor: int, parts: Sequence[bytes], offset: int, *flags: int) -> int:
            point = f"write {self._place(_path_of(descriptor))}"
            length = sum(map(len, parts))
            self._pass(point, "before", lambda: self._tracker.writing(descriptor, offset, length))
            if self._is_planned(point, HALF):
                real(descriptor, [b"".join(parts)[: length // 2]], offset)
                self.die(power=self._plan.power)
            self._faults.strike("write")
            if self._faults.now.is_short:
                parts = [b"".join(parts)[: max(1, length // 3)]]
            done = real(descriptor, parts, offset, *flags)
            self._pass(point, "after")
            return done

        return write

    def _write(self, real: Callable[[int, Any, int], int]) -> Callable[[int, Any, int], int]:
        def write(descriptor: int, data: Any, offset: int) -> int:
            with self._lock:
                self._tracker.writing(descriptor, offset, len(data))
            self._faults.strike("write")
            return real(descriptor, data[: max(1, len(data) // 3)] if self._faults.now.is_short else data, offset)

        return write

    def _connection(self) -> type[sqlite3.Connection]:
        points = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                if sql != "COMMIT":
                    return super().execute(sql, *values)
                point = f"commit {_caller()}"
                points._pass(point, "before")
                points._strike_commit()
                cursor = super().execute(sql)
                points._pass(point, "after")
                return cursor

        return Connection

    def _strike_commit(self) -> None:
        try:
            self._faults.strike("commit")
        except OSError as error:
            raise sqlite3.OperationalError("disk I/O error (a fault of the test)") from error

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path, mode, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR) or (mode is not None and set(mode) & set("wxa+"))
        if writes and not flags & os.O_DIRECTORY:
            name = as_text(path)
            if self._tracker.watches(name) or name.startswith(str(self._root / "tmp")):
                self._faults.strike("make")
            with self._lock:
                self._tracker.opening(name)

    def _place(self, path: str) -> str:
        """Where a file lies, by kinds: what is the same for all objects and all segments."""
        try:
            inner = Path(path).relative_to(self._root)
        except ValueError:
            return "elsewhere"
        kind = "folder" if os.path.isdir(path) else "file"
        match inner.parts:
            case ():
                return "data folder"
            case ("log", name):
                return f"log/*{''.join(Path(name).suffixes)}"
            case ("s3", ".staged" | ".versions" as folder, _):
                return f"{folder.removeprefix('.')} file"
            case ("s3", ".staged" | ".versions") | ("log",) | ("s3",) | (_,):
                return f"{inner}"
            case ("s3", *_):
                return f"object {kind}"
            case (top, *_):
                return f"{top} {kind}"
        return str(inner)


def _path_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


def _caller() -> str:
    """The part of the product that commits: the nearest frame that is not the database's own."""
    frame = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("afluente.") and module not in {"afluente.store.database", "afluente.store.document"}:
            name = frame.f_code.co_name
            return "of a part's tables" if name == "__init__" else f"{module.removeprefix('afluente.')}:{name}"
        frame = frame.f_back  # type: ignore[assignment]
    return "?"
