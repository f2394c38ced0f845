"""ORC and Avro files, which DuckDB does not write: made of Parquet files that it wrote, batch by batch.

A module of its own, since pyarrow is heavy. Sources: the Avro specification, the Apache Hive documentation of AvroSerDe
for how Hive's types are written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet

from afluente.core.avro_codec import add_codecs
from afluente.core.hive_type import HiveType

ROWS = 65_536

AVRO = {
    "boolean": "boolean", "tinyint": "int", "smallint": "int", "int": "int", "bigint": "long", "float": "float",
    "double": "double", "string": "string", "varchar": "string", "char": "string", "binary": "bytes",
}  # fmt: skip

Columns = Sequence[tuple[str, HiveType]]

add_codecs()


def write_orc(parquet: Path, path: Path, codec: str) -> None:
    """Make the ORC file at `path` of the Parquet file `parquet`; `codec` as pyarrow calls it."""
    with (
        pyarrow.parquet.ParquetFile(parquet) as source,
        pyarrow.orc.ORCWriter(str(path), compression=codec) as writer,
    ):
        for batch in source.iter_batches(ROWS):
            writer.write(pa.table(batch))


def write_avro(parquet: Path, path: Path, schema: Mapping[str, Any], codec: str) -> None:
    """Make the Avro file at `path` of the Parquet file `parquet`; `codec` as Avro calls it.

    Raises ValueError when the rows or the schema do not fit.
    """
    try:
        with pyarrow.parquet.ParquetFile(parquet) as source, path.open("wb") as file:
            fastavro.writer(file, fastavro.parse_schema(dict(schema)), _records(source, schema), codec=codec)
    except (TypeError, KeyError, fastavro.schema.SchemaParseException) as error:
        raise ValueError(str(error)) from None


def _records(source: Any, schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    names = {field["name"].lower(): field["name"] for field in schema["fields"]}
    for batch in source.iter_batches(ROWS):
        arrays = [array.cast(_timed(array.type)) for array in batch.columns]
        keys = [names.get(name.lower(), name) for name in batch.schema.names]
        yield from pa.table(arrays, names=keys).to_pylist(maps_as_pydicts="strict")


def _timed(kind: Any) -> Any:
    """The type with all its timestamps in milliseconds of UTC, which is how Avro counts them."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("ms", "UTC")
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _timed(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _timed(kind.item_type))
    return pa.list_(_timed(kind.value_type)) if pa.types.is_list(kind) else kind


def avro_schema(columns: Columns) -> dict[str, Any]:
    """The schema of files with `columns`: a record, every value of which may be null. Raises ValueError."""
    return _Schema().record("record", columns)


class _Schema:
    """Names the records of one schema, no two the same."""

    def __init__(self) -> None:
        self._records = 0

    def record(self, name: str, columns: Columns) -> dict[str, Any]:
        fields = [{"name": column, "type": self._optional(kind), "default": None} for column, kind in columns]
        return {"type": "record", "name": name, "fields": fields}

    def _optional(self, kind: HiveType) -> list[Any]:
        return ["null", self._schema(kind)]

    def _schema(self, kind: HiveType) -> Any:
        makers: dict[str, Callable[[HiveType], Any]] = {
            "array": lambda kind: {"type": "array", "items": self._optional(kind.fields[0][1])},
            "map": self._map,
            "struct": self._struct,
            "decimal": _decimal,
            "date": lambda _: {"type": "int", "logicalType": "date"},
            "timestamp": lambda _: {"type": "long", "logicalType": "timestamp-millis"},
        }
        return makers[kind.name](kind) if kind.name in makers else AVRO[kind.name]

    def _map(self, kind: HiveType) -> dict[str, Any]:
        key = kind.fields[0][1]
        if AVRO.get(key.name) != "string":
            raise ValueError(f"Avro's maps have keys of type string only, not {key}")
        return {"type": "map", "values": self._optional(kind.fields[1][1])}

    def _struct(self, kind: HiveType) -> dict[str, Any]:
        self._records += 1
        return self.record(f"record_{self._records}", kind.fields)


def _decimal(kind: HiveType) -> dict[str, Any]:
    precision, scale = kind.decimal_size
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
