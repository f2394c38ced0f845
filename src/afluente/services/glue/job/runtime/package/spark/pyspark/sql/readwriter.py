"""pyspark.sql.readwriter."""

from afluente.services.glue.job.runtime.spark.reader import Reader as DataFrameReader
from afluente.services.glue.job.runtime.spark.writer import Writer as DataFrameWriter

__all__ = ["DataFrameReader", "DataFrameWriter"]
