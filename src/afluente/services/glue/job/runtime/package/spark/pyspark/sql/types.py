"""pyspark.sql.types."""

from sqlframe.base.types import *  # noqa: F403
from sqlframe.base.types import Row

__all__ = [name for name in dir() if name.endswith("Type") or name == "StructField"] + ["Row"]
