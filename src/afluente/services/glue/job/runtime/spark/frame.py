"""Spark DataFrames over queries of the run's connection, and queries of DataFrames."""

import math
import re
from functools import cached_property
from typing import Any

from sqlframe.base.column import Column
from sqlframe.base.operations import Operation
from sqlframe.duckdb.dataframe import DuckDBDataFrame
from sqlglot import exp

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.connection import NOTHING
from afluente.services.glue.job.runtime.spark import resolving
from afluente.services.glue.job.runtime.spark.generating import generated
from afluente.services.glue.job.runtime.spark.group import GroupedData
from afluente.services.glue.job.runtime.spark.naming import WHOLE_DOUBLE, spark_name

PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
NUMERIC = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"}
WORDS = {"true", "false", "null", "current_date", "current_timestamp", "current_time", "current_user", "localtime"}
"""Names that are read as values when they are not quoted."""

SPARK_WORDS = {"bigint": "long", "int": "integer", "smallint": "short", "tinyint": "byte"}


def _lit(cls: Any, value: Any) -> Any:
    """A value of Python as a column: its floats are doubles, and no decimals, which they would be in SQL."""
    if isinstance(value, float) and math.isfinite(value):
        written = repr(value)
        return cls(exp.Literal.number(written if "e" in written else written + WHOLE_DOUBLE))
    return _sqlframe_lit(value)


_sqlframe_lit = Column._lit  # noqa: SLF001
Column._lit = classmethod(_lit)  # noqa: SLF001  # sqlframe has no other place for it


