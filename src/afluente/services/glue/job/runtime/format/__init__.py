"""Formats that DuckDB does not read: each object becomes a file, in the folder of the run, of one that it does."""
