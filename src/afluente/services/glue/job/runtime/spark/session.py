"""The Spark session: frames, SQL over temporary views and the catalog, reading and writing."""

from functools import cache, cached_property
from typing import Any

from sqlframe.base.session import _BaseSession
from sqlframe.duckdb.session import DuckDBSession
from sqlglot import exp
from sqlglot.errors import SqlglotError

from afluente.services.glue.job.runtime import catalog, source
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.spark.context import SparkContext
from afluente.services.glue.job.runtime.spark.error import AnalysisException, ParseException
from afluente.services.glue.job.runtime.spark.frame import Frame, narrowed, of_query
from afluente.services.glue.job.runtime.spark.naming import written
from afluente.services.glue.job.runtime.spark.reader import Reader
from afluente.services.glue.job.runtime.spark.setting import RuntimeConfig
from afluente.services.glue.job.runtime.spark.writer import Writer
from afluente.services.glue.job.runtime.spark_sql import Dialect, SparkDialect, parse

NAMED = (exp.Alias, exp.Aliases, exp.Column, exp.Star, exp.Dot, exp.Subquery)
MANY = (exp.Explode, exp.Posexplode, exp.Unnest, exp.Star, exp.Inline)
"""What a query's columns may be that have a name, or that become several columns."""


class SparkSession(DuckDBSession):  # type: ignore[misc]  # sqlframe has no types
    """The session, of which there is one."""

    _df = Frame
    _writer = Writer
    version = SparkContext.version

    @cached_property
    def views(self) -> dict[str, str]:
        """Temporary views: their names, and the names under which DuckDB knows them."""
        return {}

    @cached_property
    def conf(self) -> RuntimeConfig:
        """Its settings."""
        return RuntimeConfig()

    @property
    def sparkContext(self) -> SparkContext:
        """The context."""
        return SparkContext.getOrCreate()

    @property
    def read(self) -> Reader:
        """A reader of objects and tables."""
        return Reader()

    @property
    def readStream(self) -> Any:
        """Not supported."""
        raise NotImplementedError("SparkSession.readStream is not supported")

    def table(self, tableName: str) -> Frame:
        """A temporary view, or a table of the catalog."""
        name = ".".join(f"`{part}`" for part in tableName.replace("`", "").split("."))
        return self.sql(f"SELECT * FROM {name}")

    def sql(self, sqlQuery: Any, *args: Any, **kwargs: Any) -> Frame:
        """The rows of a query in Spark SQL."""
        if args or kwargs:
            raise NotImplementedError("SparkSession.sql: arguments are not supported")
        try:
            query = parse(sqlQuery) if isinstance(sqlQuery, str) else sqlQuery
        except SqlglotError as error:
            raise ParseException(str(error)) from None
        if isinstance(query, exp.Values):
            query = parse(f"SELECT * FROM {query.sql(dialect='spark')}")
        if not isinstance(query, exp.Query):
            if isinstance(query, exp.DML | exp.Merge | exp.Create | exp.Drop):
                from afluente.services.glue.job.runtime.iceberg.statement import execute  # noqa: PLC0415  # slow

                if execute(query, self.sql):
                    return of_query(source.EMPTY)
            raise NotImplementedError(f"the SQL statement {query.key.upper()} is not supported; queries are")
        _name(query)
        self._resolve(query)
        return of_query(narrowed(query.sql(dialect=Dialect), "BIGINT"))

    def range(self, start: int, end: Any = None, step: int = 1, numPartitions: Any = None) -> Frame:
        """Numbers, as the column `id`."""
        first, last = (0, start) if end is None else (start, end)
        return of_query(f"SELECT CAST(range AS BIGINT) AS id FROM range({int(first)}, {int(last)}, {int(step)})")

    def createDataFrame(
        self, data: Any, schema: Any = None, samplingRatio: Any = None, verifySchema: bool = True
    ) -> Frame:
        """Rows of Python, or a pandas DataFrame, as a DataFrame."""
        from afluente.services.glue.job.runtime.spark.creating import query_of_rows  # noqa: PLC0415  # seldom needed

        return of_query(query_of_rows(data, schema))

    @property
    def udf(self) -> Any:
        """`spark.udf.register`: functions of the script's for Spark SQL."""
        from afluente.services.glue.job.runtime.spark.user_function import Registration  # noqa: PLC0415  # seldom needed

        return Registration()

    def stop(self) -> None:
        """The run's end stops it."""

    def _resolve(self, query: exp.Query) -> None:
        """Put the names that DuckDB knows for those of views and tables."""
        common = {each.alias_or_name.lower() for each in query.find_all(exp.CTE)}
        for table in list(query.find_all(exp.Table)):
            if not isinstance(table.this, exp.Identifier) or (not table.db and table.name.lower() in common):
                continue
            known = self.views.get(table.name.lower()) if not table.db else None
            name = known or _catalog_view(table.db or "default", table.name)
            found = exp.to_table(name)
            found.set("alias", table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name)))
            for kept in ("joins", "laterals", "pivots", "sample"):
                found.set(kept, table.args.get(kept))
            table.replace(found)

    def _to_sql(self, given: Any, *, dialect: Any = None, **kwargs: Any) -> str:
        """DuckDB's SQL, with Spark's casts."""
        text = str(_BaseSession._to_sql(self, given, dialect=dialect or Dialect(), **kwargs))  # noqa: SLF001
        return sql.prepared(text)

    class Builder(DuckDBSession.Builder):  # type: ignore[misc]  # sqlframe has no types
        """`SparkSession.builder`."""

        def __init__(self) -> None:
            super().__init__()
            self._settings: dict[str, Any] = {}

        def config(self, key: Any = None, value: Any = None, conf: Any = None, *, map: Any = None) -> Any:
            """Set something before the session is made."""
            pairs = {**(map or {}), **(dict(conf.getAll()) if conf is not None else {})}
            if key is not None:
                pairs[key] = value
            self._settings |= pairs
            return self

        def getOrCreate(self) -> Any:
            """The session."""
            found = session()
            for key, value in self._settings.items():
                found.conf.set(key, value)
            self._settings.clear()
            return found

    builder = Builder()


@cache
def session() -> SparkSession:
    """The run's session."""
    made = SparkSession(conn=sql.connection())
    made.input_dialect, made.output_dialect = _dialect(SparkDialect), _dialect("spark")
    made.execution_dialect = _dialect("duckdb")
    return made


def _name(query: exp.Query) -> None:
    """Give the columns that have no names those of Spark."""
    select = query
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if not isinstance(select, exp.Select):
        return
    for place, column in enumerate(select.expressions):
        if isinstance(column, exp.Count) and isinstance(column.this, exp.Star):
            select.expressions[place] = exp.alias_(column, "count(1)", quoted=True)
        elif not isinstance(column, NAMED) and not column.find(*MANY):
            select.expressions[place] = exp.alias_(column, written(column), quoted=True)


def _dialect(name: Any) -> Any:
    from sqlglot import Dialect as Sqlglot  # noqa: PLC0415  # two classes of that name

    return Sqlglot.get_or_raise(name)


def _catalog_view(database: str, name: str) -> str:
    """A view of a table of the catalog."""
    if database == "default" and not current().order.catalog:
        raise AnalysisException(f"[TABLE_OR_VIEW_NOT_FOUND] The table or view `{name}` cannot be found.")
    table = catalog.find_table(database, name)
    if table is None:
        raise AnalysisException(f"[TABLE_OR_VIEW_NOT_FOUND] The table or view `{database}`.`{name}` cannot be found.")
    return sql.view(catalog.table_query(table))
