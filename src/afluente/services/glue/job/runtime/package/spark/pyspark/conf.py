"""pyspark.conf."""

from afluente.services.glue.job.runtime.spark.context import SparkConf

__all__ = ["SparkConf"]
