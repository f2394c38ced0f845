"""Result objects: written beside each other in the results bucket, and read back for GetQueryResults.

A CSV result: header and every value in double quotes, NULL as nothing, LF after each line. A text result: rows joined
by LF. Reading begins at a byte offset, so that a page costs its own rows alone.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from afluente.services.athena.execution import Execution
from afluente.services.athena.location import split
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.result_metadata import encode
from afluente.store.database import Database

ENGINE_TYPE = "application/octet-stream"
PLAIN_TYPE = "binary/octet-stream"

CHUNK_BYTES = 1 << 20

SMALL_BYTES = 1 << 18
"""A result below this is synced in a moment, so that other writers may wait for it."""

_FIELD = re.compile(rb'(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])')

Row = list[str | None]


def utility_column(name: str, kind: str = "string") -> dict[str, Any]:
    """ColumnInfo of a statement that shows something."""
    return {
        "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind,
        "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": False,
    }  # fmt: skip


class Results:
    """Writes and reads the result objects of executions."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    def put_csv(self, execution: Execution, file: Path, also: Callable[[], None]) -> None:
        """Move a finished CSV into place, its metadata with it, and do `also`; for small ones in one commit."""
        small = file.stat().st_size < SMALL_BYTES
        bucket, key = split(execution.output)
        with self._database.write() if small else contextlib.nullcontext():
            self.put_metadata(execution)
            self._store.put_file(bucket, key, file, content_type=ENGINE_TYPE)
            also()

    def put_text(self, execution: Execution, lines: Sequence[str]) -> None:
        """Write a text result."""
        self.put(execution.output, "\n".join(lines).encode(), PLAIN_TYPE)

    def put_metadata(self, execution: Execution, update_type: str = "") -> None:
        """Write the metadata beside the result."""
        message = encode(execution.engine_id, execution.columns or (), update_type, execution.update_count)
        self.put(execution.output + ".metadata", message, ENGINE_TYPE)

    def put(self, uri: str, data: bytes, content_type: str) -> None:
        """Write one object."""
        bucket, key = split(uri)
        self._store.put_object(bucket, key, data, content_type=content_type)

    def path(self, execution: Execution) -> Path | None:
        """Where the result lies, or None when it is gone."""
        bucket, key = split(execution.output)
        for found in self._store.iter_objects(bucket, key) if self._store.bucket_exists(bucket) else ():
            return found.path if found.key == key else None
        return None


def read_csv(path: Path, offset: int, limit: int) -> tuple[list[Row], int]:
    """Up to `limit` rows of a CSV result from byte `offset`, and the offset behind them."""
    rows: list[Row] = []
    row: Row = []
    end = offset
    for match, position in _fields(path, offset):
        quoted, bare, mark = match
        row.append(quoted.replace(b'""', b'"').decode() if quoted is not None else (bare.decode() or None))
        if mark == b"\n":
            rows.append(row)
            row, end = [], position
            if len(rows) == limit:
                break
    return rows, end


def _fields(path: Path, offset: int) -> Iterator[tuple[tuple[Any, bytes, bytes], int]]:
    """(quoted, bare, mark) of each field, and the file offset behind it."""
    with path.open("rb") as file:
        file.seek(offset)
        buffer, start = b"", offset
        while chunk := file.read(CHUNK_BYTES):
            buffer += chunk
            at = 0
            while match := _FIELD.match(buffer, at):
                at = match.end()
                yield match.groups(), start + at  # type: ignore[misc] # groups are those of the pattern
            buffer, start = buffer[at:], start + at


def read_text(path: Path, offset: int, limit: int) -> tuple[list[Row], int]:
    """Up to `limit` rows of a text result from byte `offset`, and the offset behind them."""
    with path.open("rb") as file:
        file.seek(offset)
        lines: list[bytes] = []
        while len(lines) < limit and (line := file.readline()):
            lines.append(line)
        return [[line.rstrip(b"\n").decode()] for line in lines], file.tell()
