"""`spark.createDataFrame`: rows of Python as a table, their types found as Spark finds them."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from afluente.core.arrow_type import arrow_type
from afluente.core.hive_type import HiveType, parse
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.spark.ddl import Columns, columns_of

PLAIN = {
    bool: "boolean", int: "bigint", float: "double", str: "string", bytes: "binary", bytearray: "binary",
    dt.datetime: "timestamp", dt.date: "date",
}  # fmt: skip
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")


def query_of_rows(data: Any, schema: Any) -> str:
    """A query for the rows. Raises ValueError for types that cannot be found, TypeError for rows that do not fit."""
    if hasattr(data, "to_dict") and hasattr(data, "columns"):
        return _of_pandas(data, schema)
    rows = list(data)
    names, columns = _wanted(schema)
    if columns is None:
        columns = _inferred(rows, names)
    values = [_values(row, columns) for row in rows]
    arrays = [
        pa.array([_converted(row[place], kind) for row in values], arrow_type(kind, "us"))
        for place, (_, kind) in enumerate(columns)
    ]
    return _stored(pa.table(arrays, names=[name for name, _ in columns]))


def _of_pandas(data: Any, schema: Any) -> str:
    names, columns = _wanted(schema)
    found = pa.Table.from_pandas(data, preserve_index=False)
    if columns is not None:
        found = found.rename_columns([name for name, _ in columns]).cast(
            pa.schema([(name, arrow_type(kind, "us")) for name, kind in columns])
        )
    return _stored(found.rename_columns(names) if names else found)


def _stored(table: Any) -> str:
    name = f"given_{current().number()}"
    sql.connection().register(name, table)
    try:
        return f"SELECT * FROM {sql.table(f'SELECT * FROM {name}')}"
    finally:
        sql.connection().unregister(name)


def _wanted(schema: Any) -> tuple[list[str], Columns | None]:
    """The names that are given, or all of the columns."""
    if schema is None:
        return [], None
    if isinstance(schema, list | tuple):
        return list(schema), None
    if isinstance(schema, Mapping):  # sqlframe's own way
        return [], tuple(
            (name, parse(kind if isinstance(kind, str) else kind.sql("spark").lower())) for name, kind in schema.items()
        )
    text = schema.simpleString() if hasattr(schema, "simpleString") else schema
    if hasattr(schema, "fields"):  # simpleString is in lower case
        return [], tuple((field.name, parse(field.dataType.simpleString())) for field in schema.fields)
    if " " in text.strip() or (":" in text and not text.strip().lower().startswith(("struct", "array", "map"))):
        return [], columns_of(text)
    kind = parse(text.lower())
    return [], kind.fields if kind.name == "struct" else (("value", kind),)


def _inferred(rows: Sequence[Any], names: list[str]) -> Columns:
    if not rows:
        raise ValueError("[CANNOT_INFER_EMPTY_SCHEMA] Can not infer schema from empty dataset.")
    found: dict[str, HiveType | None] = {}
    for row in rows:
        for place, (name, value) in enumerate(_named(row)):
            key = names[place] if place < len(names) and not isinstance(row, Mapping) else name
            found[key] = _merged(key, found.get(key), _kind(value))
    if any(isinstance(row, Mapping) for row in rows):
        found = dict(sorted(found.items()))
        found = dict(zip(names, found.values(), strict=False)) if names else found
    missing = next((name for name, kind in found.items() if kind is None), None)
    if missing is not None:
        raise ValueError(f"[CANNOT_DETERMINE_TYPE] Some of types cannot be determined after inferring: {missing}")
    return tuple((name, kind) for name, kind in found.items() if kind is not None)


def _named(row: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(row, Mapping):
        return row.items()
    fields = getattr(row, "__fields__", None) or getattr(row, "_fields", None)
    if fields:
        return zip(fields, row, strict=True)
    if isinstance(row, list | tuple):
        return ((f"_{place}", value) for place, value in enumerate(row, 1))
    raise TypeError(f"[CANNOT_INFER_SCHEMA_FOR_TYPE] Can not infer schema for type: `{type(row).__name__}`.")


def _kind(value: Any) -> HiveType | None:
    if value is None:
        return None
    if type(value) in PLAIN:
        return HiveType(PLAIN[type(value)])
    if isinstance(value, Decimal):
        return HiveType("decimal", (38, 18))
    if isinstance(value, Mapping):
        key, each = next(iter(value.items()), ("", ""))
        return HiveType(
            "map", (), (("key", _kind(key) or HiveType("string")), ("value", _kind(each) or HiveType("string")))
        )
    if hasattr(value, "__fields__") or isinstance(value, tuple):
        return HiveType("struct", (), tuple((name, _kind(each) or HiveType("string")) for name, each in _named(value)))
    if isinstance(value, list | set):
        element = next((kind for each in value if (kind := _kind(each)) is not None), None)
        return None if element is None else HiveType("array", (), (("element", element),))
    raise TypeError(f"[UNSUPPORTED_DATA_TYPE] Unsupported DataType `{type(value).__name__}`.")


def _merged(name: str, one: HiveType | None, other: HiveType | None) -> HiveType | None:
    if one is None or other is None or one == other:
        return one or other
    if one.name in NUMBERS and other.name in NUMBERS:
        return max(one, other, key=lambda kind: NUMBERS.index(kind.name))
    if one.name == other.name:
        return one
    raise TypeError(f"[CANNOT_MERGE_TYPE] Can not merge type `{one}` and `{other}` of the field {name}.")


def _values(row: Any, columns: Columns) -> Sequence[Any]:
    if isinstance(row, Mapping):
        return [row.get(name) for name, _ in columns]
    if hasattr(row, "asDict"):
        known = row.asDict()
        if all(name in known for name, _ in columns):
            return [known[name] for name, _ in columns]
    if not isinstance(row, list | tuple):
        return [row]
    if len(row) != len(columns):
        raise ValueError(f"[LENGTH_SHOULD_BE_THE_SAME] {len(columns)} columns and {len(row)} values: {row}")
    return row


def _converted(value: Any, kind: HiveType) -> Any:
    """As Arrow takes it."""
    if value is None:
        return None
    if kind.name == "struct":
        values = [value.get(name) for name, _ in kind.fields] if isinstance(value, Mapping) else list(value)
        return {name: _converted(each, inner) for (name, inner), each in zip(kind.fields, values, strict=True)}
    if kind.name == "map":
        return [(_converted(k, kind.fields[0][1]), _converted(v, kind.fields[1][1])) for k, v in value.items()]
    if kind.name == "array":
        return [_converted(each, kind.fields[0][1]) for each in value]
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    if kind.name in {"double", "float"} and isinstance(value, int) and not isinstance(value, bool):
        raise TypeError(f"[CANNOT_ACCEPT_OBJECT_IN_TYPE] `{kind}` can not accept object `{value}` in type `int`.")
    return value
