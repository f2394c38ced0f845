"""The DuckDB connection of a run: its settings, and queries as views and schemas."""

import re
from functools import cache
from typing import Any

import duckdb

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import python_function, run
from afluente.services.glue.job.runtime.macro import MACROS
from afluente.services.glue.job.runtime.spark.error import AnalysisException

NAMES = {
    "boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "integer": "int", "bigint": "bigint",
    "utinyint": "smallint", "usmallint": "int", "uinteger": "bigint", "float": "float", "double": "double",
    "varchar": "string", "blob": "binary", "date": "date", "timestamp": "timestamp", "timestamp_ns": "timestamp",
    "timestamp_ms": "timestamp", "timestamp_s": "timestamp", "timestamp with time zone": "timestamp",
    "uuid": "string", "time": "string", "interval": "string", "enum": "string", "sqlnull": "string", "null": "string",
}  # fmt: skip

OURS = re.compile(r"\bspark_\w+", re.IGNORECASE)
UNKNOWN_COLUMN = re.compile(r'(?:Referenced column|(?:Table|Values list) ".*?" does not have a column named) "([^"]+)"')
REFUSED = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
"""What DuckDB raises for a query that cannot be."""
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
    found.execute("SET error_on_division_by_zero = false")
    found.execute("SET ieee_floating_point_ops = false")
    return found


def prepared(sql: str) -> str:
    """The same statement, once the macros and functions that it calls are there. Making all takes 0.1 s."""
    for name in {found.lower() for found in OURS.findall(sql)}:
        if name in _made:  # perhaps by now, as part of the one before
            continue
        _made.add(name)
        if name in MACROS:
            macro = MACROS[name]
            connection().execute(f"CREATE TEMP MACRO {prepared(macro)}")
        elif name in python_function.FUNCTIONS:
            python_function.register(connection(), name)
    return sql


_made: set[str] = set()


def execute(sql: str, values: list[Any] | None = None) -> Any:
    """Run a statement."""
    sql = prepared(sql)
    return connection().execute(sql, values) if values else connection().execute(sql)


def relation(sql: str) -> Any:
    """A query's relation."""
    return connection().sql(prepared(sql))


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
    except REFUSED as error:
        raise _analysis(str(error)) from None
    return name


def bound(sql: str) -> Any:
    """The relation that a query is. Raises AnalysisException."""
    try:
        return relation(sql)
    except REFUSED as error:
        raise _analysis(str(error)) from None


def _analysis(text: str) -> AnalysisException:
    """In Spark's words, where it is a column that is not there."""
    said = text.partition("\n\nLINE ")[0]
    missing = UNKNOWN_COLUMN.search(said)
    if missing is None:
        return AnalysisException(said)
    from afluente.services.glue.job.runtime.spark.resolving import unresolved  # noqa: PLC0415  # seldom needed

    candidates = said.partition("Candidate bindings:")[2]
    return unresolved(missing[1], re.findall(r'"([^"]+)"', candidates))


def table(sql: str) -> str:
    """The name of a new temporary table that holds the rows of `sql`; it spills to disk when it is large."""
    name = f"table_{run.current().number()}"
    execute(f"CREATE TEMP TABLE {name} AS {sql}")
    return name


def schema(sql: str) -> Schema:
    """The columns of a query; a column of JSON, whose values are of several types, is a `choice`."""
    found = bound(sql)
    return tuple(
        (name, hive_type(kind)) for name, kind in zip(found.columns, found.types, strict=True) if name != NOTHING
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
