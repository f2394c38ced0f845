"""What a crawler knows of a file or a folder: its format, its columns, and how much of it there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from afluente.services.glue.crawler.column_type import Columns, merge_fields

UNKNOWN = "UNKNOWN"
SIMILAR = 0.7


@dataclass(frozen=True, slots=True)
class Format:
    """What must be alike for data to share a table. `delimiter`, `header` and `quoted` are of CSV alone.

    `serde` is a SerDe other than the classification's usual one; `serde_parameters` are its parameters, in place of the
    usual ones, and `parameters` the table's that its classifier adds.
    """

    classification: str
    compression: str = "none"
    delimiter: str = ""
    header: bool = False
    quoted: bool = False
    serde: str = ""
    serde_parameters: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What tells compatible formats from others: quotes may come and go."""
        return (
            self.classification, self.compression, self.delimiter, self.header, self.serde,
            tuple(sorted(self.serde_parameters)), tuple(sorted(self.parameters)),
        )  # fmt: skip


class Statistics(NamedTuple):
    """Objects and their bytes on disk, all of them; and of those that were read, how much.

    `sampled_size` bytes on disk held `sampled_records` records of `sampled_bytes` bytes, uncompressed.
    """

    objects: int
    size: int
    sampled_records: int = 0
    sampled_bytes: int = 0
    sampled_size: int = 0

    def __add__(self, other: "Statistics") -> "Statistics":  # type: ignore[override]  # a sum, not a longer tuple
        return Statistics(
            self.objects + other.objects,
            self.size + other.size,
            self.sampled_records + other.sampled_records,
            self.sampled_bytes + other.sampled_bytes,
            self.sampled_size + other.sampled_size,
        )

    @property
    def average_record_size(self) -> int:
        return max(1, self.sampled_bytes // self.sampled_records) if self.sampled_records else 0

    @property
    def record_count(self) -> int:
        """The number of records: counted when all was read, else estimated from the sample."""
        if not self.sampled_size:
            return 0
        return round(self.sampled_records * max(1.0, self.size / self.sampled_size))


@dataclass(frozen=True, slots=True)
class Schema:
    """Format and columns. `paths` are a JSON record's keys as they are written; `avro` an Avro file's own schema."""

    format: Format
    columns: Columns
    paths: tuple[str, ...] = ()
    avro: str = ""

    def is_similar(self, other: "Schema") -> bool:
        """Do they share enough of their columns' names?"""
        mine, theirs = {name for name, _ in self.columns}, {name for name, _ in other.columns}
        largest = max(len(mine), len(theirs))
        return not largest or len(mine & theirs) / largest >= SIMILAR


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a classifier makes of a file's head: a schema, and how many records it read in how many bytes.

    certainty: the share of what it looked at that it understood, more than 0; 1 settles the matter.
    documents: the records themselves, of JSON.
    """

    schema: Schema
    records: int
    size: int
    certainty: float = 1.0
    documents: Sequence[Any] = ()


def merge(schemas: Sequence[Schema]) -> Schema:
    """One schema with the columns of all; their formats are compatible."""
    first = schemas[0]
    distinct = list(dict.fromkeys({id(schema): schema for schema in schemas}.values()))  # comparing them takes long
    if len(distinct) == 1:
        return first
    paths = tuple(dict.fromkeys(path for schema in distinct for path in schema.paths))
    quoted = any(schema.format.quoted for schema in distinct)
    form = replace(first.format, quoted=quoted)
    return Schema(form, merge_fields(schema.columns for schema in distinct), paths, first.avro)


def total(statistics: Iterable[Statistics]) -> Statistics:
    """The sum."""
    objects = size = records = record_bytes = read_size = 0
    for one in statistics:
        objects += one.objects
        size += one.size
        records += one.sampled_records
        record_bytes += one.sampled_bytes
        read_size += one.sampled_size
    return Statistics(objects, size, records, record_bytes, read_size)
