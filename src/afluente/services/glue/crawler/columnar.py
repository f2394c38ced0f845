"""Parquet, ORC and Avro: files that say themselves what their columns are."""

import json
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet

from afluente.core.hive_type import HiveType
from afluente.services.glue.crawler.column_type import STRING, VOID, Columns, merge_fields
from afluente.services.glue.crawler.schema import Format, Schema, Statistics

PRIMITIVES = {
    pa.int8(): "tinyint", pa.int16(): "smallint", pa.int32(): "int", pa.int64(): "bigint",
    pa.uint8(): "smallint", pa.uint16(): "int", pa.uint32(): "bigint", pa.uint64(): "bigint",
    pa.float16(): "float", pa.float32(): "float", pa.float64(): "double", pa.bool_(): "boolean",
    pa.binary(): "binary", pa.large_binary(): "binary", pa.date32(): "date", pa.date64(): "date",
}  # fmt: skip
AVRO = {
    "null": "void", "boolean": "boolean", "int": "int", "long": "bigint", "float": "float", "double": "double",
    "bytes": "binary", "string": "string", "fixed": "binary", "enum": "string",
}  # fmt: skip
AVRO_LOGICAL = {"date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp"}


def read_parquet(path: str, size: int) -> tuple[Schema, Statistics]:
    """Schema and statistics from the footer. Raises pa.ArrowException, OSError when the file is none or broken."""
    with pa.OSFile(path) as data, pa.parquet.ParquetFile(data) as file:
        rows = file.metadata.num_rows
        return _parquet(file.schema_arrow.remove_metadata()), Statistics(1, size, rows, size, size)


@lru_cache(256)  # most files of a lake have one schema
def _parquet(schema: pa.Schema) -> Schema:
    return Schema(Format("parquet"), _columns(schema))


def read_orc(path: str, size: int) -> tuple[Schema, Statistics]:
    """The same of an ORC file."""
    file = pa.orc.ORCFile(path)
    return Schema(Format("orc"), _columns(file.schema)), Statistics(1, size, file.nrows, size, size)


def read_avro(data: bytes, size: int) -> tuple[Schema, Statistics]:
    """Schema and statistics from the head of an Avro container, whose records are not counted. Raises ValueError."""
    literal = _avro_schema(data)
    try:
        declared = json.loads(literal)
        fields = tuple((field["name"].lower(), of_avro(field["type"])) for field in declared["fields"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not an Avro record schema: {error}") from None
    return Schema(Format("avro"), merge_fields([fields]), avro=literal), Statistics(1, size)


def of_arrow(kind: pa.DataType) -> HiveType:
    """The Hive type of an Arrow type."""
    if kind in PRIMITIVES:
        return HiveType(PRIMITIVES[kind])
    if pa.types.is_dictionary(kind):
        return of_arrow(kind.value_type)
    if pa.types.is_struct(kind):
        return HiveType("struct", (), tuple((field.name, of_arrow(field.type)) for field in kind))
    return _nested(kind) or _parameterised(kind)


def _nested(kind: pa.DataType) -> HiveType | None:
    if pa.types.is_map(kind):
        return HiveType("map", (), (("key", of_arrow(kind.key_type)), ("value", of_arrow(kind.item_type))))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return HiveType("array", (), (("element", of_arrow(kind.value_type)),))
    return None


def _parameterised(kind: pa.DataType) -> HiveType:
    if pa.types.is_timestamp(kind):
        return HiveType("timestamp")
    if pa.types.is_decimal(kind):
        return HiveType("decimal", (kind.precision, kind.scale))
    if pa.types.is_fixed_size_binary(kind):
        return HiveType("binary")
    return STRING


def _columns(schema: pa.Schema) -> Columns:
    return merge_fields([tuple((field.name.lower(), of_arrow(field.type)) for field in schema)])


def of_avro(declared: Any) -> HiveType:
    """The Hive type of an Avro type. Raises KeyError for one that is not known."""
    if isinstance(declared, list):  # a union: nullable, or a choice
        kinds = [of_avro(one) for one in declared if one != "null"]
        return kinds[0] if len(kinds) == 1 else STRING if kinds else VOID
    if isinstance(declared, str):
        return VOID if declared == "null" else HiveType(AVRO[declared])
    if declared.get("logicalType") == "decimal":
        return HiveType("decimal", (declared["precision"], declared.get("scale", 0)))
    if declared.get("logicalType") in AVRO_LOGICAL:
        return HiveType(AVRO_LOGICAL[declared["logicalType"]])
    return _avro_nested(declared) or of_avro(declared["type"])


def _avro_nested(declared: dict[str, Any]) -> HiveType | None:
    if declared["type"] == "record":
        fields = tuple((field["name"], of_avro(field["type"])) for field in declared["fields"])
        return HiveType("struct", (), fields)
    if declared["type"] == "array":
        return HiveType("array", (), (("element", of_avro(declared["items"])),))
    if declared["type"] == "map":
        return HiveType("map", (), (("key", STRING), ("value", of_avro(declared["values"]))))
    return None


def _avro_schema(data: bytes) -> str:
    """The value of `avro.schema` in the container's header: a map of texts to bytes, after four bytes of magic."""
    at = 4
    count, at = _zigzag(data, at)
    for _ in range(abs(count)):
        if count < 0:
            _, at = _zigzag(data, at)
        key, at = _avro_bytes(data, at)
        value, at = _avro_bytes(data, at)
        if key == b"avro.schema":
            return value.decode()
    raise ValueError("an Avro file without a schema")


def _avro_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = _zigzag(data, at)
    if not 0 <= length <= len(data) - at:
        raise ValueError("an Avro header that is cut off")
    return data[at : at + length], at + length


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    for byte in data[at : at + 10]:
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
    raise ValueError("an Avro header that is cut off")
