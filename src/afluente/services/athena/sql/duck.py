"""The tree in DuckDB's words: what sqlglot's own translation gets wrong for Athena, corrected in one table."""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel
from sqlglot.generators.duckdb import DuckDBGenerator

from afluente.services.athena.sql.json_call import JsonCall
from afluente.services.athena.sql.parse import AggregateCall, Call
from afluente.services.athena.sql.rule import arithmetic, call, cast, json, relation

RULES: dict[type[exp.Expr], Callable[[Any, Any], str]] = {
    Call: call.call,
    AggregateCall: call.call,
    exp.Filter: call.with_tail,
    exp.Window: call.with_tail,
    exp.Extract: call.extract,
    exp.GroupConcat: call.group_concat,
    exp.Literal: arithmetic.number,
    exp.EQ: arithmetic.equality,
    exp.NEQ: arithmetic.equality,
    exp.Div: arithmetic.division,
    exp.Mod: arithmetic.modulo,
    exp.DPipe: arithmetic.concatenation,
    exp.Add: arithmetic.sum_of,
    exp.Sub: arithmetic.sum_of,
    exp.Interval: arithmetic.interval,
    exp.AtTimeZone: arithmetic.at_time_zone,
    exp.Bracket: arithmetic.bracket,
    exp.Cast: cast.cast,
    exp.TryCast: cast.cast,
    exp.ParseJSON: cast.parse_json,
    JsonCall: json.json_call,
    exp.Unnest: relation.unnest,
    exp.CurrentCatalog: lambda _, __: "'awsdatacatalog'",
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
