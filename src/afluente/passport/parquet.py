"""The rows of a Parquet file, and where in it they lie."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afluente.passport import value
from afluente.passport.body import Body

ARROW_KINDS = {
    "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "float": "float", "double": "double",
    "bool": "boolean", "string": "string", "large_string": "string", "date32[day]": "date",
}  # fmt: skip


COMPARED = {"int", "bigint", "double", "string"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number in the file, from 0, the row group that it is in, and its values."""

    number: int
    group: int
    values: dict[str, Any]


def rows_of(body: Body, fields: Mapping[str, Any]) -> list[Row]:
    """The rows that say what a record with these fields says, in every column that both have."""
    import pyarrow.parquet  # noqa: PLC0415 - slow to import, and not always needed

    file = pyarrow.parquet.ParquetFile(io.BytesIO(body.data))
    by_name = {name.lower(): item for name, item in fields.items()}
    kinds = {field.name.lower(): _kind(str(field.type)) for field in file.schema_arrow}
    shared = kinds.keys() & by_name.keys()
    found: list[Row] = []
    start = 0
    for group in range(file.num_row_groups if shared else 0):
        part = file.read_row_group(group)
        for number in _candidates(part, kinds, by_name):
            values = {name.lower(): item for name, item in part.slice(number, 1).to_pylist()[0].items()}
            if all(value.same(kinds[name], values[name], by_name[name]) for name in shared):
                found.append(Row(start + number, group, values))
        start += part.num_rows
    return found


def _candidates(part: Any, kinds: Mapping[str, str], by_name: Mapping[str, Any]) -> list[int]:
    """The rows that agree in the columns of whole numbers and texts, which Arrow compares at once."""
    import pyarrow.compute  # noqa: PLC0415 - as above

    mask = None
    for field in part.schema:
        kind, item = kinds[field.name.lower()], by_name.get(field.name.lower())
        typed = value.read(kind, item) if kind in COMPARED else None
        if typed is not None:
            equal = pyarrow.compute.equal(part[field.name], pyarrow.scalar(typed).cast(field.type, safe=False))
            mask = equal if mask is None else pyarrow.compute.and_(mask, equal)
    if mask is None:
        return list(range(part.num_rows))
    found: list[int] = pyarrow.compute.indices_nonzero(mask).to_pylist()
    return found


def _kind(arrow: str) -> str:
    if arrow.startswith("timestamp"):
        return "timestamp"
    if arrow.startswith("decimal"):
        return "decimal"
    return ARROW_KINDS.get(arrow, arrow)
