"""Athena: Trino SQL on DuckDB over what the catalog names, Hive DDL, results as CSV in the results bucket."""
