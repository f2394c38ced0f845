"""Relations that are made of values."""

from typing import Any

from sqlglot import exp

from afluente.services.athena.sql.function.entry import is_a, kind_of
from afluente.services.athena.sql.trino_type import TrinoType


def unnest(generator: Any, node: exp.Unnest) -> str:
    """Lists side by side, a map as keys and values, rows as columns; Trino fills the shorter with NULL, DuckDB too."""
    parts: list[str] = []
    for argument in node.expressions:
        parts += _unnested(generator.sql(argument), kind_of(argument))
    if node.args.get("offset"):
        sizes = [f"len({f'map_keys({sql})' if is_a(one, 'map') else sql})"
                 for one in node.expressions for sql in [generator.sql(one)]]  # fmt: skip
        most = sizes[0] if len(sizes) == 1 else f"greatest({', '.join(sizes)})"
        parts.append(f"unnest(range(1, {most} + 1))")
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
