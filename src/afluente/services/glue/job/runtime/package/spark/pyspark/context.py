"""pyspark.context."""

from afluente.services.glue.job.runtime.spark.context import SparkContext

__all__ = ["SparkContext"]
