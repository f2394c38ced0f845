"""Trino's functions in DuckDB's words, a file for each chapter of Trino's documentation ("Functions and operators").

A file holds templates by function name; `table` is all of them. What is not in it does not exist, for a query.
"""
