"""The type of an expression, from the types of its parts; None where only the engine will know.

Enough to choose between Trino's meanings of an operator and to refuse what Trino refuses.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlglot import exp

from afluente.services.athena.sql.function.sketch import QDIGESTS
from afluente.services.athena.sql.function.table import FUNCTIONS
from afluente.services.athena.sql.json_call import JsonCall
from afluente.services.athena.sql.parse import AggregateCall, Call
from afluente.services.athena.sql.trino_type import MILLISECONDS, MOMENT, VARCHAR, TrinoType, scalar
from afluente.services.athena.sql.zone import digits_of, moment, zone_in, zone_of

RANK = ["tinyint", "smallint", "integer", "bigint", "decimal", "float", "double"]

BOOLEANS = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Exists, exp.In, exp.Between, exp.Like, exp.Is)

CAST_NAMES = {
    "INT": "integer", "VARBINARY": "varbinary", "TEXT": "varchar", "NCHAR": "char",
    "TIMESTAMPTZ": "timestamp with time zone", "TIMETZ": "time with time zone",
    "HLLSKETCH": "HyperLogLog", "LIST": "array", "ARRAY": "array", "STRUCT": "row",
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


def _cast(node: exp.Cast) -> TrinoType | None:
    kind = cast_type(node.to)
    if kind is not None and kind.name == MOMENT:
        zone = zone_in(node.this.name) if isinstance(node.this, exp.Literal) else zone_of(node.this)
        return moment(zone, kind.precision)
    return kind


def cast_type(target: exp.Expr) -> TrinoType | None:
    """The type that a CAST names; None when it is none of Trino's."""
    if not isinstance(target, exp.DataType):
        return None
    value = target.this.value if hasattr(target.this, "value") else str(target.this)
    name = CAST_NAMES.get(value, value.lower())
    if name == "decimal":
        sizes = [int(param.name) for param in target.expressions] or [38, 0]
        return TrinoType(name, sizes[0], sizes[1] if len(sizes) > 1 else 0)
    if (name in {"varchar", "char"} or name.startswith("time")) and target.expressions:
        return TrinoType(name, int(target.expressions[0].name))
    if name in NESTED:
        return TrinoType(name, fields=NESTED[name](target.expressions))
    return scalar(name)


UNKNOWN = TrinoType("unknown")
Fields = tuple[tuple[str, TrinoType], ...]


def _row_field(field: exp.Expr) -> tuple[str, TrinoType]:
    if isinstance(field, exp.ColumnDef):
        return field.name.lower(), cast_type(field.args["kind"]) or UNKNOWN
    return "", cast_type(field) or UNKNOWN


def _parts(*names: str) -> Callable[[list[exp.Expr]], Fields]:
    return lambda given: tuple((name, cast_type(part) or UNKNOWN) for name, part in zip(names, given, strict=False))


NESTED: dict[str, Callable[[list[exp.Expr]], Fields]] = {
    "array": _parts("element"),
    "map": _parts("key", "value"),
    "row": lambda given: tuple(map(_row_field, given)),
}


def _arithmetic(node: exp.Binary) -> TrinoType | None:
    left, right = known(node.left), known(node.right)
    if left is None or right is None:
        return None
    if "interval" in right.name and "interval" not in left.name:
        return _moved(left, right)
    if "interval" in left.name:
        return left if "interval" in right.name or right.name in RANK else _moved(right, left)
    if left.name in RANK and right.name in RANK:
        if "decimal" in {left.name, right.name} and not {"float", "double"} & {left.name, right.name}:
            return None  # Trino's precision of it is the engine's to find
        return scalar(max(left.name, right.name, key=RANK.index))
    return scalar("interval day to second") if left.name == right.name and isinstance(node, exp.Sub) else None


def _moved(kind: TrinoType, interval: TrinoType) -> TrinoType:
    """The type of a time that an interval was added to: days and seconds have milliseconds."""
    if kind.is_time and interval.name == "interval day to second":
        return replace(kind, precision=max(kind.precision, MILLISECONDS))
    return kind


def _call(node: exp.Expr) -> TrinoType | None:
    name, arguments = str(node.this), node.expressions
    if name in MADE_OF_ARGUMENTS:
        return MADE_OF_ARGUMENTS[name](arguments)
    hint = FUNCTIONS[name][1]
    return HINTS[hint](arguments) if hint in HINTS else _hinted(hint, arguments)


