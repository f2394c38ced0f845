"""What an Iceberg table tells of itself, `"t$snapshots"` and others: pyiceberg's findings in Trino's columns."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyiceberg.conversions import from_bytes
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import PrimitiveType

AS_IT_IS: IdentityTransform[Any] = IdentityTransform()
MOMENT = pa.timestamp("ms", tz="UTC")

FILES = (
    "content", "file_path", "file_format", "record_count", "file_size_in_bytes", "column_sizes", "value_counts",
    "null_value_counts", "nan_value_counts", "lower_bounds", "upper_bounds", "key_metadata", "split_offsets",
    "equality_ids",
)  # fmt: skip
BOUNDS = ("lower_bounds", "upper_bounds")
ROW_COUNTS = ("added_rows_count", "existing_rows_count", "deleted_rows_count")
MANIFESTS = (
    "path", "length", "partition_spec_id", "added_snapshot_id", "added_data_files_count", "added_rows_count",
    "existing_data_files_count", "existing_rows_count", "deleted_data_files_count", "deleted_rows_count",
    "partition_summaries",
)  # fmt: skip
PARTITIONS = {
    "partition": "partition", "record_count": "record_count", "file_count": "file_count",
    "total_data_file_size_in_bytes": "total_size",
}  # fmt: skip


def metadata_rows(table: Table, name: str) -> pa.Table:
    """The rows of the metadata table called `name`."""
    if name == "partitions" and table.current_snapshot() is None:
        return _no_partitions(table)
    rows: pa.Table = getattr(table.inspect, name)()
    shape = SHAPES.get(name)
    return rows if shape is None else shape(rows, table)


def _moments(column: str) -> Callable[[pa.Table, Table], pa.Table]:
    def shape(rows: pa.Table, _: Table) -> pa.Table:
        place = rows.schema.get_field_index(column)
        return rows.set_column(place, column, rows[column].cast(pa.timestamp("ms")).cast(MOMENT))

    return shape


def _files(rows: pa.Table, table: Table) -> pa.Table:
    for name in BOUNDS:
        texts = [_texts(bounds, table) for bounds in rows[name].to_pylist()]
        column = pa.array(texts, pa.map_(pa.int32(), pa.string()))
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    return rows.select([name for name in FILES if name in rows.column_names])


def _texts(bounds: Any, table: Table) -> list[tuple[int, str]] | None:
    """The bounds of columns as texts, by field id."""
    if bounds is None:
        return None
    kinds = {number: table.schema().find_type(number) for number, _ in bounds if _is_known(table, number)}
    return [
        (number, AS_IT_IS.to_human_string(kind, from_bytes(kind, value)))
        for number, value in bounds
        if isinstance(kind := kinds.get(number), PrimitiveType)
    ]


def _is_known(table: Table, number: int) -> bool:
    return table.schema().find_column_name(number) is not None


def _manifests(rows: pa.Table, table: Table) -> pa.Table:
    current = table.current_snapshot()
    found = {one.manifest_path: one for one in (current.manifests(table.io) if current is not None else ())}
    for name in ROW_COUNTS:
        counts = [getattr(found.get(path), name, None) for path in rows["path"].to_pylist()]
        rows = rows.append_column(name, pa.array(counts, pa.int64()))
    return rows.select(list(MANIFESTS))


def _partitions(rows: pa.Table, _: Table) -> pa.Table:
    known = [name for name in PARTITIONS if name in rows.column_names]
    found = rows.select(known).rename_columns([PARTITIONS[name] for name in known])
    place = found.schema.get_field_index("file_count")
    return found.set_column(place, "file_count", found["file_count"].cast(pa.int64()))


def _no_partitions(table: Table) -> pa.Table:
    """Of a table without a snapshot."""
    counts = [(name, pa.int64()) for name in PARTITIONS.values() if name != "partition"]
    parts = schema_to_pyarrow(Schema(*table.spec().partition_type(table.schema()).fields), include_field_ids=False)
    partition = [("partition", pa.struct(parts))] if len(parts) else []
    return pa.schema([*partition, *counts]).empty_table()


SHAPES: dict[str, Callable[[pa.Table, Table], pa.Table]] = {
    "snapshots": _moments("committed_at"),
    "history": _moments("made_current_at"),
    "files": _files,
    "manifests": _manifests,
    "partitions": _partitions,
}
