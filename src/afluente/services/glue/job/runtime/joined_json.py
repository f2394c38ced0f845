"""Many JSON files as one, to find their fields and types by.

DuckDB keeps room for two of the largest objects, 32 MiB at least, for each file that it looks at before it reads: some
dozens of small files, such as an hour of deliveries leaves, would take more memory than there is.
"""

import gzip
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec

from afluente.services.glue.job.runtime.storage import Item

BLANKS = b" \t\r\n"


@contextmanager
def joined(items: Sequence[Item], is_gzip: bool) -> Iterator[Path | None]:
    """A file with the objects that are in all of `items`, until the block ends; None when one cannot be taken apart."""
    with tempfile.TemporaryDirectory(prefix="afluente-") as folder:
        path = Path(folder, "joined.json")
        with path.open("wb") as whole:
            is_joined = all(_append(item, whole, is_gzip) for item in items)
        yield path if is_joined else None


def _append(item: Item, whole: IO[bytes], is_gzip: bool) -> bool:
    with _open(item, is_gzip) as file:
        head = file.read(4096)
        if head.lstrip(BLANKS).startswith(b"["):
            return _append_elements(head + file.read(), whole)
        whole.write(head)
        shutil.copyfileobj(file, whole)
        whole.write(b"\n")
    return True


def _append_elements(array: bytes, whole: IO[bytes]) -> bool:
    """Append what is in an array, byte for byte; False when it is none, such as two in one file."""
    try:
        elements = msgspec.json.decode(array, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return False
    whole.writelines(bytes(element) + b"\n" for element in elements)
    return True


def _open(item: Item, is_gzip: bool) -> IO[bytes]:
    if is_gzip or item.key.endswith(".gz"):
        return cast("IO[bytes]", gzip.open(item.path, "rb"))
    return Path(item.path).open("rb")
