"""Hive's types in Arrow. A module of its own, since pyarrow is heavy and few need it."""

from typing import Any, Literal

import pyarrow as pa

from afluente.core.hive_type import HiveType

TimeUnit = Literal["us", "ns"]

PLAIN = {
    "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "bigint": pa.int64(), "float": pa.float32(),
    "double": pa.float64(), "boolean": pa.bool_(), "string": pa.string(), "varchar": pa.string(), "char": pa.string(),
    "binary": pa.binary(), "date": pa.date32(),
}  # fmt: skip


def arrow_type(kind: HiveType, unit: TimeUnit = "ns") -> Any:
    """The pyarrow.DataType that holds the values; timestamps are counted in `unit`."""
    inner = [arrow_type(one, unit) for _, one in kind.fields]
    if kind.name == "array":
        return pa.list_(inner[0])
    if kind.name == "map":
        return pa.map_(inner[0], inner[1])
    if kind.name == "struct":
        return pa.struct([(name, one) for (name, _), one in zip(kind.fields, inner, strict=True)])
    if kind.name == "timestamp":
        return pa.timestamp(unit)
    return pa.decimal128(*kind.decimal_size) if kind.name == "decimal" else PLAIN[kind.name]
