"""Spark SQL to DuckDB's: by sqlglot, then the casts and the types of results made Spark's.

Types: https://spark.apache.org/docs/3.5.4/api/sql/index.html
"""

from typing import Any

from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.spark import Spark

from afluente.services.glue.job.runtime.spark.function import TABLE, render

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

SHORT = {"row_number", "rank", "dense_rank", "ntile"}
"""Functions that sqlglot has no class for, or sqlframe does not ask for, and that give 32 bits in Spark."""

ROUND = (exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)
"""What stands around a function and belongs to its call."""

ZONED = {exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.TIMESTAMPLTZ}


HARMLESS = ("EXTRACT from ",)
"""Times have no zone here, so what sqlglot warns of cannot be."""
MOST_LISTED = 200
"""Longer lists are left as they are: what is so long is a program's, and of the column's own type."""
AGGREGATES: dict[Any, str] = {
    exp.Sum: "sum", exp.Avg: "avg", exp.Stddev: "stddev", exp.StddevPop: "stddev_pop", exp.StddevSamp: "stddev_samp",
    exp.Variance: "variance", exp.VariancePop: "var_pop",
}  # fmt: skip
"""Aggregates that sqlframe names by sqlglot's classes."""
IGNORING = " IGNORE NULLS)"
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
SYNTAX = {"TRIM", "OVERLAY"}
"""Functions with words between their arguments (`trim(BOTH ' ' FROM x)`)."""


def _called(name: str) -> Any:
    def build(arguments: list[Any]) -> exp.Anonymous:
        return exp.Anonymous(this=name, expressions=arguments)

    return build


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

    def unsupported(self, message: str) -> None:
        """What cannot be said is refused, and not left out."""
        if not message.startswith(HARMLESS):
            raise NotImplementedError(message)

    def anonymous_sql(self, expression: exp.Anonymous) -> str:
        """A function by its name: as the table says, where it stands in it."""
        name = expression.name if expression.name in TABLE else expression.name.lower()
        if name not in TABLE:
            return str(super().anonymous_sql(expression))
        distinct = expression.expressions[0] if expression.expressions else None
        if isinstance(distinct, exp.Distinct):
            text = render(name, TABLE[name], [self.sql(each) for each in distinct.expressions])
            return text.replace("(", "(DISTINCT ", 1)
        text = render(name, TABLE[name], [self.sql(each) for each in expression.expressions])
        if text.endswith(IGNORING) and not isinstance(expression.parent, exp.Window):
            value = text.removesuffix(IGNORING).partition("(")[2]
            return f"{text.removesuffix(IGNORING)}) FILTER (WHERE {value} IS NOT NULL)"
        return text

    def binary(self, expression: exp.Binary, op: str) -> str:
        """Operators, beside which texts are read as what the other side is."""
        left, right = self.sql(expression, "this"), self.sql(expression, "expression")
        if isinstance(expression, ARITHMETIC):
            left, right = _number(expression.this, left), _number(expression.expression, right)
        elif isinstance(expression, COMPARISONS) and not _alike(expression.this, expression.expression):
            left, right = _beside(left, right), _beside(right, left)
        return f"{left} {op} {right}"

    TRANSFORMS = {  # noqa: RUF012  # sqlglot's way
        **DuckDB.Generator.TRANSFORMS,
        exp.CurrentDate: lambda *_: "CAST(now() AS DATE)",
        exp.CurrentTimestamp: lambda *_: "CAST(now() AS TIMESTAMP)",  # in UTC, without a zone
    }

    def between_sql(self, expression: exp.Between) -> str:
        """Texts between numbers are read as such."""
        value, low, high = (self.sql(expression, name) for name in ("this", "low", "high"))
        low, high = _beside(low, value), _beside(high, value)
        return f"{_beside(value, self.sql(expression, 'low'))} BETWEEN {low} AND {high}"

    def in_sql(self, expression: exp.In) -> str:
        """Numbers among texts are texts, in Spark."""
        listed = expression.expressions
        is_pivot = expression.find_ancestor(exp.Pivot) is not None
        if (
            is_pivot
            or not listed
            or len(listed) > MOST_LISTED
            or any(isinstance(each, exp.Null | exp.Tuple) for each in listed)
        ):
            return str(super().in_sql(expression))
        value = self.sql(expression, "this")
        return f"{value} IN ({', '.join(f'spark_among({self.sql(each)}, {value})' for each in listed)})"

    def function_fallback_sql(self, expression: exp.Func) -> str:
        """Aggregates of numbers, as DataFrames' groups call them: texts are read as such."""
        name = AGGREGATES.get(type(expression))
        if name is None or isinstance(expression.this, exp.Distinct):
            return str(super().function_fallback_sql(expression))
        return render(name, TABLE[name], [self.sql(expression, "this")])

    def neg_sql(self, expression: exp.Neg) -> str:
        """Minus."""
        return f"-{_number(expression.this, self.sql(expression, 'this'))}"

    def ignorenulls_sql(self, expression: exp.IgnoreNulls) -> str:
        """`last(x) IGNORE NULLS`: a filter where there is no window, where DuckDB does not take it otherwise."""
        if isinstance(expression.parent, exp.Window):
            return str(super().ignorenulls_sql(expression))
        value = self.sql(expression.this, "this")
        return f"{self.sql(expression, 'this')} FILTER (WHERE {value} IS NOT NULL)"

    def trycast_sql(self, expression: exp.TryCast) -> str:
        """As a cast."""
        return self.cast_sql(expression)

    def lambda_sql(self, expression: exp.Lambda, *args: Any, **kwargs: Any) -> str:
        """DuckDB 2 has no arrows, and counts from 1."""
        above = expression.parent
        called = above.name.lower() if isinstance(above, exp.Anonymous) else ""
        counts = called in {"transform", "filter"} or isinstance(above, exp.Transform)
        expression = expression.copy()
        if counts and len(expression.expressions) > 1:
            expression.set("this", expression.this.transform(_from_zero(expression.expressions[1].name)))
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
        name = expression.name.lower()
        return "INTEGER" if name in SHORT else TABLE[name].kind if name in TABLE else None
    return RESULTS.get(type(expression))


