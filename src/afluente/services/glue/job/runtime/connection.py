"""The DuckDB connection of a run: settings, Spark's casts as macros, and queries as views and schemas."""

from functools import cache
from typing import Any

import duckdb

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import run
from afluente.services.glue.job.runtime.spark.error import AnalysisException

MACROS = (
    # Spark reads "1.7" as the integer 1, and none of DuckDB's other spellings of numbers
    """spark_digits(x) AS CASE
        WHEN contains(x, 'e') OR contains(x, 'E') OR contains(x, 'x') OR contains(x, 'X') OR contains(x, '_') THEN NULL
        WHEN contains(x, '.') THEN split_part(x, '.', 1) ELSE x END""",
    """spark_long(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN TRY_CAST(spark_digits(CAST(x AS VARCHAR)) AS BIGINT)
        WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR starts_with(typeof(x), 'DECIMAL')
            THEN TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS BIGINT)
        WHEN starts_with(typeof(x), 'TIMESTAMP') THEN TRY_CAST(floor(epoch(TRY_CAST(x AS TIMESTAMP))) AS BIGINT)
        ELSE TRY_CAST(x AS BIGINT) END""",
    # a text with an offset is moved to UTC, which only the (slow) cast with time zone does
    """spark_zoned(x) AS TRY_CAST(TRY_CAST(x AS TIMESTAMPTZ) AS TIMESTAMP)""",
    """spark_time_text(x) AS CASE
        WHEN contains(x, '+') OR x LIKE '%:%-%' THEN spark_zoned(x)
        ELSE coalesce(TRY_CAST(x AS TIMESTAMP), spark_zoned(x)) END""",
    """spark_timestamp(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN spark_time_text(CAST(x AS VARCHAR))
        WHEN typeof(x) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'DOUBLE', 'FLOAT')
            THEN make_timestamp(TRY_CAST(TRY_CAST(x AS DOUBLE) * 1000000 AS BIGINT))
        ELSE TRY_CAST(x AS TIMESTAMP) END""",
    """spark_date(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN TRY_CAST(TRY_CAST(x AS TIMESTAMP) AS DATE) ELSE TRY_CAST(x AS DATE) END""",
    """spark_boolean(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN CASE
            WHEN lower(trim(CAST(x AS VARCHAR))) IN ('t', 'true', 'y', 'yes', '1') THEN true
            WHEN lower(trim(CAST(x AS VARCHAR))) IN ('f', 'false', 'n', 'no', '0') THEN false END
        ELSE TRY_CAST(x AS BOOLEAN) END""",
    """spark_string(x) AS CASE
        WHEN typeof(x) = 'JSON' THEN json_extract_string(TRY_CAST(x AS JSON), '$') ELSE TRY_CAST(x AS VARCHAR) END""",
)

NAMES = {
    "boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "integer": "int", "bigint": "bigint",
    "utinyint": "smallint", "usmallint": "int", "uinteger": "bigint", "float": "float", "double": "double",
    "varchar": "string", "blob": "binary", "date": "date", "timestamp": "timestamp", "timestamp_ns": "timestamp",
    "timestamp_ms": "timestamp", "timestamp_s": "timestamp", "timestamp with time zone": "timestamp",
    "uuid": "string", "time": "string", "interval": "string", "enum": "string", "sqlnull": "string", "null": "string",
}  # fmt: skip

NOTHING = "__no_columns__"
"""The one column of a frame that has none, which SQL cannot say."""

Schema = tuple[tuple[str, HiveType], ...]


@cache
def connection() -> Any:
    """The run's DuckDB connection."""
    order = run.current().order
    found = duckdb.connect()
    found.execute("SET TimeZone = 'UTC'")
    found.execute(f"SET threads = {order.threads}")
    found.execute(f"SET memory_limit = '{order.memory_mib}MiB'")
    found.execute(f"SET temp_directory = {text(order.work + '/spill')}")
    found.execute("SET preserve_insertion_order = false")
    # it makes of TRY_CAST over a CSV file a cast within the reader, which fails where TRY_CAST gives null
    found.execute("SET disabled_optimizers = 'type_pushdown'")
    found.execute("SET autoinstall_known_extensions = false")
    found.execute("SET autoload_known_extensions = false")
    for macro in MACROS:
        found.execute(f"CREATE TEMP MACRO {macro}")
    return found


def execute(sql: str, values: list[Any] | None = None) -> Any:
    """Run a statement."""
    return connection().execute(sql, values) if values else connection().execute(sql)


def rows(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    found: list[tuple[Any, ...]] = execute(sql).fetchall()
    return found


def view(sql: str) -> str:
    """The name of a new view of `sql`, which is bound now and run when it is read.

    Raises AnalysisException, as Spark does when it analyses a query.
    """
    name = f"frame_{run.current().number()}"
    try:
        execute(f"CREATE TEMP VIEW {name} AS {sql}")
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
        raise AnalysisException(str(error).partition("\n\nLINE ")[0]) from None
    return name


def table(sql: str) -> str:
    """The name of a new temporary table that holds the rows of `sql`; it spills to disk when it is large."""
    name = f"table_{run.current().number()}"
    execute(f"CREATE TEMP TABLE {name} AS {sql}")
    return name


def schema(sql: str) -> Schema:
    """The columns of a query; a column of JSON, whose values are of several types, is a `choice`."""
    relation = connection().sql(sql)
    return tuple(
        (name, hive_type(kind)) for name, kind in zip(relation.columns, relation.types, strict=True) if name != NOTHING
    )


def hive_type(kind: Any) -> HiveType:
    """DuckDB's type in Hive's words."""
    if str(kind) == "JSON":
        return HiveType("choice")
    if kind.id == "list":
        return HiveType("array", (), (("element", hive_type(kind.children[0][1])),))
    if kind.id in {"struct", "map"}:
        return HiveType(kind.id, (), tuple((name, hive_type(child)) for name, child in kind.children))
    if kind.id == "decimal":
        return HiveType("decimal", tuple(value for _, value in kind.children))
    if kind.id in {"hugeint", "ubigint", "uhugeint"}:
        return HiveType("decimal", (38, 0))
    if kind.id not in NAMES:
        raise NotImplementedError(f"columns of the type {kind} are not supported")
    return HiveType(NAMES[kind.id])


def identifier(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """`value` as an SQL text."""
    return "'" + value.replace("'", "''") + "'"
