"""The two serialisers: Parquet and ORC files with the options that a configuration gives.

What the writers cannot do is refused when the delivery stream is made. Files have no times and no random parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from afluente.core.error import NotImplemented as Unsupported
from afluente.core.hive_type import HiveType
from afluente.services.firehose.conversion.schema import Schema

Options = Mapping[str, Any]

ROW_GROUP_BYTES = 32 << 20
"""A row group of a Parquet writer that is not told how large a block is: written while the next rows are read."""

PAGE_BYTES = 1 << 20
STRIPE_BYTES = 64 << 20
INDEX_STRIDE = 10_000
FALSE_POSITIVES = 0.05
DICTIONARY_THRESHOLD = 0.8
"""Of an ORC writer that is not told: Hive's orc.dictionary.key.threshold."""


class Sink(Protocol):
    """A file that is being written."""

    def write(self, table: Any, json_bytes: int) -> None:
        """Append the rows of a pyarrow.Table that were so many bytes of JSON."""

    def close(self) -> None: ...


class Serializer(Protocol):
    """Writes files of one format."""

    @property
    def extension(self) -> str: ...

    def open(self, path: Path, schema: Schema, arrow: Any) -> Sink:
        """A file at `path` with the columns of `schema`, which the pyarrow.Schema `arrow` holds."""


def serializer_of(choices: Options) -> Serializer:
    """The serialiser of a checked Serializer configuration."""
    if "OrcSerDe" in choices:
        return Orc(choices["OrcSerDe"])
    return Parquet(choices["ParquetSerDe"])


def check_serializer(choices: Options) -> None:
    """Raises NotImplemented for options that cannot be honoured."""
    if choices.get("ParquetSerDe", {}).get("MaxPaddingBytes"):
        raise Unsupported("Firehose: ParquetSerDe.MaxPaddingBytes above 0 is not supported")
    orc = choices.get("OrcSerDe", {})
    if orc.get("EnablePadding"):
        raise Unsupported("Firehose: OrcSerDe.EnablePadding is not supported")
    if orc.get("BloomFilterFalsePositiveProbability") in {0, 1}:
        raise Unsupported("Firehose: OrcSerDe.BloomFilterFalsePositiveProbability of 0 or 1 is not supported")


@dataclass(frozen=True, slots=True)
class Parquet:
    """ParquetSerDe. A row group is a block; timestamps are INT96, as Hive writes them."""

    options: Options
    extension = ".parquet"

    def open(self, path: Path, schema: Schema, arrow: Any) -> Sink:  # noqa: ARG002  # Arrow's is enough
        import pyarrow.parquet  # noqa: PLC0415  # heavy, and only those who convert need it

        options, second = self.options, self.options.get("WriterVersion") == "V2"
        writer = pyarrow.parquet.ParquetWriter(
            path,
            arrow,
            version="2.6" if second else "1.0",
            data_page_version="2.0" if second else "1.0",
            compression={"UNCOMPRESSED": "none"}.get(codec := options.get("Compression", "SNAPPY"), codec.lower()),
            use_dictionary=options.get("EnableDictionaryCompression", True),
            data_page_size=options.get("PageSizeBytes", PAGE_BYTES),
            use_deprecated_int96_timestamps=True,
            store_schema=False,
        )
        return _Blocks(writer, options.get("BlockSizeBytes", ROW_GROUP_BYTES))


class _Blocks:
    """Gathers rows up to a block's size, measured in JSON, and writes them as one row group."""

    def __init__(self, writer: Any, block_bytes: int) -> None:
        self._writer = writer
        self._block_bytes = block_bytes
        self._tables: list[Any] = []
        self._bytes = 0

    def write(self, table: Any, json_bytes: int) -> None:
        if self._bytes and self._bytes + json_bytes > self._block_bytes:
            self._flush()
        self._tables.append(table)
        self._bytes += json_bytes

    def close(self) -> None:
        try:
            self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa  # noqa: PLC0415  # see open

        if self._tables:
            table = pa.concat_tables(self._tables)
            self._writer.write_table(table, row_group_size=table.num_rows)
        self._tables, self._bytes = [], 0


@dataclass(frozen=True, slots=True)
class Orc:
    """OrcSerDe. BlockSizeBytes and PaddingTolerance are about padding, which is off."""

    options: Options
    extension = ".orc"

    def open(self, path: Path, schema: Schema, arrow: Any) -> Sink:  # noqa: ARG002  # the writer takes Arrow's later
        import pyarrow.orc  # noqa: PLC0415  # see above

        options = self.options
        writer = pyarrow.orc.ORCWriter(
            str(path),
            file_version="0.11" if options.get("FormatVersion") == "V0_11" else "0.12",
            stripe_size=options.get("StripeSizeBytes", STRIPE_BYTES),
            compression={"NONE": "uncompressed"}.get(codec := options.get("Compression", "SNAPPY"), codec.lower()),
            row_index_stride=options.get("RowIndexStride", INDEX_STRIDE),
            dictionary_key_size_threshold=options.get("DictionaryKeyThreshold", DICTIONARY_THRESHOLD),
            bloom_filter_columns=_orc_columns(schema, options.get("BloomFilterColumns", ())),
            bloom_filter_fpp=options.get("BloomFilterFalsePositiveProbability", FALSE_POSITIVES),
        )
        return _Stripes(writer)


class _Stripes:
    """Leaves the gathering of rows to ORC's writer."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, table: Any, json_bytes: int) -> None:  # noqa: ARG002  # a stripe is measured as it is written
        self._writer.write(table)

    def close(self) -> None:
        self._writer.close()


def _orc_columns(schema: Schema, names: Sequence[str]) -> list[int] | None:
    """The ids that ORC gives the named columns: they are counted from 1, nested ones as well."""
    wanted, ids, next_id = {name.lower() for name in names}, [], 1
    for column in schema.columns:
        if column.name.lower() in wanted:
            ids.append(next_id)
        next_id += _width(column.kind)
    return ids or None


def _width(kind: HiveType) -> int:
    return 1 + sum(_width(inner) for _, inner in kind.fields)
