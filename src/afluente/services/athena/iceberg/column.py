"""Types and partitions: Hive's words, as DDL and the catalog have them, and Iceberg's."""

import re
from collections.abc import Iterator, Sequence
from itertools import count

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.trino_type import MOMENT, TrinoType

ICEBERG = {
    "tinyint": IntegerType(), "smallint": IntegerType(), "int": IntegerType(), "bigint": LongType(),
    "float": FloatType(), "double": DoubleType(), "boolean": BooleanType(), "string": StringType(),
    "varchar": StringType(), "char": StringType(), "binary": BinaryType(), "date": DateType(),
    "timestamp": TimestampType(),
}  # fmt: skip

DUCKDB: dict[type[IcebergType], str] = {
    IntegerType: "INTEGER", LongType: "BIGINT", FloatType: "FLOAT", DoubleType: "DOUBLE", BooleanType: "BOOLEAN",
    StringType: "VARCHAR", BinaryType: "BLOB", DateType: "DATE", TimestampType: "TIMESTAMP",
    TimestamptzType: "TIMESTAMPTZ", TimeType: "TIME", UUIDType: "UUID",
}  # fmt: skip

WITHOUT_HIVE: dict[str, IcebergType] = {MOMENT: TimestamptzType(), "time": TimeType(), "uuid": UUIDType()}
"""Types that a query can give an Iceberg table, and DDL cannot."""

TRANSFORM = re.compile(r"(\w+)\s*\(\s*(?:(\d+)\s*,\s*)?`?(\w+)`?\s*(?:,\s*(\d+)\s*)?\)|`?(\w+)`?")
"""`day(ts)`, `bucket(16, id)`, `truncate(c, 10)`, `c`."""

SHORT = {"years": "year", "months": "month", "days": "day", "hours": "hour"}


def schema_of(columns: Sequence[tuple[str, str, str]]) -> Schema:
    """The schema of columns given as (name, Hive type, comment)."""
    ids = count(len(columns) + 1)
    return Schema(
        *(
            NestedField(number, name, iceberg_type(parse_hive_type(kind), ids), required=False, doc=comment or None)
            for number, (name, kind, comment) in enumerate(columns, 1)
        )
    )


def schema_of_result(columns: Sequence[tuple[str, TrinoType]]) -> Schema:
    """The schema of a query's columns. Raises ValueError for a type that no table has."""
    plain = schema_of([(name, "timestamp" if kind.name in WITHOUT_HIVE else _hive(kind), "") for name, kind in columns])
    kinds = {name: WITHOUT_HIVE.get(kind.name) for name, kind in columns}
    return Schema(
        *(
            NestedField(one.field_id, one.name, kinds[one.name] or one.field_type, required=False)
            for one in plain.fields
        )
    )


def _hive(kind: TrinoType) -> str:
    try:
        return kind.hive()
    except ValueError:
        raise ValueError(f"Type not supported for Iceberg: {kind}") from None


def iceberg_type(kind: HiveType, ids: Iterator[int]) -> IcebergType:
    """Hive's type as Iceberg's; nested fields get `ids`."""
    if kind.name == "decimal":
        precision, scale = (*kind.arguments, 0)[:2] if kind.arguments else (10, 0)
        return DecimalType(precision, scale)
    if kind.name == "array":
        return ListType(next(ids), iceberg_type(kind.fields[0][1], ids), element_required=False)
    if kind.name == "map":
        key, value = next(ids), next(ids)
        inner = [iceberg_type(part, ids) for _, part in kind.fields]
        return MapType(key, inner[0], value, inner[1], value_required=False)
    if kind.name == "struct":
        return StructType(
            *(NestedField(next(ids), name, iceberg_type(part, ids), required=False) for name, part in kind.fields)
        )
    return ICEBERG[kind.name]


def duckdb_type(kind: IcebergType) -> str:
    """Iceberg's type in DuckDB's words. Raises QueryFailure for one that Athena does not read."""
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if isinstance(kind, ListType):
        return f"{duckdb_type(kind.element_type)}[]"
    if isinstance(kind, MapType):
        return f"MAP({duckdb_type(kind.key_type)}, {duckdb_type(kind.value_type)})"
    if isinstance(kind, StructType):
        return "STRUCT(" + ", ".join(f'"{f.name}" {duckdb_type(f.field_type)}' for f in kind.fields) + ")"
    if type(kind) not in DUCKDB:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente does not read Iceberg's type {kind}")
    return DUCKDB[type(kind)]


def partition_spec(texts: Sequence[str], schema: Schema) -> PartitionSpec:
    """The spec of PARTITIONED BY's items. Raises QueryFailure."""
    fields = []
    for number, text in enumerate(texts, 1000):
        match = TRANSFORM.fullmatch(text.strip())
        column = ((match[3] or match[5]) if match else "").lower()
        source = next((field for field in schema.fields if field.name == column), None)
        if match is None or source is None:
            raise QueryFailure("COLUMN_NOT_FOUND", f"Partition column not found in the table: {text}")
        name = SHORT.get((match[1] or "identity").lower(), (match[1] or "identity").lower())
        size = match[2] or match[4]
        transform = parse_transform(f"{name}[{size}]" if size else name)
        label = column if name == "identity" else f"{column}_{'trunc' if name == 'truncate' else name}"
        fields.append(PartitionField(source.field_id, number, transform, label))
    return PartitionSpec(*fields)
