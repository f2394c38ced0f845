"""The way between DynamicFrames and Spark's DataFrames: Parquet files in the folder of the run."""

from pathlib import Path
from typing import Any

from pyspark.sql import functions
from pyspark.sql.types import NullType, StructType

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import source
from afluente.services.glue.job.runtime.apache_spark.session import session
from afluente.services.glue.job.runtime.connection import identifier, text
from afluente.services.glue.job.runtime.run import current


def of_query(query: str, *, partitions: int = 1) -> Any:
    """The rows of a query of the run's DuckDB connection as a Spark DataFrame, in `partitions` partitions if many."""
    columns = sql.schema(query)
    if not columns:
        return session().createDataFrame([], StructType([]))
    place = new_place()
    place.mkdir()
    cast = ", ".join(
        f"CAST({identifier(name)} AS {_plain(kind).duckdb()}) AS {identifier(name)}" for name, kind in columns
    )
    sql.execute(f"COPY (SELECT {cast} FROM ({query})) TO {text(f'{place}/rows.parquet')} (FORMAT parquet)")
    frame = session().read.parquet(str(place))
    return frame.repartition(partitions) if partitions > 1 else frame


def query_and_partitions(frame: Any) -> tuple[str, int]:
    """A Spark DataFrame, computed now, as a query of the run's DuckDB connection; and the number of its partitions."""
    if not frame.columns:
        return source.EMPTY, 1
    place = new_place()
    _storable(frame).write.parquet(str(place))
    files = sorted(str(path) for path in place.glob("*.parquet"))
    return source.parquet_query(files), len(files)


def new_place() -> Path:
    """A path in the folder of the run where nothing lies yet."""
    return Path(current().order.work) / f"spark_{current().number()}"


def _storable(frame: Any) -> Any:
    """Without columns of no type, which Parquet does not have."""
    for each in frame.schema.fields:
        if isinstance(each.dataType, NullType):
            frame = frame.withColumn(each.name, functions.lit(None).cast("string"))
    return frame


def _plain(kind: HiveType) -> HiveType:
    """The type that Spark gets; values of several types come as their JSON texts."""
    if kind.name == "choice":
        return HiveType("string")
    return HiveType(kind.name, kind.arguments, tuple((name, _plain(each)) for name, each in kind.fields))
