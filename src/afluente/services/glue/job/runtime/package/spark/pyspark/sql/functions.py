"""pyspark.sql.functions: those that sqlframe has for DuckDB. One it does not have is refused by its name."""

from typing import Any

from sqlframe.duckdb import functions as _functions
from sqlframe.duckdb.functions import *  # noqa: F403


def _input_file_name() -> Any:
    raise NotImplementedError("pyspark.sql.functions.input_file_name is not supported")


globals()["input_file_name"] = _input_file_name


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if not hasattr(
        _functions, name
    ):  # not an AttributeError: of that, `from ... import udf` tells nothing but the name
        raise NotImplementedError(f"pyspark.sql.functions.{name} is not supported; Apache Spark has it")
    return getattr(_functions, name)
