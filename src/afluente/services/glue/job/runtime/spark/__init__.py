"""Spark's DataFrame API on the run's DuckDB connection, by sqlframe, with S3 and the catalog where Spark has them."""
