"""From records to one file: what a delivery calls."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afluente.core.error import NotImplemented as Unsupported


class SchemaFailure(Exception):
    """The table cannot be converted to: every record of the buffer fails with this `code` and `message`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A record that is not in the file: its place among those given, its data, and AWS's code and message."""

    index: int
    data: bytes
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of the records: `rows` are in the file, `failures` are not. Without rows there is no file."""

    rows: int
    failures: list[FailedRecord]


@dataclass(frozen=True, slots=True)
class Converter:
    """Makes files of one configuration and schema. Made by `converter_of`; may be used from any thread."""

    extension: str
    """`.parquet` or `.orc`."""

    def convert(self, batches: Iterable[Sequence[bytes]], path: Path) -> Converted:  # noqa: ARG002
        """Write the records, given in batches of any size, as one file at `path`, which is made or replaced.

        A record holds one or more JSON objects, back to back; if anything is wrong with it, the whole record fails and
        the others are converted. The file is not synced. Batches should be a few MiB at most: they bound the memory.
        """
        raise Unsupported("Firehose: DataFormatConversionConfiguration is not supported yet; leave it out")


def converter_of(configuration: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> Converter:  # noqa: ARG001
    """The converter for a checked DataFormatConversionConfiguration and a table's columns (name, Hive type).

    Raises SchemaFailure when the table has columns that cannot be converted to.
    """
    raise Unsupported("Firehose: DataFormatConversionConfiguration is not supported yet; leave it out")
