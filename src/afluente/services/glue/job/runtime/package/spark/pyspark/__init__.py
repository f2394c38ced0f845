"""pyspark, as Glue scripts import it: Spark's DataFrame API on DuckDB."""

from afluente.services.glue.job.runtime.spark.context import SparkConf, SparkContext

__version__ = SparkContext.version
__all__ = ["SparkConf", "SparkContext"]
