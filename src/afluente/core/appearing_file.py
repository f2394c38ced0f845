"""A file that becomes something else, such as an object, when it is closed: pyiceberg's writers are given one."""

from collections.abc import Callable
from pathlib import Path
from typing import IO


class AppearingFile:
    """The file at `path`, made when missing; `appear` is called once it is closed. An exception removes it instead."""

    def __init__(self, path: Path, appear: Callable[[Path], object]) -> None:
        self._path = path
        self._appear = appear
        self._file: IO[bytes] = path.open("wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()
            self._appear(self._path)

    def __enter__(self) -> "AppearingFile":
        return self

    def __exit__(self, kind: object, _: object, __: object) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()
            self._path.unlink(missing_ok=True)
