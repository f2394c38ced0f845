"""Spark SQL to DuckDB's: by sqlglot, then the casts made Spark's."""

from typing import Any

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB

CASTS = {
    exp.DataType.Type.TINYINT: "spark_long", exp.DataType.Type.SMALLINT: "spark_long",
    exp.DataType.Type.INT: "spark_long", exp.DataType.Type.BIGINT: "spark_long",
    exp.DataType.Type.BOOLEAN: "spark_boolean", exp.DataType.Type.DATE: "spark_date",
    exp.DataType.Type.TEXT: "spark_string", exp.DataType.Type.VARCHAR: "spark_string",
    exp.DataType.Type.TIMESTAMP: "spark_timestamp", exp.DataType.Type.TIMESTAMPTZ: "spark_timestamp",
    exp.DataType.Type.TIMESTAMPLTZ: "spark_timestamp", exp.DataType.Type.TIMESTAMPNTZ: "spark_timestamp",
}  # fmt: skip
ZONED = {exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.TIMESTAMPLTZ}


class Generator(DuckDB.Generator):  # type: ignore[misc, valid-type]  # sqlglot makes its generators at import
    """DuckDB's generator, with Spark's casts and DuckDB 2's lambdas."""

    def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
        """Spark's cast: never an error, fractions cut off, times in UTC without a zone."""
        kind = expression.to.this
        value = self.sql(expression, "this")
        if kind in ZONED or kind in CASTS:
            narrowed = kind in {exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT}
            called = f"{CASTS[kind]}({value})"
            return f"TRY_CAST({called} AS {self.sql(expression, 'to')})" if narrowed else called
        return f"TRY_CAST({value} AS {self.sql(expression, 'to')})"

    def trycast_sql(self, expression: exp.TryCast) -> str:
        """As a cast."""
        return self.cast_sql(expression)

    def currenttimestamp_sql(self, expression: exp.CurrentTimestamp) -> str:  # sqlglot's signature
        """In UTC, without a zone."""
        return "CAST(now() AS TIMESTAMP)"

    def lambda_sql(self, expression: exp.Lambda, *args: Any, **kwargs: Any) -> str:
        """DuckDB 2 has no arrows."""
        expression = expression.copy()
        expression.set("colon", True)
        return str(super().lambda_sql(expression, *args, **kwargs))


class Dialect(DuckDB):
    """DuckDB as the runs of Glue jobs speak it."""

    Generator = Generator


def to_duckdb(spark: str) -> str:
    """The DuckDB SQL of an expression in Spark SQL."""
    return str(parse_one(spark, read="spark").sql(dialect=Dialect))
