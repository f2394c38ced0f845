"""Trino SQL: parsed, checked as Trino checks it, bound to the catalog's tables and put into DuckDB's words."""
