"""pyspark.sql.utils."""

from afluente.services.glue.job.runtime.spark.error import (
    AnalysisException,
    IllegalArgumentException,
    ParseException,
    PySparkException,
)

__all__ = ["AnalysisException", "IllegalArgumentException", "ParseException", "PySparkException"]
