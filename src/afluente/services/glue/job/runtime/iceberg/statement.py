"""Statements of Spark SQL that change Iceberg tables: INSERT INTO, MERGE INTO of whole rows, CREATE TABLE ... AS."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from afluente.services.glue.job.runtime import data_frame
from afluente.services.glue.job.runtime.connection import identifier, schema
from afluente.services.glue.job.runtime.iceberg import writer
from afluente.services.glue.job.runtime.iceberg.lake import lake

Rows = Callable[[str], Any]
"""Takes a query in Spark SQL, gives its rows as a DataFrame."""


def execute(statement: Any, rows: Rows) -> bool:
    """Carry out the statement, if it is one of these; whether it was. Raises NotImplementedError by its name."""
    if isinstance(statement, exp.Insert):
        _insert(statement, rows)
    elif isinstance(statement, exp.Merge):
        _merge(statement, rows)
    elif (
        isinstance(statement, exp.Create) and statement.kind == "TABLE" and isinstance(statement.expression, exp.Query)
    ):
        _create(statement, rows)
    else:
        return False
    return True


def _insert(statement: exp.Insert, rows: Rows) -> None:
    table = statement.this
    if statement.args.get("overwrite") or not isinstance(table, exp.Table) or statement.args.get("partition"):
        raise NotImplementedError("INSERT OVERWRITE, and INSERT into columns or partitions, are not supported")
    frame = rows(statement.expression.sql(dialect="spark"))
    query, _ = data_frame.query_of(frame)
    # Spark inserts by position, not by name
    names = _columns(table)
    given = [name for name, _ in schema(query)]
    if len(given) != len(names):
        raise ValueError(f"INSERT INTO {table.sql()} needs {len(names)} columns, not {len(given)}")
    renamed = ", ".join(f"{identifier(one)} AS {identifier(other)}" for one, other in zip(given, names, strict=True))
    writer.append(f"SELECT {renamed} FROM ({query})", _database(table), table.name)


def _merge(statement: exp.Merge, rows: Rows) -> None:
    """`WHEN MATCHED THEN UPDATE SET *` and `WHEN NOT MATCHED THEN INSERT *`, where keys are equal."""
    target, source = statement.this, statement.args["using"]
    keys = _keys(statement.args["on"], target.alias_or_name, source.alias_or_name)
    whens = statement.args["whens"].expressions
    stars = [_is_star(when) for when in whens]
    if keys is None or len(whens) != 2 or not all(stars) or len({when.args["matched"] for when in whens}) != 2:
        raise NotImplementedError(
            "MERGE INTO is not supported but on equal keys, with UPDATE SET * where matched and INSERT * where not"
        )
    inner = source.this if isinstance(source, exp.Subquery) else exp.select("*").from_(source)
    query, _ = data_frame.query_of(rows(inner.sql(dialect="spark")))
    writer.upsert(query, _database(target), target.name, keys)


def _create(statement: exp.Create, rows: Rows) -> None:
    found = statement.this.find(exp.Table)
    made = writer.TableWriter(rows(statement.expression.sql(dialect="spark")), f"{_database(found)}.{found.name}")
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


def _keys(on: exp.Expression, target: str, source: str) -> list[str] | None:
    """The columns that must be equal; None when the condition says anything else."""
    keys = []
    for each in on.flatten() if isinstance(on, exp.And) else [on.unnest()]:
        one, other = (each.this, each.expression) if isinstance(each, exp.EQ) else (None, None)
        if not isinstance(one, exp.Column) or not isinstance(other, exp.Column):
            return None
        if one.name.lower() != other.name.lower() or {one.table, other.table} != {target, source}:
            return None
        keys.append(one.name)
    return keys


def _is_star(when: exp.Expression) -> bool:
    then = when.args["then"]
    stars = then.find(exp.Star) is not None or (isinstance(then, exp.Insert) and not then.expression)
    return stars and not when.args.get("condition")


def _columns(table: exp.Table) -> list[str]:
    return [field.name for field in lake().load_table((_database(table), table.name)).schema().fields]


def _database(table: exp.Table) -> str:
    return table.db or "default"
