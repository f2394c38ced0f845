"""Conditions of a query as pyiceberg's, so that files without a wanted row are not read; only plain ones."""

from collections.abc import Callable, Iterable
from typing import Any

from pyiceberg import expressions as ice
from pyiceberg.expressions.visitors import bind
from pyiceberg.schema import Schema
from sqlglot import exp

COMPARISONS: dict[type[exp.Expr], type[ice.BooleanExpression]] = {
    exp.EQ: ice.EqualTo, exp.NEQ: ice.NotEqualTo, exp.LT: ice.LessThan, exp.LTE: ice.LessThanOrEqual,
    exp.GT: ice.GreaterThan, exp.GTE: ice.GreaterThanOrEqual,
}  # fmt: skip
MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ,
}  # fmt: skip

Value = str | int | float | bool


def row_filter(conditions: Iterable[exp.Expr], schema: Schema) -> ice.BooleanExpression:
    """What must hold for a row that is wanted, as far as pyiceberg can judge it."""
    found: ice.BooleanExpression = ice.AlwaysTrue()
    for condition in conditions:
        one = _judged(condition, schema)
        if one is not None:
            found = ice.And(found, one)
    return found


def _judged(node: exp.Expr, schema: Schema) -> ice.BooleanExpression | None:
    """The condition, bound once to see that it fits the column's type."""
    found = _translated(node)
    if found is None:
        return None
    try:
        bind(schema, found, case_sensitive=False)
    except (ValueError, TypeError):
        return None
    return found


def _translated(node: exp.Expr) -> ice.BooleanExpression | None:
    for kinds, rule in RULES:
        if isinstance(node, kinds):
            return rule(node)
    return None


def _joined(node: exp.Connector) -> ice.BooleanExpression | None:
    left, right = _translated(node.left), _translated(node.right)
    if left is None or right is None:
        return (left or right) if isinstance(node, exp.And) else None
    return ice.And(left, right) if isinstance(node, exp.And) else ice.Or(left, right)


def _between(node: exp.Between) -> ice.BooleanExpression | None:
    low = _compared(exp.GTE, node.this, node.args["low"])
    high = _compared(exp.LTE, node.this, node.args["high"])
    return ice.And(low, high) if low is not None and high is not None else None


def _among(node: exp.In) -> ice.BooleanExpression | None:
    values = [_value(item) for item in node.expressions]
    plain = [value for value in values if value is not None]
    if node.args.get("query") or not isinstance(node.this, exp.Column) or not plain or len(plain) < len(values):
        return None
    return ice.In(node.this.name.lower(), plain)  # type: ignore[call-arg, arg-type]  # a term and its values


def _compared(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> ice.BooleanExpression | None:
    if isinstance(right, exp.Column) and not isinstance(left, exp.Column):
        kind, left, right = MIRRORED[kind], right, left
    value = _value(right)
    if not isinstance(left, exp.Column) or value is None:
        return None
    return COMPARISONS[kind](left.name.lower(), value)  # type: ignore[call-arg]  # predicates take a term and a value


RULES: tuple[tuple[Any, Callable[[Any], ice.BooleanExpression | None]], ...] = (
    (exp.Paren, lambda node: _translated(node.this)),
    ((exp.And, exp.Or), _joined),
    (exp.Between, _between),
    (exp.In, _among),
    (tuple(COMPARISONS), lambda node: _compared(type(node), node.this, node.expression)),
)


def _value(node: exp.Expr) -> Value | None:
    """A constant; dates and times as the texts that pyiceberg reads."""
    if isinstance(node, exp.Neg):
        value = _value(node.this)
        return -value if isinstance(value, (int, float)) else None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.is_string:
        return node.this.name.replace(" ", "T") if node.to.this in {exp.DType.DATE, exp.DType.TIMESTAMP} else None
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return str(node.this)
    return float(node.this) if "." in node.this or "e" in node.this.lower() else int(node.this)
