"""The tree in DuckDB's words: what sqlglot's own translation gets wrong for Athena, corrected in one table.

Relies on the sandbox's settings (`integer_division`, UTC, NULLS LAST) and macros (`athena_*`), and on the types that
the binder left at the nodes (`meta["trino"]`).
"""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel
from sqlglot.generators.duckdb import DuckDBGenerator

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function import template
from afluente.services.athena.sql.parse import AggregateCall, Call
from afluente.services.athena.sql.trino_type import TrinoType

INTEGERS = {"tinyint", "smallint", "integer", "bigint"}
FLOATS = {"float", "double"}
TEXTS = {"varchar", "char"}


def kind_of(node: exp.Expr) -> TrinoType | None:
    """The type that the binder found for `node`."""
    found: TrinoType | None = node.meta.get("trino")
    return found


def _is(node: exp.Expr, names: set[str]) -> bool:
    kind = kind_of(node)
    return kind is not None and kind.name in names


def _call(generator: Any, node: exp.Expr) -> str:
    args = node.expressions
    name = str(node.this)
    if name == "count" and args and isinstance(args[0], exp.Star):
        args = []
    distinct, order = "", ""
    if len(args) == 1 and isinstance(args[0], exp.Distinct):
        distinct, args = "DISTINCT ", args[0].expressions
    if args and isinstance(args[-1], exp.Order):
        order = generator.sql(exp.Order(expressions=args[-1].expressions))
        args = [*args[:-1], args[-1].this]
    if name == "cardinality" and _is(args[0], {"map"}):
        return f"CAST(cardinality({generator.sql(args[0])}) AS BIGINT)"
    if name == "sequence" and len(args) == 2 and _is(args[0], {"date"}):
        args = [*args, exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))]
    texts = [generator.sql(arg) for arg in args]
    if distinct or order:
        texts[0] = distinct + texts[0]
        texts[-1] += order
    body = template(name, args)
    return _fill(body, texts)


def _fill(body: str, texts: list[str]) -> str:
    return body.replace("{*}", ", ".join(texts).replace("{", "{{").replace("}", "}}")).format(*texts)


def _literal(generator: Any, node: exp.Literal) -> str:
    """A number with a point is a double in Athena, not a decimal."""
    text = str(node.this)
    if not node.is_string and "." in text and "e" not in text.lower():
        return f"{text}e0"
    return str(generator.literal_sql(node))


def _division(generator: Any, node: exp.Div) -> str:
    left, right = generator.sql(node.left), generator.sql(node.right)
    if _is(node.left, FLOATS) or _is(node.right, FLOATS):
        return f'"/"({left}, {right})'  # the function, unlike the operator, gives Infinity by zero, as Trino does
    kinds = kind_of(node.left), kind_of(node.right)
    if all(kind is not None and kind.name == "decimal" for kind in kinds):
        scale = max(kind.scale for kind in kinds if kind)
        return f"CAST({left} / {right} AS DECIMAL(38, {scale}))"
    return f"({left} / {right})"


def _concatenation(generator: Any, node: exp.DPipe) -> str:
    """Texts, arrays, or an array and an element."""
    left, right = generator.sql(node.left), generator.sql(node.right)
    arrays = _is(node.left, {"array"}), _is(node.right, {"array"})
    if arrays == (True, False) and kind_of(node.right) is not None:
        return f"list_append({left}, {right})"
    if arrays == (False, True) and kind_of(node.left) is not None:
        return f"list_prepend({left}, {right})"
    return f"({left} || {right})"


def _modulo(generator: Any, node: exp.Mod) -> str:
    return f"({generator.sql(node.left)} % {generator.sql(node.right)})"


def _plus_interval(generator: Any, node: exp.Binary) -> str:
    """A date and an interval make a date; DuckDB makes a timestamp of them."""
    sign = "+" if isinstance(node, exp.Add) else "-"
    left, right = generator.sql(node.left), generator.sql(node.right)
    if isinstance(node.right, exp.Interval) and not isinstance(node.left, exp.Interval):
        return f"cast_to_type({left} {sign} {right}, {left})"
    return f"{left} {sign} {right}"


def _at_time_zone(generator: Any, node: exp.AtTimeZone) -> str:
    """The local time there of a moment; one without a zone is taken as UTC, which is the session's."""
    return f"timezone({generator.sql(node.args['zone'])}, CAST({generator.sql(node.this)} AS TIMESTAMPTZ))"


def _cast(generator: Any, node: exp.Cast) -> str:
    value = generator.sql(node.this)
    target = node.to
    function = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
    name = target.this
    if target.is_type(*exp.DataType.TEXT_TYPES):
        return _cast_to_text(node, value, function)
    if name in exp.DataType.INTEGER_TYPES and _is(node.this, FLOATS):
        value = f"round({value})"  # Trino rounds halves away from zero, DuckDB to even
    return f"{function}({value} AS {type_text(target)})"


