"""Iceberg tables, through pyiceberg: its metadata, commits and manifests; DuckDB reads and computes the rows.

pyiceberg is imported when the first Iceberg table is met: it costs a process that has none nothing.
"""
