"""pyspark.sql.functions: those of our table, then those that sqlframe has for DuckDB. Others are refused by name."""

from typing import Any

from sqlframe.duckdb import functions as _functions
from sqlframe.duckdb.functions import *  # noqa: F403

from afluente.services.glue.job.runtime.spark.function import TABLE as _TABLE
from afluente.services.glue.job.runtime.spark.function.caller import caller as _caller
from afluente.services.glue.job.runtime.spark.user_function import udf

globals().update({name: _caller(name, entry) for name, entry in _TABLE.items() if entry.callable})
globals()["udf"] = udf


def broadcast(df: Any) -> Any:
    """The DataFrame: one process has nothing to share out."""
    return df


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if not hasattr(_functions, name):  # not an AttributeError: of that, `from ... import x` tells nothing but the name
        raise NotImplementedError(f"pyspark.sql.functions.{name} is not supported; Apache Spark has it")
    return getattr(_functions, name)
