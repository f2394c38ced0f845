"""How the values of a column are held in Arrow."""

from typing import Any

import pyarrow as pa

from afluente.core.hive_type import HiveType
from afluente.services.firehose.conversion.schema import Schema, decimal_size

PLAIN = {
    "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "bigint": pa.int64(), "float": pa.float32(),
    "double": pa.float64(), "boolean": pa.bool_(), "string": pa.string(), "varchar": pa.string(), "char": pa.string(),
    "binary": pa.binary(), "date": pa.date32(), "timestamp": pa.timestamp("ns"),
}  # fmt: skip


def arrow_type(kind: HiveType) -> Any:
    """The pyarrow.DataType that holds the values."""
    if kind.name == "array":
        return pa.list_(arrow_type(kind.fields[0][1]))
    if kind.name == "map":
        return pa.map_(arrow_type(kind.fields[0][1]), arrow_type(kind.fields[1][1]))
    if kind.name == "struct":
        return pa.struct([(name, arrow_type(inner)) for name, inner in kind.fields])
    return pa.decimal128(*decimal_size(kind)) if kind.name == "decimal" else PLAIN[kind.name]


def arrow_schema(schema: Schema) -> Any:
    """The pyarrow.Schema of the columns."""
    return pa.schema([(column.name, arrow_type(column.kind)) for column in schema.columns])
