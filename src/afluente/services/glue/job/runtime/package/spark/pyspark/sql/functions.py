"""pyspark.sql.functions: those that sqlframe has for DuckDB. One it does not have cannot be imported, by its name."""

from typing import Any

from sqlframe.duckdb import functions as _functions
from sqlframe.duckdb.functions import *  # noqa: F403


def _input_file_name() -> Any:
    raise NotImplementedError("pyspark.sql.functions.input_file_name is not supported")


globals()["input_file_name"] = _input_file_name


def __getattr__(name: str) -> Any:
    if not hasattr(_functions, name):
        raise AttributeError(f"pyspark.sql.functions.{name} is not supported by Afluente")
    return getattr(_functions, name)