class Frame(DuckDBDataFrame):  # type: ignore[misc]  # sqlframe has no types
    """A DataFrame; `partitions` is the number of files wanted of it."""

    _group_data = GroupedData

    def __init__(self, *args: Any, partitions: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partitions = partitions

    @property
    def columns(self) -> list[str]:
        """The columns' names."""
        return [name for name in super().columns if name != NOTHING]

    @property
    def rdd(self) -> Any:
        """Not supported."""
        raise NotImplementedError("DataFrame.rdd is not supported: there are no RDDs")

    @property
    def dtypes(self) -> list[tuple[str, str]]:
        """(name, type) of each column."""
        return [(name, str(kind)) for name, kind in sql.schema(query_of(self))]

    def repartition(self, numPartitions: Any, *cols: Any) -> "Frame":
        """As many files; columns to share out by make no difference to one process."""
        frame = self.copy()
        frame.partitions = numPartitions if isinstance(numPartitions, int) else self.partitions
        return frame  # type: ignore[no-any-return]

    def coalesce(self, numPartitions: int) -> "Frame":
        """No more files than that."""
        return self.repartition(min(numPartitions, self.partitions))

    def cache(self) -> "Frame":
        """The rows, computed now and kept for the rest of the run."""
        return of_query(f"SELECT * FROM {sql.table(query_of(self))}", partitions=self.partitions)

    def persist(self, storageLevel: Any = None) -> "Frame":
        """As `cache`: on disk when memory does not suffice."""
        return self.cache()

    def unpersist(self, blocking: bool = False) -> "Frame":
        """The run's end frees them."""
        return self

    def checkpoint(self, eager: bool = True) -> "Frame":
        """As `cache`."""
        return self.cache()

    localCheckpoint = checkpoint

    def select(self, *cols: Any, **kwargs: Any) -> "Frame":
        """Columns; a nested field comes under its own name, without those of the structs around it."""
        given = cols[0] if len(cols) == 1 and isinstance(cols[0], list) else cols
        resolving.check(given, self.columns)
        query = None if kwargs else generated(given, self.select, query_of)
        if query is not None:
            return of_query(query, partitions=self.partitions)
        named = [_named(_named_field(each)) for each in given]
        frame = super().select(*(column for column, _ in named), **kwargs)
        frame.display_name_mapping |= {column.alias_or_name: name for column, name in named if name is not None}
        return frame  # type: ignore[no-any-return]

    select.__wrapped__ = DuckDBDataFrame.select.__wrapped__  # type: ignore[attr-defined]  # sqlframe calls it so

    def __getattr__(self, name: str) -> Any:
        """The column of that name."""
        if name.startswith("_") or name.lower() not in {each.lower() for each in self.columns}:
            raise AttributeError(f"'DataFrame' object has no attribute '{name}'")
        return self[name]

    def __getitem__(self, item: Any) -> Any:
        """A column, by name or place; some columns, by a list; the rows that a condition holds for."""
        if isinstance(item, int):
            return self[self.columns[item]]
        if isinstance(item, list | tuple):
            return self.select(*item)
        if not isinstance(item, str):
            return self.where(item)
        resolving.check([item], self.columns)
        return super().__getitem__(item)

    def where(self, condition: Any, **kwargs: Any) -> "Frame":
        """The rows that the condition holds for."""
        self._look_back(condition)
        return super().where(condition, **kwargs)  # type: ignore[no-any-return]

    filter = where

    def orderBy(self, *cols: Any, **kwargs: Any) -> "Frame":
        """The rows in this order."""
        self._look_back(*cols)
        return super().orderBy(*cols, **kwargs)  # type: ignore[no-any-return]

    sort = orderBy

    def groupBy(self, *cols: Any, **kwargs: Any) -> Any:
        """Groups of rows."""
        given = cols[0] if len(cols) == 1 and isinstance(cols[0], list) else cols
        resolving.check(given, self.columns)
        named = [_named(each) for each in given]
        frame = self.copy()
        frame.display_name_mapping = {
            **self.display_name_mapping, **{column.alias_or_name: name for column, name in named if name is not None}
        }  # fmt: skip
        return super(Frame, frame).groupBy(*(column for column, _ in named), **kwargs)

    groupby = groupBy

    def withColumns(self, *colsMap: Any) -> "Frame":
        """With columns added or replaced."""
        resolving.check((column for each in colsMap for column in each.values()), self.columns)
        return super().withColumns(*colsMap)  # type: ignore[no-any-return]

    def withColumn(self, colName: str, col: Any) -> "Frame":
        """With a column added or replaced."""
        return self.withColumns({colName: col})

    def dropDuplicates(self, subset: Any = None) -> "Frame":
        """One row of those that are alike."""
        resolving.check_subset(subset or [], self.columns)
        return super().dropDuplicates(subset)  # type: ignore[no-any-return]

    drop_duplicates = dropDuplicates

    def join(self, other: Any, on: Any = None, how: str = "inner", **kwargs: Any) -> "Frame":
        """Rows of both that belong together."""
        names = [on] if isinstance(on, str) else on if isinstance(on, list | tuple) else []
        for side, frame in (("left", self), ("right", other)):
            resolving.check_join([each for each in names if isinstance(each, str)], frame.columns, side)
        return super().join(other, on, how, **kwargs)  # type: ignore[no-any-return]

    def _look_back(self, *columns: Any) -> None:
        """Conditions and orders may name columns that were left out before."""
        plain = [each for each in columns if not isinstance(each, str) or PLAIN.fullmatch(each)]
        resolving.check(plain, self.columns, lambda: resolving.hidden_names(self.expression))

    def agg(self, *exprs: Any, **kwargs: Any) -> "Frame":
        """One row, with these aggregates."""
        return self.groupBy().agg(*exprs)  # type: ignore[no-any-return]

    def selectExpr(self, *expressions: str) -> "Frame":
        """Columns by SQL."""
        from sqlframe.duckdb import functions  # noqa: PLC0415  # slow to import

        return self.select(*(functions.expr(each) for each in expressions))

    def withColumnRenamed(self, existing: str, new: str) -> "Frame":
        """A column under another name; no error when there is none of the old name."""
        from sqlframe.duckdb import functions  # noqa: PLC0415  # slow to import

        columns = [functions.col(_written(name)) for name in self.columns]
        renamed = [
            column.alias(_written(new)) if name.lower() == existing.lower() else column
            for name, column in zip(self.columns, columns, strict=True)
        ]
        return self.select(*renamed)

    def collect(self) -> list[Any]:
        """The rows."""
        from afluente.services.glue.job.runtime.spark.collecting import rows  # noqa: PLC0415  # slow to import

        return rows(query_of(self), self.columns)

    def show(self, n: int = 20, truncate: bool | int = True, vertical: bool = False) -> None:
        """Print the first rows."""
        from afluente.services.glue.job.runtime.spark.showing import table, upright  # noqa: PLC0415  # seldom needed

        found = self.limit(n + 1).collect()
        width = 20 if truncate is True else int(truncate)
        print((upright if vertical else table)(self.columns, found[:n], width))
        if len(found) > n:
            print(f"only showing top {n} row{'s' if n != 1 else ''}")
        print()

    def take(self, num: int) -> list[Any]:
        """The first rows."""
        return list(self.limit(num).collect())

    def fillna(self, value: Any, subset: Any = None) -> "Frame":
        """Values for nulls; one value for all fills the columns of its own kind, as in Spark."""
        resolving.check([subset] if isinstance(subset, str) else subset or [], self.columns)
        if isinstance(value, dict) or subset is not None:
            return _selected(super().fillna(value, subset))
        wanted = {"boolean"} if isinstance(value, bool) else {"string"} if isinstance(value, str) else NUMERIC
        names = [name for name, kind in sql.schema(query_of(self)) if kind.name in wanted]
        return _selected(super().fillna(value, names)) if names else self

    def dropna(self, how: str = "any", thresh: Any = None, subset: Any = None) -> "Frame":
        """The rows without nulls, or with so many values that are none."""
        resolving.check([subset] if isinstance(subset, str) else subset or [], self.columns)
        return _selected(super().dropna(how, thresh, subset))

    def replace(self, to_replace: Any, value: Any = None, subset: Any = None) -> "Frame":
        """Values for others, in the columns of their kind."""
        from sqlframe.duckdb import functions  # noqa: PLC0415  # slow to import

        pairs = _replacements(to_replace, value)
        wanted = [subset] if isinstance(subset, str) else list(subset or self.columns)
        resolving.check(wanted, self.columns)
        selected = []
        for name, kind in sql.schema(query_of(self)):
            column = functions.col(_written(name))
            fitting = {old: new for old, new in pairs.items() if kind.name in _kinds(old)}
            if not fitting or name.lower() not in {each.lower() for each in wanted}:
                selected.append(column)
                continue
            (old, new), *others = fitting.items()
            chosen = functions.when(column == functions.lit(old), functions.lit(new))
            for other, replacement in others:
                chosen = chosen.when(column == functions.lit(other), functions.lit(replacement))
            selected.append(chosen.otherwise(column).alias(_written(name)))
        return self.select(*selected)

    def describe(self, *cols: Any) -> "Frame":
        """Count, mean, standard deviation, least and most of columns of numbers and texts, as texts."""
        given = [each for one in cols for each in ([one] if isinstance(one, str) else one)]
        resolving.check(given, self.columns)
        known = {name: kind.name for name, kind in sql.schema(query_of(self)) if kind.name in {*NUMERIC, "string"}}
        names = [name for name in known if not given or name.lower() in {each.lower() for each in given}]
        rows = []
        for label, aggregate in DESCRIBED.items():
            values = [
                f"spark_string({aggregate.format(sql.identifier(name))}) AS {sql.identifier(name)}" for name in names
            ]
            rows.append(f"SELECT {', '.join([f'{sql.text(label)} AS summary', *values])} FROM ({query_of(self)})")
        return of_query(" UNION ALL ".join(rows))

    def writeTo(self, table: str) -> Any:
        """A writer to an Iceberg table."""
        from afluente.services.glue.job.runtime.iceberg.writer import TableWriter  # noqa: PLC0415  # slow to import

        return TableWriter(self, table)

    def createOrReplaceTempView(self, name: str) -> None:
        """Let `spark.sql` read the rows as `name`."""
        self.session.views[name.lower()] = sql.view(query_of(self))

    def createTempView(self, name: str) -> None:
        """The same, if the name is free."""
        from afluente.services.glue.job.runtime.spark.error import AnalysisException  # noqa: PLC0415

        if name.lower() in self.session.views:
            raise AnalysisException(f"Temporary view '{name}' already exists")
        self.createOrReplaceTempView(name)

    def registerTempTable(self, name: str) -> None:
        """The old name."""
        self.createOrReplaceTempView(name)

    def printSchema(self, level: int | None = None) -> None:
        """Print the columns as a tree."""
        print("root")
        for line in _lines(sql.schema(query_of(self)), " |"):
            print(line)

    def toPandas(self) -> Any:
        """The rows as a pandas DataFrame."""
        return sql.relation(query_of(self)).df()


DESCRIBED = {
    "count": "count({})", "mean": "avg(TRY_CAST({} AS DOUBLE))", "stddev": "stddev(TRY_CAST({} AS DOUBLE))",
    "min": "min({})", "max": "max({})",
}  # fmt: skip


def _replacements(to_replace: Any, value: Any) -> dict[Any, Any]:
    """What is replaced by what."""
    if isinstance(to_replace, dict):
        return to_replace
    if not isinstance(to_replace, list | tuple):
        return {to_replace: value}
    values = value if isinstance(value, list | tuple) else [value] * len(to_replace)
    if len(values) != len(to_replace):
        raise ValueError("[LENGTH_SHOULD_BE_THE_SAME] to_replace and value should be of the same length")
    return dict(zip(to_replace, values, strict=True))


def _kinds(value: Any) -> set[str]:
    """The types of the columns that a value may stand in."""
    return {"boolean"} if isinstance(value, bool) else {"string"} if isinstance(value, str) else NUMERIC


def _selected(frame: Any) -> Frame:
    """The DataFrame that sqlframe made by a select and takes for a plain source: what is selected next goes on top."""
    frame.last_op = Operation.SELECT
    return frame  # type: ignore[no-any-return]


class FrameFactory:
    """Makes Frames; holds on to the session they belong to."""

    @cached_property
    def session(self) -> Any:
        """The session."""
        from afluente.services.glue.job.runtime.spark.session import session  # noqa: PLC0415  # they need each other

        return session()


FACTORY = FrameFactory()


def of_query(query: str, *, partitions: int = 1) -> Frame:
    """The rows of a query as a DataFrame."""
    query = narrowed(query, "DECIMAL(38, 0)")
    name = sql.view(query)
    columns = sql.schema(query) or ((NOTHING, HiveType("int")),)
    session = FACTORY.session
    session.catalog.add_table(name, {sql_name(column): _spark_type(kind) for column, kind in columns})
    selected = exp.select(
        *(
            exp.column(exp.to_identifier(column.lower(), quoted=sql_name(column).startswith("`")))
            for column, _ in columns
        )
    )
    return Frame(
        session,
        selected.from_(name),
        display_name_mapping={column.lower(): column for column, _ in columns},
        partitions=partitions,
    )


def sql_name(column: str) -> str:
    """A column's name as Spark writes it; sqlframe tells quoted names from plain ones."""
    if PLAIN.fullmatch(column) and column.lower() not in WORDS:
        return column.lower()
    return "`" + column.lower().replace("`", "``") + "`"


def query_of(frame: Any) -> str:
    """The DuckDB SQL of a DataFrame."""
    expressions = frame._get_expressions(optimize=False)  # noqa: SLF001  # sqlframe's own way to its SQL
    return narrowed(str(frame.session._to_sql(expressions[-1])), "BIGINT")  # noqa: SLF001


def narrowed(query: str, kind: str) -> str:
    """The query with `kind` for integers wider than 64 bits, which Spark does not have: DuckDB's sums are such."""
    relation = sql.bound(query)
    wide = [
        name for name, found in zip(relation.columns, relation.types, strict=True) if found.id in {"hugeint", "ubigint"}
    ]
    if not wide:
        return query
    cast = ", ".join(f"CAST({sql.identifier(name)} AS {kind}) AS {sql.identifier(name)}" for name in wide)
    return f"SELECT * REPLACE ({cast}) FROM ({query})"


def query_and_partitions(frame: Any) -> tuple[str, int]:
    """The DuckDB SQL of a DataFrame, and how many files are wanted of it."""
    return query_of(frame), frame.partitions


def _named_field(column: Any) -> Any:
    """`a.b` under the name `b`."""
    if not isinstance(column, str) or not re.fullmatch(r"\w+(\.\w+)+", column, re.ASCII):
        return column
    from sqlframe.duckdb import functions  # noqa: PLC0415  # slow to import

    return functions.col(column).alias(column.rpartition(".")[2])


def _named(column: Any) -> tuple[Any, str | None]:
    """The column under the name that Spark gives it, and that name, where the script gave none."""
    name = None if isinstance(column, str) else spark_name(column)
    return (column, None) if name is None else (column.alias(f"`{name.replace('`', '``')}`"), name)


def _written(column: str) -> str:
    """A column's name as Spark takes it: in backticks where it must be."""
    return column if PLAIN.fullmatch(column) else f"`{column}`"


def _spark_type(kind: HiveType) -> str:
    return "string" if "choice" in str(kind) else str(kind)


def _lines(fields: Any, above: str) -> Any:
    for name, kind in fields:
        yield f"{above}-- {name}: {_word(kind)} (nullable = true)"
        yield from _lines(kind.fields, f"{above}    |")


def _word(kind: HiveType) -> str:
    return kind.name if kind.fields else SPARK_WORDS.get(kind.name, str(kind))
