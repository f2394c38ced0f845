"""Conditions on partition columns in the words of Glue's GetPartitions expression."""

from collections.abc import Sequence

from sqlglot import exp

from afluente.services.athena.catalog import Column

OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip

TEXTS = {"string", "varchar", "char"}
INTEGERS = {"tinyint", "smallint", "int", "integer", "bigint"}
LONGEST = 2048
"""What Glue takes."""


def glue_expression(predicates: Sequence[exp.Expr], keys: Sequence[Column]) -> str:
    """The part of `predicates` that Glue can judge. It may let partitions pass that the query does not want."""
    kinds = {key.name: key.hive_type.partition("(")[0].lower() for key in keys}
    chosen: list[str] = []
    for predicate in predicates:
        text = _predicate(predicate, kinds)
        if text is not None and sum(map(len, chosen)) + len(text) + 5 * len(chosen) < LONGEST:
            chosen.append(text)
    return " AND ".join(chosen)


def _predicate(node: exp.Expr, kinds: dict[str, str]) -> str | None:
    node = node.unnest()
    if isinstance(node, (exp.And, exp.Or)):
        sides = [_predicate(side, kinds) for side in (node.left, node.right)]
        return None if None in sides else f"({sides[0]} {'AND' if isinstance(node, exp.And) else 'OR'} {sides[1]})"
    if isinstance(node, exp.Binary) and type(node) in OPERATORS:
        column, value = _column(node.left, kinds), _value(node.right, node.left, kinds)
        return f"{column} {OPERATORS[type(node)]} {value}" if column and value else None
    if isinstance(node, exp.In) and node.expressions:
        column = _column(node.this, kinds)
        values = [_value(item, node.this, kinds) for item in node.expressions]
        return f"{column} IN ({', '.join(map(str, values))})" if column and all(values) else None
    if isinstance(node, exp.Between):
        column = _column(node.this, kinds)
        low, high = (_value(node.args[name], node.this, kinds) for name in ("low", "high"))
        return f"{column} BETWEEN {low} AND {high}" if column and low and high else None
    return None


def _column(node: exp.Expr, kinds: dict[str, str]) -> str | None:
    name = node.name.lower() if isinstance(node, exp.Column) else ""
    return name if name in kinds and name.replace("_", "a").isalnum() else None


def _value(node: exp.Expr, column: exp.Expr, kinds: dict[str, str]) -> str | None:
    kind = kinds.get(column.name.lower(), "") if isinstance(column, exp.Column) else ""
    if isinstance(node, exp.Cast) and node.to.this == exp.DType.DATE and kind == "date":
        node = node.this
    if not isinstance(node, exp.Literal):
        return None
    text = str(node.this)
    if node.is_string and (kind in TEXTS or kind == "date"):
        return "'" + text.replace("'", "''") + "'"
    return text if not node.is_string and kind in INTEGERS and text.isdecimal() else None
