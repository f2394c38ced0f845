"""The session of Apache Spark, and the tables of the Glue catalog in its SQL.

A table's name is put right in the text of the query, which otherwise stays as the script has it.
"""

from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from afluente.services.glue.job.runtime import catalog
from afluente.services.glue.job.runtime.run import current

TEMPORARY = ("CREATE OR REPLACE TEMP", "CREATE TEMP", "CREATE OR REPLACE GLOBAL TEMP", "CREATE GLOBAL TEMP")
STATEMENTS = (
    "SELECT", "WITH", "(", "FROM", "VALUES", "TABLE", "SET", "RESET", "CACHE", "UNCACHE", "CLEAR CACHE", "EXPLAIN",
    "DROP VIEW", "DESCRIBE", "DESC", "SHOW FUNCTIONS", "SHOW VIEWS", "SHOW COLUMNS", *TEMPORARY,
)  # fmt: skip
"""How statements begin that change nothing but the session: Spark's own catalog ends with the run."""

CHANGES = ("INSERT", "MERGE", "UPDATE", "DELETE", "CREATE TABLE", "CREATE OR REPLACE TABLE", "DROP TABLE")
"""Statements on Iceberg tables, which Spark itself does not see."""

_sql = SparkSession.sql


def session() -> Any:
    """The session, of which there is one."""
    return SparkSession.builder.getOrCreate()


def run_sql(spark: Any, sqlQuery: str, *args: Any, **kwargs: Any) -> Any:
    """`SparkSession.sql`, with tables of the Glue catalog."""
    words = " ".join(sqlQuery.split()).upper()
    if words.startswith(CHANGES):
        from afluente.services.glue.job.runtime.iceberg.statement import execute  # noqa: PLC0415  # slow to import

        if execute(parse_one(sqlQuery, read="spark"), lambda query: run_sql(spark, query)):
            return spark.createDataFrame([], StructType([]))
    if not words.startswith(STATEMENTS):
        raise NotImplementedError(f"the SQL statement {' '.join(words.split()[:2])} is not supported; queries are")
    return _sql(spark, _resolved(spark, sqlQuery), *args, **kwargs)


def table(spark: Any, tableName: str) -> Any:
    """`SparkSession.table`: a temporary view, or a table of the Glue catalog."""
    name = ".".join(f"`{part}`" for part in tableName.replace("`", "").split("."))
    return run_sql(spark, f"SELECT * FROM {name}")


def _resolved(spark: Any, query: str) -> str:
    """The query with the names of views in the place of those of the catalog's tables."""
    try:
        parsed = parse_one(query, read="spark")
    except SqlglotError:
        return query  # Spark knows better what is wrong with it
    common = {each.alias_or_name.lower() for each in parsed.find_all(exp.CTE)}
    spans = [
        (*_span(each), _view(spark, each.db or "default", each.name) + _alias(each))
        for each in parsed.find_all(exp.Table)
        if isinstance(each.this, exp.Identifier) and (each.db or each.name.lower() not in common)
        if each.db or (current().order.catalog and not spark.catalog.tableExists(each.name))
    ]
    for start, end, name in sorted(spans, reverse=True):
        query = query[:start] + name + query[end:]
    return query


def _span(found: exp.Table) -> tuple[int, int]:
    first = found.args.get("catalog") or found.args.get("db") or found.this
    return first.meta["start"], found.this.meta["end"] + 1


def _alias(found: exp.Table) -> str:
    """The table's own name, under which the query knows its columns."""
    return "" if found.alias or found.args.get("sample") else f" AS `{found.name}`"


def _view(spark: Any, database: str, name: str) -> str:
    """A temporary view of a table of the catalog."""
    from afluente.services.glue.job.runtime.apache_spark.frame import of_query  # noqa: PLC0415  # they need each other

    known = catalog.find_table(database, name)
    if known is None:
        raise AnalysisException(f"[TABLE_OR_VIEW_NOT_FOUND] The table or view `{database}`.`{name}` cannot be found.")
    view = f"glue_catalog_{current().number()}"
    of_query(catalog.table_query(known)).createOrReplaceTempView(view)
    return view
