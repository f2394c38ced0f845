"""Query results as files of a table: Parquet, JSON or delimited text, in folders by partition when asked for."""

import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.location import Location, split
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.query import Column, Ready
from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.sql.value import stored, text_of

MOST_PARTITIONS = 100

PARQUET_CODECS = {
    "GZIP": "gzip",
    "SNAPPY": "snappy",
    "ZSTD": "zstd",
    "NONE": "uncompressed",
    "UNCOMPRESSED": "uncompressed",
}
TEXT_CODECS = {"GZIP": "gzip", "NONE": "none", "UNCOMPRESSED": "none", "ZSTD": "zstd"}
EXTENSIONS = {"gzip": ".gz", "zstd": ".zst", "none": ""}


@dataclass(frozen=True, slots=True)
class WriteFormat:
    """How a query's rows are written: `name` is PARQUET, JSON or TEXTFILE; `codec` is DuckDB's word for it."""

    name: str
    codec: str
    delimiter: str = "\x01"

    @staticmethod
    def of(name: str, compression: str, delimiter: str = "\x01") -> "WriteFormat":
        """The format that a statement's properties ask for. Raises QueryFailure for what cannot be written."""
        upper = name.upper()
        codecs = PARQUET_CODECS if upper == "PARQUET" else TEXT_CODECS
        if upper not in {"PARQUET", "JSON", "TEXTFILE"}:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not write the format {name}")
        codec = codecs.get((compression or "GZIP").upper())
        if codec is None:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not write {name} with the compression {compression}")
        return WriteFormat(upper, codec, delimiter)

    @property
    def extension(self) -> str:
        return "" if self.name == "PARQUET" else EXTENSIONS[self.codec]

    def options(self) -> str:
        """The options of DuckDB's COPY."""
        if self.name == "PARQUET":
            return f"FORMAT parquet, COMPRESSION {literal(self.codec)}"
        if self.name == "JSON":
            return f"FORMAT json, COMPRESSION {literal(self.codec)}"
        return (
            f"FORMAT csv, HEADER false, DELIMITER {literal(self.delimiter)}, QUOTE '', ESCAPE '', NULLSTR '\\N', "
            f"COMPRESSION {literal(self.codec)}"
        )

    def shaped(self, value: str, column: Column) -> str:
        """The value as it goes into a file."""
        return text_of(value, column.native, column.type) if self.name == "TEXTFILE" else stored(value, column.native)


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that a query wrote: the partition it belongs to, and where it is to lie below the table."""

    path: Path
    values: tuple[str, ...]
    name: str


def write(
    ready: Ready, folder: Path, form: WriteFormat, keys: Sequence[str], engine_id: str
) -> tuple[list[WrittenFile], int]:
    """Run the query into files under `folder`; the files, and how many rows. Raises QueryFailure."""
    out = folder / f"out-{secrets.token_hex(4)}"
    out.mkdir()
    name = f"{engine_id}_{uuid.uuid4()}{form.extension}"
    names = {key.lower() for key in keys}

    def shape(value: str, column: Column) -> str:
        return (
            text_of(value, column.native, column.type) if column.name.lower() in names else form.shaped(value, column)
        )

    options = form.options()
    target = out / name
    if keys:
        listed = ", ".join(identifier(key) for key in keys)
        options += f", PARTITION_BY ({listed}), WRITE_PARTITION_COLUMNS false"
        target = out
    sql = f"COPY ({ready.select(shape)}) TO {literal(str(target))} ({options})"
    rows = int(ready.connection.execute(sql).fetchone()[0])
    if not rows:
        return [], 0
    return list(_found(out, keys, name)), rows


def _found(out: Path, keys: Sequence[str], name: str) -> Iterator[WrittenFile]:
    if not keys:
        yield WrittenFile(out / name, (), name)
        return
    files = sorted(path for path in out.rglob("*") if path.is_file())
    folders = {file.parent for file in files}
    if len(folders) > MOST_PARTITIONS:
        message = f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets"
        raise QueryFailure("HIVE_TOO_MANY_OPEN_PARTITIONS", message)
    for place, file in enumerate(files):
        parts = file.relative_to(out).parts[:-1]
        values = tuple(unquote(part.partition("=")[2]) for part in parts)
        unique = name if len(files) == len(folders) else f"{place}_{name}"
        yield WrittenFile(file, values, f"{'/'.join(parts)}/{unique}")


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
        bucket, key = split(uri)
        store.put_file(bucket, key, file.path)
        uris.append(uri)
    return uris
