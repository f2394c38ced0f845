"""What Trino refuses and DuckDB would let pass: comparing text with numbers, above all.

Positions are those of the operator, as Trino gives them.
"""

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.infer import RANK, known
from afluente.services.athena.sql.parse import AggregateCall, line_and_column, offset, position
from afluente.services.athena.sql.scope import Columns
from afluente.services.athena.sql.trino_type import TrinoType

SYMBOLS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
}  # fmt: skip

FAMILIES = {
    **dict.fromkeys(RANK, "number"),
    "varchar": "text", "char": "text", "boolean": "boolean", "date": "time", "timestamp": "time",
    "timestamp with time zone": "time", "varbinary": "bytes", "array": "array", "map": "map", "row": "row",
}  # fmt: skip

NUMBERS_ONLY = {"sum", "avg", "stddev", "variance", "geometric_mean"}


def operator(node: exp.Expr, text: str) -> None:
    """Refuse an operator or an aggregate whose operands' types Trino does not join. Raises QueryFailure."""
    if isinstance(node, (exp.And, exp.Or, exp.Not)):
        for term in node.iter_expressions():
            _term(term, text)
    elif isinstance(node, exp.Case):
        _case(node, text)
    elif isinstance(node, exp.Binary) and type(node) in SYMBOLS:
        _binary(node, text)
    elif isinstance(node, exp.Between):
        for bound in (node.args["low"], node.args["high"]):
            if (
                _family(known(node.this))
                and _family(known(bound))
                and _family(known(node.this)) != _family(known(bound))
            ):
                first = known(node.this)
                message = f"Cannot check if {first} is BETWEEN {known(node.args['low'])} and {known(node.args['high'])}"
                raise QueryFailure("TYPE_MISMATCH", message, position(node, text))
    elif isinstance(node, exp.In):
        _in(node, text)
    elif isinstance(node, AggregateCall) and node.this in NUMBERS_ONLY and node.expressions:
        _aggregate(node, text)


def _binary(node: exp.Binary, text: str) -> None:
    left, right = known(node.left), known(node.right)
    _date_and_time(node, text)
    families = _family(left), _family(right)
    if None in families:
        return
    comparison = isinstance(node, exp.Predicate)
    fits = families[0] == families[1] if comparison else families == ("number", "number")
    if isinstance(node, exp.Sub) and families == ("time", "time"):
        fits = True
    if not fits:
        symbol = SYMBOLS[type(node)]
        message = f"Cannot apply operator: {left} {symbol} {right}"
        raise QueryFailure("TYPE_MISMATCH", message, _operator_position(node, text, symbol))


def _date_and_time(node: exp.Binary, text: str) -> None:
    for value, other in ((node.left, node.right), (node.right, node.left)):
        unit = str(other.args.get("unit") or "").upper() if isinstance(other, exp.Interval) else ""
        kind = known(value)
        if kind is not None and kind.name == "date" and unit in {"HOUR", "MINUTE", "SECOND"}:
            message = "Cannot add hour, minutes or seconds to a date"
            raise QueryFailure("INVALID_FUNCTION_ARGUMENT", message, position(node, text))


def _term(node: exp.Expr, text: str) -> None:
    kind = known(node)
    if kind is not None and kind.name not in {"boolean", "unknown"}:
        message = f"Logical expression term must evaluate to a boolean (actual: {kind})"
        raise QueryFailure("TYPE_MISMATCH", message, position(node, text))


def _case(node: exp.Case, text: str) -> None:
    default = node.args.get("default")
    results = [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default is not None else [])
    first = next((known(result) for result in results if _family(known(result))), None)
    for result in results:
        if _family(known(result)) not in {None, _family(first)}:
            words = "All CASE results must be the same type or coercible to a common type. Cannot find common type"
            message = f"{words} between {first} and {known(result)}"
            raise QueryFailure("TYPE_MISMATCH", message, position(result, text))


def set_operation(node: exp.SetOperation, left: Columns | None, right: Columns | None, text: str) -> None:
    """Refuse to put columns of different kinds under each other. Raises QueryFailure."""
    if left is None or right is None or len(left) != len(right):
        return
    for place, (first, second) in enumerate(zip(left.values(), right.values(), strict=True), 1):
        if _family(first) and _family(second) and _family(first) != _family(second):
            word = type(node).__name__.upper()
            message = f"column {place} in {word} query has incompatible types: {first}, {second}"
            raise QueryFailure("TYPE_MISMATCH", message, position(node, text))


def _in(node: exp.In, text: str) -> None:
    for item in node.expressions:
        first, second = known(node.this), known(item)
        if _family(first) and _family(second) and _family(first) != _family(second):
            message = f"IN value and list items may not be of different types: {first} and {second}"
            raise QueryFailure("TYPE_MISMATCH", message, position(item, text))


def _aggregate(node: exp.Expr, text: str) -> None:
    kind = known(node.expressions[0])
    if _family(kind) not in {None, "number"}:
        message = f"Unexpected parameters ({kind}) for function {node.this}. Expected: {node.this}(double)"
        raise QueryFailure("FUNCTION_NOT_FOUND", message, position(node, text))


def _family(kind: TrinoType | None) -> str | None:
    return FAMILIES.get(kind.name) if kind else None


def _operator_position(node: exp.Binary, text: str, symbol: str) -> tuple[int, int] | None:
    ends = [part.meta["end"] for part in node.left.walk() if "end" in part.meta]
    if not ends or max(ends) >= len(text):
        return position(node, text)
    found = text.find(symbol, max(ends) + 1)
    return line_and_column(text, found) if found >= 0 else position(node, text)


def select(node: exp.Select, text: str) -> None:
    """Refuse what Trino refuses of a whole SELECT: a column that is neither grouped nor aggregated."""
    if node.args.get("group") is not None or not any(_aggregates(item) for item in node.expressions):
        return
    for item in node.expressions:
        loose = _loose_column(item)
        if loose is not None:
            shown = (
                text[offset(loose) or 0 :].split(",", maxsplit=1)[0].split(maxsplit=1)[0]
                if offset(loose) is not None
                else loose.name
            )
            message = f"'{shown}' must be an aggregate expression or appear in GROUP BY clause"
            raise QueryFailure("EXPRESSION_NOT_AGGREGATE", message, position(loose, text))


def _aggregates(item: exp.Expr) -> bool:
    return any(not _in_window(call) for call in item.find_all(AggregateCall, exp.GroupConcat) if _own(call, item))


def _in_window(call: exp.Expr) -> bool:
    parent = call.parent
    if isinstance(parent, exp.Filter):
        parent = parent.parent
    return isinstance(parent, exp.Window) and parent.this in (call, call.parent)


def _own(node: exp.Expr, item: exp.Expr) -> bool:
    """Not of a subquery within `item`."""
    while node.parent is not None and node is not item:
        node = node.parent
        if isinstance(node, exp.Query):
            return False
    return True


def _loose_column(item: exp.Expr) -> exp.Expr | None:
    for column in item.find_all(exp.Column):
        if _own(column, item) and not _within_aggregate(column, item) and not column.find_ancestor(exp.Lambda):
            return column
    return None


def _within_aggregate(node: exp.Expr, item: exp.Expr) -> bool:
    while node is not item and node.parent is not None:
        node = node.parent
        if isinstance(node, (AggregateCall, exp.GroupConcat, exp.Filter)) and not _in_window(node):
            return True
    return False
