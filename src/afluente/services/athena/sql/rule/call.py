"""Calls of functions, with the FILTER and OVER behind them."""

from typing import Any

from sqlglot import exp

from afluente.services.athena.sql.function.entry import be_lenient, is_a, kind_of
from afluente.services.athena.sql.function.table import template
from afluente.services.athena.sql.function.time import LOCAL
from afluente.services.athena.sql.parse import AggregateCall, Call
from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.sql.trino_type import MOMENT
from afluente.services.athena.sql.zone import local, zone_of

ROW_LAMBDAS = frozenset({"map_filter", "transform_keys", "transform_values", "zip_with", "map_zip_with"})
"""Functions whose lambda's parameters are the fields of one row, for DuckDB."""

BARE_LAMBDAS = frozenset({"array_sort", "regexp_replace"})
"""Functions whose template binds the lambda's parameters itself, and wants its body alone."""

EXTRACTED = {"dow": "day_of_week", "doy": "day_of_year", "yow": "year_of_week"}


def call(generator: Any, node: exp.Expr, tail: str = "") -> str:
    """A call; `tail` is the FILTER and OVER behind it."""
    args, name = node.expressions, str(node.this)
    if name == "typeof" and (known := kind_of(args[0])) is not None:
        return literal(str(known))
    if name == "try":
        be_lenient(args[0])
    if name == "count" and args and isinstance(args[0], exp.Star):
        args = []
    distinct, order = "", ""
    if len(args) == 1 and isinstance(args[0], exp.Distinct):
        distinct, args = "DISTINCT ", args[0].expressions
    if args and isinstance(args[-1], exp.Order):
        order = generator.sql(exp.Order(expressions=args[-1].expressions))
        args = [*args[:-1], args[-1].this]
    texts = [_argument(generator, name, arg) for arg in args]
    if distinct or order:
        texts[0] = distinct + texts[0]
        texts[-1] += order
    return _filled(template(name, args), texts, tail)


def _filled(body: str, texts: list[str], tail: str) -> str:
    if "{F}" not in body:
        body = f"{body} {{F}}" if tail else body
    return body.replace("{*}", ", ".join(texts).replace("{", "{{").replace("}", "}}")).format(*texts, F=tail)


def _argument(generator: Any, function: str, node: exp.Expr) -> str:
    """Where the function wants so, a lambda takes all its parameters as one row, and a moment is its local time."""
    if isinstance(node, exp.Lambda) and function in ROW_LAMBDAS:
        return _of_one_row(generator, node)
    if isinstance(node, exp.Lambda) and function in BARE_LAMBDAS:
        return str(generator.sql(node.this))
    text = str(generator.sql(node))
    if function in LOCAL and is_a(node, MOMENT):
        return local(text, zone_of(node) or "UTC")
    return text


def _of_one_row(generator: Any, node: exp.Lambda) -> str:
    names = [parameter.name for parameter in node.expressions]
    row = identifier("_row_" + "_".join(names))
    holder = exp.Paren(this=node.this.copy())
    for found in list(holder.find_all(exp.Column, exp.Identifier)):
        name = found if isinstance(found, exp.Identifier) else found.this
        bare = found.parent is not None and not isinstance(found.parent, exp.Column)
        if bare and name.name in names and not (isinstance(found, exp.Column) and found.table):
            found.replace(exp.Var(this=f"struct_extract({row}, {names.index(name.name) + 1})"))
    return f"lambda {row}: {generator.sql(holder)}"


def with_tail(generator: Any, node: exp.Expr) -> str:
    """FILTER and OVER: behind the call, or where its template says."""
    inner, tail = node, list[exp.Expr]()
    while isinstance(inner, (exp.Filter, exp.Window)):
        tail.insert(0, inner)
        inner = inner.this
    if isinstance(inner, exp.GroupConcat):
        return group_concat(generator, inner, " ".join(_behind(generator, one) for one in tail))
    if not isinstance(inner, AggregateCall):
        return _plain(generator, node)
    return call(generator, inner, " ".join(_behind(generator, one) for one in tail))


def _plain(generator: Any, node: exp.Expr) -> str:
    own = generator.filter_sql if isinstance(node, exp.Filter) else generator.window_sql
    return str(own(node))


def _behind(generator: Any, node: exp.Expr) -> str:
    """What `node` puts behind the call that it holds."""
    bare = node.copy()
    bare.set("this", exp.Var(this="_call"))
    return _plain(generator, bare).removeprefix("_call").strip()


def extract(generator: Any, node: exp.Extract) -> str:
    """`EXTRACT(field FROM x)` is the function of that name."""
    name = str(node.this).lower()
    return call(generator, Call(this=EXTRACTED.get(name, name), expressions=[node.expression]))


def group_concat(generator: Any, node: exp.GroupConcat, tail: str = "") -> str:
    """LISTAGG; where an overflow is to be cut off, by a function of ours. `tail`: its FILTER and OVER."""
    order = node.this if isinstance(node.this, exp.Order) else None
    value = generator.sql(order.this if order else node.this)
    separator = generator.sql(node.args["separator"]) if node.args.get("separator") else "''"
    sorting = generator.sql(exp.Order(expressions=order.expressions)) if order else ""
    cut = node.args.get("on_overflow")
    if not isinstance(cut, exp.OverflowTruncateBehavior):
        return f"string_agg({value}, {separator}{sorting}) {tail}".rstrip()
    filler = generator.sql(cut.this) if cut.this is not None else "'...'"
    values = f"list_filter(list({value}{sorting}) {tail}, lambda _v: _v IS NOT NULL)"
    return f"athena_listagg({values}, {separator}, {filler}, {'true' if cut.args.get('with_count') else 'false'})"
