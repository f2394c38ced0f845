"""Statements of Spark SQL that make, change and drop Iceberg tables."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from afluente.services.glue.job.runtime import catalog, data_frame
from afluente.services.glue.job.runtime.connection import identifier, schema
from afluente.services.glue.job.runtime.iceberg import row_change, writer

Rows = Callable[[str], Any]
"""Takes a query in Spark SQL, gives its rows as a DataFrame."""


def execute(statement: Any, rows: Rows) -> bool:
    """Carry out the statement, if it is one of these; whether it was. Raises NotImplementedError by its name."""
    for kind, carry_out in KINDS:
        if isinstance(statement, kind):
            return carry_out(statement, rows) is not False
    return False


def _insert(statement: exp.Insert, rows: Rows) -> None:
    listed = statement.this.expressions if isinstance(statement.this, exp.Schema) else []
    named = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    if not isinstance(named, exp.Table) or statement.args.get("partition"):
        raise NotImplementedError("INSERT into partitions, and into what is no table, is not supported")
    table = _loaded(named)
    query = _query(rows(statement.expression.sql(dialect="spark")))
    # Spark inserts by position, not by name
    names = [each.name for each in listed] or _columns(table)
    given = [name for name, _ in schema(query)]
    if len(given) != len(names):
        raise ValueError(f"INSERT INTO {named.sql()} needs {len(names)} columns, not {len(given)}")
    renamed = ", ".join(f"{identifier(one)} AS {identifier(other)}" for one, other in zip(given, names, strict=True))
    put = writer.replace if statement.args.get("overwrite") else writer.append
    put(f"SELECT {renamed} FROM ({query})", table)


def _delete(statement: exp.Delete, rows: Rows) -> None:
    table = _loaded(statement.this)
    writer.replace(_query(rows(row_change.rows_without(statement))), table)


def _update(statement: exp.Update, rows: Rows) -> None:
    table = _loaded(statement.this)
    writer.replace(_query(rows(row_change.rows_updated(statement, _columns(table)))), table)


def _merge(statement: exp.Merge, rows: Rows) -> None:
    table = _loaded(statement.this)
    merge = row_change.Merge(statement, _columns(table))
    if rows(merge.twice()).limit(1).collect():
        raise ValueError(row_change.TOO_MANY)
    writer.replace(_query(rows(merge.rows())), table)


def _drop(statement: exp.Drop, _: Rows) -> bool | None:
    table, *others = statement.args.get("tables") or [statement.this]
    if statement.kind != "TABLE" or not isinstance(table, exp.Table) or others:
        return False
    found = catalog.find_table(_database(table), table.name)
    if found is None and statement.args.get("exists"):
        return None
    if found is None or not catalog.is_iceberg(found):
        raise NotImplementedError(
            f"DROP TABLE of {table.sql(dialect='spark')}, which is no Iceberg table, is not supported"
        )
    catalog.glue("DeleteTable", DatabaseName=_database(table), Name=table.name)
    return None


def _create(statement: exp.Create, rows: Rows) -> bool | None:
    found = statement.this.find(exp.Table)
    if statement.kind != "TABLE" or found is None:
        return False
    query = statement.expression.sql(dialect="spark") if statement.expression else _no_rows(statement.this)
    if statement.args.get("exists") and catalog.find_table(_database(found), found.name) is not None:
        return None
    made = writer.TableWriter(rows(query), f"{_database(found)}.{found.name}")
    for each in statement.args["properties"].expressions if statement.args.get("properties") else []:
        if isinstance(each, exp.FileFormatProperty):
            made.using(each.name)
        elif isinstance(each, exp.LocationProperty):
            made.tableProperty("location", each.name)
        elif isinstance(each, exp.PartitionedByProperty):
            made.partitionedBy(*(column.sql(dialect="spark") for column in each.this.expressions))
        elif isinstance(each, exp.Property) and type(each) is exp.Property:
            made.tableProperty(each.name, each.args["value"].name)
        else:
            raise NotImplementedError(f"CREATE TABLE: {each.sql(dialect='spark')} is not supported")
    if not statement.find(exp.FileFormatProperty):
        raise NotImplementedError("CREATE TABLE without USING iceberg is not supported")
    if statement.args.get("replace"):
        made.createOrReplace()
    else:
        made.create()
    return None


def _no_rows(schema: Any) -> str:
    """A query without rows, of the columns that a CREATE TABLE lists."""
    if not isinstance(schema, exp.Schema):
        raise NotImplementedError("CREATE TABLE without columns is not supported")
    columns = ", ".join(
        f"CAST(NULL AS {each.kind.sql(dialect='spark')}) AS `{each.name}`" for each in schema.expressions
    )
    return f"SELECT {columns} WHERE false"


def _loaded(table: exp.Table) -> Any:
    """The table as it is now. Raises AnalysisException when there is none."""
    return writer.loaded(_database(table), table.name)


def _columns(table: Any) -> list[str]:
    return [field.name for field in table.schema().fields]


def _query(frame: Any) -> str:
    return data_frame.query_of(frame)[0]


def _database(table: exp.Table) -> str:
    return table.db or "default"


KINDS: tuple[tuple[Any, Callable[[Any, Rows], bool | None]], ...] = (
    (exp.Insert, _insert), (exp.Merge, _merge), (exp.Create, _create), (exp.Delete, _delete), (exp.Update, _update),
    (exp.Drop, _drop),
)  # fmt: skip
