"""Query results as files of a table, in folders by partition and in one file for each bucket when asked for."""

import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.location import Location, split
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.query import Column, Ready
from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.sql.value import text_of
from afluente.services.athena.writer import bucket
from afluente.services.athena.writer.bucket import Bucketing
from afluente.services.athena.writer.format import WriteFormat

MOST_WRITERS = 100
"""Partitions, or buckets of partitions, of one statement."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where rows go: into folders by the partition `keys`, in lower case, and there into buckets."""

    keys: Sequence[str] = ()
    bucketing: Bucketing | None = None

    @property
    def folders(self) -> list[str]:
        """The columns by which DuckDB makes folders."""
        return [*self.keys, *([bucket.COLUMN] if self.bucketing else [])]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that a query wrote: the partition it belongs to, and where it is to lie below the table."""

    path: Path
    values: tuple[str, ...]
    name: str


def write(
    ready: Ready, folder: Path, form: WriteFormat, layout: Layout, engine_id: str
) -> tuple[list[WrittenFile], int]:
    """Run the query into files under `folder`; the files, and how many rows. Raises QueryFailure."""
    out = folder / f"out-{secrets.token_hex(4)}"
    out.mkdir()
    name = f"{engine_id}_{uuid.uuid4()}{form.extension}"
    options, target = form.options(), out / name
    if layout.folders:
        listed = ", ".join(identifier(column) for column in layout.folders)
        options += f", PARTITION_BY ({listed}), WRITE_PARTITION_COLUMNS false"
        target = out
    sql = f"COPY ({_shaped(ready, form, layout)}) TO {literal(str(target))} ({options})"
    rows = int(ready.connection.execute(sql).fetchone()[0])
    if not rows:
        return [], 0
    files = list(_found(out, layout, name))
    if form.name in {"ORC", "AVRO"}:
        _convert(files, ready.columns, form, layout)
    return files, rows


def _shaped(ready: Ready, form: WriteFormat, layout: Layout) -> str:
    def shape(value: str, column: Column) -> str:
        if column.name.lower() in layout.keys:
            return text_of(value, column.native, column.type)
        return form.shaped(value, column)

    if layout.bucketing is None:
        return ready.select(shape)
    return ready.select(shape, f"{layout.bucketing.expression(ready.columns)} AS {identifier(bucket.COLUMN)}")


def _convert(files: Sequence[WrittenFile], columns: Sequence[Column], form: WriteFormat, layout: Layout) -> None:
    from afluente.services.athena.writer.arrow_file import convert  # noqa: PLC0415  # pyarrow is heavy

    kinds = [
        (column.name.lower(), parse_hive_type(column.type.hive()))
        for column in columns
        if column.name.lower() not in layout.keys
    ]
    for file in files:
        convert(file.path, kinds, form)


def _found(out: Path, layout: Layout, name: str) -> Iterator[WrittenFile]:
    if not layout.folders:
        yield WrittenFile(out / name, (), name)
        return
    files = sorted(path for path in out.rglob("*") if path.is_file())
    folders = {file.parent for file in files}
    if len(folders) > MOST_WRITERS:
        message = f"Exceeded limit of {MOST_WRITERS} open writers for partitions/buckets"
        raise QueryFailure("HIVE_TOO_MANY_OPEN_PARTITIONS", message)
    for place, file in enumerate(files):
        parts = file.relative_to(out).parts[:-1]
        values = [unquote(part.partition("=")[2]) for part in parts]
        unique = name if len(files) == len(folders) else f"{place}_{name}"
        if layout.bucketing is not None:
            unique = bucket.file_name(unique, int(values.pop()))
        yield WrittenFile(file, tuple(values), "/".join([*parts[: len(values)], unique]))


def publish(
    files: Sequence[WrittenFile],
    location: Location,
    store: ObjectStore,
    elsewhere: Mapping[tuple[str, ...], Location] | None = None,
) -> list[str]:
    """Move the files below `location`, those of partitions that lie `elsewhere` to there; their URIs."""
    uris = []
    for file in files:
        there = (elsewhere or {}).get(file.values)
        uri = location.object(file.name) if there is None else there.object(file.name.rpartition("/")[2])
        bucket_name, key = split(uri)
        store.put_file(bucket_name, key, file.path)
        uris.append(uri)
    return uris
