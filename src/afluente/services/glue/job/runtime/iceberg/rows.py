"""Rows of Iceberg tables as queries, and rows of queries as a table's columns."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from pyiceberg.io.pyarrow import schema_to_pyarrow

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import source
from afluente.services.glue.job.runtime.connection import identifier
from afluente.services.glue.job.runtime.iceberg.lake import lake
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.spark_sql import to_duckdb


def table_query(database: str, name: str, predicate: str = "") -> str:
    """The SQL of a table's rows as they are now, those that the Spark SQL `predicate` holds for."""
    table = lake().load_table((database, name))
    path = Path(current().order.work) / f"iceberg_{current().number()}.parquet"
    reader = table.scan().to_arrow_batch_reader()
    with pyarrow.parquet.ParquetWriter(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    query = source.parquet_query([str(path)])
    return f"SELECT * FROM ({query}) WHERE {to_duckdb(predicate)}" if predicate.strip() else query


def fitting(query: str, table: Any) -> Any:
    """The rows of a query as Arrow, in the columns of the Iceberg `table`; those that the query lacks are null.

    Raises ValueError that names the columns that the table does not have.
    """
    known = {name.lower(): name for name, _ in sql.schema(query)}
    schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    more = sorted(set(known) - {name.lower() for name in schema.names})
    if more:
        raise ValueError(f"the table {'.'.join(table.name())} does not have the columns {', '.join(more)}")
    columns = ", ".join(
        f"{identifier(known[name.lower()]) if name.lower() in known else 'NULL'} AS {identifier(name)}"
        for name in schema.names
    )
    found: pa.Table = sql.relation(f"SELECT {columns} FROM ({query})").to_arrow_table()
    return found.cast(schema)


def arrow_of(query: str) -> Any:
    """The rows of a query as Arrow."""
    return sql.relation(query).to_arrow_table()
