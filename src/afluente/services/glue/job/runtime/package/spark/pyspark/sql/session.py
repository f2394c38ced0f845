"""pyspark.sql.session."""

from afluente.services.glue.job.runtime.spark.session import SparkSession

__all__ = ["SparkSession"]
