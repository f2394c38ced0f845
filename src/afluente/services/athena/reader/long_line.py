"""Files of JSON with lines longer than the engine takes at once, made short: of such a line the first document alone.

Firehose without a delimiter writes such lines, up to 128 MiB of objects back to back. All but the first do not count
for Athena, so a copy without them says the same and is read at full speed, in little memory.
"""

import dataclasses
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.file import DataFile

LONG = 1_000_000
"""Lines up to this are left as they are; the engine's limit is twice as much."""

LONGEST_DOCUMENT = 32 << 20
"""As in Athena, a row may not be longer."""

CHUNK = 1 << 20


def shortened(file: DataFile, folder: Path) -> DataFile:
    """`file` with its long lines cut behind their first document: itself when it is small, else a copy in `folder`."""
    if file.compression == "zstd" or (file.compression == "none" and file.size <= LONG):
        return file
    copy = folder / f"lines-{len(list(folder.iterdir()))}"
    opener: Any = gzip.open if file.compression == "gzip" else open
    with opener(file.path, "rb") as source, copy.open("wb") as target:
        for part in _parts(source):
            target.write(part)
    return dataclasses.replace(file, path=str(copy), compressed=False)


def _parts(source: IO[bytes]) -> Iterator[bytes]:
    """What the copy holds, in pieces."""
    line = b""
    cut = False  # the rest of the line does not count
    while chunk := source.read(CHUNK):
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            yield b"\n" if cut else line + end + b"\n"
            line, cut = b"", False
        if cut:
            continue
        line += rest
        if len(line) > LONG and (document := _first_document(line)) is not None:
            yield document
            line, cut = b"", True
    yield line


def _first_document(line: bytes) -> bytes | None:
    """The whole first document of `line`, or None when its end is not there yet."""
    text = line.decode(errors="ignore").lstrip()
    try:
        end = json.JSONDecoder().raw_decode(text)[1]
    except ValueError:
        if len(line) > LONGEST_DOCUMENT:
            message = "Row is not a valid JSON Object - a line has no document within 32 MiB"
            raise QueryFailure("HIVE_CURSOR_ERROR", message) from None
        return None
    return text[:end].encode()