def _hinted(hint: str, arguments: list[exp.Expr]) -> TrinoType | None:
    if hint.startswith("="):
        index = int(hint[1])
        kind = known(arguments[index]) if index < len(arguments) else None
        unbounded = hint.endswith("*") and kind is not None and kind.name in {"varchar", "char", "unknown"}
        return VARCHAR if unbounded else kind
    if hint in {"array", "map", "row"}:
        return TrinoType(hint)
    if hint == "array(varchar)":
        return TrinoType("array", fields=(("element", VARCHAR),))
    if hint == "map(varchar, varchar)":
        return TrinoType("map", fields=(("key", VARCHAR), ("value", VARCHAR)))
    return scalar(hint) if hint else None


def _sum(arguments: list[exp.Expr]) -> TrinoType | None:
    kind = known(arguments[0]) if arguments else None
    if kind is None or kind.name == "decimal":
        return None
    return scalar("bigint") if kind.name in RANK[:4] else kind


def _common(arguments: list[exp.Expr]) -> TrinoType | None:
    """The type that all arguments go into."""
    kinds = [kind for kind in map(known, arguments) if kind is not None and kind.name != "unknown"]
    if len(kinds) > 1 and all(kind.name in RANK and kind.name != "decimal" for kind in kinds):
        return scalar(max((kind.name for kind in kinds), key=RANK.index))
    if len(kinds) > 1 and all(
        kind.name == kinds[0].name and (kind.is_time or kind.name == "varchar") for kind in kinds
    ):
        return max(kinds, key=lambda kind: kind.precision)
    return kinds[0] if kinds else None


def _field(place: int) -> Callable[[list[exp.Expr]], TrinoType | None]:
    """The type of the first argument's element, key or value."""

    def rule(arguments: list[exp.Expr]) -> TrinoType | None:
        kind = known(arguments[0]) if arguments else None
        return kind.fields[place][1] if kind is not None and len(kind.fields) > place else None

    return rule


def _list_of(place: int) -> Callable[[list[exp.Expr]], TrinoType | None]:
    def rule(arguments: list[exp.Expr]) -> TrinoType | None:
        inner = _field(place)(arguments)
        return TrinoType("array", fields=(("element", inner),)) if inner else TrinoType("array")

    return rule


def _element_at(arguments: list[exp.Expr]) -> TrinoType | None:
    kind = known(arguments[0]) if arguments else None
    return _field(1 if kind is not None and kind.name == "map" else 0)(arguments)


def _map_of(arguments: list[exp.Expr]) -> TrinoType:
    if len(arguments) != 2:
        return TrinoType("map")
    keys, values = known(arguments[0]), known(arguments[1])
    if keys is None or values is None or not keys.fields or not values.fields:
        return TrinoType("map")
    return TrinoType("map", fields=(("key", keys.fields[0][1]), ("value", values.fields[0][1])))


def _gathered(arguments: list[exp.Expr]) -> TrinoType:
    """An array of the first argument's values."""
    kind = known(arguments[0]) if arguments else None
    return TrinoType("array", fields=(("element", kind),)) if kind is not None else TrinoType("array")


def _most(arguments: list[exp.Expr]) -> TrinoType | None:
    """Of `max(x)`, and of `max(x, n)`."""
    return _gathered(arguments) if len(arguments) == 2 else known(arguments[0])


def _most_by(arguments: list[exp.Expr]) -> TrinoType | None:
    return _gathered(arguments) if len(arguments) == 3 else known(arguments[0])


def _keyed(arguments: list[exp.Expr]) -> TrinoType:
    """A map of the first argument's values to the second's."""
    keys, values = (known(argument) for argument in arguments[:2]) if len(arguments) == 2 else (None, None)
    if keys is None or values is None:
        return TrinoType("map")
    return TrinoType("map", fields=(("key", keys), ("value", values)))


def _row_of(arguments: list[exp.Expr]) -> TrinoType:
    kinds = [kind for kind in map(known, arguments) if kind is not None]
    return TrinoType("row", fields=tuple(("", kind) for kind in kinds) if len(kinds) == len(arguments) else ())


def _in_zone(arguments: list[exp.Expr]) -> TrinoType:
    """A zone that is given as a constant, or as hours and minutes."""
    digits = digits_of(arguments[0])
    numbers = [int(text) for text in (argument.sql() for argument in arguments[1:]) if text.lstrip("-").isdigit()]
    if len(numbers) == 2:
        total = numbers[0] * 60 + numbers[1]
        return moment(f"{'-' if total < 0 else '+'}{abs(total) // 60:02d}:{abs(total) % 60:02d}", digits)
    zone = arguments[1] if len(arguments) > 1 else None
    return moment(zone.name if isinstance(zone, exp.Literal) else "", digits)


