"""pyspark.sql.dataframe."""

from afluente.services.glue.job.runtime.spark.frame import Frame as DataFrame

__all__ = ["DataFrame"]
