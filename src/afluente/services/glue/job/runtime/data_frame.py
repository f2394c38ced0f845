"""Spark DataFrames, whichever Spark a run has: its API on DuckDB (`spark/`), or Apache Spark (`apache_spark/`)."""

from types import ModuleType
from typing import Any

from afluente.services.glue.job.runtime.run import current


def of_query(query: str, *, partitions: int = 1) -> Any:
    """The rows of a query of the run's DuckDB connection as a DataFrame."""
    return _frames().of_query(query, partitions=partitions)


def query_of(frame: Any) -> tuple[str, int]:
    """(query, partitions): a DataFrame as a query of the run's DuckDB connection, and how many files it makes."""
    query: tuple[str, int] = _frames().query_and_partitions(frame)
    return query


def session() -> Any:
    """The Spark session, which is made when it is first used."""
    if current().on_spark:
        from afluente.services.glue.job.runtime.apache_spark.session import session as spark  # noqa: PLC0415  # slow

        return spark()
    from afluente.services.glue.job.runtime.spark.lazy import LazySession  # noqa: PLC0415  # only if asked for

    return LazySession()


def _frames() -> ModuleType:
    if current().on_spark:
        from afluente.services.glue.job.runtime.apache_spark import frame  # noqa: PLC0415  # slow to import

        return frame
    from afluente.services.glue.job.runtime.spark import frame as on_duckdb  # noqa: PLC0415  # the same

    return on_duckdb
