"""Columns that become several columns and rows: explode() of a map, posexplode(), inline() and their outer forms.

What is generated is a list of structs, which DuckDB unnests; of which type the argument is, the frame tells.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql

GENERATED = "__generated"
BY_NAME = {"posexplode", "posexplode_outer", "explode_outer", "inline", "inline_outer"}


def generated(columns: Sequence[Any], plain_select: Callable[..., Any], query_of: Callable[[Any], str]) -> str | None:
    """The query of a select of `columns`, if one of them is such a generator; else None.

    plain_select makes a DataFrame of columns that are none, query_of the query of a DataFrame.
    """
    from sqlframe.duckdb.column import Column  # noqa: PLC0415  # slow to import

    place = next((place for place, each in enumerate(columns) if _name(each) is not None), None)
    if place is None:
        return None
    column, name = columns[place], _name(columns[place]) or ""
    argument = Column(_argument(column)).alias(GENERATED)
    inner = query_of(plain_select(*columns[:place], argument, *columns[place + 1 :]))
    kinds = dict(sql.schema(inner))
    listed = _listed(name, kinds[GENERATED])
    if listed is None:
        return None
    entries, fields = listed
    given = [each.name for each in _aliases(column)]
    names = given or fields
    unnested = [
        f"spark_entry.{sql.identifier(field)} AS {sql.identifier(shown)}"
        for field, shown in zip(fields, names, strict=True)
    ]
    selected = [
        part for known in kinds for part in (unnested if known == GENERATED else [sql.identifier(known)])
    ]  # fmt: skip
    return f"SELECT {', '.join(selected)} FROM (SELECT *, unnest({entries}) AS spark_entry FROM ({inner}))"


def _name(column: Any) -> str | None:
    expression = getattr(column, "expression", None)
    found = expression.unalias() if isinstance(expression, exp.Expression) else None
    found = found.this if isinstance(found, exp.Aliases) else found
    if isinstance(found, exp.Explode) and not isinstance(found, exp.Posexplode | exp.ExplodeOuter):
        return "explode"
    if isinstance(found, exp.Posexplode):
        return "posexplode"
    if isinstance(found, exp.Anonymous) and found.name.lower() in BY_NAME:
        return str(found.name.lower())
    return None


def _argument(column: Any) -> Any:
    found = column.expression.unalias()
    found = found.this if isinstance(found, exp.Aliases) else found
    return found.expressions[0] if isinstance(found, exp.Anonymous) else found.this


def _aliases(column: Any) -> list[Any]:
    expression = column.expression
    if isinstance(expression, exp.Aliases):
        return list(expression.aliases)
    is_given = isinstance(expression, exp.Alias) and "__" not in expression.alias
    return [expression.args["alias"]] if is_given else []


def _listed(name: str, kind: HiveType) -> tuple[str, list[str]] | None:
    """The list of structs as SQL, and their fields; None for what is unnested without it."""
    value, base = sql.identifier(GENERATED), name.removesuffix("_outer")
    if base == "inline":
        if kind.name != "array" or kind.fields[0][1].name != "struct":
            raise NotImplementedError(f"{name}() of {kind} is not supported; of an array of structs it is")
        entries, fields = value, [field for field, _ in kind.fields[0][1].fields]
    elif kind.name == "map":
        entries, fields = f"map_entries({value})", ["key", "value"]
        if base == "posexplode":
            entries = (
                f"list_transform({entries}, lambda e, i: "
                "{'pos': CAST(i - 1 AS INTEGER), 'key': e.key, 'value': e.value})"
            )
            fields = ["pos", *fields]
    elif base == "posexplode":
        entries = f"list_transform({value}, lambda e, i: {{'pos': CAST(i - 1 AS INTEGER), 'col': e}})"
        fields = ["pos", "col"]
    else:
        return None
    return (f"spark_outer({entries})" if name.endswith("_outer") else entries), fields
