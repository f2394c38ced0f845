"""DELETE, UPDATE and MERGE of Iceberg tables: the rows that the table has afterwards, as one query in Spark SQL.

The rows are written anew and put in the place of all that were there, in one commit: copy on write, Spark's default.
"""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

TARGET, SOURCE, ACTION = "__target", "__source", "__action"
KEPT, LEFT_OUT = -1, -2
TOO_MANY = (
    "[MERGE_CARDINALITY_VIOLATION] The ON search condition of the MERGE statement matched a single row from the target "
    "table with multiple rows of the source table."
)


def rows_without(statement: exp.Delete) -> str:
    """The rows that a DELETE leaves."""
    condition = _condition(statement)
    return (
        f"SELECT * FROM {_spark(statement.this)} WHERE {f'NOT coalesce({condition}, false)' if condition else 'false'}"
    )


def rows_updated(statement: exp.Update, columns: Sequence[str]) -> str:
    """All rows, with what an UPDATE sets."""
    condition = _condition(statement) or "true"
    assigned = _assigned(statement.expressions, columns)
    selected = (
        f"CASE WHEN {condition} THEN {assigned[name]} ELSE `{name}` END AS `{name}`"
        if name in assigned
        else f"`{name}`"
        for name in columns
    )
    return f"SELECT {', '.join(selected)} FROM {_spark(statement.this)}"


class Merge:
    """A MERGE INTO a table of these columns."""

    def __init__(self, statement: exp.Merge, columns: Sequence[str]) -> None:
        self._columns = columns
        self._target, self._using = statement.this, statement.args["using"]
        self._on = _spark(statement.args["on"])
        self._whens: list[Any] = statement.args["whens"].expressions

    def rows(self) -> str:
        """The rows that the table has afterwards."""
        values = ", ".join(f"{self._value(name)} AS `{name}`" for name in self._columns)
        gone = ", ".join(map(str, [LEFT_OUT, *self._deletes()]))
        return f"SELECT {values} FROM ({self._acted()}) WHERE {ACTION} NOT IN ({gone})"

    def twice(self) -> str:
        """A row for each of the target that more than one row of the source would change."""
        return (
            f"SELECT {TARGET} FROM ({self._acted()}) WHERE {TARGET} IS NOT NULL AND {SOURCE} IS NOT NULL "
            f"AND {ACTION} <> {KEPT} GROUP BY {TARGET} HAVING count(*) > 1"
        )

    def _acted(self) -> str:
        """Target and source joined, each row with the number of the clause that it comes under, and what that sets."""
        target, source = self._target.alias_or_name, self._using.alias_or_name
        cases = " ".join(f"WHEN {self._applies(when)} THEN {number}" for number, when in enumerate(self._whens))
        sets = [
            f", {value} AS {_set(number, name)}"
            for number, when in enumerate(self._whens)
            for name, value in self._sets(when).items()
        ]
        own = "".join(f", `{target}`.`{name}` AS `__own_{name}`" for name in self._columns)
        plain = exp.Table(**{part: self._target.args.get(part) for part in ("this", "db", "catalog")})
        return (
            f"SELECT `{target}`.{TARGET} AS {TARGET}, `{source}`.{SOURCE} AS {SOURCE}, CASE {cases} WHEN `{target}`."
            f"{TARGET} IS NULL THEN {LEFT_OUT} ELSE {KEPT} END AS {ACTION}{''.join(sets)}{own} "
            f"FROM (SELECT *, monotonically_increasing_id() AS {TARGET} FROM {_spark(plain)}) AS `{target}` "
            f"FULL OUTER JOIN (SELECT *, true AS {SOURCE} FROM {self._source()}) AS `{source}` ON {self._on}"
        )

    def _source(self) -> str:
        if isinstance(self._using, exp.Subquery):
            return f"({_spark(self._using.this)})"
        return _spark(exp.Table(**{part: self._using.args.get(part) for part in ("this", "db", "catalog")}))

    def _applies(self, when: Any) -> str:
        target, source = self._target.alias_or_name, self._using.alias_or_name
        in_target, in_source = when.args["matched"] or when.args["source"], not when.args["source"]
        parts = [
            f"`{target}`.{TARGET} IS {'NOT ' if in_target else ''}NULL",
            f"`{source}`.{SOURCE} IS {'NOT ' if in_source else ''}NULL",
        ]
        if when.args.get("condition") is not None:
            parts.append(f"({_spark(when.args['condition'])})")
        return " AND ".join(parts)

    def _sets(self, when: Any) -> dict[str, str]:
        """What a clause gives to columns, as SQL; to none when it deletes."""
        then = when.args["then"]
        if isinstance(then, exp.Update | exp.Insert) and (
            isinstance(then.this, exp.Star) or any(isinstance(each, exp.Star) for each in then.expressions)
        ):
            return {name: f"`{self._using.alias_or_name}`.`{name}`" for name in self._columns}
        if isinstance(then, exp.Update):
            return _assigned(then.expressions, self._columns)
        if isinstance(then, exp.Insert):
            named = [each.name for each in then.this.expressions]
            values = dict(zip(named, map(_spark, then.expression.expressions), strict=True))
            return {name: values.get(given, "NULL") for name, given in _known(self._columns, named).items()}
        return {}

    def _value(self, name: str) -> str:
        """A column's value: what the clause that applies sets it to, else the row's own."""
        cases = " ".join(
            f"WHEN {ACTION} = {number} THEN {_set(number, name)}"
            for number, when in enumerate(self._whens)
            if name in self._sets(when)
        )
        return f"CASE {cases} ELSE `__own_{name}` END" if cases else f"`__own_{name}`"

    def _deletes(self) -> list[int]:
        """The numbers of the clauses that delete."""
        return [number for number, when in enumerate(self._whens) if isinstance(when.args["then"], exp.Var)]


def _set(number: int, name: str) -> str:
    return f"`__set_{number}_{name}`"


def _assigned(expressions: Sequence[Any], columns: Sequence[str]) -> dict[str, str]:
    given = {each.this.name: _spark(each.expression) for each in expressions}
    return {name: given[mine] for name, mine in _known(columns, list(given)).items() if mine in given}


def _known(columns: Sequence[str], given: Sequence[str]) -> dict[str, str]:
    """The table's columns, and what the statement calls them. Raises ValueError for one that it does not have."""
    lower = {name.lower(): name for name in columns}
    unknown = [name for name in given if name.lower() not in lower]
    if unknown:
        raise ValueError(f"the table does not have the columns {', '.join(unknown)}")
    called = {lower[name.lower()]: name for name in given}
    return {name: called.get(name, name) for name in columns}


def _condition(statement: Any) -> str:
    where = statement.args.get("where")
    return f"({_spark(where.this)})" if where is not None else ""


def _spark(found: Any) -> str:
    return str(found.sql(dialect="spark"))
