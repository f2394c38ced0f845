"""The type of an expression, from the types of its parts; None where only the engine will know.

Enough to choose between Trino's meanings of an operator and to refuse what Trino refuses.
"""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from afluente.services.athena.sql.function import FUNCTIONS
from afluente.services.athena.sql.parse import AggregateCall, Call
from afluente.services.athena.sql.trino_type import TrinoType, scalar

RANK = ["tinyint", "smallint", "integer", "bigint", "decimal", "float", "double"]

BOOLEANS = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Exists, exp.In, exp.Between, exp.Like, exp.Is)

CAST_NAMES = {
    "INT": "integer", "VARBINARY": "varbinary", "TEXT": "varchar", "NCHAR": "char",
    "TIMESTAMPTZ": "timestamp with time zone", "TIMETZ": "time with time zone",
    "LIST": "array", "ARRAY": "array", "STRUCT": "row",
}  # fmt: skip


def known(node: exp.Expr | None) -> TrinoType | None:
    """The type found for a part."""
    found: TrinoType | None = node.meta.get("trino") if node is not None else None
    return found


def infer(node: exp.Expr) -> TrinoType | None:
    """The type of `node`, whose parts carry theirs."""
    for kinds, rule in RULES:
        if isinstance(node, kinds):
            return rule(node)
    return None


def _literal(node: exp.Literal) -> TrinoType:
    text = str(node.this)
    if node.is_string:
        return TrinoType("varchar", len(text))
    if "." in text or "e" in text.lower():
        return scalar("double")
    return scalar("integer" if abs(int(text)) < 2**31 else "bigint")


def _cast(target: exp.DataType) -> TrinoType | None:
    value = target.this.value if hasattr(target.this, "value") else str(target.this)
    name = CAST_NAMES.get(value, value.lower())
    if name == "decimal":
        sizes = [int(param.name) for param in target.expressions] or [38, 0]
        return TrinoType(name, sizes[0], sizes[1] if len(sizes) > 1 else 0)
    if name in {"varchar", "char"} and target.expressions:
        return TrinoType(name, int(target.expressions[0].name))
    if name in {"array", "map", "row"}:
        return TrinoType(name)
    return scalar(name)


def _arithmetic(node: exp.Binary) -> TrinoType | None:
    left, right = known(node.left), known(node.right)
    if left is None or right is None:
        return None
    if "interval" in right.name and "interval" not in left.name:
        return left
    if "interval" in left.name:
        return right
    if left.name in RANK and right.name in RANK:
        if "decimal" in {left.name, right.name} and not {"float", "double"} & {left.name, right.name}:
            return None  # Trino's precision of it is the engine's to find
        return scalar(max(left.name, right.name, key=RANK.index))
    return scalar("interval day to second") if left.name == right.name and isinstance(node, exp.Sub) else None


def _call(node: exp.Expr) -> TrinoType | None:
    hint = FUNCTIONS[str(node.this)][1]
    arguments = node.expressions
    if hint == "sum":
        kind = known(arguments[0]) if arguments else None
        return scalar("bigint") if kind and kind.name in RANK[:4] else kind if kind and kind.name != "decimal" else None
    if hint.startswith("="):
        index = int(hint[1:])
        argument = arguments[index] if index < len(arguments) else None
        return known(argument)
    if hint in {"array", "map", "row"}:
        return TrinoType(hint)
    return scalar(hint) if hint else None


def _inner(node: exp.Expr) -> TrinoType | None:
    return known(node.this)


def _named(name: str) -> Callable[[Any], TrinoType | None]:
    return lambda _: scalar(name)


def _case(node: exp.Case) -> TrinoType | None:
    branches = (known(branch.args["true"]) for branch in node.args["ifs"])
    return next((kind for kind in branches if kind), known(node.args.get("default")))


def _array(node: exp.Array) -> TrinoType | None:
    element = known(node.expressions[0]) if node.expressions else None
    return TrinoType("array", fields=(("element", element or TrinoType("unknown")),)) if node.expressions else None


RULES: tuple[tuple[Any, Callable[[Any], TrinoType | None]], ...] = (
    (exp.Literal, _literal),
    ((exp.Cast, exp.TryCast), lambda node: _cast(node.to)),
    (BOOLEANS, _named("boolean")),
    ((exp.Paren, exp.Alias, exp.Neg, exp.Window, exp.Filter), _inner),
    ((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _arithmetic),
    (exp.DPipe, lambda node: known(node.left) or known(node.right)),
    (exp.Case, _case),
    (exp.If, lambda node: known(node.args["true"])),
    ((Call, AggregateCall), _call),
    (exp.Interval, _named("interval day to second")),
    (exp.Extract, _named("bigint")),
    ((exp.Trim, exp.GroupConcat), _named("varchar")),
    (exp.Array, _array),
)
