"""Which conditions of a query hold for every row of a scan, so that partitions they exclude need not be read.

Conservative: a condition counts only when it must be true of each row that the scan contributes. It is followed from an
outer query into a derived table, a view or a common table expression through columns that are passed on unchanged.
"""

from collections import Counter

from sqlglot import exp

from afluente.services.athena.sql.parse import AggregateCall
from afluente.services.athena.sql.scope import Scope, Source

REJECTS_NULL = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between, exp.Like)


def prune(tree: exp.Query, scopes: dict[int, Scope]) -> None:
    """Give every scan under `tree` the conditions on its partition columns."""
    uses: Counter[int] = Counter()
    for scope in scopes.values():
        uses.update(id(source.query) for source in scope.sources if source.query is not None)
    shared = {query for query, count in uses.items() if count > 1}
    seen: set[int] = set()
    _visit(tree, [], scopes, shared, seen)
    for node in list(tree.find_all(exp.Select)):
        if id(node) not in seen:
            _visit(node, [], scopes, shared, seen)


def _visit(node: exp.Expr, given: list[exp.Expr], scopes: dict[int, Scope], shared: set[int], seen: set[int]) -> None:
    """`given`: conditions on the columns that `node` gives, known to hold for every row of it that counts."""
    if isinstance(node, exp.Subquery) and not _cuts(node):
        _visit(node.this, given, scopes, shared, seen)
    elif isinstance(node, exp.SetOperation):
        kept = [] if _cuts(node) else given
        _visit(node.this, kept, scopes, shared, seen)
        _visit(node.expression, _renamed(kept, node), scopes, shared, seen)
    elif isinstance(node, exp.Select) and id(node) in scopes and id(node) not in seen:
        seen.add(id(node))
        _select(node, given, scopes, shared, seen)


def _renamed(conditions: list[exp.Expr], node: exp.SetOperation) -> list[exp.Expr]:
    """Conditions on a union's columns, which are its left side's, in the names of its right side."""
    left, right = _output_names(node.this), _output_names(node.expression)
    if left is None or right is None or len(left) != len(right):
        return []
    names = dict(zip(left, right, strict=True))
    renamed = [condition.copy() for condition in conditions]
    for column in (column for condition in renamed for column in condition.find_all(exp.Column)):
        column.set("this", exp.to_identifier(names.get(column.name.lower(), ""), quoted=True))
    return renamed


def _output_names(node: exp.Expr) -> list[str] | None:
    while isinstance(node, (exp.SetOperation, exp.Subquery)):
        node = node.this
    if not isinstance(node, exp.Select) or node.is_star:
        return None
    return [item.alias_or_name.lower() for item in node.expressions]


def _cuts(node: exp.Expr) -> bool:
    return bool(node.args.get("limit") or node.args.get("offset"))


def _select(
    node: exp.Select, given: list[exp.Expr], scopes: dict[int, Scope], shared: set[int], seen: set[int]
) -> None:
    scope = scopes[id(node)]
    conditions = [] if _blocks(node) else [moved for one in given if (moved := _through(one, node)) is not None]
    if node.args.get("where") is not None:
        conditions += _conjuncts(node.args["where"].this)
    joins = node.args.get("joins") or ()
    for join in joins:
        if join.args.get("on") is not None and not join.side:
            conditions += _conjuncts(join.args["on"])
    outer = any(join.side for join in joins)
    for source in scope.sources:
        mine = [one for one in conditions if _concerns(one, source, scope) and (not outer or _rejects_null(one))]
        _give(source, mine, scopes, shared, seen)


def _give(
    source: Source, conditions: list[exp.Expr], scopes: dict[int, Scope], shared: set[int], seen: set[int]
) -> None:
    bare = [_unqualified(one) for one in conditions]
    if source.scan is not None:
        names = source.scan.partition_names
        source.scan.predicates += [one for one in bare if _names(one) <= names and not one.find(exp.Query)]
    elif source.query is not None and id(source.query) not in shared:
        _visit(source.query, bare, scopes, shared, seen)


def _blocks(node: exp.Select) -> bool:
    """Whether a condition on the result may not be moved to the rows: they are counted, cut or compared."""
    if any(node.args.get(name) for name in ("group", "having", "limit", "offset", "distinct")):
        return True
    return any(item.find(AggregateCall, exp.Window, exp.GroupConcat, exp.Unnest) for item in node.expressions)


def _through(condition: exp.Expr, node: exp.Select) -> exp.Expr | None:
    """`condition` on the result, as one on the rows: only through columns passed on as they are."""
    passed = {item.alias_or_name.lower(): item.unalias() for item in node.expressions if not item.is_star}
    starred = any(item.is_star for item in node.expressions)
    moved = condition.copy()
    for column in list(moved.find_all(exp.Column)):
        inner = passed.get(column.name.lower())
        if isinstance(inner, exp.Column):
            column.replace(inner.copy()) if column is not moved else None
        elif inner is not None or not starred:
            return None
    return moved


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.And):
        return _conjuncts(node.left) + _conjuncts(node.right)
    return [node]


def _names(condition: exp.Expr) -> set[str]:
    return {column.name.lower() for column in condition.find_all(exp.Column)}


def _concerns(condition: exp.Expr, source: Source, scope: Scope) -> bool:
    """Whether every column of `condition` is `source`'s, beyond doubt."""
    columns = list(condition.find_all(exp.Column))
    return bool(columns) and all(_belongs(column, source, scope) for column in columns)


def _belongs(column: exp.Column, source: Source, scope: Scope) -> bool:
    if column.args.get("db"):
        return False
    if column.table:
        named = [one for one in scope.sources if one.alias == column.table.lower()]
        return named == [source]
    owners = scope.owners(column.name.lower())
    return len(owners) == 1 and owners[0] is source


def _rejects_null(condition: exp.Expr) -> bool:
    """Whether `condition` is never true of a row of NULLs, which an outer join may add."""
    if isinstance(condition, REJECTS_NULL):
        return not condition.find(exp.Coalesce, exp.Case, exp.If, exp.Is) and not _calls(condition)
    return False


def _calls(condition: exp.Expr) -> bool:
    return condition.find(exp.Func, exp.Is) is not None and not isinstance(condition, exp.Func)


def _unqualified(condition: exp.Expr) -> exp.Expr:
    bare = condition.copy()
    for column in bare.find_all(exp.Column):
        column.set("table", None)
    return bare
