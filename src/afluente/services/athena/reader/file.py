"""The files of a table: which objects lie at its locations, and which of them Athena reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.location import Location
from afluente.services.athena.port import ObjectStore

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
UNREADABLE = (".bz2", ".lzo", ".lz4", ".snappy", ".deflate")
"""What DuckDB does not read; of text, some of these are unpacked before (`unpacked.py`)."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """An object that a query reads, where it lies on disk."""

    path: str
    uri: str
    size: int
    modified_ms: int
    compressed: bool = True
    """Whether the file is still as the key's extension says."""

    @property
    def compression(self) -> str:
        """As the key's extension says, which is how Athena tells."""
        if not self.compressed:
            return "none"
        return next((name for end, name in COMPRESSIONS.items() if self.uri.endswith(end)), "none")


@dataclass(frozen=True, slots=True)
class Part:
    """A partition (or an unpartitioned table as a whole): its values, how it is stored, its files."""

    values: tuple[str, ...]
    storage: dict[str, Any]
    files: tuple[DataFile, ...]


def data_files(store: ObjectStore, location: str) -> Iterator[DataFile]:
    """The objects at `location`, hidden and empty ones left out. Raises QueryFailure when its bucket is not there."""
    try:
        place = Location.parse(location)
    except ValueError:
        raise QueryFailure("HIVE_METASTORE_ERROR", f"Location is not an S3 path: {location}") from None
    if not store.bucket_exists(place.bucket):
        raise QueryFailure("HIVE_METASTORE_ERROR", f"The bucket of {location} does not exist")
    for found in store.iter_files(place.bucket, place.prefix):
        name = found.key[len(place.prefix) :]
        if found.size and not hidden(name):
            yield DataFile(found.path, f"s3://{place.bucket}/{found.key}", found.size, found.last_modified_ms)


def hidden(name: str) -> bool:
    """Whether a part of the name begins with `_` or `.`, which Athena passes over."""
    return name.startswith(("_", ".")) or "/_" in name or "/." in name


def check_readable(files: tuple[DataFile, ...]) -> None:
    """Refuse compressions that Athena reads and Afluente does not. Raises QueryFailure."""
    for file in files:
        if file.compressed and file.uri.endswith(UNREADABLE):
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not read this compression: {file.uri}")
