"""The rows of a query as Arrow, in the columns and types of an Iceberg schema."""

from collections.abc import Mapping

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import UUIDType

from afluente.services.athena.iceberg.column import duckdb_type
from afluente.services.athena.query import Ready
from afluente.services.athena.sql.quote import identifier


def rows_of(ready: Ready, schema: Schema, places: Mapping[str, int] | None = None, *, empty: bool = False) -> pa.Table:
    """The query's rows as `schema`'s columns.

    places: which column of the query is which of the schema, by lower-case name; by default, in order. Those without
    one are NULL. empty: the columns alone.
    """
    if places is None:
        places = {field.name.lower(): place for place, field in enumerate(schema.fields)}
    shown = []
    for field in schema.fields:
        place = places.get(field.name.lower())
        value = "NULL" if place is None else f"c{place}"
        text = f"CAST({value} AS {duckdb_type(field.field_type)})"
        if isinstance(field.field_type, UUIDType):  # Arrow gets a UUID as text, Iceberg keeps its bytes
            text = f"unhex(replace(CAST({text} AS VARCHAR), '-', ''))"
        shown.append(f"{text} AS {identifier(field.name)}")
    names = ", ".join(f"c{place}" for place in range(len(ready.columns)))
    sql = f"SELECT {', '.join(shown)} FROM ({ready.sql}) AS q({names}){' LIMIT 0' if empty else ''}"
    table: pa.Table = ready.connection.sql(sql).to_arrow_table()
    return table.cast(schema_to_pyarrow(schema, include_field_ids=False))
