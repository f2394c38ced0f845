"""Whether a query gives the same rows when it is asked again of the same data."""

from sqlglot import exp

CHANGING = frozenset({
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "now", "rand", "random",
    "shuffle", "uuid",
})  # fmt: skip


def is_deterministic(tree: exp.Expr) -> bool:
    """False when it reads the clock or throws dice."""
    if tree.find(exp.TableSample):
        return False
    return not any(_name(call) in CHANGING for call in tree.find_all(exp.Func))


def _name(call: exp.Func) -> str:
    return (call.this if isinstance(call.this, str) else call.sql_name()).lower()