def _in_written_zone(arguments: list[exp.Expr]) -> TrinoType:
    text = arguments[0] if arguments else None
    return moment(zone_in(text.name) if isinstance(text, exp.Literal) else "")


Rule = Callable[[list[exp.Expr]], TrinoType | None]

MADE_OF_ARGUMENTS: dict[str, Rule] = {
    "map": _map_of,
    "row": _row_of,
    "array_agg": _gathered,
    "min": _most,
    "max": _most,
    "min_by": _most_by,
    "max_by": _most_by,
    "map_agg": _keyed,
    "map_keys": _list_of(0),
    "map_values": _list_of(1),
    "element_at": _element_at,
    "at_timezone": _in_zone,
    "with_timezone": _in_zone,
    "from_unixtime": _in_zone,
    "from_iso8601_timestamp": _in_written_zone,
    "parse_datetime": _in_written_zone,
}


def _quantile_digest(arguments: list[exp.Expr]) -> TrinoType:
    kind = known(arguments[0])
    return TrinoType(QDIGESTS["bigint" if kind is not None and kind.name in RANK[:4] else "double"])


def _quantile(arguments: list[exp.Expr]) -> TrinoType:
    kind = known(arguments[0])
    return scalar("bigint" if kind is not None and kind.name == QDIGESTS["bigint"] else "double")


HINTS: dict[str, Rule] = {
    "qdigest": _quantile_digest,
    "quantile": _quantile,
    "sum": _sum,
    "common": _common,
    "element": _field(0),
}


def _inner(node: exp.Expr) -> TrinoType | None:
    return known(node.this)


def _named(name: str) -> Callable[[Any], TrinoType | None]:
    return lambda _: scalar(name)


def _case(node: exp.Case) -> TrinoType | None:
    branches = [branch.args["true"] for branch in node.args["ifs"]]
    default = node.args.get("default")
    return _common([*branches, default] if default is not None else branches)


def _bracket(node: exp.Bracket) -> TrinoType | None:
    kind = known(node.this)
    if kind is None or not kind.fields or kind.name not in {"array", "map"}:
        return None
    return kind.fields[-1][1]


def _dot(node: exp.Dot) -> TrinoType | None:
    kind = known(node.this)
    return dict(kind.fields).get(node.name.lower()) if kind is not None else None


def _interval(node: exp.Interval) -> TrinoType:
    unit = str(node.args.get("unit") or "").upper()
    return scalar("interval year to month" if "YEAR" in unit or "MONTH" in unit else "interval day to second")


def _concatenation(node: exp.DPipe) -> TrinoType | None:
    kind = known(node.left) or known(node.right)
    if kind is not None and kind.name in {"varchar", "char", "unknown"}:
        return VARCHAR
    return kind


def _array(node: exp.Array) -> TrinoType | None:
    element = known(node.expressions[0]) if node.expressions else None
    return TrinoType("array", fields=(("element", element or TrinoType("unknown")),)) if node.expressions else None


def _json_call(node: JsonCall) -> TrinoType | None:
    if node.this == "json_exists":
        return scalar("boolean")
    target = node.args.get("returning")
    return cast_type(target) if target is not None else VARCHAR


RULES: tuple[tuple[Any, Callable[[Any], TrinoType | None]], ...] = (
    (exp.Literal, _literal),
    ((exp.Cast, exp.TryCast), _cast),
    ((exp.Any, exp.All), lambda _: None),
    (exp.Null, _named("unknown")),
    (exp.HexString, _named("varbinary")),
    (exp.ParseJSON, _named("json")),
    (exp.AtTimeZone, lambda node: moment(node.args["zone"].name, digits_of(node.this))),
    (BOOLEANS, _named("boolean")),
    ((exp.Paren, exp.Alias, exp.Neg, exp.Window, exp.Filter), _inner),
    ((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), _arithmetic),
    (exp.DPipe, _concatenation),
    (exp.Bracket, _bracket),
    (exp.Dot, _dot),
    (exp.Case, _case),
    (exp.If, lambda node: known(node.args["true"])),
    ((Call, AggregateCall), _call),
    (exp.Interval, _interval),
    (JsonCall, _json_call),
    (exp.Extract, _named("bigint")),
    ((exp.Trim, exp.GroupConcat), _named("varchar")),
    (exp.Array, _array),
)
