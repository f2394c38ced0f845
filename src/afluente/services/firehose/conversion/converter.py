"""From records to one file: what a delivery calls.

Records are taken in chunks, which hang on the records alone and not on how they were given, so that the file does not
either. Chunks are read by a few threads and written in their order.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afluente.services.firehose.conversion.block import Block, evenly
from afluente.services.firehose.conversion.deserializer import deserializer_of
from afluente.services.firehose.conversion.failure import SchemaFailure
from afluente.services.firehose.conversion.schema import Schema, schema_of
from afluente.services.firehose.conversion.serializer import Serializer, serializer_of

if TYPE_CHECKING:
    from afluente.services.firehose.conversion.reader import Read, Reader

__all__ = ["Converted", "Converter", "FailedRecord", "SchemaFailure", "converter_of"]

CHUNK_BYTES = 4 << 20
THREADS = 2


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

    _schema: Schema
    _reader: "Reader"
    _serializer: Serializer

    @property
    def extension(self) -> str:
        """`.parquet` or `.orc`."""
        return self._serializer.extension

    def convert(self, batches: Iterable[Block | Sequence[bytes]], path: Path) -> Converted:
        """Write the records, given in batches of any size, as one file at `path`, which is made or replaced.

        A record holds one or more JSON objects, back to back; if anything is wrong with it, the whole record fails and
        the others are converted. The file is not synced. Batches should be a few MiB at most: they bound the memory.
        Blocks are the faster way.
        """
        rows, failures, sink = 0, [], None
        try:
            for first, chunk, (table, failed) in self._read(batches):
                failures += [
                    FailedRecord(first + place, data, failure.code, failure.message) for place, data, failure in failed
                ]
                if table.num_rows:
                    sink = sink or self._serializer.open(path, self._schema, table.schema)
                    sink.write(table, len(chunk.data))
                    rows += table.num_rows
        finally:
            if sink:
                sink.close()
        return Converted(rows, failures)

    def _read(self, batches: Iterable[Block | Sequence[bytes]]) -> Iterator[tuple[int, Block, "Read"]]:
        """Each chunk with the number of its first record and what was read of it, in order."""
        blocks = (batch if isinstance(batch, Block) else Block.of(batch) for batch in batches)
        waiting: deque[tuple[int, Block, Future[Read]]] = deque()
        with ThreadPoolExecutor(THREADS, "firehose-conversion") as pool:
            first = 0
            for chunk in evenly(blocks, CHUNK_BYTES):
                waiting.append((first, chunk, pool.submit(self._reader.read, chunk)))
                first += chunk.count
                if len(waiting) > THREADS:
                    start, done, read = waiting.popleft()
                    yield start, done, read.result()
            for start, done, read in waiting:
                yield start, done, read.result()


def converter_of(configuration: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> Converter:
    """The converter for a checked DataFormatConversionConfiguration and a table's columns (name, Hive type).

    Raises SchemaFailure when the table has columns that cannot be converted to.
    """
    from afluente.services.firehose.conversion.reader import Reader  # noqa: PLC0415  # it loads pyarrow

    deserializer = deserializer_of(configuration["InputFormatConfiguration"]["Deserializer"])
    schema = schema_of(columns, deserializer.name, takes_binary=deserializer.takes_binary)
    serializer = serializer_of(configuration["OutputFormatConfiguration"]["Serializer"])
    return Converter(schema, Reader(schema, deserializer), serializer)