MAYBE_TEXT = (
    exp.Column, exp.Dot, exp.Bracket, exp.Anonymous, exp.Case, exp.If, exp.Coalesce, exp.Subquery, exp.Window, exp.Max,
    exp.Min, exp.Cast, exp.Identifier,
)  # fmt: skip


def _number(side: Any, sql: str) -> str:
    """A side of an arithmetic operator: as a number, where it may be a text."""
    inner = side.unnest() if isinstance(side, exp.Paren) else side
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "generate_subscripts":
        return sql
    is_text = inner.is_string if isinstance(inner, exp.Literal) else isinstance(inner, MAYBE_TEXT)
    return f"spark_number({sql})" if is_text else sql


def _alike(left: Any, right: Any) -> bool:
    """Neither needs to be read as what the other is: both are written texts, or both numbers, or one is no value."""
    sides = (left, right)
    if any(isinstance(side, exp.Null | exp.Tuple | exp.Array | exp.Struct | exp.Any | exp.All) for side in sides):
        return True
    return all(isinstance(side, exp.Literal) for side in sides) and left.is_string == right.is_string


def _from_zero(name: str) -> Any:
    def shifted(node: Any) -> Any:
        is_counter = isinstance(node, exp.Column | exp.Identifier) and node.name == name
        return exp.Anonymous(this="spark_from_zero", expressions=[node.copy()]) if is_counter else node

    return shifted


def _beside(sql: str, other: str) -> str:
    return f"spark_beside({sql}, {other})"


def _substring(parser: Any) -> exp.Anonymous:
    """`substring(x FROM 2 FOR 3)` as any call."""
    found = parser._parse_substring()  # noqa: SLF001  # sqlglot's parsers are called so
    given = [found.args.get(name) for name in ("this", "start", "length")]
    return exp.Anonymous(this="substring", expressions=[each for each in given if each is not None])


class SparkParser(Spark.Parser):  # type: ignore[misc, valid-type]  # sqlglot makes its parsers at import
    """Spark's parser, which leaves the functions of our table as they are written."""

    FUNCTIONS = {**Spark.Parser.FUNCTIONS, **{name.upper(): _called(name) for name in TABLE}}  # noqa: RUF012  # sqlglot's way
    FUNCTION_PARSERS = {
        name: parse
        for name, parse in Spark.Parser.FUNCTION_PARSERS.items()
        if name.lower() not in TABLE or name in SYNTAX
    } | dict.fromkeys(("SUBSTRING", "SUBSTR"), _substring)
    NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012
        name: parse for name, parse in Spark.Parser.NO_PAREN_FUNCTION_PARSERS.items() if name != "ANY"
    }


class SparkDialect(Spark):
    """Spark SQL as scripts write it."""

    Parser = SparkParser


def parse(text: str) -> Any:
    """The tree of a statement in Spark SQL. Raises sqlglot's errors."""
    return parse_one(text, read=SparkDialect)


def to_duckdb(spark: str) -> str:
    """The DuckDB SQL of an expression in Spark SQL."""
    return str(parse(spark).sql(dialect=Dialect))