def _cast_to_text(node: exp.Cast, value: str, function: str) -> str:
    if _is(node.this, FLOATS):
        value = f"athena_double({value})"
    elif _is(node.this, {"timestamp"}):
        value = f"athena_timestamp({value})"
    elif _is(node.this, {"json"}):
        value = f"json_extract_string({value}, '$')"
    text = f"{function}({value} AS VARCHAR)"
    length = next((param.name for param in node.to.expressions), None)
    if length is None:
        return text
    if node.to.this in {exp.DType.CHAR, exp.DType.NCHAR}:
        return f"rpad(left({text}, {length}), {length}, ' ')"
    return f"left({text}, {length})"


TYPES = {
    "BOOLEAN": "BOOLEAN", "TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INT": "INTEGER", "BIGINT": "BIGINT",
    "FLOAT": "FLOAT", "DOUBLE": "DOUBLE", "VARCHAR": "VARCHAR", "CHAR": "VARCHAR", "TEXT": "VARCHAR",
    "VARBINARY": "BLOB", "DATE": "DATE", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMPTZ",
    "TIMETZ": "TIMETZ", "JSON": "JSON", "UUID": "UUID",
}  # fmt: skip


def type_text(kind: exp.DataType) -> str:
    """A type that stands in a CAST, in DuckDB's words. Raises QueryFailure for one that Trino does not have."""
    name = kind.this.value if hasattr(kind.this, "value") else str(kind.this)
    if name in {"ARRAY", "LIST"}:
        return f"{type_text(kind.expressions[0])}[]"
    if name == "MAP":
        return f"MAP({type_text(kind.expressions[0])}, {type_text(kind.expressions[1])})"
    if name == "STRUCT":
        return f"STRUCT({', '.join(_field(field, index) for index, field in enumerate(kind.expressions))})"
    if name == "DECIMAL":
        sizes = [param.name for param in kind.expressions] or ["38", "0"]
        return f"DECIMAL({sizes[0]}, {sizes[1] if len(sizes) > 1 else '0'})"
    if name not in TYPES:
        raise QueryFailure("TYPE_MISMATCH", f"Unknown type: {kind.sql(dialect='trino').lower()}")
    return TYPES[name]


def _field(field: exp.Expr, index: int) -> str:
    if isinstance(field, exp.ColumnDef):
        return f"{identifier(field.name)} {type_text(field.args['kind'])}"
    if not isinstance(field, exp.DataType):
        raise QueryFailure("TYPE_MISMATCH", "Unknown type in row")
    return f'"field{index}" {type_text(field)}'


def _group_concat(generator: Any, node: exp.GroupConcat) -> str:
    order = node.this.find(exp.Order) if isinstance(node.this, exp.Order) else None
    value = generator.sql(node.this.this if order else node.this)
    separator = generator.sql(node.args["separator"]) if node.args.get("separator") else "''"
    return f"string_agg({value}, {separator}{generator.sql(exp.Order(expressions=order.expressions)) if order else ''})"


def _unnest(generator: Any, node: exp.Unnest) -> str:
    """Lists side by side, a map as keys and values, rows as columns; Trino fills the shorter with NULL, DuckDB too."""
    parts: list[str] = []
    for argument in node.expressions:
        parts += _unnested(generator.sql(argument), kind_of(argument))
    if node.args.get("offset"):
        first = generator.sql(node.expressions[0])
        keys = f"map_keys({first})" if _is(node.expressions[0], {"map"}) else first
        parts.append(f"generate_subscripts({keys}, 1)")
    alias, offset = node.args.get("alias"), node.args.get("offset")
    if alias is not None and isinstance(offset, exp.Identifier):
        alias = alias.copy()
        alias.append("columns", offset.copy())
    named = f" AS {generator.sql(alias)}" if alias is not None else ""
    return f"LATERAL (SELECT {', '.join(parts)}){named}"


def _unnested(value: str, kind: TrinoType | None) -> list[str]:
    if kind is not None and kind.name == "map":
        return [f"unnest(map_keys({value}))", f"unnest(map_values({value}))"]
    if kind is not None and kind.fields and kind.fields[0][1].name == "row":
        return [f"unnest({value}, max_depth := 2)"]
    return [f"unnest({value})"]


def identifier(name: str) -> str:
    """`name`, quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


RULES: dict[type[exp.Expr], Callable[[Any, Any], str]] = {
    Call: _call,
    AggregateCall: _call,
    exp.Literal: _literal,
    exp.Div: _division,
    exp.DPipe: _concatenation,
    exp.Mod: _modulo,
    exp.Add: _plus_interval,
    exp.Sub: _plus_interval,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.GroupConcat: _group_concat,
    exp.Unnest: _unnest,
    exp.AtTimeZone: _at_time_zone,
    exp.CurrentUser: lambda _, __: "'root'",
}


class AthenaDuckDB(DuckDB):
    """DuckDB's SQL, with Athena's corrections."""

    class Generator(DuckDBGenerator):
        """Transforms are sqlglot's, under ours."""

        TRANSFORMS: ClassVar[dict[Any, Any]] = {**DuckDBGenerator.TRANSFORMS, **RULES}


DIALECT = AthenaDuckDB()


def duckdb_sql(tree: exp.Expr) -> str:
    """`tree` in DuckDB's words."""
    return str(DIALECT.generator(unsupported_level=ErrorLevel.IGNORE, comments=False).generate(tree, copy=False))
