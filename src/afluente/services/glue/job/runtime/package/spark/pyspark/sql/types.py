"""pyspark.sql.types."""

from sqlframe.base.types import *  # noqa: F403

from afluente.services.glue.job.runtime.spark.row import Row

__all__ = [name for name in dir() if name.endswith("Type") or name == "StructField"] + ["Row"]
