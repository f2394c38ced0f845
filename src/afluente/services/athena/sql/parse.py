"""Text to a tree, as Trino's grammar reads it; what Trino would not read is refused here, with AWS's words.

sqlglot reads the text, but is lenient and knows every dialect's functions and constructs. So function calls become
`Call` nodes by Trino's names alone, and every other node must be on a list: nothing reaches DuckDB that is not Trino.
"""

import re
from itertools import pairwise
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from afluente.services.athena.error import InvalidRequestException, QueryFailure
from afluente.services.athena.sql.function.absent import ABSENT
from afluente.services.athena.sql.function.table import AGGREGATE, FUNCTIONS
from afluente.services.athena.sql.json_call import PARSERS as JSON_PARSERS
from afluente.services.athena.sql.json_call import JsonCall

NOT_A_QUERY = "Queries of this type are not supported"


class Call(exp.Expression, exp.Func):
    """A call of one of Trino's functions: `this` is its lower-case name."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "expressions": False}
    is_var_len_args: ClassVar[bool] = True


class AggregateCall(exp.Expression, exp.AggFunc):
    """A call of one of Trino's aggregate functions."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "expressions": False}
    is_var_len_args: ClassVar[bool] = True


def _builder(name: str) -> Any:
    kind = AggregateCall if name in AGGREGATE else Call
    if name == "normalize":  # its second argument is a word, not a column
        return lambda args: Call(
            this=name, expressions=[*args[:1], *(exp.Literal.string(arg.name) for arg in args[1:])]
        )
    return lambda args: kind(this=name, expressions=list(args))


def _substring(parser: Any) -> Call:
    """`SUBSTRING(x FROM a FOR b)`, or with commas."""
    found = parser._parse_substring()  # noqa: SLF001  # sqlglot's parsers are extended by calling its parts
    parts = (found.this, found.args.get("start"), found.args.get("length"))
    return Call(this="substring", expressions=[part for part in parts if part is not None])


class TrinoSql(Trino):
    """Trino's grammar with calls left as they were written."""

    class Parser(TrinoParser):
        """Calls by Trino's names; only the functions with a syntax of their own keep a parser."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {name.upper(): _builder(name) for name in FUNCTIONS}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in TrinoParser.FUNCTION_PARSERS.items()
            if name in {"CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "LISTAGG"}
        } | {"SUBSTRING": _substring, **JSON_PARSERS}
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in TrinoParser.NO_PAREN_FUNCTION_PARSERS.items()
            if name in {"CASE", "IF", "ANY"}
        }

        TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Any]] = {
            **TrinoParser.TYPE_LITERAL_PARSERS,
            exp.DType.DECIMAL: lambda _, this, __: _decimal(this),
        }


def _decimal(literal: exp.Expr) -> exp.Cast:
    """`DECIMAL '1.50'` is as precise as it is written."""
    whole, _, fraction = literal.name.lstrip("+-").partition(".")
    return exp.cast(literal, f"DECIMAL({max(len(whole) + len(fraction), 1)}, {len(fraction)})")


DIALECT = TrinoSql()

ALLOWED = {
    getattr(exp, name)
    for name in [
        "Add",
        "Alias",
        "All",
        "And",
        "Any",
        "Array",
        "AtTimeZone",
        "Between",
        "Boolean",
        "Bracket",
        "CTE",
        "Case",
        "Cast",
        "Coalesce",
        "Column",
        "ColumnDef",
        "DPipe",
        "UnicodeString",
        "CurrentDate",
        "CurrentTimestamp",
        "CurrentTime",
        "CurrentUser",
        "CurrentCatalog",
        "CurrentSchema",
        "Cube",
        "DataType",
        "DataTypeParam",
        "Distinct",
        "Div",
        "Dot",
        "EQ",
        "Escape",
        "Except",
        "Exists",
        "Extract",
        "ParseJSON",
        "LimitOptions",
        "Fetch",
        "Filter",
        "From",
        "GT",
        "GTE",
        "Group",
        "GroupConcat",
        "GroupingSets",
        "Having",
        "HexString",
        "Identifier",
        "If",
        "IgnoreNulls",
        "In",
        "Intersect",
        "Interval",
        "IntervalSpan",
        "Is",
        "Join",
        "JSON",
        "LT",
        "LTE",
        "Lambda",
        "Lateral",
        "Like",
        "Limit",
        "Literal",
        "Localtime",
        "Localtimestamp",
        "Mod",
        "Mul",
        "NEQ",
        "Neg",
        "Not",
        "Null",
        "NullSafeEQ",
        "NullSafeNEQ",
        "Offset",
        "Or",
        "Order",
        "OverflowTruncateBehavior",
        "Ordered",
        "Paren",
        "Placeholder",
        "RespectNulls",
        "Rollup",
        "Select",
        "Star",
        "StrPosition",
        "Sub",
        "Subquery",
        "Table",
        "TableAlias",
        "TableSample",
        "TryCast",
        "Tuple",
        "Trim",
        "Union",
        "Unnest",
        "Values",
        "Version",
        "Var",
        "Where",
        "Window",
        "WindowSpec",
        "With",
        "WithinGroup",
        "Xor",
    ]
    if hasattr(exp, name)
} | {Call, AggregateCall, JsonCall}
"""Every construct of Trino's SELECT that Afluente has."""

