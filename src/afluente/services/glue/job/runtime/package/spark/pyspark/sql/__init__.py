"""pyspark.sql; each name is loaded when it is first used, which keeps the start of a run short."""

import importlib
from typing import Any

PLACES = {
    "Column": "sqlframe.duckdb.column",
    "DataFrame": "pyspark.sql.dataframe",
    "DataFrameReader": "pyspark.sql.readwriter",
    "DataFrameWriter": "pyspark.sql.readwriter",
    "Row": "pyspark.sql.types",
    "SparkSession": "pyspark.sql.session",
    "Window": "pyspark.sql.window",
    "WindowSpec": "pyspark.sql.window",
}
MODULES = ("dataframe", "functions", "readwriter", "session", "types", "utils", "window")


def __getattr__(name: str) -> Any:
    if name in PLACES:
        return getattr(importlib.import_module(PLACES[name]), name)
    if name in MODULES:
        return importlib.import_module(f"pyspark.sql.{name}")
    raise AttributeError(f"pyspark.sql.{name} is not supported by Afluente")
