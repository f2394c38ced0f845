"""What this process changes of pyspark before a script sees it: where paths in S3 and tables of the catalog lead."""

from typing import Any

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.readwriter import DataFrameReader, DataFrameWriter

from afluente.services.glue.job.runtime.apache_spark import reading, session, writing


def install() -> None:
    """Change it."""
    for name in ("load", "json", "csv", "text", "orc"):
        setattr(DataFrameReader, name, reading.reading_first(getattr(DataFrameReader, name)))
    DataFrameReader.parquet = reading.reading_all(DataFrameReader.parquet)
    DataFrameReader.option = reading.with_option(DataFrameReader.option)
    for name in ("textFile", "wholeTextFiles", "binaryFiles"):
        setattr(SparkContext, name, reading.reading_texts(getattr(SparkContext, name)))
    for name in ("save", "json", "csv", "text", "parquet", "orc"):
        setattr(DataFrameWriter, name, writing.writing(getattr(DataFrameWriter, name)))
    DataFrameWriter.mode = writing.with_mode(DataFrameWriter.mode)
    DataFrameWriter.option = writing.with_option(DataFrameWriter.option)
    for each in (DataFrameReader, DataFrameWriter):
        each.options = writing.set_options
    for name in ("saveAsTable", "insertInto"):
        setattr(DataFrameWriter, name, writing.refused(f"DataFrameWriter.{name}"))
    DataFrame.writeTo = _write_to
    SparkSession.sql = session.run_sql
    SparkSession.table = session.table
    DataFrameReader.table = lambda reader, tableName: session.table(reader._spark, tableName)  # noqa: SLF001


def _write_to(frame: Any, table: str) -> Any:
    """`df.writeTo`, for Iceberg tables."""
    from afluente.services.glue.job.runtime.iceberg.writer import TableWriter  # noqa: PLC0415  # slow to import

    return TableWriter(frame, table)