ALLOWED_ARGUMENTS: dict[type[exp.Expr], set[str]] = {
    exp.Select: {
        "with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct",
        "operation_modifiers", "windows",
    },
    exp.Table: {"this", "db", "catalog", "alias", "joins", "sample", "version"},
    exp.Subquery: {"this", "alias", "with_", "joins", "order", "limit", "offset", "sample"},
    exp.Join: {"this", "on", "using", "side", "kind", "method"},
    exp.Star: set(),
    exp.Distinct: {"expressions"},
    exp.With: {"expressions", "recursive"},
    exp.Values: {"expressions", "alias", "sample"},
    exp.LimitOptions: {"rows", "with_ties"},
    exp.Group: {"expressions", "cube", "rollup", "grouping_sets", "all"},
}  # fmt: skip
"""The clauses of the constructs that other dialects extend."""


def parse_query(text: str) -> exp.Query:
    """The query that `text` spells. Raises InvalidRequestException (MALFORMED_QUERY) as StartQueryExecution does."""
    tokens = _tokens(text)
    _check_commas(tokens)
    try:
        trees = DIALECT.parser().parse(tokens, text)
    except SqlglotError as error:
        raise _malformed(error, tokens) from None
    if len(trees) != 1:
        raise InvalidRequestException("Only one sql statement is allowed.", "MALFORMED_QUERY")
    tree = trees[0]
    if tree is not None and "TABLESAMPLE" in text.upper():
        _place_samples(tree)
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if not isinstance(tree, (exp.Query, exp.Values)):
        raise InvalidRequestException(NOT_A_QUERY, "MALFORMED_QUERY")
    _check(tree, text)
    return tree if isinstance(tree, exp.Query) else _rows(tree)


def _place_samples(tree: exp.Expr) -> None:
    """A sample of VALUES belongs to them; sqlglot leaves it at the SELECT."""
    for select in [one for one in tree.find_all(exp.Select) if one.args.get("sample") is not None]:
        joins = select.args.get("joins")
        holder = joins[-1] if joins else select.args["from_"]
        sample, source = select.args.pop("sample"), holder.this
        if not isinstance(source, exp.Values):
            raise QueryFailure("NOT_SUPPORTED", "Afluente does not sample this kind of relation")
        alias = exp.TableAlias(this=exp.to_identifier(source.alias))
        holder.set("this", exp.Subquery(this=exp.select("*").from_(source.copy()), alias=alias, sample=sample))


def _rows(values: exp.Values) -> exp.Select:
    """`VALUES (1, 'a')` as a query; Trino calls its columns `_col0`, `_col1`."""
    width = len(values.expressions[0].expressions)
    names = [exp.to_identifier(f"_col{place}") for place in range(width)]
    values.set("alias", exp.TableAlias(this=exp.to_identifier("v"), columns=names))
    return exp.select("*").from_(values)


def parse_expression(text: str) -> exp.Expr | None:
    """The expression that `text` spells, or None when it spells none."""
    try:
        select = parse_query(f"SELECT {text}")
    except (InvalidRequestException, QueryFailure):
        return None
    only = isinstance(select, exp.Select) and len(select.expressions) == 1 and len(list(select.iter_expressions())) == 1
    return select.expressions[0] if only else None


def _tokens(text: str) -> list[Token]:
    try:
        tokens = DIALECT.tokenize(text)
    except SqlglotError:
        raise InvalidRequestException(
            f"{place(text, len(text))}: mismatched input '<EOF>'", "MALFORMED_QUERY"
        ) from None
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    for token in tokens:
        if token.token_type in {TokenType.DCOLON, TokenType.SEMICOLON} or text[token.start : token.start + 1] == "`":
            raise mismatched(text, token.start, token.text)
    return tokens


NEVER_AFTER_A_COMMA = {TokenType.COMMA, TokenType.FROM, TokenType.R_PAREN}


