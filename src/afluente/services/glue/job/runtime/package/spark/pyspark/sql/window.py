"""pyspark.sql.window."""

from sqlframe.duckdb.window import Window, WindowSpec

__all__ = ["Window", "WindowSpec"]
