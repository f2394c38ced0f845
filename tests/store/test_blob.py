import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from afluente.store.blob import BACKGROUND_SYNC_BYTES, CHUNK_BYTES, Blobs

SIZES = [0, 1, BACKGROUND_SYNC_BYTES - 1, BACKGROUND_SYNC_BYTES, CHUNK_BYTES + 1]


class Spooled:
    """A body in a file, as the gateway makes them."""

    def __init__(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        path.chmod(0o600)
        self.path, self.size, self.released = path, len(data), False
        self._file = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def release(self) -> None:
        self.released = True


def stream(data: bytes) -> BinaryIO:
    """An open file that the blobs know nothing of."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by who asked for it
    file.write(data)
    file.seek(0)
    return file


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[Blobs]:
    blobs = Blobs(tmp_path / "s3")
    yield blobs
    blobs.close()


def staged(blobs: Blobs) -> list[str]:
    return sorted(path.name for path in (blobs.root / ".staged").iterdir())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", ["bytes", "memory", "stream", "spooled", "file"])
def test_stage_keeps_and_shows_every_byte(blobs: Blobs, tmp_path: Path, form: str, size: int) -> None:
    data = os.urandom(size)
    digest = hashlib.md5()
    match form:
        case "bytes":
            identifier = blobs.stage(data, digest.update)
        case "memory":
            identifier = blobs.stage(io.BytesIO(data), digest.update)
        case "stream":
            with stream(data) as file:
                identifier = blobs.stage(file, digest.update)
        case "spooled":
            body = Spooled(tmp_path / "body", data)
            identifier = blobs.stage(body, digest.update)
            assert body.released
            assert not body.path.exists()
        case _:
            (tmp_path / "body").write_bytes(data)
            identifier = blobs.stage_file(tmp_path / "body", digest.update)
    assert blobs.staged_path(identifier).read_bytes() == data
    assert digest.digest() == hashlib.md5(data).digest()
    assert blobs.staged_path(identifier).stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    umask = os.umask(0o022)
    os.umask(umask)
    return umask


@pytest.mark.parametrize("size", [10, 2 * CHUNK_BYTES])
def test_stage_leaves_nothing_when_it_fails(blobs: Blobs, size: int) -> None:
    def fail(_: object) -> None:
        raise OSError("broken")

    with stream(bytes(size)) as file:
        for body in (bytes(size), file):
            with pytest.raises(OSError, match="broken"):
                blobs.stage(body, fail)
    assert not staged(blobs)


def test_stage_file_that_fails_leaves_the_file(blobs: Blobs, tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise OSError("broken")

    (tmp_path / "body").write_bytes(b"x")
    with pytest.raises(OSError, match="broken"):
        blobs.stage_file(tmp_path / "body", fail)
    assert (tmp_path / "body").read_bytes() == b"x"


def test_stage_copy_joins_slices(blobs: Blobs, tmp_path: Path) -> None:
    one, other = os.urandom(CHUNK_BYTES + 7), os.urandom(100)
    (tmp_path / "one").write_bytes(one)
    (tmp_path / "other").write_bytes(other)
    digest = hashlib.md5()
    with (tmp_path / "one").open("rb") as first, (tmp_path / "other").open("rb") as second:
        identifier = blobs.stage_copy([(first, 5, len(one) - 5), (second, 0, 50)], digest.update)
    assert blobs.staged_path(identifier).read_bytes() == one[5:] + other[:50]
    assert digest.digest() == hashlib.md5(one[5:] + other[:50]).digest()


def test_stage_copy_of_a_file_that_is_too_short_fails(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"123")
    with (tmp_path / "one").open("rb") as file, pytest.raises(EOFError):
        blobs.stage_copy([(file, 0, 4)])
    assert not staged(blobs)


def test_place_moves_over_what_is_there_and_only_once(blobs: Blobs) -> None:
    target = blobs.root / "b" / "x" / "y" / "z"
    first, second = blobs.stage(b"1", len), blobs.stage(b"2", len)
    blobs.place(first, target)
    blobs.place(second, target)
    blobs.place(first, target)
    assert target.read_bytes() == b"2"
    assert not staged(blobs)


def test_remove_takes_empty_folders_along_up_to_the_top(blobs: Blobs) -> None:
    top = blobs.root / "b"
    for name in ("x/y/z", "x/w"):
        blobs.place(blobs.stage(b"", len), top / name)
    blobs.remove(top / "x/y/z", top)
    assert [path.name for path in (top / "x").iterdir()] == ["w"]
    blobs.remove(top / "x/w", top)
    assert not list(top.iterdir())
    blobs.remove(top / "x/w", top)
    assert top.is_dir()


def test_remove_below_a_file_does_nothing(blobs: Blobs) -> None:
    blobs.place(blobs.stage(b"1", len), blobs.root / "b" / "a")
    blobs.remove(blobs.root / "b" / "a" / "b", blobs.root / "b")
    assert (blobs.root / "b" / "a").read_bytes() == b"1"


def test_remove_leaves_a_folder_that_took_the_files_place(blobs: Blobs) -> None:
    blobs.place(blobs.stage(b"1", len), blobs.root / "b" / "a" / "x")
    blobs.remove(blobs.root / "b" / "a", blobs.root / "b")
    assert (blobs.root / "b" / "a" / "x").read_bytes() == b"1"


def test_sync_placed_passes_over_folders_that_are_gone(blobs: Blobs) -> None:
    blobs.place(blobs.stage(b"1", len), blobs.root / "b" / "a")
    blobs.sync_placed([blobs.root / "b" / "a", blobs.root / "gone" / "x", blobs.root / "b" / "a" / "b"])


def test_sweep_removes_what_nobody_names(blobs: Blobs) -> None:
    kept, dropped = blobs.stage(b"1", len), blobs.stage(b"2", len)
    blobs.sweep({kept})
    assert staged(blobs) == [kept]
    assert dropped != kept
