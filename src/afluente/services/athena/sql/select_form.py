"""Forms of SELECT that DuckDB has in other words: FETCH FIRST WITH TIES, and a row's fields as columns."""

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import kind_of
from afluente.services.athena.sql.parse import Call, position
from afluente.services.athena.sql.trino_type import TrinoType


def is_with_ties(fetch: exp.Fetch) -> bool:
    """Whether rows that tie with the last one are wanted too."""
    options = fetch.args.get("limit_options")
    return options is not None and bool(options.args.get("with_ties"))


def keep_ties(select: exp.Select, fetch: exp.Fetch) -> None:
    """Have `select` keep the rows whose rank is within the count, instead of so many rows. Raises QueryFailure."""
    order, offset = select.args.get("order"), select.args.get("offset")
    if order is None:
        raise QueryFailure("MISSING_ORDER_BY", "FETCH FIRST WITH TIES clause requires ORDER BY")
    if select.args.get("distinct") is not None:
        raise QueryFailure("NOT_SUPPORTED", "Afluente does not have WITH TIES of SELECT DISTINCT")
    count = int(fetch.args["count"].name if fetch.args.get("count") else 1)
    count += int(offset.expression.name) if offset is not None else 0
    keys = [_key(one.copy(), select) for one in order.expressions]
    if any(key.find(exp.Window) for key in keys):
        raise QueryFailure("NOT_SUPPORTED", "Afluente does not have WITH TIES of an order by a window function")
    rank = exp.Window(this=Call(this="rank", expressions=[]), order=exp.Order(expressions=keys))
    select.set("qualify", exp.Qualify(this=exp.LTE(this=rank, expression=exp.Literal.number(count))))
    select.set("limit", None)


def _key(ordered: exp.Expr, select: exp.Select) -> exp.Expr:
    """A sort key that stands by itself: places and names of output columns become their expressions."""
    key = ordered.this
    if isinstance(key, exp.Literal) and not key.is_string:
        ordered.set("this", select.expressions[int(key.name) - 1].unalias().copy())
    elif isinstance(key, exp.Column) and not key.table:
        named = next((one for one in select.expressions if one.alias.lower() == key.name.lower()), None)
        if named is not None:
            ordered.set("this", named.unalias().copy())
    return ordered


def replaced(node: exp.Expr, by: exp.Expr) -> exp.Expr:
    """`by`, which stands where `node` stood."""
    node.replace(by)
    return by


def take_apart(projection: exp.Dot, text: str) -> None:
    """Put the fields of a bound row in the place of `row.*`. Raises QueryFailure where its type is not known."""
    row = projection.this
    kind = kind_of(row.this if isinstance(row, exp.Paren) else row)
    if kind is None or kind.name != "row" or not kind.fields:
        message = "Afluente takes a row apart with .* only where its type is known; name its fields"
        raise QueryFailure("NOT_SUPPORTED", message, position(row, text))
    fields = [_field_of(row, place, name, inner) for place, (name, inner) in enumerate(kind.fields, 1)]
    select = projection.find_ancestor(exp.Select)
    assert select is not None  # noqa: S101 - it is a projection
    place = next(at for at, one in enumerate(select.expressions) if one is projection)
    select.set("expressions", [*select.expressions[:place], *fields, *select.expressions[place + 1 :]])


def _field_of(row: exp.Expr, place: int, name: str, kind: TrinoType) -> exp.Expr:
    """The field of a row as a column, under its name if it has one."""
    whole = row.copy() if isinstance(row, (exp.Paren, exp.Column)) else exp.Paren(this=row.copy())
    if name:
        field: exp.Expr = exp.Dot(this=whole, expression=exp.to_identifier(name, quoted=True))
    else:
        field = exp.Bracket(this=whole, expressions=[exp.Literal.number(place)], offset=1)
    field.meta["trino"] = kind
    return field