def _check_commas(tokens: list[Token]) -> None:
    """sqlglot lets stray commas pass; Trino does not."""
    for first, second in pairwise(tokens):
        if first.token_type == TokenType.COMMA and second.token_type in NEVER_AFTER_A_COMMA:
            column = second.col - len(second.text) + 1
            message = f"line {second.line}:{column}: mismatched input '{second.text}'. Expecting: <expression>"
            raise InvalidRequestException(message, "MALFORMED_QUERY")


def _check(tree: exp.Expr, text: str) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            _replace_special(node, text)
            continue
        if type(node) not in ALLOWED:
            raise mismatched(text, offset(node) or 0, _word(node, text))
        _check_arguments(node)
        if isinstance(node, exp.Select) and not node.expressions:
            raise InvalidRequestException(NOT_A_QUERY, "MALFORMED_QUERY")


TIMES: dict[str, type[exp.Expr]] = {
    "current_timestamp": exp.CurrentTimestamp, "localtimestamp": exp.Localtimestamp,
    "current_time": exp.CurrentTime, "localtime": exp.Localtime,
}  # fmt: skip
QUANTIFIERS: dict[str, type[exp.Expr]] = {"all": exp.All, "any": exp.Any, "some": exp.Any}


def _replace_special(node: exp.Anonymous, text: str) -> None:
    """What sqlglot takes for a function's call: `current_timestamp(6)`, `ALL (VALUES 1, 2)`."""
    name, arguments = str(node.name).lower(), node.expressions
    only = arguments[0] if len(arguments) == 1 else None
    if name in TIMES and isinstance(only, exp.Literal) and not only.is_string:
        node.replace(TIMES[name](this=only))
    elif name in QUANTIFIERS and isinstance(only, exp.Values):
        node.replace(QUANTIFIERS[name](this=exp.Subquery(this=only)))
    else:
        raise _no_such_function(node, text)


def _check_arguments(node: exp.Expr) -> None:
    allowed = ALLOWED_ARGUMENTS.get(type(node))
    for name, value in node.args.items():
        if allowed is not None and value and name not in allowed:
            clause = name.strip("_").replace("_", " ").upper()
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have this clause: {clause}")


def _no_such_function(node: exp.Anonymous, text: str) -> QueryFailure:
    name = str(node.name).lower()
    if name in ABSENT:
        return QueryFailure("NOT_SUPPORTED", f"Afluente does not have Trino's function {name}", position(node, text))
    return QueryFailure("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", position(node, text))


def _word(node: exp.Expr, text: str) -> str:
    start = offset(node)
    match = re.match(r"\S+", text[start:]) if start is not None else None
    return match[0] if match else type(node).__name__.upper()


def offset(node: exp.Expr) -> int | None:
    """Where in the text the first positioned part of `node` begins."""
    found = [part.meta["start"] for part in node.walk() if part._meta and "start" in part._meta]  # noqa: SLF001 - no empty dicts made
    return min(found, default=None)


def position(node: exp.Expr, text: str) -> tuple[int, int] | None:
    """Line and column, from 1, of `node`; None when it is not of this text."""
    start = offset(node)
    return None if start is None or start >= len(text) else line_and_column(text, start)


def line_and_column(text: str, start: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset."""
    line_start = text.rfind("\n", 0, start) + 1
    return text.count("\n", 0, start) + 1, start - line_start + 1


def place(text: str, start: int) -> str:
    """`line 1:8`."""
    line, column = line_and_column(text, start)
    return f"line {line}:{column}"


def mismatched(text: str, start: int, word: str) -> InvalidRequestException:
    """Trino's complaint about a word that cannot stand where it does."""
    return InvalidRequestException(f"{place(text, start)}: mismatched input '{word}'", "MALFORMED_QUERY")


def _malformed(error: SqlglotError, tokens: list[Token]) -> InvalidRequestException:
    details = getattr(error, "errors", None)
    last = tokens[-1]
    if not details or not details[0].get("highlight"):
        return InvalidRequestException(f"line {last.line}:{last.col + 1}: mismatched input '<EOF>'", "MALFORMED_QUERY")
    line, column, word = details[0]["line"], details[0]["col"], details[0]["highlight"]
    if (line, column) == (last.line, last.col) and "nexpected" not in details[0]["description"]:
        return InvalidRequestException(f"line {line}:{column + 1}: mismatched input '<EOF>'", "MALFORMED_QUERY")
    return InvalidRequestException(
        f"line {line}:{column - len(word) + 1}: mismatched input '{word}'", "MALFORMED_QUERY"
    )


def render(tree: exp.Expr) -> str:
    """`tree` in Trino's words again, for messages and for the partition filter."""
    return tree.sql(dialect=sqlglot.Dialect.get_or_raise("trino"))
