"""Spark SQL to DuckDB's: by sqlglot, then the casts and the types of results made Spark's.

Types: https://spark.apache.org/docs/3.5.4/api/sql/index.html
"""

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
RESULTS: dict[Any, str] = dict.fromkeys(
    (
        exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile, exp.Year, exp.Month, exp.Day, exp.DayOfMonth, exp.Hour,
        exp.Minute, exp.Second, exp.DayOfWeek, exp.WeekOfYear, exp.Week, exp.Quarter, exp.DayOfYear, exp.Length,
        exp.ArraySize, exp.DateDiff, exp.StrPosition, exp.Levenshtein, exp.Extract, exp.BitLength,
    ),
    "INTEGER",
) | {
    exp.Ceil: "BIGINT", exp.Floor: "BIGINT", exp.IntDiv: "BIGINT", exp.Sign: "DOUBLE", exp.DateAdd: "DATE",
    exp.DateSub: "DATE", exp.TsOrDsAdd: "DATE", exp.PercentileCont: "DOUBLE", exp.Quantile: "DOUBLE",
}  # fmt: skip
"""The types of what functions give in Spark, where DuckDB's are others."""

SHORT = {"row_number", "rank", "dense_rank", "ntile", "weekday", "octet_length"}
"""Functions that sqlglot has no class for, or sqlframe does not ask for, and that give 32 bits in Spark."""

OTHERS = {"hash": "md5() and sha2() are, and Apache Spark has it (--afluente-engine spark)"}
"""Functions that DuckDB has, too, and that give other values there; what to do instead."""

ROUND = (exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)
"""What stands around a function and belongs to its call."""

ZONED = {exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.TIMESTAMPLTZ}


class Generator(DuckDB.Generator):  # type: ignore[misc, valid-type]  # sqlglot makes its generators at import
    """DuckDB's generator, with Spark's casts and DuckDB 2's lambdas."""

    def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
        """As everywhere, with the results of functions in Spark's types."""
        text = str(super().sql(expression, key, comment))
        kind = None if key or not text else _result(expression)
        return f"CAST({text} AS {kind})" if kind else text

    def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
        """Spark's cast: never an error, fractions cut off, times in UTC without a zone."""
        kind = expression.to.this
        value = self.sql(expression, "this")
        if kind in ZONED or kind in CASTS:
            narrowed = kind in {exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT}
            called = f"{CASTS[kind]}({value})"
            return f"TRY_CAST({called} AS {self.sql(expression, 'to')})" if narrowed else called
        return f"TRY_CAST({value} AS {self.sql(expression, 'to')})"

    def anonymous_sql(self, expression: exp.Anonymous) -> str:
        """A function by its name, unless DuckDB means another by it."""
        if expression.name.lower() in OTHERS:
            raise NotImplementedError(
                f"{expression.name.lower()}() is not supported; {OTHERS[expression.name.lower()]}"
            )
        return str(super().anonymous_sql(expression))

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


def _result(expression: Any) -> str | None:
    """The type to cast an expression to: that of a function's result, taken of its whole call."""
    if not isinstance(expression, exp.Expression) or (
        isinstance(expression.parent, ROUND) and (expression.arg_key == "this")
    ):
        return None
    while isinstance(expression, ROUND):
        expression = expression.this
    if isinstance(expression, exp.Ceil | exp.Floor) and expression.args.get("decimals"):
        return None
    if isinstance(expression, exp.Anonymous):
        return "INTEGER" if expression.name.lower() in SHORT else None
    return RESULTS.get(type(expression))


def to_duckdb(spark: str) -> str:
    """The DuckDB SQL of an expression in Spark SQL."""
    return str(parse_one(spark, read="spark").sql(dialect=Dialect))
