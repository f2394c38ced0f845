"""pyspark.sql.functions: those that sqlframe has for DuckDB. One it does not have cannot be imported, by its name."""

from typing import Any

from sqlframe.duckdb import functions as _functions
from sqlframe.duckdb.functions import *  # noqa: F403


def input_file_name() -> Any:
    """Not supported."""
    raise NotImplementedError("pyspark.sql.functions.input_file_name is not supported")


def __getattr__(name: str) -> Any:
    return getattr(_functions, name)
