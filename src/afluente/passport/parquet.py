"""The rows of a Parquet file, and where in it they lie."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afluente.passport import value
from afluente.passport.body import Body

ARROW_KINDS = {
    "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "float": "float", "double": "double",
    "bool": "boolean", "string": "string", "large_string": "string", "date32[day]": "date",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number in the file, from 0, the row group that it is in, and its values."""

    number: int
    group: int
    values: dict[str, Any]


def rows_of(body: Body, fields: Mapping[str, Any]) -> list[Row]:
    """The rows that say what a record with these fields says, in every column that both have."""
    by_name, types = {name.lower(): item for name, item in fields.items()}, kinds(body)
    shared = types.keys() & by_name.keys()
    if not shared:
        return []
    return [
        row for row in rows(body) if all(value.same(types[name], row.values[name], by_name[name]) for name in shared)
    ]


def rows(body: Body) -> Iterator[Row]:
    """Every row, column names in lower case."""
    import pyarrow.parquet  # noqa: PLC0415 - slow to import, and not always needed

    file = pyarrow.parquet.ParquetFile(io.BytesIO(body.data))
    number = 0
    for group in range(file.num_row_groups):
        for values in file.read_row_group(group).to_pylist():
            yield Row(number, group, {name.lower(): item for name, item in values.items()})
            number += 1


def kinds(body: Body) -> dict[str, str]:
    """The Hive types of the columns, as far as they have no parts."""
    import pyarrow.parquet  # noqa: PLC0415 - as above

    schema = pyarrow.parquet.ParquetFile(io.BytesIO(body.data)).schema_arrow
    return {field.name.lower(): _kind(str(field.type)) for field in schema}


def _kind(arrow: str) -> str:
    if arrow.startswith("timestamp"):
        return "timestamp"
    if arrow.startswith("decimal"):
        return "decimal"
    return ARROW_KINDS.get(arrow, arrow)
